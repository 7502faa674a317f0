"""What the records know of a caller who rings again (requirements F6, F8).

Whoever was cut off and has come back by themselves is rung by nobody any more, and the call begins with what is known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from ivr.dialog.dropping import DROPPED
from ivr.dialog.events import Remembered
from ivr.dialog.known import Known
from ivr.records import Calls, Promise, Promises, Tickets
from ivr.records.promises import Kept
from ivr.records.tickets import Ticket

T = TypeVar("T", Kept, Ticket)
_NOT_KEPT = ("pending", "claimed", "dialling", "failed", "unknown")


@dataclass(frozen=True)
class Returning:
    """A caller, by their number as the records spell it: in promises as it is dialled, in tickets as it came."""

    number: str
    dialled: str
    """Empty where it may not be rung."""
    line: str
    """Of what they told on another line nothing is known here."""
    since: datetime
    """What was cut off before is over."""
    now: datetime

    def remembered(self, tx: Connection) -> Remembered:
        """What a call of theirs begins with."""
        theirs = Tickets(tx).of_caller(self.number)
        overdue = {ticket.kind for ticket in theirs if ticket.due_at and ticket.due_at < self.now}
        kinds = {ticket.kind for ticket in theirs}
        return Remembered(self._known(tx, theirs), tuple(sorted(kinds)), tuple(sorted(overdue)))

    def came_back(self, tx: Connection, call_id: str, now: datetime) -> None:
        """They are here, in that call: nobody has to ring them, nor to be told that they were not reached."""
        told = f"the caller rang: {call_id}"
        for promise in self._promises(tx):
            Promises(tx).come_back(promise.id, told, now)
            Calls(tx).goes_on_with(call_id, promise.id)
            if promise.ticket_id:
                Tickets(tx).close(promise.ticket_id, "ivr", told, now)
        for ticket in self._cut_off(Tickets(tx).list(number=self.number)):
            Tickets(tx).close(ticket.id, "ivr", told, now)

    def _known(self, tx: Connection, tickets: Iterable[Ticket]) -> Known:
        """As it stood when they were cut off last."""
        owed = [promise for promise in self._promises(tx) if promise.line == self.line]
        found = [(promise.created_at, known_of(promise)) for promise in owed]
        for ticket in self._cut_off(tickets):
            if (call := Calls(tx).row(ticket.call_id)) and call["line"] == self.line:
                known = Known(str(call["matter"]), slots_of(call["known"]), max(ticket.drops, 1))
                found.append((ticket.created_at, known))
        return max(found, key=lambda each: each[0], default=(None, Known()))[1]

    def _promises(self, tx: Connection) -> Iterator[Kept]:
        return self._cut_off(Promises(tx).list(number=self.dialled, states=_NOT_KEPT)) if self.dialled else iter(())

    def _cut_off(self, found: Iterable[T]) -> Iterator[T]:
        """What is owed for having been cut off, of late."""
        return (each for each in found if each.kind == DROPPED and each.created_at >= self.since)


def known_of(promise: Promise) -> Known:
    """What is known of the call in which it was made."""
    return Known(str(promise.say.get("menu", "")), slots_of(promise.say), promise.drops)


def slots_of(known: Mapping[str, object]) -> dict[str, str]:
    """The answers of a call, as its record has them."""
    slots = known.get("slots")
    return {str(name): str(value) for name, value in slots.items()} if isinstance(slots, Mapping) else {}
