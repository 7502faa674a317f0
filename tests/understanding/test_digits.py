from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.understanding.digits import read_number
from ivr.understanding.shapes import SHAPES

SPOKEN = ("零〇洞0０", "一幺1１壹", "二两2２貳", "三3３", "四4４", "五5５", "六6６", "七拐7７", "八8８", "九勾9９")
"""Ways to say each digit from 0 on."""
BEFORE = ["", "嗯，", "我的单号是", "号码是", "那个，手机号是", "你好，电话：", "我說一下，"]
BEHIND = ["", "。", "吧", "，谢谢", "啊"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("我的电话是一三八零零一三八零零零", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("五月三号下午三点寄的，电话是一三八零零一三八零零零", "13800138000"),
        ("我住三单元二零一，电话一三八零零一三八零零零", "13800138000"),
        ("幺三八，双零幺三八，三个零", "13800138000"),
        ("１３８-００１３-８０００。", "13800138000"),
        ("一三八，零零一三，八零零零", "13800138000"),
        ("13800，13800138000", "13800138000"),
        ("零幺零八八八八八八八八", "01088888888"),
        ("幺三八零零幺三八零零零，不对，最后四位是八零零一", "13800138001"),
        ("一三八…不对，是三九…", "139"),
        ("一三八不对是三九零零一三八零零零", "13900138000"),
        ("一三八零零，不是，是一三九零零", "13900"),
        ("一三八零零一三八零零零第三位是九", "13900138000"),
    ],
)
def test_a_phone_number_is_told(text: str, number: str) -> None:
    assert read_number(text, SHAPES["phone"]) == number


@pytest.mark.parametrize(
    ("before", "text", "number"),
    [
        ("13912345639", "是三八不是三九", "13912345638"),
        ("13912345639", "不是三九是三八", "13912345638"),
        ("13912345639", "不对，最后是三八", "13912345638"),
        ("13912345639", "不对，是三八", "13912345638"),
        ("13912345639", "第三位是五", "13512345639"),
        ("13912345639", "倒数第二位应该是五", "13912345659"),
        ("13912345639", "中间四位是八八八八", "13988885639"),
        ("13912345639", "前三位是一三五", "13512345639"),
        ("13912345639", "错了，重新说，一三五零零零零一一一一", "13500001111"),
        ("13912345639", "一三五零零零零一一一一", "13500001111"),
        ("13912345639", "尾号五六三九", "13912345639"),
        ("1380013", "八零零零", "13800138000"),
        ("1380013", "最后四位是八零零零", "13800138000"),
        ("1380013", "零零一三八零零零", "13800138000"),
        ("138", "一三八零零一三八零零零", "13800138000"),
        ("138", "八", "1388"),
    ],
)
def test_a_turn_goes_on_with_what_was_told_or_corrects_it(before: str, text: str, number: str) -> None:
    assert read_number(text, SHAPES["phone"], before) == number


@pytest.mark.parametrize(
    ("before", "text", "number"),
    [
        ("", "SF 1234567890123", "SF1234567890123"),
        ("", "单号是 Y T 1234 5678 9012 3", "YT1234567890123"),
        ("", "七七三零一，不对，零二", "77302"),
        ("", "七七三零一二三四五六七九不对最后一位是八", "773012345678"),
        ("773012345678", "不对，最后是三八", "773012345638"),
        ("7730123456", "还有七八", "773012345678"),
        ("77301", "二三四五六七八", "773012345678"),
        ("SF12345", "六七八九零", "SF1234567890"),
    ],
)
def test_a_waybill_number_is_told(before: str, text: str, number: str) -> None:
    assert read_number(text, SHAPES["waybill"], before) == number


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("text", ["", "是的", "不对", "我昨天买了三个苹果", "等一下", "没有单号", "最后四位"])
def test_no_number_is_told(shape: str, text: str) -> None:
    assert read_number(text, SHAPES[shape]) is None
    assert read_number(text, SHAPES[shape], "13800138000") is None


# ---------------------------------------------------------------- any number, said in any way


@st.composite
def said(draw: st.DrawFn, number: str) -> str:
    """The number in words: digits in any dress, runs counted, groups with pauses, something before and behind."""
    words, at = "", 0
    while at < len(number):
        run = min(9, len(number[at:]) - len(number[at:].lstrip(number[at])))
        written = draw(st.sampled_from(SPOKEN[int(number[at])]))
        if run >= 2 and draw(st.booleans()):
            words += (
                draw(st.sampled_from(["双", "两个"])) + written
                if run == 2
                else "零一两三四五六七八九"[run] + "个" + written
            )
            at += run
        else:
            words += written
            at += 1
        words += draw(st.sampled_from(["", "", "", " ", "，", "-", "、"]))
    return draw(st.sampled_from(BEFORE)) + words.rstrip(" ，-、") + draw(st.sampled_from(BEHIND))


def numbers(shortest: int, longest: int) -> st.SearchStrategy[str]:
    runs = st.tuples(st.sampled_from("0123456789"), st.integers(1, 4)).map(lambda run: run[0] * run[1])
    return st.lists(runs, min_size=1, max_size=longest).map("".join).filter(lambda n: shortest <= len(n) <= longest)


@settings(deadline=None)
@given(st.data(), numbers(1, 15))
def test_any_number_reads_back_to_itself(data: st.DataObject, number: str) -> None:
    text = data.draw(said(number))
    assert read_number(text, SHAPES["digits"]) == number
    assert read_number(text, SHAPES["waybill"]) == number


@settings(deadline=None)
@given(st.data(), numbers(2, 9), st.integers(1, 8))
def test_a_number_told_in_two_turns_is_one(data: st.DataObject, number: str, cut: int) -> None:
    first, second = number[:cut], number[cut:]
    if second and not second.startswith(first):
        before = read_number(data.draw(said(first)), SHAPES["waybill"]) or ""
        assert read_number(data.draw(said(second)), SHAPES["waybill"], before) == number


@settings(deadline=None)
@given(st.data(), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.from_regex("[0-9]{4}", fullmatch=True))
def test_the_last_four_can_always_be_corrected(data: st.DataObject, number: str, last: str) -> None:
    text = "不对，最后四位是" + data.draw(said(last)).removeprefix("嗯，")
    assert read_number(text, SHAPES["phone"], number) == number[:-4] + last


@settings(deadline=None)
@given(
    st.text("零一二三四五六七八九十百双个是不对最后第位错了，SF138 要山就", max_size=30),
    st.text("0123456789", max_size=16),
)
def test_any_words_can_be_read(text: str, before: str) -> None:
    for shape in SHAPES.values():
        number = read_number(text, shape, before)
        assert number is None or number.isalnum()
