"""Promises: obligations with a due time, kept at most once whatever dies (requirements B9, B12, D2, F3, F4).

Who is to keep one claims it: a row of `attempts` stands before anything is dialled. The claim is a lease with an
epoch; when it runs out, what had not been dialled goes back, and what may have been dialled is never dialled again:
it becomes *unknown*, and a ticket. Each step is its own transaction, *committed* before the next thing is done:

    with database.transaction() as tx:
        claims = Promises(tx).claim(now, by, lease_s=30, limit=8)
    with database.transaction() as tx:
        ours = Promises(tx).dialling(claim, now)
    if ours: …dial, `renew` while it lasts, then `settle`
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, case, exists, func, or_, select, update
from sqlalchemy.sql import ColumnElement

from ivr.records.database import insert
from ivr.records.policy import LONGEST_LEASE_S, OnFailure, Policy
from ivr.records.schema import attempts, promises
from ivr.records.tickets import NewTicket, Tickets

_LEASED = ("claimed", "dialling")
_OPEN = ("pending", *_LEASED)
_UNKNOWN = OnFailure(kind="promise_unknown", urgency="urgent")


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What was promised."""

    kind: str
    due_at: datetime
    """When it has to be kept; the one that is due first is claimed first."""
    not_before: datetime | None = None
    """The earliest moment to dial; None: at once."""
    key: str | None = None
    """The same promise is not made twice: e.g. `dropped:<call>`."""
    number: str = ""
    """Whom to ring. Never are two claims held on one number."""
    line: str = ""
    owner: str = ""
    call_id: str = ""
    """The call in which it was made."""
    ticket_id: int | None = None
    say: Mapping[str, object] = field(default_factory=dict)
    """The menu to go on with, and what is known."""
    max_attempts: int | None = None
    """None: as the policy has it."""

    @property
    def drops(self) -> int:
        """How often its matter was cut off (requirement B9)."""
        drops = self.say.get("drops")
        return drops if isinstance(drops, int) else 0


@dataclass(frozen=True, kw_only=True)
class Kept(Promise):
    """A promise as it stands in the database."""

    id: int
    state: str
    """pending, claimed, dialling, kept, failed, unknown, cancelled"""
    attempts: int
    """How often it was dialled."""
    claimed_by: str
    lease_until: datetime | None
    epoch: int
    created_at: datetime
    closed_at: datetime | None


class Claim(NamedTuple):
    """A promise that is ours until `lease_until`; good for one call."""

    promise: Kept
    epoch: int
    lease_s: float

    @property
    def id(self) -> int:
        """Of the promise."""
        return self.promise.id


class Settled(NamedTuple):
    """What became of a promise after an attempt."""

    state: str
    """kept, pending (to be tried again) or failed"""
    again_at: datetime | None = None
    ticket_id: int | None = None
    """The ticket that tells of the failure."""


class Expired(NamedTuple):
    """A promise whose claim ran out: `pending` again, or `unknown` and a ticket."""

    promise: Kept
    state: str
    ticket_id: int | None


