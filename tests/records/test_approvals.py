from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from ivr.records import Alerts, Approvals, Calls, Database, NewApproval, NewCall, retention


@pytest.fixture
def asked(now: datetime) -> NewApproval:
    return NewApproval(
        call_id="call",
        inquiry=1,
        kind="abuse.third",
        caller="8613800138000",
        evidence={"said": "（骂人的话）", "strikes": "3"},
        deadline_at=now + timedelta(seconds=30),
        instance="here",
    )


@pytest.fixture
def approvals(database: Database) -> Iterator[Approvals]:
    with database.transaction() as tx:
        yield Approvals(tx)


@pytest.mark.req("E6")
def test_the_supervisor_is_told_at_once_what_is_asked_and_until_when(
    database: Database, asked: NewApproval, now: datetime
) -> None:
    with database.transaction() as tx:
        number = Approvals(tx).ask(asked, now)
        (alert,) = Alerts(tx).take(now, 60)
        (found,) = Approvals(tx).list()
    assert (alert.what, alert.said["approval"], alert.said["due"]) == ("approval", number, "2026-11-22T01:30:30+00:00")
    assert alert.said["summary"] == "abuse.third：said （骂人的话），strikes 3"
    assert (found.id, found.decision, found.evidence, found.asked_at) == (number, "", asked.evidence, now)
    assert found.deadline_at == asked.deadline_at


@pytest.mark.req("E6")
@pytest.mark.parametrize("decision", ["granted", "refused"])
def test_whoever_decides_first_has_decided(
    approvals: Approvals, asked: NewApproval, now: datetime, decision: str
) -> None:
    number = approvals.ask(asked, now)
    assert approvals.decided([("call", 1)]) == {}
    assert approvals.decide(number, "granted" if decision == "granted" else "refused", "wang", now)
    assert not approvals.decide(number, "granted", "li", now)
    assert not approvals.expire("call", 1, "the caller hung up", now)
    assert approvals.decided([("call", 1), ("call", 2), ("other", 1)]) == {("call", 1): decision}
    found = approvals.get(number)
    assert found
    assert (found.decision, found.by, found.decided_at) == (decision, "wang", now)
    assert approvals.list() == []
    assert approvals.list(everything=True) == [found]


@pytest.mark.req("E6")
def test_what_the_call_went_on_without_is_not_decided_any_more(
    approvals: Approvals, asked: NewApproval, now: datetime
) -> None:
    number = approvals.ask(asked, now)
    assert not approvals.decide(number, "granted", "wang", asked.deadline_at + timedelta(seconds=1))
    assert approvals.decide(number, "granted", "wang", asked.deadline_at)


@pytest.mark.req("E6")
def test_what_nobody_waits_for_any_more_is_closed(approvals: Approvals, asked: NewApproval, now: datetime) -> None:
    number = approvals.ask(asked, now)
    assert approvals.expire("call", 1, "the caller hung up", now)
    assert not approvals.decide(number, "granted", "wang", now)
    found = approvals.get(number)
    assert found
    assert (found.decision, found.why) == ("expired", "the caller hung up")


def test_one_who_is_exempt_is_on_record_and_nobody_is_asked(
    database: Database, asked: NewApproval, now: datetime
) -> None:
    with database.transaction() as tx:
        number = Approvals(tx).refuse_unasked(asked, "exempt customer", now)
        found = Approvals(tx).get(number)
        assert not Alerts(tx).waiting(now)
    assert found
    assert (found.decision, found.why, found.by, found.decided_at) == ("refused", "exempt customer", "ivr", now)


def test_what_a_dead_process_waited_for_is_closed_and_nothing_else(
    approvals: Approvals, asked: NewApproval, now: datetime
) -> None:
    for call, instance in (("lost", "here"), ("alive", "here"), ("elsewhere", "there")):
        approvals.ask(replace(asked, call_id=call, instance=instance), now)
    assert approvals.lost("here", now, alive={"alive"}) == 1
    assert [each.call_id for each in approvals.list()] == ["alive", "elsewhere"]
    assert approvals.lost("there", now) == 1


def test_a_call_asks_once(database: Database, asked: NewApproval, now: datetime) -> None:
    with database.transaction() as tx:
        Approvals(tx).ask(asked, now)
    with pytest.raises(IntegrityError), database.transaction() as tx:
        Approvals(tx).ask(asked, now)


def test_approvals_go_with_their_call(database: Database, asked: NewApproval, now: datetime) -> None:
    with database.transaction() as tx:
        Calls(tx).opened(NewCall(id="call"), now)
        Calls(tx).closed("call", "goodbye", now)
        Approvals(tx).ask(asked, now)
    retention(database, now + timedelta(days=200), 180)
    with database.reading() as tx:
        assert Approvals(tx).list(everything=True) == []
