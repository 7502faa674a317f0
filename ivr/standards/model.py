"""What a service standard is: data, checked when it is read.

A standard is one TOML file. It holds wording, and five kinds of building block that refer to it and to one another:

* a **menu** says something and then waits for a key, for speech, or for neither (VoiceXML's ``menu``);
* a **ladder** is what happens for as long as neither comes: ordered steps *wait → say*, ending in a last act;
* a **transfer** hands the caller to somebody else;
* a **hold** lets the caller wait, with their consent, while we ring somebody for them;
* a **recording** takes the caller's message.

Beside them stand what we owe: a **promise** of a kind is kept by people, or by a call of ours, an **outbound**, which
begins in a menu of its own.

A menu may ask for something (`asks`), and it knows words as it knows keys (`intents`). What is said so that nobody can
act on it is led through a ladder too: `heard` names one for each verdict of the ear.

What to do next is an *act*, written as ``"menu offer"``, ``"transfer operator"``, ``"hold supervisor"``,
``"record message"``, ``"hang_up silence"``, ``"ladder looking_up"`` (another patience for this menu), or as one word:
``"back"`` to the menu we came from, ``"again"`` and ``"rephrase"`` for saying it once more in the same or in other
words, ``"confirmed"`` for what the caller was just asked to confirm, ``"unclear"`` for what was not caught, ``"go_on"``
as if nothing had been said, ``"resume"`` where the call stopped that this one goes on with. Each block cites the
requirement it carries, so that a standard can be read beside its source. All durations are seconds.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

ActKind = Literal[
    "menu", "transfer", "hold", "record", "hang_up", "ladder",
    "back", "again", "rephrase", "confirmed", "unclear", "go_on", "resume",
]  # fmt: skip
ACT_KINDS = ("menu", "transfer", "hold", "record", "hang_up", "ladder")
BARE_ACTS = ("back", "again", "rephrase", "confirmed", "unclear", "go_on", "resume")
_SECTIONS = {"menu": "menu", "transfer": "transfer", "hold": "hold", "record": "recording", "ladder": "ladder"}
Expects = Literal["text", "yes_no", "digits", "phone", "waybill", "name", "time", "date", "money", "choice"]
"""What a caller may be asked for. `text` is anything; `choice` one of the intents that the menu knows."""
Misheard = Literal["unclear", "inaudible", "side_talk", "unintelligible"]
"""Verdicts on speech that cannot be acted on (requirements B6, B2, B3, B4)."""
Condition = Literal["late", "queued", "named", "often", "priority", "incident", "urged", "music", "announced"]
"""`late`: the caller heard more than `opening.late_after_rings` rings. `queued`: the PBX handed over a waiting time.
`named`: we know their name. `often`: this matter was cut off `limits.drops` times (requirement B9). `priority`: the
house serves this caller first. `incident`: they have heard of a fault that many have (requirement F7). `urged`: what
this menu owes is owed to them already (requirement F8). `music`: on hold they hear ours, and we hear them.
`announced`: the house tells whoever it greets that calls are recorded (requirement A9)."""


class Act(NamedTuple):
    """What to do next: a kind and the name of a block (for `hang_up`, the reason that goes on record)."""

    kind: ActKind
    name: str = ""

    @property
    def section(self) -> str:
        """Table of the standard that holds the block, e.g. ``recording``; empty where none does."""
        return _SECTIONS.get(self.kind, "")


def _act(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value in BARE_ACTS:
        return value, ""
    kind, _, name = value.partition(" ")
    if kind not in ACT_KINDS or not name.strip():
        raise ValueError(
            f'"{value}" is no act; write one of {", ".join(ACT_KINDS)} and a name, e.g. "menu offer", '
            f"or one of {', '.join(BARE_ACTS)}"
        )
    return kind, name.strip()


ActText = Annotated[Act, BeforeValidator(_act)]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


WordingKind = Literal["speech", "tone", "music"]


class Wording(_Block):
    """One prompt. `{company}`, `{site}`, `{agent}` and `{hello}` are filled in before it is spoken."""

    text: str = ""
    req: str
    """Requirement id, e.g. ``B1``."""
    prescribed: bool = False
    """The source demands these very words; the style linter leaves them alone."""
    kind: WordingKind = "speech"
    """`tone` is the short beep before a recording, `music` what is played on hold; neither has a text."""
    interruptible: bool = True
    """The caller may talk into it (requirement C1); False for what must be heard to its end."""


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Said(_Block):
    """A prompt in a list, perhaps on a condition."""

    say: str
    when: Condition | None = None
    unless: Annotated[tuple[Condition, ...], BeforeValidator(_listed)] = ()
    """None of these holds."""
    owes: str = ""
    """A promise made by saying it, by its kind."""


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
    on: Literal["silence", "turn"] = "silence"
    """What leads to the next step: that nothing comes for `wait_s`, or another turn with the same verdict."""
    steps: list[Step] = []
    last_wait_s: Annotated[float, Field(ge=0, le=3600)]
    """From the last audible sample of the last step's prompt to the last act."""
    then: ActText
    restarts: Annotated[int, Field(ge=0)] = 2
    """How often a call that comes back to this ladder starts it anew; after that it goes on where it was."""


