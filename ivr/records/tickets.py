"""Tickets: what a person has to do, by when, and everything that was done about it (requirement F5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from ivr.records.alerts import Alerts
from ivr.records.policy import Urgency
from ivr.records.schema import calls, ticket_history, tickets

HANDED_OVER = "handed_over"
"""Kind of what whoever took a caller over reads of them; it owes nobody anything."""
SEALED = "sealed"
"""In what is known of a call, and in the history of its tickets: an encrypted part of it is kept."""


@dataclass(frozen=True, kw_only=True)
class NewTicket:
    """What a ticket is opened with."""

    kind: str
    urgency: Urgency = "normal"
    owner: str = ""
    due_at: datetime | None = None
    number: str = ""
    call_id: str = ""
    summary: str = ""
    drops: int = 0
    """How often the connection dropped over this matter (requirement B9)."""


@dataclass(frozen=True)
class Happened:
    """A line of a ticket's history."""

    at: datetime
    who: str
    what: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class Ticket(NewTicket):
    """A ticket as it stands."""

    id: int
    status: str
    """open, closed"""
    created_at: datetime
    closed_at: datetime | None
    history: tuple[Happened, ...] = ()


class Tickets:
    """Tickets, on a transaction."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def open(self, ticket: NewTicket, now: datetime, who: str = "ivr") -> int:
        """Returns its id; where it is urgent somebody is going to be told."""
        row = tickets.insert().values(status="open", created_at=now, **asdict(ticket)).returning(tickets.c.id)
        ticket_id = int(self._tx.execute(row).scalar_one())
        self.add(ticket_id, who, "opened", ticket.summary, now)
        known = self._tx.execute(select(calls.c.known).where(calls.c.id == ticket.call_id)).scalar()
        if known and known.get(SEALED):
            self._say_sealed(ticket_id, now)
        if ticket.urgency == "urgent":
            self._alert("opened", ticket_id, ticket, ticket.summary, now)
        return ticket_id

    def urged(self, ticket: NewTicket, now: datetime) -> int:
        """Opens it. Where one of its kind is open for that number, that one is urgent from now on, and knows why (F8).

        Returns the id of the one or the other.
        """
        same = [each for each in self.of_caller(ticket.number) if each.kind == ticket.kind]
        if not same:
            return self.open(ticket, now)
        told = () if ticket.summary == same[0].summary else (ticket.summary,)
        self.add(same[0].id, "ivr", "urged again", " ".join((ticket.call_id, *told)), now)
        if same[0].urgency != "urgent":
            self.urge(same[0].id, "ivr", ticket.summary, now)
        return same[0].id

    def _alert(self, what: str, ticket_id: int, ticket: NewTicket, summary: str, now: datetime) -> None:
        said = {
            "ticket": ticket_id,
            "kind": ticket.kind,
            "summary": summary,
            "owner": ticket.owner,
            "number": ticket.number,
            "call": ticket.call_id,
            "due": ticket.due_at.isoformat() if ticket.due_at else "",
        }
        Alerts(self._tx).put(what, said, now)

    def add(self, ticket_id: int, who: str, what: str, detail: str, now: datetime) -> None:
        """A line of history: who did what."""
        values = {"ticket_id": ticket_id, "at": now, "who": who, "what": what, "detail": detail}
        self._tx.execute(ticket_history.insert().values(values))

    def attach(self, call_id: str, paths: Sequence[str], now: datetime) -> None:
        """The caller left messages in this call: its open tickets tell where they are."""
        for ticket in self.list(call_id=call_id):
            for path in paths:
                self.add(ticket.id, "ivr", "message", path, now)

    def reached_at(self, call_id: str, kind: str, number: str, now: datetime) -> None:
        """The caller has told, and confirmed, under which number this call's tickets of that kind find them."""
        for ticket in self.list(call_id=call_id):
            if ticket.kind == kind and ticket.number != number:
                self._tx.execute(update(tickets).where(tickets.c.id == ticket.id).values(number=number))
                self.add(ticket.id, "ivr", "number", f"{number}, before that {ticket.number or 'none'}", now)

    def sealed(self, call_id: str, now: datetime) -> None:
        """Of the call that these tickets speak of an encrypted part is kept (requirement G3)."""
        for ticket in self.list(status=None, call_id=call_id):
            self._say_sealed(ticket.id, now)

    def _say_sealed(self, ticket_id: int, now: datetime) -> None:
        self.add(ticket_id, "ivr", SEALED, "an encrypted part exists: ivr records open CALL", now)

    def urge(self, ticket_id: int, who: str, detail: str, now: datetime) -> None:
        """It is urgent from now on."""
        self._tx.execute(update(tickets).where(tickets.c.id == ticket_id).values(urgency="urgent"))
        self.add(ticket_id, who, "urgent", detail, now)
        if ticket := self.get(ticket_id):
            self._alert("urgent", ticket_id, ticket, detail, now)

    def overdue(self, now: datetime) -> int:
        """Open ones whose time ran out within the last day are urgent, and somebody is told once; how many.

        Those that hand a caller over are closed.
        """
        is_late = (tickets.c.status == "open") & (tickets.c.urgency != "urgent") & (tickets.c.due_at < now)
        of_late = tickets.c.due_at > now - _TOLD_WITHIN  # what is older nobody is waiting for any more
        handed = select(tickets.c.id).where(is_late, tickets.c.kind == HANDED_OVER)
        for ticket_id in self._tx.scalars(handed).all():
            self.close(ticket_id, "ivr", "handed over", now)
        claim = update(tickets).where(is_late, of_late).values(urgency="urgent")  # whoever else looks finds them taken
        late = self._tx.execute(claim.returning(tickets.c.id, tickets.c.summary)).all()
        for ticket in late:
            self.urge(ticket.id, "ivr", f"已过时限：{ticket.summary}", now)
        return len(late)

    def dropped(self, ticket_id: int, now: datetime) -> int:
        """The connection dropped once more; returns how often it has."""
        one_more = update(tickets).where(tickets.c.id == ticket_id).values(drops=tickets.c.drops + 1)
        drops = int(self._tx.execute(one_more.returning(tickets.c.drops)).scalar_one())
        self.add(ticket_id, "ivr", "dropped", str(drops), now)
        return drops

    def close(self, ticket_id: int, who: str, detail: str, now: datetime) -> bool:
        """False where it is not open, and nothing is changed."""
        is_open = (tickets.c.id == ticket_id) & (tickets.c.status == "open")
        if not self._tx.execute(update(tickets).where(is_open).values(status="closed", closed_at=now)).rowcount:
            return False
        self.add(ticket_id, who, "closed", detail, now)
        return True

    def get(self, ticket_id: int) -> Ticket | None:
        """With its history."""
        row = self._tx.execute(select(tickets).where(tickets.c.id == ticket_id)).first()
        if row is None:
            return None
        of = select(ticket_history).where(ticket_history.c.ticket_id == ticket_id).order_by(ticket_history.c.id)
        return _ticket(row, tuple(Happened(h.at, h.who, h.what, h.detail) for h in self._tx.execute(of)))

    def list(
        self,
        *,
        status: str | None = "open",
        owner: str | None = None,
        number: str | None = None,
        call_id: str | None = None,
        due_before: datetime | None = None,
    ) -> Sequence[Ticket]:
        """Urgent ones first, then by due time; without history. A filter that is None lets everything through."""
        wanted = {"status": status, "owner": owner, "number": number, "call_id": call_id}
        query = select(tickets).where(
            *(tickets.c[name] == value for name, value in wanted.items() if value is not None)
        )
        if due_before is not None:
            query = query.where(tickets.c.due_at < due_before)
        return [_ticket(row) for row in self._tx.execute(query.order_by(*_ORDER))]

    def of_caller(self, number: str) -> Sequence[Ticket]:
        """Open ones for that number, and those of its calls, where they asked to be rung on another; in that order."""
        if not number:
            return []
        theirs = or_(tickets.c.number == number, (calls.c.caller == number) & (calls.c.direction == "in"))
        query = select(tickets).outerjoin(calls, calls.c.id == tickets.c.call_id).where(theirs)
        return [_ticket(row) for row in self._tx.execute(query.where(tickets.c.status == "open").order_by(*_ORDER))]


_TOLD_WITHIN = timedelta(days=1)
_ORDER = (tickets.c.urgency.desc(), tickets.c.due_at.is_(None), tickets.c.due_at, tickets.c.id)


def _ticket(row: Row[Any], history: tuple[Happened, ...] = ()) -> Ticket:
    return Ticket(**row._mapping, history=history)
