"""What a service standard is: data, checked when it is read.

A standard is one TOML file. It holds wording, and six kinds of building block that refer to it and to one another:

* a **menu** says something and then waits for a key, for speech, or for neither (VoiceXML's ``menu``);
* a **form** asks for what its slots still lack, in whatever order it is told (VoiceXML's ``form``; see `expand`);
* a **ladder** is what happens for as long as neither comes: ordered steps *wait → say*, ending in a last act;
* a **transfer** hands the caller to somebody else;
* a **hold** lets the caller wait, with their consent, while we ring somebody for them;
* a **recording** takes the caller's message.

Beside them stand what we owe: a **promise** of a kind is kept by people, or by a call of ours, an **outbound**, which
begins in a menu of its own.

A menu may ask for something (`asks`), and it knows words as it knows keys (`intents`). What is said so that nobody can
act on it is led through a ladder too: `heard` names one for each verdict of the ear. Meanwhile it may ask somebody else
(`inquires`): a system of the house, or the supervisor. Whoever is not let in yet (`needs`) passes a **gate** first.

What to do next is an *act* (see `acts`). Each block cites the requirement it carries, so that a standard can be read
beside its source. All durations are seconds.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ivr.standards.acts import ActText
from ivr.standards.blocks import Aside, Form, Gate, Ladder, Menu, Slot
from ivr.standards.errands import Hold, IncidentOf, Outbound, PromiseOf, Recording, TransferTo
from ivr.standards.said import Block, Expects, Intent, Misheard, SaidList, Wording


class Hello(Block):
    """From this time of day on, `{hello}` is this."""

    since: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
    text: str


class Opening(Block):
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


Bound = Annotated[float, Field(ge=0, le=3600)]


class Limits(Block):
    """Bounds that no state outlives."""

    connect_s: Bound = 32.0
    """From our 200 to the ACK (64 x T1, RFC 3261)."""
    judging_s: Bound = 0.25
    """How late a due prompt may be while a sound is being judged (section B)."""
    end_of_turn_s: Bound = 0.8
    """Pause after the caller's last voiced sample that ends a turn."""
    turn_s: Bound = 60.0
    """Longest turn that is listened to without a word from us; then we interrupt, politely (E1)."""
    long_turns: Annotated[int, Field(ge=1)] = 3
    """The turn beyond `turn_s` that is taken for a television: the `endless_turn` of the standard follows."""
    verdict_s: Bound = 1.0
    """How long our voice stays paused, or the last act waits, for a sound that nobody judges."""
    pause_s: dict[Expects, Annotated[float, Field(gt=0, le=5)]] = {}
    """Pause that ends a turn by what was asked, where it is not `end_of_turn_s`."""
    complete_s: Bound = 0.5
    """Pause that ends a turn whose words are complete: an answer to what was asked, a known wish."""
    incomplete_s: Bound = 2.0
    """Pause allowed while an answer lacks something: digits still missing."""
    recognition_s: Bound = 2.5
    """Longest wait for the recogniser after the end of a turn; later counts as not caught."""
    inaudible_s: Bound = 0.3
    """So much voice too faint to be near makes an inaudible caller (B2), as the verdict has it."""
    acknowledge_s: Bound = 5.0
    """A turn longer than this is acknowledged at its next pause (C1), and again after as long."""
    acknowledge_pause_s: Bound = 0.5
    """Pause at which that is done."""
    nowhere_turns: Annotated[int, Field(ge=1)] = 10
    """So many turns in a row after which nothing is known are taken for a television: `endless_turn` follows."""
    call_s: Annotated[float, Field(gt=0)] = 1800.0
    """Longest call in which whatever is said or keyed leads on (two machines may talk for ever): then `endless_turn`
    follows, and after that the end. A transfer may still be tried."""
    pauses: Annotated[int, Field(ge=1)] = 3
    """How often our voice gives way within one prompt to sounds that turn out to be nothing."""
    between_keys_s: Bound = 4.0
    """Longest pause between the keys of a number; then it counts as entered."""
    long_s: Annotated[float, Field(gt=0)] = 600.0
    """From here on a call is a long one (requirement E5)."""
    drops: Annotated[int, Field(ge=1)] = 3
    """From so many cut-offs in one matter on, compensation is offered (requirement B9)."""
    saying_s: Bound = 90.0
    """Longest prompt; one that has not finished by then counts as said."""
    far_hold_s: Bound = 900.0
    """Longest hold by the far side; after it the call is ended."""
    take_back_s: Bound = 5.0
    """Longest wait for the media to flow again after a hold of ours; then we speak all the same."""
    hand_over_s: Bound = 12.0
    """Longest wait for the far side to tell what became of a call that was handed over."""
    between_prompts_s: Bound = 0.4
    """Pause between two prompts said in one breath."""
    breath_s: Bound = 0.2
    """Silence between a prompt that was cut off and the next, so that a key does not glue two sentences together."""
    hang_up_s: Bound = 5.0
    """Longest wait for the far side to confirm that the call is over."""
    invalid_keys: Annotated[int, Field(ge=1)] = 3
    """So many keys without a meaning in a row are taken as a turn that was not understood."""


