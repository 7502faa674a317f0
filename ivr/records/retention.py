"""What is too old goes: nothing of a caller is kept longer than the house has said (`[records] retention_days`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, select
from sqlalchemy.sql import ColumnElement

from ivr.records.database import Database
from ivr.records.schema import alerts, approvals, calls, events, promises, reports, tickets, turns

AT_ONCE = 200
"""Calls deleted in one transaction: others write in between."""
_OPEN_PROMISES = ("pending", "claimed", "dialling")


@dataclass
class Removed:
    """How much went."""

    calls: int = 0
    turns: int = 0
    events: int = 0
    tickets: int = 0
    promises: int = 0


def retention(database: Database, now: datetime, days: int) -> Removed:
    """Deletes calls that ended, and tickets and promises that were closed, more than so many days ago.

    Never what is open, nor a call that an open ticket or promise speaks of; never the audit trail. Raises RecordsError;
    what was deleted until then stays deleted.
    """
    removed, before = Removed(), now - timedelta(days=days)
    with database.transaction() as tx:
        closed_promise = promises.c.closed_at < before, promises.c.state.not_in(_OPEN_PROMISES)
        removed.promises = tx.execute(promises.delete().where(*closed_promise)).rowcount
        closed_ticket = tickets.c.closed_at < before, tickets.c.status == "closed"
        removed.tickets = tx.execute(tickets.delete().where(*closed_ticket)).rowcount
        tx.execute(reports.delete().where(reports.c.at < before))
        tx.execute(alerts.delete().where(alerts.c.created_at < before))
    while _some_calls(database, before, removed):
        pass
    return removed


def _some_calls(database: Database, before: datetime, removed: Removed) -> bool:
    with database.transaction() as tx:
        rows = tx.execute(select(calls.c.id).where(*_too_old(before)).limit(AT_ONCE)).all()
        names = [row.id for row in rows]
        removed.events += _delete(tx, events, events.c.call_id.in_(names))
        removed.turns += _delete(tx, turns, turns.c.call_id.in_(names))
        _delete(tx, approvals, approvals.c.call_id.in_(names))
        removed.calls += _delete(tx, calls, calls.c.id.in_(names))
    return bool(rows)


def _too_old(before: datetime) -> Sequence[ColumnElement[bool]]:
    asked = select(tickets.c.call_id).where(tickets.c.status == "open")
    owed = select(promises.c.call_id).where(promises.c.state.in_(_OPEN_PROMISES))
    return calls.c.state != "open", calls.c.ended_at < before, calls.c.id.not_in(asked), calls.c.id.not_in(owed)


def _delete(tx: Connection, table: Table, where: ColumnElement[bool]) -> int:
    return tx.execute(table.delete().where(where)).rowcount
