"""Blocks in which others come in: transfers, holds, messages, calls of ours, promises, incidents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ivr.standards.acts import ActText, PhoneKey
from ivr.standards.said import Block, SaidList


class TransferTo(Block):
    """Hand the caller over by REFER; `target` is a key of ``[telephony]`` in ivr.toml."""

    req: str
    target: Literal["operator", "supervisor"]
    say: SaidList = []
    timeout_s: Annotated[float, Field(gt=0, le=180)] = 40.0
    failed: ActText
    summary: list[str] = []
    """What a ticket tells them of the call, as that of a hold does: nobody says again what they have said (D3)."""


class Thanks(Block):
    """On the way back from a hold that lasted so long (requirement D1)."""

    after_s: Annotated[float, Field(ge=0, le=3600)]
    say: str


class Hold(Block):
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
    keys: dict[PhoneKey, ActText] = {}
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


class Recording(Block):
    """Take a message: ended by a key, by silence, or by the limit."""

    req: str
    say: SaidList
    limit_s: Annotated[float, Field(gt=0, le=600)] = 120.0
    silence_s: Annotated[float, Field(gt=0, le=60)] = 4.0
    """Pause after speech that ends the message; twice this without any speech ends an empty one."""
    end_key: Annotated[str, Field(pattern=r"^[0-9*#]$")] = "#"
    keep_original: bool = False
    """Of what is masked in it, the original is kept encrypted, as a menu's."""
    keys: dict[PhoneKey, ActText] = {}
    """Keys that do something else than end the message; a person can be reached from here too (requirement D8)."""
    done: ActText
    empty: ActText
    failed: ActText


class Outbound(Block):
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


class PromiseOf(Block):
    """A kind of promise: when it is due, and who keeps it."""

    req: str
    due_s: Annotated[float, Field(ge=0, le=31622400)]
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
    between_s: Annotated[float, Field(ge=0, le=31622400)] = 300.0
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


class IncidentOf(Block):
    """A fault that many may have: told of by enough callers it is one incident (requirements F7, F8)."""

    req: str
    title: str
    """What the supervisor's ticket is called."""
    window_s: Annotated[float, Field(gt=0, le=86400)]
    """Within which so many different callers have to tell of it."""
    callers: Annotated[int, Field(ge=2)]
    say: str
    """Prompt that later callers on the same line hear first, until the incident is closed."""
    due_s: Annotated[float, Field(ge=0, le=31622400)]
    """When the supervisor has to have dealt with it, from then on."""
