"""What a worker keeps of its calls: each as it happens, what was promised in it, who was cut off (F1, B9).

It reads the journal, which tells everything, and writes through `records.Writer`, which never makes a call wait. What a
process that was killed leaves open is found by its successor: those calls are lost, and their callers are rung back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection

from ivr.config import Settings
from ivr.config.settings import StandardSettings
from ivr.dialog.call import Call
from ivr.dialog.dropping import DROPPED
from ivr.dialog.events import Remembered
from ivr.dialog.known import NOTHING, Known
from ivr.records import (
    Approvals,
    Calls,
    Database,
    Incidents,
    LostCall,
    NewCall,
    NewTicket,
    OnFailure,
    Policy,
    Promise,
    Promises,
    Tickets,
    Writer,
)
from ivr.records.tickets import HANDED_OVER, SEALED
from ivr.records.writer import Work
from ivr.service.journal import Entry
from ivr.service.recalling import Returning, slots_of
from ivr.standards.errands import PromiseOf
from ivr.standards.model import Standard
from ivr.telephony.discretion import Discretion
from ivr.telephony.numbers import dialable

_LAST_RECORDS_S = 5.0
_FOLLOW_UP = timedelta(hours=24)
"""Within which whoever took a caller over has done something about it (requirements D3, F5)."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Origin:
    """Where a call comes from."""

    served: StandardSettings
    standard: Standard
    line: str
    """Number of the line that it is served on."""
    direction: str
    number: str | None
    """Of the other side; None where it was withheld."""
    known: Known = NOTHING
    promise_id: int | None = None


@dataclass(frozen=True)
class Owed:
    """What a caller was promised."""

    kind: str
    begins: datetime | None = None
    """From when on it is to be kept; None: from now on."""
    summary: str = ""
    """What people have to know of it, nothing private in it."""


