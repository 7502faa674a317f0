from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ivr.records import Policy

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = Policy.model_validate({"quiet_hours": "21:00-08:00"})


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("moment", "earliest"),
    [
        (at(22, 20, 59), at(22, 20, 59)),
        (at(22, 21), at(23, 8)),
        (at(22, 23, 59), at(23, 8)),
        (at(23, 0), at(23, 8)),
        (at(23, 7, 59), at(23, 8)),
        (at(23, 8), at(23, 8)),
        (at(30, 22), at(1, 8, month=12)),
    ],
)
def test_the_night_spans_midnight(moment: datetime, earliest: datetime) -> None:
    assert NIGHT.earliest(moment) == earliest
    assert NIGHT.allows(moment) == (moment == earliest)


def test_the_middle_of_the_day_may_be_quiet_too() -> None:
    noon = Policy.model_validate({"quiet_hours": "12:00-14:00"})
    assert noon.earliest(at(22, 12, 30)) == at(22, 14)
    assert noon.earliest(at(22, 11, 59)) == at(22, 11, 59)
    assert noon.earliest(at(22, 21)) == at(22, 21)


@pytest.mark.parametrize("month", [1, 7], ids=["winter", "summer"])
def test_hours_are_the_same_in_summer(month: int) -> None:
    evening = datetime(2026, month, 15, 13, 0, tzinfo=UTC)  # 21:00 in Shanghai, which knows no summer time
    assert NIGHT.earliest(evening) == datetime(2026, month, 16, 0, 0, tzinfo=UTC)


def test_where_clocks_change_the_hours_are_those_on_the_wall() -> None:
    london = NIGHT.model_copy(update={"timezone": "Europe/London"})
    before = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)  # 23:00 the night that the clocks go back
    assert london.earliest(before) == datetime(2026, 10, 25, 8, 0, tzinfo=UTC)


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1), max_value=datetime(2090, 1, 1)))
def test_the_earliest_moment_is_allowed_and_not_a_day_off(moment: datetime) -> None:
    earliest = NIGHT.earliest(moment)
    assert NIGHT.allows(earliest)
    assert timedelta(0) <= earliest - moment <= timedelta(hours=11)


def test_waits_are_taken_in_turn_and_the_last_again() -> None:
    policy = Policy(attempts=5, between_s=(60, 300, 900))
    now = at(22, 10)
    waits = [(policy.again(now, tried) - now).total_seconds() for tried in (1, 2, 3, 4)]
    assert waits == [60, 300, 900, 900]
    assert Policy.model_validate({"between_s": 45}).between_s == (45,)


def test_the_next_attempt_waits_for_the_morning() -> None:
    policy = NIGHT.model_copy(update={"between_s": (3600.0,)})
    assert policy.again(at(22, 20, 30), 1) == at(23, 8)


@pytest.mark.parametrize(
    "wrong",
    [
        {"attempts": 0},
        {"attempts": 101},
        {"between_s": []},
        {"between_s": [-1]},
        {"between_s": [float("inf")]},
        {"between_s": "soon"},
        {"quiet_hours": "21:00"},
        {"quiet_hours": "21:00-25:00"},
        {"quiet_hours": "08:00-08:00"},
        {"quiet_hours": "21:00+08:00-08:00"},
        {"quiet_hours": "21:00Z-08:00Z"},
        {"timezone": "Asia/Nowhere"},
        {"lease_s": 0},
        {"lease_s": 901},
        {"on_failure": {"urgency": "panic"}},
        {"on_failure": {"kind": ""}},
        {"retries": 3},
    ],
    ids=str,
)
def test_what_makes_no_policy(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate(wrong)


def test_no_quiet_hours_are_none() -> None:
    assert Policy.model_validate({"quiet_hours": ""}).quiet_hours is None
    assert Policy().earliest(at(22, 3)) == at(22, 3)
