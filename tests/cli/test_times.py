from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.cli.times import past, to_come
from ivr.errors import UserError

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    ("when", "later"),
    [
        ("", timedelta()),
        ("+30m", timedelta(minutes=30)),
        ("13:15", timedelta(minutes=75)),
        ("9:00", timedelta(hours=21)),
    ],
)
def test_when_is_a_time_of_day_or_so_long_from_now(when: str, later: timedelta) -> None:
    assert to_come(when, NOON) - NOON == later


@pytest.mark.parametrize(
    ("since", "ago"),
    [
        ("30m", timedelta(minutes=30)),
        ("7d", timedelta(days=7)),
        ("2026-03-01", timedelta(hours=36)),
        ("2026-03-02T03:00+00:00", timedelta(hours=1)),
    ],
)
def test_since_is_a_date_a_time_or_so_long_ago(since: str, ago: timedelta) -> None:
    assert NOON - past(since, NOON) == ago


@pytest.mark.parametrize("when", ["soon", "30m", "+30s", "24:00", "+", "-1h"])
def test_what_is_no_time_to_come_is_told(when: str) -> None:
    with pytest.raises(UserError, match="is no time; write 15:30"):
        to_come(when, NOON)
