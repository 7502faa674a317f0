from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.understanding.moments import read_date, read_time
from ivr.understanding.numerals import cardinal

WEDNESDAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("上午九点半", "09:30"),
        ("下午三点一刻", "15:15"),
        ("下午3点1刻", "15:15"),
        ("两点三刻", "02:45"),
        ("上午10点一颗", "10:15"),
        ("三点三课", "03:45"),
        ("21:30", "21:30"),
        ("9：30", "09:30"),
        ("下午1点05", "13:05"),
        ("八点整", "08:00"),
        ("十点十分", "10:10"),
        ("九点零五分", "09:05"),
        ("九点过五分", "09:05"),
        ("十点差五分", "09:55"),
        ("差一刻十点", "09:45"),
        ("二十一点三十分", "21:30"),
        ("晚上八点", "20:00"),
        ("晚上十二点", "00:00"),
        ("凌晨十二点半", "00:30"),
        ("中午十二点", "12:00"),
        ("中午一点", "13:00"),
        ("明天下午四点吧", "16:00"),
        ("九点，不对，十点", "10:00"),
    ],
)
def test_a_time_is_told(text: str, time: str) -> None:
    assert read_time(text) == time


@pytest.mark.parametrize(
    "text", ["", "没有", "等一下", "有一点慢", "大声一点", "有时候", "二十五点", "三点六十五分", "三天"]
)
def test_no_time_is_told(text: str) -> None:
    assert read_time(text) is None


def test_the_part_of_the_day_may_come_later() -> None:
    assert read_time("下午", "03:00") == "15:00"
    assert read_time("不对，是上午", "15:00") == "03:00"
    assert read_time("下午") is None


@settings(deadline=None)
@given(st.integers(0, 23), st.integers(0, 59))
def test_any_time_of_day_is_read(hour: int, minute: int) -> None:
    minutes = f"{'零' if minute < 10 else ''}{cardinal(minute)}分" if minute else "整"
    assert read_time(f"{cardinal(hour)}点{minutes}") == read_time(f"{hour}:{minute:02}") == f"{hour:02}:{minute:02}"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("今天", "2026-03-04"),
        ("明天下午", "2026-03-05"),
        ("大后天", "2026-03-07"),
        ("昨天", "2026-03-03"),
        ("大前天", "2026-03-01"),
        ("今晚", "2026-03-04"),
        ("下周一", "2026-03-09"),
        ("下星期三", "2026-03-11"),
        ("下下周一", "2026-03-16"),
        ("这周五", "2026-03-06"),
        ("上周三", "2026-02-25"),
        ("周三", "2026-03-04"),
        ("周二", "2026-03-10"),
        ("礼拜天吧", "2026-03-08"),
        ("三月五号", "2026-03-05"),
        ("3月5日", "2026-03-05"),
        ("2026年三月五号", "2026-03-05"),
        ("二零二六年十二月三十一日", "2026-12-31"),
        ("26年3月1号", "2026-03-01"),
        ("明年一月一号", "2027-01-01"),
        ("十二月二十号", "2025-12-20"),
        ("五号", "2026-03-05"),
        ("二十号", "2026-03-20"),
        ("三十一号", "2026-03-31"),
        ("下个月五号", "2026-04-05"),
        ("月底", "2026-03-31"),
        ("下个月月底", "2026-04-30"),
        ("2026/3/5", "2026-03-05"),
    ],
)
def test_a_date_is_told(text: str, day: str) -> None:
    assert read_date(text, WEDNESDAY) == date.fromisoformat(day)


@pytest.mark.parametrize(
    "text", ["", "没有", "二月三十号", "2026-02-30", "十三月一号", "我的号码", "八号楼", "二月二十九号"]
)
def test_no_date_is_told(text: str) -> None:
    assert read_date(text, WEDNESDAY) is None


@settings(deadline=None)
@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(-100, 100))
def test_any_date_is_read_and_without_its_year_the_near_one(today: date, away: int) -> None:
    day = today + timedelta(days=away)
    spoken = f"{cardinal(day.month)}月{cardinal(day.day)}号"
    assert read_date(f"{day.year}年{spoken}", today) == day
    assert read_date(day.isoformat(), today) == day
    assert read_date(spoken, today) == day


@settings(deadline=None)
@given(st.text("零一二三十点分半刻差号月年日周星期上下今明后天:2-06", max_size=20), st.dates())
def test_any_words_can_be_read(text: str, today: date) -> None:
    read_date(text, today)
    assert re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", read_time(text) or "00:00")
