from __future__ import annotations

from datetime import date
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.standards.house import PAUSE
from ivr.standards.said import Expects
from ivr.understanding.answers import Answer, from_keys, read, recalled

KINDS: tuple[Expects, ...] = get_args(Expects)
TODAY = date(2026, 3, 4)


def back(answer: Answer | None) -> str:
    return "".join(answer.spoken) if answer else ""


@pytest.mark.parametrize(
    ("expects", "text", "value", "spoken"),
    [
        ("yes_no", "四的", "yes", "是"),
        ("yes_no", "不用了", "no", "不是"),
        ("phone", "一三八零零一三八零零零", "13800138000", "幺三八，零零幺三，八零零零"),
        ("phone", "八六一三八零零一三八零零零", "13800138000", "幺三八，零零幺三，八零零零"),
        ("phone", "零二幺八八八八八八八八", "02188888888", "零二幺，八八八八，八八八八"),
        ("phone", "零五七幺八八八八八八八", "05718888888", "零五七幺，八八八，八八八八"),
        ("waybill", "SF 1234567890123", "SF1234567890123", "艾思艾弗，幺二三，四五六，七八九，零幺二三"),
        ("waybill", "七七三零一二三四五六七八", "773012345678", "七七三零，幺二三四，五六七八"),
        ("digits", "四个九", "9999", "九九九九"),
        ("name", "我姓王，王先生", "王先生", "王先生"),
        ("time", "下午三点一刻", "15:15", "下午三点十五分"),
        ("time", "下午两点", "14:00", "下午两点整"),
        ("date", "三月五号", "2026-03-05", "三月五号"),
        ("date", "明年三月五号", "2027-03-05", "二零二七年三月五号"),
        ("money", "十二块五", "12.50", "十二元五角"),
        ("text", " 放在门口就行 ", "放在门口就行", "放在门口就行"),
    ],
)
def test_an_answer_is_read_and_read_back(expects: Expects, text: str, value: str, spoken: str) -> None:
    answer = read(text, expects, today=TODAY)
    assert answer is not None
    assert (answer.value, answer.complete, back(answer)) == (value, True, spoken)


def test_a_number_lacks_digits() -> None:
    answer = read("一三八零零", "phone")
    assert answer is not None
    assert (answer.value, answer.complete, answer.spoken) == ("13800", False, ("幺", "三", "八", PAUSE, "零", "零"))


@pytest.mark.req("C2")
def test_a_number_is_told_in_turns_and_corrected() -> None:
    heard = Answer("", complete=False, spoken=())
    for turn in ("我的电话是一三八", "零零幺三", "八零零零", "不对，最后是三八", "第三位是九"):
        answer = read(turn, "phone", before=heard.value)
        assert answer is not None
        heard = answer
    assert (heard.value, heard.complete) == ("13900138038", True)


@pytest.mark.parametrize("expects", KINDS)
def test_nothing_is_no_answer(expects: Expects) -> None:
    assert read("", expects, today=TODAY) is None
    assert from_keys("", expects) is None


def test_a_date_needs_today_and_a_choice_is_an_intent() -> None:
    assert read("明天", "date") is None
    assert read("转人工", "choice") is None


@pytest.mark.parametrize(
    ("expects", "keys", "value"),
    [
        ("yes_no", "1", "yes"),
        ("yes_no", "2", "no"),
        ("phone", "13800138000#", "13800138000"),
        ("waybill", "773012345678#", "773012345678"),
        ("digits", "12#", "12"),
        ("time", "0930", "09:30"),
        ("date", "20260305#", "2026-03-05"),
        ("money", "12*5#", "12.50"),
        ("money", "300", "300.00"),
    ],
)
def test_an_answer_is_keyed(expects: Expects, keys: str, value: str) -> None:
    answer = from_keys(keys, expects)
    assert answer is not None
    assert answer.value == value


@pytest.mark.parametrize(
    ("expects", "keys"),
    [
        ("yes_no", "3"),
        ("phone", "1*2"),
        ("time", "9930"),
        ("time", "930"),
        ("date", "20260230"),
        ("money", "1*2*3"),
        ("name", "1"),
    ],
)
def test_keys_that_answer_nothing(expects: Expects, keys: str) -> None:
    assert from_keys(keys, expects) is None


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(KINDS), st.text(max_size=12))
def test_reading_never_raises(text: str, expects: Expects, before: str) -> None:
    answer = read(text, expects, today=TODAY, before=before)
    assert answer is None or (answer.value and all(answer.spoken))


