from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.understanding.cues import besides, pieces

CUES = {"number": ["单号", "快递单号"], "phone": ["电话", "手机", "手机号"], "to": ["寄到", "地址"], "name": ["名字"]}
TOLD = {
    "单号是七七三零": ("number", "七七三零"),
    "电话13800138000": ("phone", "13800138000"),
    "寄到北京": ("to", "北京"),
}


@pytest.mark.req("C10")
@pytest.mark.parametrize("order", list(permutations(TOLD)))
@pytest.mark.parametrize("between", ["，", "，还有", "，我的", "和", "。"])
def test_each_is_found_behind_its_cue_in_whatever_order(order: tuple[str, ...], between: str) -> None:
    assert pieces(between.join(order), CUES) == ("", dict(TOLD[part] for part in order))


@pytest.mark.parametrize(
    ("text", "before"),
    [("我要寄快递，寄到北京", "我要寄快递"), ("七七三零，电话幺三八", "七七三零"), ("北京，我的电话幺三八", "北京")],
)
def test_what_goes_before_the_first_cue_is_kept(text: str, before: str) -> None:
    assert pieces(text, CUES)[0] == before


def test_without_a_cue_it_is_all_before() -> None:
    assert pieces("七七三零一二三", CUES) == ("七七三零一二三", {})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("地址是和平路十二号", {"to": "和平路十二号"}),
        ("名字叫和珅，电话幺三八", {"name": "和珅", "phone": "幺三八"}),
        ("地址是全都有超市", {"to": "全都有超市"}),
        ("地址就是北京", {"to": "北京"}),
    ],
)
def test_an_answer_keeps_its_own_words(text: str, told: dict[str, str]) -> None:
    assert pieces(text, CUES)[1] == told


def test_a_cue_is_found_by_its_sound() -> None:
    assert pieces("丹号是七七三零", CUES)[1] == {"number": "七七三零"}


def test_the_longer_of_two_cues_is_taken_and_none_swallows_what_follows() -> None:
    assert pieces("手机号幺三八", CUES)[1] == {"phone": "幺三八"}
    assert pieces("付款到付", {"pay": ["付款"]})[1] == {"pay": "到付"}


def test_the_first_of_two_counts() -> None:
    assert pieces("寄到北京，寄到上海", CUES)[1] == {"to": "北京"}


@pytest.mark.parametrize("text", ["电话", "电话是", "电话，单号，", "电话还有单号"])
def test_a_cue_behind_which_nothing_comes_tells_nothing(text: str) -> None:
    assert pieces(text, CUES)[1] == {}


@settings(deadline=None)
@given(st.text("单号电话寄到地址名字是和，。零七三北京我的 ", max_size=60))
def test_any_words_can_be_taken_apart(text: str) -> None:
    before, told = pieces(text, CUES)
    assert set(told) <= set(CUES)
    assert all(told.values())
    assert len(before) + sum(map(len, told.values())) <= len(text)


@pytest.mark.req("E2")
@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("快递丢了，我的电话是13912345678，还坏了", "快递丢了，还坏了"),
        ("手机幺三九，幺二三四，五六七八，一个杯子碎了", "一个杯子碎了"),
        ("打电话骂我", "打电话骂我"),
        ("他的电话打不通，我的电话13912345678", "他的电话打不通"),
    ],
)
def test_a_number_is_cut_out_with_its_cue_and_nothing_else(text: str, rest: str) -> None:
    assert besides(text, CUES["phone"]) == rest