class Promises:
    """Promises, on a transaction."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def make(self, promise: Promise, now: datetime) -> int:
        """Returns its id; that of the promise made before under the same key, which stays as it is."""
        values = asdict(promise) | {
            "not_before": promise.not_before or now,
            "created_at": now,
            "state": "pending",
            "say": dict(promise.say),
        }
        new = insert(self._tx, promises).on_conflict_do_nothing(index_elements=["key"]).returning(promises.c.id)
        made = self._tx.execute(new, values).scalar()
        if made is None:
            made = self._tx.execute(select(promises.c.id).where(promises.c.key == promise.key)).scalar_one()
        return int(made)

    # ---------------------------------------------------------------- keeping

    def claim(
        self, now: datetime, by: str, lease_s: float, limit: int, kinds: Collection[str] | None = None
    ) -> Sequence[Claim]:
        """Promises that may be dialled now and that nobody else has, most urgent first; at most one a number.

        `by` names the process, for whoever looks; `lease_s` is at most LONGEST_LEASE_S.
        """
        assert 0 < lease_s <= LONGEST_LEASE_S, lease_s
        rows = self._tx.execute(_ready(now, kinds).limit(limit).with_for_update(skip_locked=True, of=promises)).all()
        taken = self._take(rows, now) if rows else set()
        if not taken:
            return []
        lease = {"state": "claimed", "claimed_by": by, "lease_until": now + timedelta(seconds=lease_s)}
        ours = update(promises).where(promises.c.id.in_(taken)).values(**lease, epoch=promises.c.epoch + 1)
        claimed = [_kept(row) for row in self._tx.execute(ours.returning(promises))]
        return [Claim(each, each.epoch, lease_s) for each in sorted(claimed, key=lambda each: (each.due_at, each.id))]

    def _take(self, rows: Sequence[Row[Any]], now: datetime) -> set[int]:
        """Writes the claim rows; returns the promises whose number was free. In one order, so that nobody deadlocks."""
        new = insert(self._tx, attempts).on_conflict_do_nothing().returning(attempts.c.promise_id)
        values = [
            {"promise_id": row.id, "epoch": row.epoch + 1, "number": row.number, "claimed_at": now}
            for row in sorted(rows, key=lambda row: (row.number, row.due_at, row.id))
        ]
        return set(self._tx.execute(new, values).scalars())

    def dialling(self, claim: Claim, now: datetime, call_id: str = "") -> bool:
        """It is going to be dialled, as that call. False: the lease was lost, or this was asked before: do not dial."""
        ours = and_(self._ours(claim, "claimed"), promises.c.lease_until > now)
        lease = {"state": "dialling", "lease_until": _until(claim, now), "attempts": promises.c.attempts + 1}
        if not self._tx.execute(update(promises).where(ours).values(lease)).rowcount:
            return False
        self._attempt(claim, dialled_at=now, call_id=call_id)
        return True

    def renew(self, claim: Claim, now: datetime) -> bool:
        """Another `lease_s` from now; False where the claim was lost."""
        held = update(promises).where(self._ours(claim, *_LEASED)).values(lease_until=_until(claim, now))
        return bool(self._tx.execute(held).rowcount)

    def release(self, claim: Claim, not_before: datetime, why: str, now: datetime) -> bool:
        """It was not dialled and is not going to be before then: no attempt is counted. False where it was lost."""
        back = update(promises).where(self._ours(claim, "claimed")).values(_FREE | {"not_before": not_before})
        if not self._tx.execute(back).rowcount:
            return False
        self._attempt(claim, ended_at=now, outcome=why)
        return True

    def undo(self, claim: Claim, why: str, now: datetime, not_before: datetime | None = None) -> bool:
        """Whatever the database was told, it was not dialled, and never will be by this claim: as `release`.

        For whoever asked `dialling` and had no answer, or no line.
        """
        told = promises.c.attempts - case((promises.c.state == "dialling", 1), else_=0)
        back = (
            update(promises)
            .where(self._ours(claim, *_LEASED))
            .values(_FREE | {"attempts": told, "not_before": not_before or now})
        )
        if not self._tx.execute(back).rowcount:
            return False
        self._attempt(claim, ended_at=now, outcome=why, dialled_at=None)
        return True

    def settle(self, claim: Claim, outcome: str, now: datetime, policy: Policy) -> Settled | None:
        """What came of dialling: `kept`, or a word for why not (busy, no_answer …), which is tried again or a ticket.

        None where the claim was lost meanwhile: nothing is done again, and the ticket about it learns the outcome.
        """
        row = self._tx.execute(select(promises).where(self._ours(claim, *_LEASED)).with_for_update()).first()
        if row is None:
            self._tell_late(claim, outcome, now)
            return None
        self._attempt(claim, ended_at=now, outcome=outcome)
        promise = _kept(row)
        if outcome == "kept":
            return self._close(promise, Settled("kept"), now)
        tried = promise.attempts + (promise.state == "claimed")  # what never came to be dialled counts as well
        if tried < (promise.max_attempts or policy.attempts):
            again = policy.again(now, tried)
            self._set(promise.id, **_FREE, not_before=again, attempts=tried)
            return Settled("pending", again_at=again)
        told = f"{promise.kind}: {outcome}, the last of {tried} attempts"
        return self._close(promise, Settled("failed", ticket_id=self._tell(promise, told, policy.on_failure, now)), now)

    def expire(self, now: datetime, dead: str = "") -> Sequence[Expired]:
        """Ends every claim whose lease ran out. To be asked now and then, by anyone.

        `dead` names a process of which that is known: nothing is its own any more. A claim that holds longer than any
        lease may was made before the clock was put back: it goes back as well, where nothing was dialled; and what was
        to be dialled at once then, or so long after an attempt, is not left for an hour.
        """
        query = select(promises).where(_expired(now, dead)).with_for_update(skip_locked=True)
        found = [self._expire(_kept(row), now) for row in self._tx.execute(query).all()]
        self._tx.execute(update(promises).where(*_of_a_later_clock(now)).values(not_before=now))
        self._try_as_long_after(now)
        return found

    def _try_as_long_after(self, now: datetime) -> None:
        """From now, where by this clock the last attempt is yet to come."""
        last = attempts.c.promise_id == promises.c.id, attempts.c.ended_at > now
        waiting = promises.c.state == "pending", promises.c.not_before > now
        columns = attempts.c.id, attempts.c.promise_id, attempts.c.ended_at, promises.c.not_before
        query = select(*columns).where(*waiting, *last).order_by(attempts.c.ended_at)
        for row in self._tx.execute(query.with_for_update(skip_locked=True, of=promises)).all():
            self._set(row.promise_id, not_before=now + (row.not_before - row.ended_at))
            self._tx.execute(update(attempts).where(attempts.c.id == row.id).values(ended_at=now))

    def _expire(self, promise: Kept, now: datetime) -> Expired:
        claim = Claim(promise, promise.epoch, 0.0)
        if promise.state == "claimed":
            self._attempt(claim, ended_at=now, outcome="not dialled")
            self._set(promise.id, **_FREE)
            return Expired(promise, "pending", None)
        self._attempt(claim, ended_at=now, outcome="unknown")
        told = f"{promise.kind}: dialled, and nobody knows what came of it ({promise.claimed_by})"
        ticket_id = self._tell(promise, told, _UNKNOWN, now)
        self._close(promise, Settled("unknown", ticket_id=ticket_id), now)
        return Expired(promise, "unknown", ticket_id)

    def dialled_as(self, call_id: str) -> Claim | None:
        """The claim by which that call was dialled, while nobody has said what came of it."""
        ours = attempts.c.call_id == call_id, attempts.c.ended_at.is_(None), promises.c.state == "dialling"
        row = self._tx.execute(select(promises).join(attempts).where(*ours)).first()
        return Claim(_kept(row), row.epoch, 0.0) if row else None

    def cancel(self, promise_id: int, why: str, now: datetime) -> bool:
        """It is owed no more, e.g. because the caller rang first. False where it is being dialled, or closed."""
        free = promises.c.id == promise_id, promises.c.state.in_(("pending", "claimed"))
        cancelled = update(promises).where(*free).values(state="cancelled", closed_at=now, lease_until=None)
        if not self._tx.execute(cancelled).rowcount:
            return False
        claimed = attempts.c.promise_id == promise_id, attempts.c.ended_at.is_(None)
        self._tx.execute(update(attempts).where(*claimed).values(ended_at=now, outcome=why or "cancelled"))
        return True

    def come_back(self, promise_id: int, how: str, now: datetime) -> bool:
        """Whom we owe it to is with us of their own accord. Whoever is dialling them learns so from `renew`.

        False where it is settled; one that had failed is settled anew.
        """
        owed = promises.c.id == promise_id, promises.c.state.in_((*_OPEN, "failed", "unknown"))
        gone = {"state": "cancelled", "closed_at": now, "lease_until": None}
        if not self._tx.execute(update(promises).where(*owed).values(gone)).rowcount:
            return False
        dialled = attempts.c.promise_id == promise_id, attempts.c.ended_at.is_(None)
        self._tx.execute(update(attempts).where(*dialled).values(ended_at=now, outcome=how))
        return True

    # ---------------------------------------------------------------- looking

    def dialled_since(self, number: str, since: datetime) -> int:
        """How often that number was dialled."""
        dialled = attempts.c.number == number, attempts.c.dialled_at >= since
        return int(self._tx.execute(select(func.count()).select_from(attempts).where(*dialled)).scalar_one())

    def get(self, promise_id: int) -> Kept | None:
        """As it stands."""
        row = self._tx.execute(select(promises).where(promises.c.id == promise_id)).first()
        return _kept(row) if row else None

    def list(
        self, *, number: str | None = None, call_id: str | None = None, states: Collection[str] | None = _OPEN
    ) -> Sequence[Kept]:
        """By due time; by default what is still owed. What is None lets everything through."""
        wanted = {"number": number, "call_id": call_id}
        query = select(promises).where(
            *(promises.c[name] == value for name, value in wanted.items() if value is not None)
        )
        if states is not None:
            query = query.where(promises.c.state.in_(states))
        return [_kept(row) for row in self._tx.execute(query.order_by(promises.c.due_at, promises.c.id))]

    def next_at(self) -> datetime | None:
        """When the next one may be dialled (it may be past); None where none is pending."""
        found: datetime | None = self._tx.execute(
            select(promises.c.not_before).where(promises.c.state == "pending").order_by(promises.c.not_before).limit(1)
        ).scalar()
        return found

    # ---------------------------------------------------------------- inside

    def _ours(self, claim: Claim, *states: str) -> ColumnElement[bool]:
        """Nobody has claimed it since: that would have raised the epoch."""
        return and_(promises.c.id == claim.id, promises.c.epoch == claim.epoch, promises.c.state.in_(states))

    def _set(self, promise_id: int, **values: object) -> None:
        self._tx.execute(update(promises).where(promises.c.id == promise_id).values(values))

    def _attempt(self, claim: Claim, **values: object) -> None:
        ours = attempts.c.promise_id == claim.id, attempts.c.epoch == claim.epoch
        self._tx.execute(update(attempts).where(*ours).values(values))

    def _close(self, promise: Kept, settled: Settled, now: datetime) -> Settled:
        ticket_id = settled.ticket_id or promise.ticket_id
        self._set(promise.id, state=settled.state, closed_at=now, lease_until=None, ticket_id=ticket_id)
        return settled

    def _tell(self, promise: Kept, what: str, how: OnFailure, now: datetime) -> int:
        """A person has to know: on the promise's own ticket, where it has one that is open, else on a new one."""
        tickets = Tickets(self._tx)
        known = tickets.get(promise.ticket_id) if promise.ticket_id else None
        if known and known.status == "open":
            tickets.add(known.id, "ivr", how.kind, what, now)
            if how.urgency == "urgent":
                tickets.urge(known.id, "ivr", what, now)
            return known.id
        return tickets.open(
            NewTicket(
                kind=how.kind,
                urgency=how.urgency,
                owner=promise.owner or how.owner,
                due_at=promise.due_at,
                number=promise.number,
                call_id=promise.call_id,
                summary=what,
                drops=promise.drops,
            ),
            now,
        )

    def _tell_late(self, claim: Claim, outcome: str, now: datetime) -> None:
        promise = self.get(claim.id)
        if promise and promise.state == "unknown" and promise.epoch == claim.epoch and promise.ticket_id:
            Tickets(self._tx).add(promise.ticket_id, "ivr", "known after all", outcome, now)