class Intent(_Block):
    """Something a caller may want, told by what people say for it; matched by sound."""

    req: str
    title: str
    """How we name it to the caller: 「您是想{title}，对吗？」; empty: it is not asked about, but not caught."""
    examples: Annotated[list[str], Field(min_length=1)]
    """Phrases as they are said; the shorter the phrase, the more it covers."""
    negatives: list[str] = []
    """Phrases that sound alike and mean something else."""


class Voice(_Block):
    """From here on we speak differently, for the rest of the call (requirements B5, B11)."""

    louder_db: Annotated[float, Field(ge=0, le=18)] = 0.0
    """Added to what is set already, 18 dB in all."""
    tempo: Annotated[float, Field(ge=0.5, le=1)] = 1.0
    """Speed of our speech; 1 leaves it as it is."""


class Menu(_Block):
    """Say something; then act on a key, on speech, or, for want of either, climb the ladder."""

    req: str
    say: SaidList = []
    other_words: SaidList = []
    """Said instead by `rephrase` and `back` (requirement B7)."""
    asks: Expects = "text"
    slot: str = ""
    """Under which name the answer is kept; wording may then speak it: ``{waybill}``."""
    on_answer: ActText | None = None
    """The answer was given, by voice or by keys (digits, ended by #)."""
    corrects: str = ""
    """Slot that is being read back: whatever of it is said anew replaces it, and the menu is said again."""
    intents: dict[str, ActText] = {}
    """What words lead to, by name of intent; besides the standard's `always`."""
    heard: dict[Misheard, str] = {}
    """Ladder climbed for a verdict; where none is named, the standard's `heard`."""
    voice: Voice | None = None
    owes: str = ""
    """A promise made by entering, by its kind, e.g. ``local_callback``; the caller's matter is in good hands then."""
    no_input: str
    """Name of the ladder climbed while the caller gives nothing."""
    once_heard: str = ""
    """Ladder climbed instead once the caller has been heard: no silent caller any more, only one who thinks."""
    on_speech: ActText
    keys: dict[str, ActText] = {}
    private: bool = False
    """The answer must reach no disk in clear (requirement G3): what is said and keyed here, and where it is read back,
    is masked in recording, transcript and log."""
    keep_original: bool = False
    """Of what is masked here, the original is kept encrypted, where there is a key (``[records] key_file``)."""
    reports: str = ""
    """An incident that whoever enters tells of, by its kind (requirement F7)."""
    keeps: bool = False
    """Whoever we ring is here: the promise that this call was made for is kept."""
    closing: bool = False
    """The goodbye was said: the caller may hang up now, and renewed speech reopens the call (requirement I2)."""


class TransferTo(_Block):
    """Hand the caller over by REFER; `target` is a key of ``[telephony]`` in ivr.toml."""

    req: str
    target: Literal["operator", "supervisor"]
    say: SaidList = []
    timeout_s: Annotated[float, Field(gt=0, le=180)] = 40.0
    failed: ActText


class Thanks(_Block):
    """On the way back from a hold that lasted so long (requirement D1)."""

    after_s: Annotated[float, Field(ge=0)]
    say: str


