"""When a line is open (requirement A6): hours of the day, and on which days, with China's holidays and make-up days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import chinese_calendar

Days = Literal["every day", "working days"]
_SATURDAY = 5
_PERIODS = ((5 * 60, "凌晨"), (12 * 60, "上午"), (13 * 60, "中午"), (18 * 60 + 1, "下午"), (24 * 60 + 1, "晚上"))
"""Minute of the day before which each ends; six o'clock still belongs to the afternoon that it ends."""
_TENS = ("零", "十", "二十", "三十", "四十", "五十")
_ONES = ("", *"一二三四五六七八九")
_HOURS = ["零", "一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]


@dataclass(frozen=True, slots=True)
class Hours:
    """Business hours; without spans a line is always open."""

    spans: tuple[str, ...] = ()
    """Of each day, local time, e.g. ``08:00-12:00``; the end is no longer open."""
    days: Days = "every day"

    def open_at(self, local: datetime) -> bool:
        """Whether somebody who calls at this local time is served."""
        if not self.spans:
            return True
        clock = f"{local:%H:%M}"
        inside = any(first <= clock < last for first, last in (span.split("-") for span in self.spans))
        return inside and (self.days == "every day" or is_working_day(local.date()))

    @property
    def spoken(self) -> str:
        """As they are told to a caller: 上午八点到十二点，下午两点到六点."""
        if not self.spans:
            return "全天二十四小时"
        spans = (map(_minutes, span.split("-")) for span in self.spans)
        return "，".join(f"{_clock(first)}到{_clock(last, after=first)}" for first, last in spans)


ALWAYS = Hours()


def is_working_day(day: date) -> bool:
    """Whether offices work: by the calendar of the State Council where it is known, else Monday to Friday."""
    return bool(chinese_calendar.is_workday(day)) if calendar_knows(day) else day.weekday() < _SATURDAY


def calendar_knows(day: date) -> bool:
    """Whether the public holidays of its year are known; they are announced in the November before."""
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return False
    return True


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def _clock(at: int, after: int | None = None) -> str:
    """A minute of the day; its part of the day is left out where it is that of the time before."""
    period = _period(at)
    known = after is not None and _period(after) == period
    hour, minute = divmod(at, 60)
    return f"{'' if known else period}{_HOURS[hour if hour <= 12 else hour - 12]}点{_past(minute)}"


def _period(at: int) -> str:
    return next(name for end, name in _PERIODS if at < end)


def _past(minute: int) -> str:
    if minute in (0, 30):
        return "半" if minute else ""
    tens, ones = divmod(minute, 10)
    return f"{_TENS[tens]}{_ONES[ones]}分"
