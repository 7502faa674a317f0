"""What a service standard is: data, checked when it is read.

A standard is one TOML file. It holds wording, and four kinds of building block that refer to it and to one another:

* a **menu** says something and then waits for a key, for speech, or for neither (VoiceXML's ``menu``);
* a **ladder** is what happens for as long as neither comes: ordered steps *wait → say*, ending in a last act;
* a **transfer** hands the caller to somebody else;
* a **recording** takes the caller's message.

What to do next is an *act*, written as ``"menu offer"``, ``"transfer operator"``, ``"record message"`` or
``"hang_up silence"``. Each block cites the requirement it carries, so that a standard can be read beside its source.
All durations are seconds.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

ACT_KINDS = ("menu", "transfer", "record", "hang_up")
Condition = Literal["late", "queued"]
"""`late`: the caller heard more than `opening.late_after_rings` rings. `queued`: the PBX handed over a waiting time."""


class Act(NamedTuple):
    """What to do next: a kind and the name of a block (for `hang_up`, the reason that goes on record)."""

    kind: Literal["menu", "transfer", "record", "hang_up"]
    name: str

    @property
    def section(self) -> str:
        """Table of the standard that holds the block: ``menu``, ``transfer``, ``recording``; empty for `hang_up`."""
        return {"record": "recording", "hang_up": ""}.get(self.kind, self.kind)


def _act(value: object) -> object:
    if not isinstance(value, str):
        return value
    kind, _, name = value.partition(" ")
    if kind not in ACT_KINDS or not name.strip():
        raise ValueError(f'"{value}" is no act; write one of {", ".join(ACT_KINDS)} and a name, e.g. "menu offer"')
    return kind, name.strip()


ActText = Annotated[Act, BeforeValidator(_act)]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wording(_Block):
    """One prompt. `{company}`, `{site}`, `{agent}` and `{hello}` are filled in before it is spoken."""

    text: str = ""
    req: str
    """Requirement id, e.g. ``B1``."""
    prescribed: bool = False
    """The source demands these very words; the style linter leaves them alone."""
    kind: Literal["speech", "tone"] = "speech"
    """`tone` is the short beep before a recording; it has no text."""
    interruptible: bool = True
    """The caller may talk into it (requirement C1); False for what must be heard to its end."""


class Said(_Block):
    """A prompt in a list, perhaps on a condition."""

    say: str
    when: Condition | None = None


def _said(value: object) -> object:
    return {"say": value} if isinstance(value, str) else value


SaidList = list[Annotated[Said, BeforeValidator(_said)]]


class Step(_Block):
    """Wait, then say. The wait starts at the last audible sample of our previous prompt."""

    wait_s: Annotated[float, Field(ge=0, le=3600)]
    say: str


class Ladder(_Block):
    """Ordered steps, left at any step by a key or by confirmed speech (section B of the requirements)."""

    req: str
    steps: list[Step] = []
    last_wait_s: Annotated[float, Field(ge=0, le=3600)]
    """From the last audible sample of the last step's prompt to the last act."""
    then: ActText
    restarts: Annotated[int, Field(ge=0)] = 2
    """How often a call that comes back to this ladder starts it anew; after that it goes on where it was."""


class Menu(_Block):
    """Say something; then act on a key, on speech, or, for want of either, climb the ladder."""

    req: str
    say: SaidList = []
    no_input: str
    """Name of the ladder climbed while the caller gives nothing."""
    on_speech: ActText
    keys: dict[str, ActText] = {}
    closing: bool = False
    """The goodbye was said: the caller may hang up now, and renewed speech reopens the call (requirement I2)."""


class TransferTo(_Block):
    """Hand the caller over by REFER; `target` is a key of ``[telephony]`` in ivr.toml."""

    req: str
    target: Literal["operator", "supervisor"]
    say: SaidList = []
    timeout_s: Annotated[float, Field(gt=0, le=180)] = 40.0
    failed: ActText


class Recording(_Block):
    """Take a message: ended by a key, by silence, or by the limit."""

    req: str
    say: SaidList
    limit_s: Annotated[float, Field(gt=0, le=600)] = 120.0
    silence_s: Annotated[float, Field(gt=0, le=60)] = 4.0
    """Pause after speech that ends the message; twice this without any speech ends an empty one."""
    end_key: Annotated[str, Field(pattern=r"^[0-9*#]$")] = "#"
    keys: dict[str, ActText] = {}
    """Keys that do something else than end the message; a person can be reached from here too (requirement D8)."""
    done: ActText
    empty: ActText
    failed: ActText


class Hello(_Block):
    """From this time of day on, `{hello}` is this."""

    since: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    text: str


class Opening(_Block):
    """How a call begins (requirements A1-A4)."""

    req: str
    menu: str
    returned: str
    """Menu of a caller whom the PBX hands back because nobody took the transfer (header X-Returned)."""
    late_after_rings: Annotated[int, Field(ge=1)] = 3
    greeting_delay_s: Annotated[float, Field(ge=0, le=2)] = 0.1
    """From connect to the first audible sample; the greeting must be heard within 2 s (A3)."""
    hello: Annotated[list[Hello], Field(min_length=1)]


class Limits(_Block):
    """Bounds that no state outlives."""

    connect_s: float = 32.0
    """From our 200 to the ACK (64 x T1, RFC 3261)."""
    judging_s: float = 0.25
    """How late a due prompt may be while a sound is being judged (section B)."""
    end_of_turn_s: float = 0.8
    """Pause after the caller's last voiced sample that ends a turn."""
    turn_s: float = 60.0
    """Longest turn that is listened to without a word from us; then we interrupt, politely (E1)."""
    long_turns: Annotated[int, Field(ge=1)] = 3
    """The turn beyond `turn_s` that is taken for a television: the `endless_turn` of the standard follows."""
    verdict_s: float = 1.0
    """How long our voice stays paused, or the last act waits, for a sound that nobody judges."""
    saying_s: float = 90.0
    """Longest prompt; one that has not finished by then counts as said."""
    far_hold_s: float = 900.0
    """Longest hold by the far side; after it the call is ended."""
    between_prompts_s: float = 0.4
    """Pause between two prompts said in one breath."""
    breath_s: float = 0.2
    """Silence between a prompt that was cut off and the next, so that a key does not glue two sentences together."""
    hang_up_s: float = 5.0
    """Longest wait for the far side to confirm that the call is over."""
    invalid_keys: Annotated[int, Field(ge=1)] = 3
    """So many keys without a meaning in a row are taken as a turn that was not understood."""


class Standard(_Block):
    """A service standard, complete: what it inherits is already in it."""

    name: str
    title: str
    sources: list[str]
    opening: Opening
    limits: Limits = Limits()
    wording: dict[str, Wording]
    ladder: dict[str, Ladder]
    menu: dict[str, Menu]
    transfer: dict[str, TransferTo] = {}
    recording: dict[str, Recording] = {}
    invalid_key: str = "invalid_key"
    """Prompt said when a key means nothing here."""
    endless_turn: ActText
    """A closing menu, for a line on which somebody speaks without end; once more there, and the call is ended."""
