"""Blocks that a caller is led through: menus and their ladders, forms and their slots, gates, asides."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field

from ivr.standards.acts import ActText, PhoneKey
from ivr.standards.said import Block, Condition, Expects, Misheard, SaidList, Voice


class Step(Block):
    """Wait, then say. The wait starts at the last audible sample of our previous prompt."""

    wait_s: Annotated[float, Field(ge=0, le=3600)]
    say: str


class Ladder(Block):
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


class Menu(Block):
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
    answered: SaidList = []
    """Said in place of the question where it was answered in this call, and read back: it is not asked again (C10);
    `on_answer` follows."""
    owes: str = ""
    """A promise made by entering, by its kind, e.g. ``local_callback``; the caller's matter is in good hands then."""
    no_input: str
    """Name of the ladder climbed while the caller gives nothing."""
    once_heard: str = ""
    """Ladder climbed instead once the caller has been heard: no silent caller any more, only one who thinks."""
    on_speech: ActText
    keys: dict[PhoneKey, ActText] = {}
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


class Later(Block):
    """So much later than a time of day that we were told: a courier's time and half an hour (requirement F4)."""

    than: str
    """Slot with that time."""
    by_s: Annotated[float, Field(gt=0, le=86400)]
    on: str = ""
    """Slot with its day; today, where that is not known."""


class Slot(Block):
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
    keys: dict[PhoneKey, ActText] = {}
    private: bool = False
    keep_original: bool = False

    def takes(self, value: str) -> bool:
        """Whether this may be an answer."""
        return not self.pattern or bool(re.fullmatch(self.pattern, value))


class Form(Block):
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
    keys: dict[PhoneKey, ActText]


class Aside(Block):
    """Something that callers tell by the way, and that is answered before their business (requirements E4, E10)."""

    req: str
    intent: str
    """How it is said; it counts wherever in a sentence it stands, whatever else is said there."""
    say: SaidList
    then: ActText
    """Where the words meant nothing else, in a menu that is open to wishes; any other asks its question again."""


class Gate(Block):
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
    shares: str = ""
    """Gate whose failures are counted with its own: who is barred there is not let in here by trying again."""