class Standard(Block):
    """A service standard, complete: what it inherits is already in it."""

    name: str
    title: str
    sources: list[str]
    opening: Opening
    limits: Limits = Limits()
    wording: dict[str, Wording]
    ladder: dict[str, Ladder]
    menu: dict[str, Menu]
    slot: dict[str, Slot] = {}
    form: dict[str, Form] = {}
    gate: dict[str, Gate] = {}
    aside: dict[str, Aside] = {}
    transfer: dict[str, TransferTo] = {}
    hold: dict[str, Hold] = {}
    recording: dict[str, Recording] = {}
    outbound: dict[str, Outbound] = {}
    promise: dict[str, PromiseOf] = {}
    incident: dict[str, IncidentOf] = {}
    intent: dict[str, Intent] = {}
    always: dict[str, ActText] = {}
    """Intents that are understood in every menu (requirement D8)."""
    wishes: dict[str, ActText] = {}
    """What callers may want, understood in every menu that is open to it."""
    heard: dict[Misheard, str] = {}
    """Ladder for each verdict on speech that cannot be acted on."""
    unclear: dict[Expects, str] = {}
    """Ladder for what was not caught, by what was asked, where it is not `heard`'s."""
    domain: list[str] = []
    """Words of this house's business: whoever says one is speaking to us."""
    titles: dict[str, str] = {}
    """What we call somebody who gave themselves this title, e.g. 小姐 → 女士; others are said as told (A8)."""
    characters: dict[str, str] = {}
    """How the characters of a name are told apart, 张 → 弓长张: wording may speak ``{characters}`` (requirement C8)."""
    refusals: list[str] = []
    """Intents by which somebody would rather not tell what a form asks for."""
    upset: str = ""
    """Ladder of turns for a caller who is upset: its step is said first, before what follows (requirement E1)."""
    steers: ActText | None = None
    """Where they are led if their words mean nothing to us, in a menu that is open to wishes, so that a question takes
    the lead."""
    interrupts: SaidList = []
    """Said first to whoever has spoken for `limits.turn_s` without end (requirement E1)."""
    strong_words: list[str] = []
    """Words that only upset callers use."""
    acknowledgements: list[str] = []
    """Prompts said in the pauses of a long turn, in turn (requirement C1)."""
    knowledge: str = ""
    """Menu that tells what was found in the house's knowledge; its wording may use `{answer}`, `{answer_details}`,
    `{answer_other_words}` and `{answer_title}` (requirement C9)."""
    dictation: str = ""
    """Menu that tells it where it is to be written down (requirement C4)."""
    confirm: str = ""
    """Menu that asks whether we understood a wish, where we are not sure; its wording may use `{intent}` (C2)."""
    which: str = ""
    """Menu that asks which of two wishes is meant; its wording may use `{intent}` and `{other}` (C2)."""
    hold_music: str = ""
    """Prompt that is played on hold where the house has chosen so: ``[standard] hold = "music"``."""
    invalid_key: str = "invalid_key"
    """Prompt said when a key means nothing here."""
    instead: str = "left_unsaid"
    """Prompt said instead of one that must not be, for what was put into its slots (requirements H1, H2)."""
    endless_turn: ActText
    """A closing menu, for a line on which somebody speaks without end; once more there, and the call is ended."""

    @property
    def keeps_originals(self) -> bool:
        """Of something that is masked the original is sealed."""
        menus, messages = self.menu.values(), self.recording.values()
        return any(menu.keep_original for menu in menus) or any(message.keep_original for message in messages)
