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

import re
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ivr.standards.acts import Act as Act  # noqa: PLC0414 - whoever reads the model reads its acts
from ivr.standards.acts import ActText

Expects = Literal["text", "yes_no", "digits", "id_tail", "phone", "waybill", "name", "time", "date", "money", "choice"]
"""What a caller may be asked for. `text` is anything; `choice` one of the intents that the menu knows; `id_tail` the
last four of an identity card, X among them (GB 11643)."""
Misheard = Literal["unclear", "inaudible", "side_talk", "unintelligible"]
"""Verdicts on speech that cannot be acted on (requirements B6, B2, B3, B4)."""
Condition = Literal[
    "late", "queued", "named", "often", "priority", "incident", "urged", "overdue", "music", "announced", "rating",
    "erred", "long", "comforted", "morning", "promised", "surnamed",
]  # fmt: skip
"""`late`: the caller heard more than `opening.late_after_rings` rings. `queued`: the PBX handed over a waiting time.
`named`: we know their name. `often`: this matter was cut off `limits.drops` times (requirement B9). `priority`: the
house serves this caller first. `incident`: they have heard of a fault that many have (requirement F7). `urged`: what
this menu owes is owed to them already (requirement F8). `overdue`: it should have been kept by now (requirement E3).
`music`: on hold they hear ours, and we hear them. `announced`: the house tells whoever it greets that calls are
recorded (requirement A9). `rating`: it asks for one (requirement H6). `erred`: a menu that `errs` was entered
(requirement I3). `long`: the call has lasted `limits.long_s` (requirement E5). `comforted`: something else is said
first already (requirement E2). `morning`: it was before noon when the call began (requirement F4). `promised`:
something was promised in this call (requirement E7). `surnamed`: the house tells whose surname answers (G6)."""


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


WordingKind = Literal["speech", "tone", "music"]


class Wording(_Block):
    """One prompt. `{company}`, `{site}`, `{agent}`, `{surname}` and `{hello}` are filled in before it is spoken."""

    text: str = ""
    req: str
    """Requirement id, e.g. ``B1``."""
    prescribed: bool = False
    """The source demands these very words; the style linter leaves them alone."""
    kind: WordingKind = "speech"
    """`tone` is the short beep before a recording, `music` what is played on hold; neither has a text."""
    interruptible: bool = True
    """The caller may talk into it (requirement C1); False for what must be heard to its end."""
    addresses: bool = False
    """Once we know whom we speak to, it begins with their name: 王先生，… (requirement A8)."""


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Said(_Block):
    """A prompt in a list, perhaps on a condition; or the first of several that was not said in this call yet."""

    say: str = ""
    one_of: list[str] = []
    """Nobody is comforted twice with the same words (requirement E2); when all were said, nothing is."""
    when: Condition | None = None
    unless: Annotated[tuple[Condition, ...], BeforeValidator(_listed)] = ()
    """None of these holds."""
    knows: Annotated[list[str], BeforeValidator(_listed)] = []
    """Said only where each of these slots is known…"""
    lacks: Annotated[list[str], BeforeValidator(_listed)] = []
    """…and none of these: nothing is told that we were not told (requirement F11)."""
    owes: str = ""
    """A promise made by saying it, by its kind."""

    @property
    def prompts(self) -> list[str]:
        """The prompts that it may say."""
        return self.one_of or [self.say]


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
    on: Literal["silence", "turn", "call"] = "silence"
    """What leads to the next step: that nothing comes for `wait_s`, another turn of its kind in a row, or another one
    in the call, whatever came between (requirements E6, E7)."""
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
    yields: bool = False
    """Said along with a plain wish, only the wish counts: whoever swears and asks for a person gets one (D8, E6)."""
    number: Literal["", "bank_card"] = ""
    """It is also meant by whoever says such a number, whatever else they say (requirement G2)."""


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
    wishes: bool = False
    """The standard's `wishes` are understood here too."""
    heard: dict[Misheard, str] = {}
    """Ladder climbed for a verdict; where none is named, the standard's `heard`."""
    voice: Voice | None = None
    tempo: Annotated[float, Field(ge=0.5, le=1)] = 1.0
    """Speed of our speech in this menu only: what is to be written down is said slowly (requirement C4)."""
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
    errs: bool = False
    """Whoever comes here does so for a mistake of ours; the end of the call remembers it (requirements C6, I3)."""
    choices: dict[str, str] = {}
    """For ``asks = "choice"``: intent → value of the slot. The keys 1, 2, 3… choose them in this order."""
    inquires: str = ""
    """Somebody else is asked by entering, and may answer while the caller is here: ``supervisor`` (requirement E6), or
    a back-end system by its name in ``[backends]`` of ivr.toml."""
    hands: list[str] = []
    """Slots that they are told."""
    within_s: Annotated[float, Field(gt=0, le=300)] = 30.0
    """When nobody has answered by then, the answer is ``failed``."""
    answers: dict[str, ActText] = {}
    """What follows from their answer, once the floor is free: ``found``, ``missing``, ``granted``, ``refused``, or what
    the back-end system calls it; ``nobody`` where the house has no such system; ``failed`` for any other, and for none
    (requirement B12)."""
    detours: dict[Condition, str] = {}
    """Menu entered in this one's place where a condition holds; the first that does counts."""
    needs: list[str] = []
    """Gates that have to be passed before anybody comes here, in this order."""
    grants: str = ""
    """Gate that is passed by entering."""
    denies: str = ""
    """Gate that somebody has failed to pass by entering: one of its `tries` is gone."""
    form: str = ""
    """Form that it belongs to; set where one was made into menus."""
    closing: bool = False
    """The goodbye was said: the caller may hang up now, and renewed speech reopens the call (requirement I2)."""