_FREE: dict[str, object] = {"state": "pending", "claimed_by": "", "lease_until": None}


def _ready(now: datetime, kinds: Collection[str] | None) -> Select[Any]:
    rung = exists().where(
        attempts.c.number == promises.c.number, attempts.c.number != "", attempts.c.ended_at.is_(None)
    )
    columns = promises.c.id, promises.c.epoch, promises.c.number, promises.c.due_at
    query = select(*columns).where(promises.c.state == "pending", promises.c.not_before <= now, ~rung)
    if kinds is not None:
        query = query.where(promises.c.kind.in_(kinds))
    return query.order_by(promises.c.due_at, promises.c.id)


def _expired(now: datetime, dead: str) -> ColumnElement[bool]:
    impossible = promises.c.lease_until > now + timedelta(seconds=LONGEST_LEASE_S)
    return or_(
        and_(promises.c.state.in_(_LEASED), promises.c.lease_until <= now),
        and_(promises.c.state == "claimed", impossible),
        *([and_(promises.c.state.in_(_LEASED), promises.c.claimed_by == dead)] if dead else []),
    )


def _of_a_later_clock(now: datetime) -> Sequence[ColumnElement[bool]]:
    at_once = promises.c.not_before <= promises.c.created_at, ~exists().where(attempts.c.promise_id == promises.c.id)
    return promises.c.state == "pending", promises.c.not_before > now, promises.c.created_at > now, *at_once


def _until(claim: Claim, now: datetime) -> datetime:
    return now + timedelta(seconds=claim.lease_s)


def _kept(row: Row[Any]) -> Kept:
    return Kept(**row._mapping)
