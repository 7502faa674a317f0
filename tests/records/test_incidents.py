from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from ivr.records import Database, Incident, Incidents


class Faults:
    """Three callers within ten minutes make an incident."""

    def __init__(self, incidents: Incidents, now: datetime) -> None:
        self.incidents, self._now = incidents, now

    def told(self, caller: str, minute: float, kind: str = "no dial tone", line: str = "4001") -> Incident | None:
        return self.incidents.report(kind, line, caller, self._now + timedelta(minutes=minute), 600, 3)


@pytest.fixture
def faults(database: Database, now: datetime) -> Iterator[Faults]:
    with database.transaction() as tx:
        yield Faults(Incidents(tx), now)


@pytest.mark.req("F7")
def test_the_third_caller_makes_it_an_incident_and_the_fourth_joins(faults: Faults, now: datetime) -> None:
    assert faults.told("a", 0) is None
    assert faults.told("b", 1) is None
    assert faults.incidents.open("no dial tone", "4001") is None
    third, fourth = faults.told("c", 2), faults.told("d", 3)
    assert third
    assert fourth
    assert (third.is_new, third.callers, third.opened_at) == (True, 3, now + timedelta(minutes=2))
    assert (fourth.id, fourth.is_new, fourth.callers) == (third.id, False, 4)
    assert fourth.last_at == now + timedelta(minutes=3)
    assert faults.incidents.open("no dial tone", "4001") == fourth


def test_one_caller_who_urges_is_no_incident(faults: Faults) -> None:
    assert [faults.told("a", minute) for minute in range(5)] == [None] * 5
    assert [faults.told("", minute) for minute in range(5)] == [None] * 5


def test_what_was_told_long_ago_counts_no_more(faults: Faults) -> None:
    assert [faults.told("a", 0), faults.told("b", 6), faults.told("c", 10.1)] == [None] * 3
    assert faults.told("a", 11), "a tells again"


def test_other_faults_and_other_lines_are_others(faults: Faults) -> None:
    found = [faults.told("a", 0), faults.told("b", 0, kind="no picture"), faults.told("c", 0, line="4002")]
    assert found == [None] * 3


def test_an_incident_stays_until_somebody_closes_it(faults: Faults, now: datetime) -> None:
    for caller in "abc":
        faults.told(caller, 0)
    later = faults.told("z", 600)
    assert later
    assert (later.is_new, later.callers) == (False, 1)
    faults.incidents.told(later.id, 7)
    found = faults.incidents.open("no dial tone", "4001")
    assert found
    assert found.ticket_id == 7
    assert faults.incidents.close(later.id, now)
    assert not faults.incidents.close(later.id, now)
    assert faults.told("y", 601) is None, "a new one needs its three again"
