from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.understanding.names import read_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我姓王", "王"),
        ("免贵姓李", "李"),
        ("免贵信李", "李"),
        ("我姓欧阳", "欧阳"),
        ("王", "王"),
        ("叫我小王", "王"),
        ("王先生", "王先生"),
        ("我姓王，王小姐", "王小姐"),
        ("我姓王王先生", "王先生"),
        ("我性李立小姐", "李小姐"),
        ("李李小姐", "李小姐"),
        ("我是李丽小姐", "李丽小姐"),
        ("陳先生", "陈先生"),
        ("谢先生", "谢先生"),
        ("我叫王小明", "王小明"),
        ("你好我是陈建国", "陈建国"),
        ("姓刘，刘德华", "刘德华"),
        ("嗯，王小明。", "王小明"),
        ("欧阳娜娜", "欧阳娜娜"),
        ("王小明先生", "王小明先生"),
        ("弓长张", "张"),
        ("是弓长张不是立早章", "张"),
        ("不是弓长张，是立早章", "章"),
    ],
)
def test_a_name_is_told(text: str, name: str) -> None:
    assert read_name(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "我是来查快递的",
        "包裹",
        "方便",
        "高兴",
        "时间",
        "任何",
        "查快递",
        "单号",
        "我是他老婆",
        "我是成都的",
        "谢谢",
        "我不知道",
        "女士",
        "好的",
    ],
)
def test_no_name_is_told(text: str) -> None:
    assert read_name(text) is None


@pytest.mark.parametrize(
    ("before", "text", "name"),
    [
        ("王", "女士", "王女士"),
        ("王", "我是男的", "王先生"),
        ("王", "王小明", "王小明"),
        ("王先生", "不对，我姓黄", "黄先生"),
        ("王", "不是姓王是姓黄", "黄"),
        ("王小明", "先生", "王小明先生"),
    ],
)
def test_a_title_or_a_correction_may_come_later(before: str, text: str, name: str) -> None:
    assert read_name(text, before) == name


@settings(deadline=None)
@given(st.text("我姓叫是王李小明先生女士不对，谢的", max_size=20), st.sampled_from(["", "王", "王先生"]))
def test_any_words_can_be_read(text: str, before: str) -> None:
    assert read_name(text, before) != ""
