from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from ivr.records import Alerts, Calls, Database, NewCall, NewTicket, Tickets
from ivr.records.tickets import HANDED_OVER, SEALED


@pytest.fixture
def tickets(database: Database) -> Iterator[Tickets]:
    with database.transaction() as tx:
        yield Tickets(tx)


@pytest.mark.req("F5")
def test_a_ticket_remembers_everything_done_about_it(tickets: Tickets, now: datetime) -> None:
    due = now + timedelta(hours=24)
    new = NewTicket(kind="inquiry", owner="8001", due_at=due, number="13800000001", call_id="c1", summary="查件 12345")
    ticket_id = tickets.open(new, now)
    tickets.add(ticket_id, "8001", "asked the branch", "松江", now + timedelta(hours=1))
    tickets.urge(ticket_id, "8001", "caller rang again", now + timedelta(hours=2))
    assert tickets.close(ticket_id, "8001", "delivered", now + timedelta(hours=3))
    ticket = tickets.get(ticket_id)
    assert ticket
    assert (ticket.kind, ticket.owner, ticket.due_at, ticket.number) == ("inquiry", "8001", due, "13800000001")
    assert (ticket.status, ticket.urgency, ticket.closed_at) == ("closed", "urgent", now + timedelta(hours=3))
    assert [(line.who, line.what, line.detail) for line in ticket.history] == [
        ("ivr", "opened", "查件 12345"),
        ("8001", "asked the branch", "松江"),
        ("8001", "urgent", "caller rang again"),
        ("8001", "closed", "delivered"),
    ]


def test_a_ticket_is_closed_once(tickets: Tickets, now: datetime) -> None:
    ticket_id = tickets.open(NewTicket(kind="inquiry"), now)
    assert tickets.close(ticket_id, "8001", "", now)
    assert not tickets.close(ticket_id, "8002", "", now)
    assert not tickets.close(404, "8002", "", now)
    assert tickets.get(404) is None


@pytest.mark.req("B9")
def test_drops_are_counted_on_the_ticket(tickets: Tickets, now: datetime) -> None:
    ticket_id = tickets.open(NewTicket(kind="inquiry"), now)
    assert [tickets.dropped(ticket_id, now) for _ in range(3)] == [1, 2, 3]
    ticket = tickets.get(ticket_id)
    assert ticket
    assert ticket.drops == 3


def test_urgent_ones_come_first_then_what_is_due(tickets: Tickets, now: datetime) -> None:
    def ticket(name: str, hours: float | None, urgent: bool = False) -> int:
        due = None if hours is None else now + timedelta(hours=hours)
        return tickets.open(NewTicket(kind=name, due_at=due, urgency="urgent" if urgent else "normal", owner=name), now)

    whenever, late, soon, urgent = ticket("a", None), ticket("b", 48), ticket("c", 1), ticket("d", 72, urgent=True)
    gone = ticket("e", 1)
    tickets.close(gone, "8001", "", now)
    assert [each.id for each in tickets.list()] == [urgent, soon, late, whenever]
    assert [each.id for each in tickets.list(due_before=now + timedelta(hours=2))] == [soon]
    assert [each.id for each in tickets.list(owner="b")] == [late]
    assert [each.id for each in tickets.list(status="closed")] == [gone]
    assert len(tickets.list(status=None)) == 5


@pytest.mark.req("G3")
def test_a_ticket_says_that_an_encrypted_part_exists(database: Database, now: datetime) -> None:
    with database.transaction() as tx:
        tickets = Tickets(tx)
        Calls(tx).opened(NewCall(id="a"), now)
        before = tickets.open(NewTicket(kind="inquiry", call_id="a"), now)
        Calls(tx).stands("a", "offer", {"slots": {}, SEALED: True})
        tickets.sealed("a", now)
        after = tickets.open(NewTicket(kind="inquiry", call_id="a"), now)
        other = tickets.open(NewTicket(kind="inquiry", call_id="b"), now)
        found = [ticket for each in (before, after, other) if (ticket := tickets.get(each))]
    told = [[each.what for each in ticket.history] for ticket in found]
    assert told == [["opened", "sealed"], ["opened", "sealed"], ["opened"]]


@pytest.mark.req("F8")
def test_who_urges_again_opens_no_second_ticket_but_makes_the_first_urgent(tickets: Tickets, now: datetime) -> None:
    def told(call_id: str, number: str = "8613800000001", kind: str = "fault") -> int:
        return tickets.urged(NewTicket(kind=kind, number=number, call_id=call_id, summary="打不开"), now)

    first = told("c1")
    assert (told("c2"), told("c3")) == (first, first)
    ticket = tickets.get(first)
    assert ticket
    assert ticket.urgency == "urgent"
    assert [(line.what, line.detail) for line in ticket.history] == [
        ("opened", "打不开"),
        ("urged again", "c2"),
        ("urgent", "打不开"),
        ("urged again", "c3"),
    ]
    tickets.urged(NewTicket(kind="fault", number="8613800000001", call_id="c9", summary="打不开；下单"), now)
    ticket = tickets.get(first)
    assert ticket
    assert ticket.history[-1].detail == "c9 打不开；下单"
    others = {told("c4", number="8613800000002"), told("c5", kind="message"), told("c6", ""), told("c7", "")}
    assert len(others | {first}) == 5  # those who withhold their number are not one another
    tickets.close(first, "8001", "mended", now)
    assert told("c8") != first


@pytest.mark.req("F3", "F5")
def test_what_was_not_kept_in_time_is_told_once(database: Database, now: datetime) -> None:
    def due(hours: float) -> NewTicket:
        return NewTicket(kind="shipment", due_at=now + timedelta(hours=hours), summary=f"查件 {hours}")

    with database.transaction() as tx:
        tickets = Tickets(tx)
        late, soon, long_ago = (tickets.open(due(hours), now) for hours in (-0.5, 0.5, -25.0))
        closed = tickets.open(due(-1.0), now)
        tickets.close(closed, "8001", "", now)
        assert (tickets.overdue(now), tickets.overdue(now)) == (1, 0)
        (alert,) = Alerts(tx).take(now, 60)
        urgent = {each.id for each in tickets.list(status=None) if each.urgency == "urgent"}
    assert urgent == {late}
    assert not {soon, long_ago, closed} & urgent
    assert (alert.what, alert.said["ticket"], alert.said["summary"]) == ("urgent", late, "已过时限：查件 -0.5")


@pytest.mark.req("D3")
def test_what_only_hands_a_caller_over_is_never_late(database: Database, now: datetime) -> None:
    with database.transaction() as tx:
        tickets = Tickets(tx)
        told = tickets.open(NewTicket(kind=HANDED_OVER, due_at=now - timedelta(hours=1), summary="快递单号773"), now)
        assert tickets.overdue(now) == 0
        assert not list(Alerts(tx).take(now, 60))
        (ticket,) = tickets.list(status=None)
    assert (ticket.id, ticket.status, ticket.urgency) == (told, "closed", "normal")