class Hold(_Block):
    """The caller waits, and has agreed to it, while we ring somebody for them (requirements D1-D5).

    Whoever answers is told what we know, and takes the call over (attended transfer, RFC 5589). Whatever else comes of
    it leads back to the caller, who is thanked.
    """

    req: str
    say: SaidList = []
    rings: Literal["", "operator", "supervisor", "agent"] = ""
    """Key of ``[telephony]`` in ivr.toml; empty: nobody, the caller just waits."""
    number: str = ""
    """Slot with the number of a certain agent (requirement D4)."""
    summary: list[str] = []
    """What the one who is rung is told, each part where all its slots are known: 「快递单号{waybill}」."""
    reinvite: bool = True
    """Put the caller's line on hold, so that their PBX plays its music (RFC 3264); else we play ours, or are silent."""
    music: str = ""
    """Prompt that we play over and over, whatever the house has chosen; the caller's line is not put on hold then."""
    keys: dict[str, ActText] = {}
    """A caller who would rather not wait (requirement D8). Of a line that is on hold keys come by SIP INFO only."""
    intents: dict[str, ActText] = {}
    """Likewise by word, where our own music plays: a line that is on hold sends no voice."""
    thanks: list[Thanks] = []
    """The last one that fits the wait is said before anything else."""
    ring_s: Annotated[float, Field(gt=0, le=300)] = 40.0
    """Longest ringing; then nobody answers, and `failed` follows."""
    back_s: Annotated[float, Field(gt=0, le=300)] = 45.0
    """We are back with the caller after so long at the latest (requirement D2)."""
    limit_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    """From here on `owes` is owed, whatever has become of `back`."""
    owes: str = ""
    """Promise of a hold that ran into its limit, by its kind."""
    back: ActText
    """What follows after `back_s`."""
    failed: ActText
    """Nobody answers, or the call cannot be handed over."""
    busy: ActText | None = None
    """Whoever we ring is on the telephone; `failed` where this is left out."""
    away: ActText | None = None
    """They are not there, or off duty; likewise."""


class Recording(_Block):
    """Take a message: ended by a key, by silence, or by the limit."""

    req: str
    say: SaidList
    limit_s: Annotated[float, Field(gt=0, le=600)] = 120.0
    silence_s: Annotated[float, Field(gt=0, le=60)] = 4.0
    """Pause after speech that ends the message; twice this without any speech ends an empty one."""
    end_key: Annotated[str, Field(pattern=r"^[0-9*#]$")] = "#"
    keep_original: bool = False
    """Of what is masked in it, the original is kept encrypted, as a menu's."""
    keys: dict[str, ActText] = {}
    """Keys that do something else than end the message; a person can be reached from here too (requirement D8)."""
    done: ActText
    empty: ActText
    failed: ActText


class Outbound(_Block):
    """A call that we make (requirements A7, B9): whom we ring is asked whether they are who we think."""

    req: str
    menu: str
    """Where it begins once it is answered."""
    otherwise: str
    """Menu that ``resume`` leads to where nothing is known of the call before."""
    ring_s: Annotated[float, Field(gt=0, le=180)] = 40.0
    """Longest ringing; then nobody answers."""
    machine_s: Annotated[float, Field(gt=0, le=30)] = 5.0
    """Words that go on for so long before the first answer are those of an answering machine: people say 喂."""


class PromiseOf(_Block):
    """A kind of promise: when it is due, and who keeps it."""

    req: str
    due_s: Annotated[float, Field(ge=0)]
    """From the moment it was made."""
    call: str = ""
    """Name of the outbound call that keeps it; empty: people do, and a ticket tells them."""
    title: str = ""
    """What a ticket is called that is opened for it."""
    attempts: Annotated[int, Field(ge=1, le=20)] = 1
    """Calls, at most; then a ticket is opened."""
    between_s: Annotated[float, Field(ge=0)] = 300.0
    """From a call that failed to the next."""
    quiet: Annotated[str, Field(pattern=r"^(|([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)$")] = ""
    """Local times between which nobody is rung, e.g. ``21:00-08:00``."""
    urgent: bool = False
    """The supervisor is told of its ticket at once (requirement F5)."""
    urged: bool = False
    """Whoever asks for it again while its ticket is open urges it: that ticket is urgent then, and none is opened
    beside it (requirement F8)."""


