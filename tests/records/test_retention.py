from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from ivr.records import Audit, Calls, Database, NewCall, NewTicket, Policy, Promise, Promises, Tickets, retention
from ivr.records.retention import AT_ONCE
from ivr.records.schema import attempts, metadata, ticket_history

DAY = timedelta(days=1)


def call(database: Database, name: str, ended: datetime, recording: str = "") -> None:
    with database.transaction() as tx:
        calls = Calls(tx)
        calls.opened(NewCall(id=name, instance="box:0"), ended - timedelta(minutes=1))
        calls.note(name, [{"t": 1.0, "command": "Play", "text": "您好"}, {"t": 2.0, "event": "KeyPressed"}])
        calls.recorded(name, recording)
        calls.closed(name, "helped", ended)


def rows(database: Database, table: str) -> int:
    with database.reading() as tx:
        return int(tx.execute(select(func.count()).select_from(metadata.tables[table])).scalar_one())


def test_what_is_too_old_goes(database: Database, now: datetime) -> None:
    call(database, "old", now - 181 * DAY, "2026/old.wav")
    call(database, "older", now - 300 * DAY)
    call(database, "young", now - 179 * DAY, "2026/young.wav")
    removed = retention(database, now, 180)
    assert (removed.calls, removed.turns, removed.events) == (2, 2, 4)
    assert (rows(database, "calls"), rows(database, "turns"), rows(database, "events")) == (1, 1, 2)
    assert retention(database, now, 180).calls == 0


@pytest.mark.req("F5")
def test_nothing_that_is_open_goes_nor_the_call_it_came_from(database: Database, now: datetime) -> None:
    then = now - 400 * DAY
    for name in ("asked", "owed", "neither"):
        call(database, name, then)
    with database.transaction() as tx:
        Calls(tx).opened(NewCall(id="open"), then)
        ticket = Tickets(tx).open(NewTicket(kind="inquiry", call_id="asked"), then)
        promise = Promises(tx).make(Promise(kind="call_back", due_at=then, call_id="owed"), then)
    assert retention(database, now, 180).calls == 1
    with database.transaction() as tx:
        assert Tickets(tx).get(ticket)
        assert Promises(tx).get(promise)
        assert [each["id"] for each in Calls(tx).list()] == ["asked", "owed", "open"]


def test_closed_tickets_and_promises_go_with_their_histories(database: Database, now: datetime) -> None:
    then = now - 400 * DAY
    with database.transaction() as tx:
        tickets, promises = Tickets(tx), Promises(tx)
        tickets.close(tickets.open(NewTicket(kind="inquiry", call_id="c1"), then), "8001", "", then)
        promises.make(Promise(kind="call_back", due_at=then, number="1"), then)
        (claim,) = promises.claim(then, "box:0", 30, 1)
        promises.dialling(claim, then)
        promises.settle(claim, "kept", then, Policy())
    removed = retention(database, now, 180)
    assert (removed.tickets, removed.promises) == (1, 1)
    assert (rows(database, ticket_history.name), rows(database, attempts.name)) == (0, 0)


def test_more_than_goes_at_once(database: Database, now: datetime) -> None:
    then = now - 400 * DAY
    with database.transaction() as tx:
        for number in range(AT_ONCE + 1):
            Calls(tx).opened(NewCall(id=f"c{number}"), then)
            Calls(tx).closed(f"c{number}", "helped", then)
    assert retention(database, now, 180).calls == AT_ONCE + 1


@pytest.mark.req("G7")
def test_the_audit_trail_stays(database: Database, now: datetime) -> None:
    with database.transaction() as tx:
        Audit(tx).append("王芳", "show", "c1", "", now - 4000 * DAY)
    retention(database, now, 1)
    with database.reading() as tx:
        assert len(Audit(tx).list()) == 1
        assert Audit(tx).verify() is None
