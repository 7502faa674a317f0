from __future__ import annotations

from datetime import date, datetime

import pytest

from ivr.standards.hours import ALWAYS, Days, Hours, calendar_knows, is_working_day

pytestmark = pytest.mark.req("A6")
OFFICE = ("08:00-12:00", "14:00-18:00")


@pytest.mark.parametrize(
    ("at", "days", "is_open"),
    [
        ("2026-03-02T08:00", "working days", True),  # Monday
        ("2026-03-02T07:59", "working days", False),
        ("2026-03-02T12:00", "working days", False),
        ("2026-03-02T17:59", "working days", True),
        ("2026-03-07T09:00", "working days", False),  # Saturday
        ("2026-03-07T09:00", "every day", True),
        ("2026-10-01T09:00", "working days", False),  # National Day, a Thursday
        ("2026-10-10T09:00", "working days", True),  # a Saturday that makes up for it
        ("2031-10-01T09:00", "working days", True),  # a Wednesday of a year that nobody knows yet
    ],
)
def test_a_line_is_open_in_its_hours_of_working_days(at: str, days: Days, is_open: bool) -> None:
    assert Hours(OFFICE, days).open_at(datetime.fromisoformat(at)) is is_open


def test_without_hours_a_line_is_always_open() -> None:
    assert ALWAYS.open_at(datetime.fromisoformat("2026-10-01T03:00"))


def test_a_year_beyond_the_calendar_goes_by_the_week() -> None:
    assert not calendar_knows(date(2040, 5, 1))
    assert not is_working_day(date(2040, 5, 5))
    assert is_working_day(date(2040, 5, 1))


@pytest.mark.parametrize(
    ("spans", "spoken"),
    [
        (OFFICE, "上午八点到中午十二点，下午两点到六点"),
        (("09:30-17:15",), "上午九点半到下午五点十五分"),
        (("00:00-24:00",), "凌晨零点到晚上十二点"),
        (("20:05-23:00",), "晚上八点零五分到十一点"),
        ((), "全天二十四小时"),
    ],
)
def test_hours_are_told_as_people_say_them(spans: tuple[str, ...], spoken: str) -> None:
    assert Hours(spans).spoken == spoken
