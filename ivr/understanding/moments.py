"""Times of day and dates as they are spoken: 下午三点一刻, 下周一, 三月五号."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta

from ivr.understanding.numerals import ONE, amount
from ivr.understanding.plain import plain

_NUMBER = f"(?:{ONE}|十){{1,3}}"
_HOURS_MEANT_LATER = {
    ("凌晨", "半夜", "早上", "早晨", "清晨", "上午", "今早", "明早"): range(0),
    ("中午",): range(1, 4),
    ("下午", "午后", "傍晚"): range(1, 12),
    ("晚上", "今晚", "明晚", "夜里", "夜晚"): range(5, 12),
}
_PERIODS = {word: hours for words, hours in _HOURS_MEANT_LATER.items() for word in words}
"""Parts of the day, and the hours which there mean twelve more."""
_NIGHT = frozenset(("晚上", "今晚", "明晚", "夜里", "夜晚", "凌晨", "半夜"))
_PERIOD = re.compile("|".join(_PERIODS))
_CLOCK = re.compile(
    rf"(?P<period>{_PERIOD.pattern})?的?(?:(?P<to>差(?:{_NUMBER}分|一刻)钟?)(?:到|就)?)?"
    r"(?!(?<=[有早晚快慢声大小多少好再])一点)"  # 大声一点 names no hour
    rf"(?:(?P<digital>\d{{1,2}})[:.](?P<minutes>\d{{2}})(?!\d)|(?P<hour>{_NUMBER})(?:点|时(?!候|间))钟?整?"
    rf"(?P<past>半|[一1三3]刻|差(?:{_NUMBER}分?|一刻)|过?(?:零|{_NUMBER}){{1,2}}分?)?)"
)
_QUARTER = re.compile("(?<=[点时][一1三3])[颗课克客科]")
"""刻 as recognisers write it, who expect no quarter of an hour."""
_DAYS = {"大前": -3, "前": -2, "昨": -1, "今": 0, "明": 1, "后": 2, "大后": 3}
_DAY = re.compile("(大前|大后|前|昨|今|明|后)(?:天|日|早|晚)")
_WEEKS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
_WEEKDAY = re.compile("(?P<week>上上|下下|上|这|本|下)?个?(?:周|星期|礼拜)(?P<day>[一二三四五六日天末1-6])")
_YEARS = {"前": -2, "去": -1, "今": 0, "明": 1, "后": 2}
_MONTHS = {"上": -1, "这": 0, "本": 0, "下": 1}
_CALENDAR = re.compile(
    rf"(?:(?:(?P<year>{ONE}{{4}}|{ONE}{{2}})年|(?P<other_year>[前去今明后])年)的?)?"
    rf"(?:(?P<month>{_NUMBER})月份?|(?P<other_month>[上这本下])个?月)?的?(?:(?P<day>{_NUMBER})(?:号(?!码|楼)|日)|(?P<end>月?底))"
)
_ISO = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)")
_SATURDAY = 6


def read_time(text: str, before: str = "") -> str | None:
    """The last time of day in the text as ``HH:MM``; without 上午 or 下午 it is taken as it was said.

    `before` is the time read so far; 下午 alone puts it there.
    """
    text = _QUARTER.sub("刻", plain(text))
    found = [time for match in _CLOCK.finditer(text) if (time := _clock(match))]
    told, period = _CLOCK.fullmatch(before), _PERIOD.search(text)
    if not found and told and told["digital"] and period:
        return _at(period[0], int(told["digital"]) % 12 or 12, int(told["minutes"]))
    return found[-1] if found else None


def _clock(match: re.Match[str]) -> str | None:
    hour = int(match["digital"] or _int(match["hour"]))
    minute = int(match["minutes"] or 0) + _past(match["past"] or "") + _past(match["to"] or "")
    return _at(match["period"] or "", hour, minute)


def _at(period: str, hour: int, minute: int) -> str | None:
    if hour in _PERIODS.get(period, ()):
        hour += 12
    elif hour == 12 and period in _NIGHT:
        hour = 0
    total = hour * 60 + minute
    return f"{total // 60 % 24:02}:{total % 60:02}" if hour <= 24 and -60 < minute < 60 and total >= 0 else None


def _past(words: str) -> int:
    """Minutes past the hour: 半, 一刻, 零五分; 差五分 is before it."""
    if words == "半":
        return 30
    number = re.sub("[差过分钟零]", "", words)
    minutes = 15 * _int(number[0]) if number.endswith("刻") else _int(number)
    return -minutes if words.startswith("差") else minutes


def _int(words: str) -> int:
    return int(amount(words) or 0) if words else 0


def read_date(text: str, today: date) -> date | None:
    """The day that the text names, seen from `today`; None if there is none, or no such day.

    A day without its year or month is the nearest one, past days taken for twice as far; a weekday without its week
    the next one, today included.
    """
    text = plain(text)
    try:
        return _calendar(text, today) or _weekday(text, today) or _relative(text, today)
    except (ValueError, OverflowError):  # 2026-02-30, or beyond the calendar
        return None


def _relative(text: str, today: date) -> date | None:
    found = _DAY.findall(text)
    return today + timedelta(days=_DAYS[found[-1]]) if found else None


def _weekday(text: str, today: date) -> date | None:
    found = _WEEKDAY.search(text)
    if not found:
        return None
    day = {"日": 7, "天": 7, "末": _SATURDAY}.get(found["day"]) or _int(found["day"])
    monday = today - timedelta(days=today.weekday())
    if found["week"]:
        return monday + timedelta(weeks=_WEEKS[found["week"]], days=day - 1)
    return today + timedelta(days=(day - today.isoweekday()) % 7)


def _calendar(text: str, today: date) -> date | None:
    if iso := _ISO.search(text):
        return date(int(iso["year"]), int(iso["month"]), int(iso["day"]))
    found = _CALENDAR.search(text)
    if not found:
        return None
    days = [_day(year, month, found) for year, month in _months(found, today)]
    return min((day for day in days if day), key=lambda day: max(day - today, 2 * (today - day)), default=None)


def _months(found: re.Match[str], today: date) -> list[tuple[int, int]]:
    """Year and month that may be meant."""
    if found["other_month"]:
        return [_shifted(today, _MONTHS[found["other_month"]])]
    if not found["month"]:
        if found["end"]:
            return [(today.year, today.month)]
        return [_shifted(today, months) for months in (-1, 0, 1)]
    years = [_year(found, today)] if found["year"] or found["other_year"] else range(today.year - 1, today.year + 2)
    return [(year, _int(found["month"])) for year in years]


def _year(found: re.Match[str], today: date) -> int:
    if found["other_year"]:
        return today.year + _YEARS[found["other_year"]]
    year = _int(found["year"])
    return 2000 + year if year < 100 else year


def _day(year: int, month: int, found: re.Match[str]) -> date | None:
    try:
        return date(year, month, monthrange(year, month)[1] if found["end"] else _int(found["day"]))
    except ValueError:  # 二月三十号
        return None


def _shifted(today: date, months: int) -> tuple[int, int]:
    """Year and month so many months away."""
    years, month = divmod(today.month - 1 + months, 12)
    return today.year + years, month + 1