class Keeper:
    """The records of one worker's calls; without `records.url` nothing is kept, and every call goes on all the same."""

    def __init__(
        self, settings: Settings, instance: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.settings, self.instance, self.clock = settings, instance, clock
        self.database = Database(settings.records.url) if settings.records.url else None
        self._writer = Writer(self.database) if self.database else None
        self._ours: set[str] = set()
        self._incidents: dict[str, list[str]] = {}

    @property
    def waiting(self) -> int:
        """Items that are not in the database yet."""
        return self._writer.pending if self._writer else 0

    @property
    def lost(self) -> int:
        """Items that never came there."""
        return self._writer.lost if self._writer else 0

    def record(self, name: str, call: Call, origin: Origin) -> Record:
        """The record of a call that begins."""
        if self.database:
            self._ours.add(name)
        return Record(self, name, call, origin)

    def ended(self, name: str) -> None:
        """That call is over, and its last line is on the way to the database."""
        self.put(lambda tx: self._ours.discard(name))

    def put(self, work: Work) -> None:
        """Have this done on the database."""
        if self._writer:
            self._writer.put(work)

    def note(self, name: str, line: Entry) -> None:
        """Keep a line of a call's journal."""
        if self._writer:
            self._writer.note(name, [line])

    def recall(self, origin: Origin, tell: Callable[[Remembered], None]) -> None:
        """Ask what is known of who rings; `tell` hears of it in another thread, soon, or when the database is back."""
        returning = self._returning(origin)
        if returning:
            self.put(lambda tx: tell(returning.remembered(tx)))

    def came_back(self, name: str, origin: Origin) -> None:
        """Who was cut off rings again by themselves, and is here in that call."""
        returning, now = self._returning(origin), self.clock()
        if returning:
            self.put(lambda tx: returning.came_back(tx, name, now))

    def _returning(self, origin: Origin) -> Returning | None:
        if not origin.number:
            return None
        now = self.clock()
        since = now - timedelta(seconds=origin.standard.opening.came_back_s)
        dialled = dialable(origin.number, self.settings.telephony.outbound_allow) or ""
        return Returning(origin.number, dialled, origin.line, since, now)

    def owe(self, owed: Owed, name: str, origin: Origin, number: str | None, known: Known) -> None:
        """Somebody was promised something in this call; once, however often this is asked."""
        self.put(self._owing(owed, name, origin, number, known))

    def _owing(self, owed: Owed, name: str, origin: Origin, number: str | None, known: Known) -> Work:
        kind, now = owed.kind, self.clock()
        of, begins = origin.standard.promise[kind], owed.begins or now
        drops = known.drops if kind == DROPPED else 0
        allowed = dialable(number, self.settings.telephony.outbound_allow) if of.call else None
        if allowed:
            promise = Promise(
                kind=kind,
                key=f"{kind}:{name}",
                due_at=begins + timedelta(seconds=of.due_s),
                not_before=begins,
                number=allowed,
                line=origin.line,
                call_id=name,
                say=asdict(known) | {"slots": dict(known.slots)},
            )

            def make(tx: Connection) -> None:
                if drops:
                    count_drop(tx, name, now)
                Promises(tx).make(promise, now)

            return make
        ticket = ticket_for(kind, of, begins, number or "", name)
        ticket = replace(ticket, drops=drops, summary="；".join(filter(None, (ticket.summary, owed.summary))))
        return lambda tx: Tickets(tx).urged(ticket, now) if of.urged else Tickets(tx).open(ticket, now)

    def find_lost(self, standards: Mapping[str, Standard], place: str = "") -> None:
        """What an earlier process of this place left behind: calls that are open, whose callers are rung back,
        promises that it was about to keep, approvals that it waited for.

        To be asked once this place is surely ours, before anything is claimed for it; and for another `place` once it
        is surely dead. Blocks. Raises RecordsError.
        """
        assert self.database
        now, place = self.clock(), place or self.instance
        with self.database.transaction() as tx:
            lost = Calls(tx).lost(place, now, alive=self._ours)
            for call in lost:  # in the same transaction: a call is not closed as lost with nobody to be rung back
                self._ring_back(tx, call, standards)
            expired = Promises(tx).expire(now, dead=place)
            Approvals(tx).lost(place, now, alive=self._ours)
        if lost or expired:
            promises = [each.promise.id for each in expired]
            log.warning("a process was lost", place=place, calls=[call.id for call in lost], promises=promises)

    def _ring_back(self, tx: Connection, call: LostCall, standards: Mapping[str, Standard]) -> None:
        served = self.settings.line_for(call.line)
        standard = standards.get(served.name)
        if standard is None or not call.answered_at or call.goodbye:
            return
        claim = Promises(tx).dialled_as(call.id)
        if claim and (of := standard.promise.get(claim.promise.kind)):
            # They answered, and had not said who they are: that is known, and the promise is still owed, at once.
            Promises(tx).settle(claim, "lost", self.clock(), policy_of(of, served.timezone, between_s=0.0))
        elif DROPPED in standard.promise:
            known = Known(call.matter and call.menu, slots_of(call.known), call.drops + 1)
            number = call.caller if call.direction == "in" else call.dialled
            origin = Origin(served, standard, call.line, call.direction, number or None)
            self._owing(Owed(DROPPED), call.id, origin, origin.number, known)(tx)

    def look_for_incidents(self, tx: Connection) -> None:
        """What callers to come have to be told of."""
        found: dict[str, list[str]] = {}
        for incident in Incidents(tx).all_open():
            found.setdefault(incident.line, []).append(incident.kind)
        self._incidents = found

    def incidents(self, line: str) -> tuple[str, ...]:
        """Kinds of faults that many callers of that line have, as the database knew a moment ago."""
        return tuple(self._incidents.get(line, ()))

    def close(self) -> None:
        """Write what is left."""
        if self._writer and not self._writer.close(_LAST_RECORDS_S):
            log.error("the last records were not written")


@dataclass(eq=False)
class Record:
    """One call's. It acts on every line of the journal as it comes, and keeps what `discretion` lets through."""

    keeper: Keeper
    name: str
    call: Call
    origin: Origin
    discretion: Discretion | None = None
    _opened: bool = field(default=False, init=False)
    _stood: tuple[object, ...] = field(default=(), init=False)
    _answered: bool = field(default=False, init=False)
    _closed: bool = field(default=False, init=False)
    _kept: bool = field(default=False, init=False)
    _sealed: bool = field(default=False, init=False)
    _messages: list[str] = field(default_factory=list, init=False)
    """Paths of what the caller left."""

    def __call__(self, entry: Entry) -> None:
        """Another line of the journal."""
        name, now = self.name, self.keeper.clock()
        match entry:
            case {"event": "Connected"}:
                self._answered = True
                self.keeper.put(lambda tx: Calls(tx).answered(name, now))
            case {"note": "owed", "promise": str(kind)}:
                self._owe(kind, str(entry.get("due", "")), str(entry.get("summary", "")))
            case {"note": "renewed", "promise": str(kind)}:
                self._renew(kind)
            case {"note": "consulted", "target": str(target), "summary": str(summary)}:
                self._hand_over(target, summary)
            case {"note": "kept"}:
                self._kept = True
            case {"note": "came_back"}:
                self.keeper.came_back(name, self.origin)
            case {"note": "reported", "incident": str(kind)}:
                self._report(kind)
            case {"command": "StopRecording", "file": str(path)} if path:
                self._messages.append(path)
        self._stand()
        if entry.get("state") == "ended":
            self.ended(str(entry.get("outcome", "")))

    def note(self, entry: Entry) -> None:
        """Keep a line of the journal, private numbers masked."""
        if not self._opened:
            self._opened = True
            self._open(self.keeper.clock())
        self.keeper.note(self.name, entry)
        if entry.get("sealed") and not self._sealed:
            self._sealed, name, now = True, self.name, self.keeper.clock()
            self._stand()
            self.keeper.put(lambda tx: Tickets(tx).sealed(name, now))

    def recorded(self, path: str) -> None:
        """The call is being recorded there."""
        self.keeper.put(lambda tx: Calls(tx).recorded(self.name, path))

    @property
    def standing(self) -> Known:
        """What a call that goes on with this one may know: nothing private."""
        standing = self.call.standing
        return replace(standing, slots=self.discretion.slots(standing.slots)) if self.discretion else standing

    def _open(self, now: datetime) -> None:
        origin = self.origin
        ends = origin.number or "", origin.line
        caller, dialled = ends if origin.direction == "in" else ends[::-1]
        new = NewCall(
            id=self.name,
            line=origin.line,
            standard=origin.standard.name,
            direction=origin.direction,
            caller=caller,
            dialled=dialled,
            instance=self.keeper.instance,
            promise_id=origin.promise_id,
            drops=origin.known.drops,
        )
        self.keeper.put(lambda tx: Calls(tx).opened(new, now))

    def _owe(self, kind: str, due: str = "", summary: str = "") -> None:
        if kind == DROPPED and self.origin.promise_id is not None and not self._kept:
            return  # the promise that this call was to keep is still owed: it is tried again, and not another beside it
        standing = self.standing
        number = standing.slots.get("phone") or self.origin.number
        owed = Owed(kind, datetime.fromisoformat(due) if due else None, self._veiled(summary))
        self.keeper.owe(owed, self.name, self.origin, self.origin.number if kind == DROPPED else number, standing)

    def _veiled(self, text: str) -> str:
        return self.discretion.veiled(text) if self.discretion else text

    def _renew(self, kind: str) -> None:
        """They were promised it before: the number that they have confirmed since is where they are reached (F9)."""
        number, name, now = self.standing.slots.get("phone"), self.name, self.keeper.clock()
        if number:
            self.keeper.put(lambda tx: Tickets(tx).reached_at(name, kind, number, now))

    def _hand_over(self, target: str, summary: str) -> None:
        """Whoever is asked to take the caller over finds what we know under the number that rings them (D3)."""
        now = self.keeper.clock()
        ticket = NewTicket(
            kind=HANDED_OVER,
            owner=target,
            due_at=now + _FOLLOW_UP,
            number=self.origin.number or "",
            call_id=self.name,
            summary=self._veiled(summary) or "转接来电",
        )
        self.keeper.put(lambda tx: Tickets(tx).open(ticket, now))

    def _report(self, kind: str) -> None:
        """One more tells of a fault; where that makes it an incident the supervisor has to know (requirement F7)."""
        of, origin, name, now = self.origin.standard.incident[kind], self.origin, self.name, self.keeper.clock()
        caller = origin.number or ""

        def report(tx: Connection) -> None:
            found = Incidents(tx).report(kind, origin.line, caller, now, of.window_s, of.callers)
            if found and found.is_new:
                due, summary = now + timedelta(seconds=of.due_s), f"{of.title}（{found.callers} 位客人，{origin.line}）"
                ticket = NewTicket(
                    kind="incident", urgency="urgent", owner="supervisor", due_at=due, call_id=name, summary=summary
                )
                Incidents(tx).told(found.id, Tickets(tx).open(ticket, now))

        self.keeper.put(report)

    def _stand(self) -> None:
        """Where the call stands, when that has changed: it is what a call that goes on with this one begins with."""
        standing, goodbye, name = self.standing, self.call.goodbye, self.name
        menu = self.call.snapshot.menu
        stands = (menu, dict(standing.slots), standing.menu, goodbye, standing.drops, self._sealed)
        if stands != self._stood:
            self._stood = stands
            known: dict[str, object] = {"slots": dict(standing.slots)}
            if self._sealed:
                known[SEALED] = True
            self.keeper.put(
                lambda tx: Calls(tx).stands(
                    name, menu, known, matter=standing.menu, goodbye=goodbye, drops=standing.drops
                )
            )

    def ended(self, outcome: str) -> None:
        """The call is over, or a fault of ours ended it: then its caller was cut off as well. Once."""
        if self._closed:
            return
        self._closed = True
        name, now = self.name, self.keeper.clock()
        if outcome == "fault":
            self.cut_off()
        if self._messages:
            self.keeper.put(lambda tx: Tickets(tx).attach(name, self._messages, now))
        self.keeper.put(lambda tx: Calls(tx).closed(name, outcome, now))
        self.keeper.ended(name)

    def cut_off(self) -> None:
        """We end this call for a reason of our own, in the middle of it: its caller is rung back."""
        if self._answered and not self.call.goodbye and DROPPED in self.origin.standard.promise:
            self._owe(DROPPED)


def policy_of(of: PromiseOf, timezone: str, between_s: float | None = None) -> Policy:
    """How a standard wants a promise pursued; `between_s` overrules it."""
    return Policy.model_validate(
        {
            "attempts": of.attempts,
            "between_s": of.between_s if between_s is None else between_s,
            "quiet_hours": of.quiet,
            "timezone": timezone,
            "on_failure": OnFailure(kind="promise_failed", urgency="urgent"),
        }
    )


def ticket_for(kind: str, of: PromiseOf, begins: datetime, number: str, call_id: str) -> NewTicket:
    """What people have to do about a promise of this kind, which is to be kept from `begins` on."""
    return NewTicket(
        kind=kind,
        urgency="urgent" if of.urgent else "normal",
        due_at=begins + timedelta(seconds=of.due_s),
        number=number,
        call_id=call_id,
        summary=of.title or kind,
    )


def count_drop(tx: Connection, name: str, now: datetime) -> None:
    """The connection dropped: that is counted on what is open over the matter, from its first call on (B9)."""
    tickets, asked = Tickets(tx), set[str]()
    while name and name not in asked:
        asked.add(name)
        for ticket in tickets.list(call_id=name):
            tickets.dropped(ticket.id, now)
        call = Calls(tx).row(name)
        promise = Promises(tx).get(call["promise_id"]) if call and call["promise_id"] else None
        name = promise.call_id if promise else ""