class IncidentOf(_Block):
    """A fault that many may have: told of by enough callers it is one incident (requirements F7, F8)."""

    req: str
    title: str
    """What the supervisor's ticket is called."""
    window_s: Annotated[float, Field(gt=0, le=86400)]
    """Within which so many different callers have to tell of it."""
    callers: Annotated[int, Field(ge=2)]
    say: str
    """Prompt that later callers on the same line hear first, until the incident is closed."""
    due_s: Annotated[float, Field(ge=0)]
    """When the supervisor has to have dealt with it, from then on."""


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
    closed: str = ""
    """Menu of a caller out of business hours (requirement A6); empty: hours are not kept."""
    came_back: str = ""
    """Menu of a caller who was cut off and rings again by themselves (requirement F6); empty: as everybody else."""
    came_back_s: Annotated[float, Field(ge=0, le=86400)] = 1800.0
    """For so long what they told before counts."""
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
    pause_s: dict[Expects, Annotated[float, Field(gt=0, le=5)]] = {}
    """Pause that ends a turn by what was asked, where it is not `end_of_turn_s`."""
    complete_s: float = 0.5
    """Pause that ends a turn whose words are complete: an answer to what was asked, a known wish."""
    incomplete_s: float = 2.0
    """Pause allowed while an answer lacks something: digits still missing."""
    recognition_s: float = 2.5
    """Longest wait for the recogniser after the end of a turn; later counts as not caught."""
    inaudible_s: float = 0.3
    """So much voice too faint to be near makes an inaudible caller (B2), as the verdict has it."""
    acknowledge_s: float = 5.0
    """A turn longer than this is acknowledged at its next pause (C1), and again after as long."""
    acknowledge_pause_s: float = 0.5
    """Pause at which that is done."""
    nowhere_turns: Annotated[int, Field(ge=1)] = 10
    """So many turns in a row after which nothing is known are taken for a television: `endless_turn` follows."""
    call_s: Annotated[float, Field(gt=0)] = 1800.0
    """Longest call in which whatever is said or keyed leads on (two machines may talk for ever): then `endless_turn`
    follows, and after that the end. A transfer may still be tried."""
    pauses: Annotated[int, Field(ge=1)] = 3
    """How often our voice gives way within one prompt to sounds that turn out to be nothing."""
    between_keys_s: float = 4.0
    """Longest pause between the keys of a number; then it counts as entered."""
    drops: Annotated[int, Field(ge=1)] = 3
    """From so many cut-offs in one matter on, compensation is offered (requirement B9)."""
    saying_s: float = 90.0
    """Longest prompt; one that has not finished by then counts as said."""
    far_hold_s: float = 900.0
    """Longest hold by the far side; after it the call is ended."""
    take_back_s: float = 5.0
    """Longest wait for the media to flow again after a hold of ours; then we speak all the same."""
    hand_over_s: float = 12.0
    """Longest wait for the far side to tell what became of a call that was handed over."""
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
    hold: dict[str, Hold] = {}
    recording: dict[str, Recording] = {}
    outbound: dict[str, Outbound] = {}
    promise: dict[str, PromiseOf] = {}
    incident: dict[str, IncidentOf] = {}
    intent: dict[str, Intent] = {}
    always: dict[str, ActText] = {}
    """Intents that are understood in every menu (requirement D8)."""
    heard: dict[Misheard, str] = {}
    """Ladder for each verdict on speech that cannot be acted on."""
    domain: list[str] = []
    """Words of this house's business: whoever says one is speaking to us."""
    acknowledgements: list[str] = []
    """Prompts said in the pauses of a long turn, in turn (requirement C1)."""
    confirm: str = ""
    """Menu that asks whether we understood a wish, where we are not sure; its wording may use `{intent}` (C2)."""
    which: str = ""
    """Menu that asks which of two wishes is meant; its wording may use `{intent}` and `{other}` (C2)."""
    hold_music: str = ""
    """Prompt that is played on hold where the house has chosen so: ``[standard] hold = "music"``."""
    invalid_key: str = "invalid_key"
    """Prompt said when a key means nothing here."""
    endless_turn: ActText
    """A closing menu, for a line on which somebody speaks without end; once more there, and the call is ended."""

    @property
    def keeps_originals(self) -> bool:
        """Of something that is masked the original is sealed."""
        menus, messages = self.menu.values(), self.recording.values()
        return any(menu.keep_original for menu in menus) or any(message.keep_original for message in messages)