@settings(deadline=None)
@given(st.text("0123456789*#A", max_size=20), st.sampled_from(KINDS))
def test_keys_never_raise(keys: str, expects: Expects) -> None:
    answer = from_keys(keys, expects)
    assert answer is None or answer.value


@settings(deadline=None)
@given(st.from_regex("[0-9]{1,11}", fullmatch=True), st.sampled_from(["phone", "waybill", "digits"]))
def test_a_number_that_is_read_back_reads_as_itself(number: str, expects: Expects) -> None:
    keyed = from_keys(number, expects)
    assert keyed is not None
    again = read(back(keyed), expects)
    assert again is not None
    assert (again.value, again.complete) == (keyed.value, keyed.complete)


@settings(deadline=None)
@given(st.times(), st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_moment_that_is_read_back_reads_as_itself(time: object, day: date) -> None:
    keyed = from_keys(f"{time:%H%M}", "time")
    assert keyed is not None
    assert read(back(keyed), "time") == keyed
    told = from_keys(f"{day:%Y%m%d}", "date")
    assert told is not None
    assert read(back(told), "date", today=TODAY) == read(told.value, "date", today=TODAY)


@pytest.mark.req("G1")
@pytest.mark.parametrize(
    ("text", "before", "value", "complete"),
    [
        ("七七七四", "", "7774", True),
        ("最后四位是幺二三叉", "", "123X", True),
        ("一二三X", "", "123X", True),
        ("后四位，幺二三，艾克斯", "", "123X", True),
        ("七七七五，不对，七七七四", "", "7774", True),
        ("七七七四，七七七四", "", "7774", True),
        ("一一零一零一，一九九零零三零七，七七七四", "", "7774", True),
        ("一二三", "", "123", False),
        ("叉", "123", "123X", True),
        ("四", "777", "7774", True),
    ],
)
def test_the_last_four_of_an_identity_card(text: str, before: str, value: str, complete: bool) -> None:
    answer = read(text, "id_tail", before=before)
    assert answer is not None
    assert (answer.value, answer.complete) == (value, complete)


@pytest.mark.req("G1", "G2")
@pytest.mark.parametrize("text", ["我不想说", "一三八零零一三八零零零", "六二二二零二一二三四五六七八九零", "叉"])
def test_what_is_no_end_of_an_identity_card(text: str) -> None:
    assert read(text, "id_tail") is None


@pytest.mark.req("G1")
@pytest.mark.parametrize(
    ("keys", "value"),
    [("7774#", "7774"), ("123*#", "123X"), ("11010119900307777*", "777X"), ("110101199003077774", "7774")],
)
def test_the_last_four_may_be_keyed(keys: str, value: str) -> None:
    answer = from_keys(keys, "id_tail")
    assert answer is not None
    assert (answer.value, answer.complete) == (value, True)


@pytest.mark.req("G2")
def test_a_card_number_that_is_keyed_for_them_is_not_taken() -> None:
    assert from_keys("6222021234567890#", "id_tail") is None


@pytest.mark.req("G8")
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("128.50", "一百二十八元五角"),
        ("0.05", "五分"),
        ("1000.01", "一千元零一分"),
        ("-12.30", "负十二元三角"),
        ("0", "零元"),
        ("-0.00", "零元"),
        ("1,000.00", "一千元"),
        ("1000000.00", "一百万元"),
    ],
)
def test_amounts_that_systems_tell_are_said_to_the_fen(value: str, said: str) -> None:
    answer = recalled(value, "money")
    assert answer is not None
    assert answer.spoken == (said,)


@pytest.mark.req("G8")
@pytest.mark.parametrize("value", ["12.345", "1e3", "--5", "", "９９９９９９９９９９９９９９"])
def test_what_is_no_exact_amount_is_not_said_as_one(value: str) -> None:
    assert recalled(value, "money") is None


@pytest.mark.req("G3")
@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("我身份证号一一零一零一一九九零零三零七七七四X被你们泄露了", "我身份证号，被你们泄露了"),
        ("一一零一零一一九九零零三零七七七四X", "您说的号码"),
        ("密码是八八六六四四，有人改了，", "密码是，有人改了"),
        ("快件七七三零一二三四五六七八,三天没有动", "快件七七三零一二三四五六七八，三天没有动"),
    ],
)
def test_a_story_is_read_back_without_the_numbers_that_nobody_else_may_hear(text: str, spoken: str) -> None:
    answer = read(text, "text")
    assert answer
    assert answer.value == text.strip("，")
    assert answer.spoken == (spoken,)