class Later(_Block):
    """So much later than a time of day that we were told: a courier's time and half an hour (requirement F4)."""

    than: str
    """Slot with that time."""
    by_s: Annotated[float, Field(gt=0, le=86400)]
    on: str = ""
    """Slot with its day; today, where that is not known."""


class Slot(_Block):
    """Something that forms ask for (see `expand`), or that a back-end system tells."""

    req: str
    title: str = ""
    """What people call it who read a ticket: 「快递单号」."""
    asks: Expects
    say: SaidList = []
    """The question; none for what nobody is asked for, but a back-end system tells."""
    other_words: SaidList = []
    """For whoever did not understand the question (requirement B7)."""
    taper: list[str] = []
    """What is said instead the second, the third time when nothing was caught: shorter, an example, the keys (B6)."""
    read: str = ""
    """Prompt that reads the answer back, to be confirmed or corrected; empty: it is not."""
    why: SaidList = []
    """Said to whoever would rather not tell, before they are asked once more (requirement G1)."""
    optional: bool = False
    """Whoever would rather not tell goes on without."""
    errs: bool = False
    """Whoever has to correct what we read back was misheard: that is a mistake of ours (requirement I3)."""
    anew: bool = False
    """Asked for again when its form is begun anew (another parcel); anything else is asked once a call (C10)."""
    pattern: str = ""
    """Regular expression that an answer has to match as a whole, e.g. ``[0-9Xx]{4}``."""
    later: Later | None = None
    """Neither asked for nor told, but reckoned; unknown once it has passed."""
    cues: list[str] = []
    """Words behind which it is told unasked, in one sentence with other things: 「单号是…，电话是…」."""
    choices: dict[str, str] = {}
    """For ``asks = "choice"``, as a menu has them."""
    no_input: str = ""
    """Ladder, where it is not the form's."""
    intents: dict[str, ActText] = {}
    keys: dict[str, ActText] = {}
    private: bool = False
    keep_original: bool = False

    def takes(self, value: str) -> bool:
        """Whether this may be an answer."""
        return not self.pattern or bool(re.fullmatch(self.pattern, value))


class Form(_Block):
    """Asks for what its slots lack, reads back, lets correct; in the manner of VoiceXML's form interpretation."""

    req: str
    say: SaidList = []
    """Before the first question."""
    slots: Annotated[list[str], Field(min_length=1)]
    takes: list[str] = []
    """Slots that it does not ask for, and keeps all the same when they are told besides, by their `cues` (C10)."""
    read: SaidList = []
    """At the end, all of it in a few words, to be agreed to (requirement C3)."""
    amend: SaidList = []
    """Asks what of that was wrong: 「地址不对」 is asked for anew, 「地址是…」 replaces it."""
    then: ActText
    refused: ActText
    """Somebody would rather not tell what is needed."""
    at_last: ActText
    """Nothing was caught as often as a slot tapers: a person."""
    owes: str = ""
    """Kind of promise that it is filled in for."""
    owed: ActText | None = None
    """Comes first, once a call, where that is owed to the caller already (requirement E3)."""
    no_input: str
    """Ladder climbed for want of an answer."""
    intents: dict[str, ActText] = {}
    keys: dict[str, ActText]


class Aside(_Block):
    """Something that callers tell by the way, and that is answered before their business (requirements E4, E10)."""

    req: str
    intent: str
    """How it is said; it counts wherever in a sentence it stands, whatever else is said there."""
    say: SaidList
    then: ActText
    """Where the words meant nothing else, in a menu that is open to wishes; any other asks its question again."""


class Gate(_Block):
    """What a menu that `needs` it waits for: verified identity, a second yes (requirements G1, G5)."""

    req: str
    through: ActText
    """Leads to a menu that `grants` it; from there ``proceed`` leads on."""
    once: bool = False
    """It has to be passed anew each time, and counts for nothing but what waits behind it: whoever has said yes twice
    and then asks for something else has agreed to nothing (requirement G5)."""
    tries: Annotated[int, Field(ge=0)] = 0
    """Failures in a call after which nobody is let in any more (menus with `denies`); 0: they are not counted."""
    barred: ActText | None = None
    """What follows then, in place of `through`."""


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
    """From the moment it was made, or from `due_at`."""
    due_at: str = ""
    """Local time, as ``HH:MM`` or as the slot that has it, from which it is to be kept, and before which nobody is rung
    for it (requirement F4); where that is not known, or has passed, it is from now on."""
    due_on: str = ""
    """Slot with its day; today, where that is not known."""
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
    summary: list[str] = []
    """What its ticket says besides, each part where all its slots are known: 「快递单号{waybill}」."""


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
    long_s: Annotated[float, Field(gt=0)] = 600.0
    """From here on a call is a long one (requirement E5)."""
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
