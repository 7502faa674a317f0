from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.understanding.yes_no import beyond, instead, read_yes_no

YES = [
    "是", "是的", "四的", "嗯", "嗯嗯", "对", "對", "对对对没问题", "没错", "可以", "好", "号的", "行行行", "OK",
    "好滴", "没毛病", "就是它", "可不是嘛",
    "我是", "是我", "要", "确定", "好的谢谢", "对，就是这个号码", "是的我就是要查这个", "我同意", "当然",
]  # fmt: skip
NO = [
    "不", "不是", "步是", "不对", "不行", "没有", "不是不是", "不要", "我不要", "算了吧", "不用了谢谢", "不是我",
    "有点不对", "好像不对", "号码不对", "最后一位错了", "你念错了", "少了一位", "多了一位",
    "还没有", "嗯，不是", "好，不用了", "不是，我的号码是幺三八", "对，啊不对",
]  # fmt: skip
NEITHER = [
    "", "。", "没念错吧", "对不对", "是不是",
    "可以吗", "是明天送吗", "是什么意思", "对不起", "不好意思没听清", "没听清", "不知道",
    "不确定", "好像不是", "你好", "喂", "我要转人工", "快递没有到", "没有收到", "是的，没有了",
]  # fmt: skip


@pytest.mark.parametrize("text", YES)
def test_yes(text: str) -> None:
    assert read_yes_no(text) == "yes"


@pytest.mark.parametrize("text", NO)
def test_no(text: str) -> None:
    assert read_yes_no(text) == "no"


@pytest.mark.parametrize("text", NEITHER)
def test_neither(text: str) -> None:
    assert read_yes_no(text) is None


@settings(deadline=None)
@given(st.text("是不对好的嗯，吗没有错行可以了", max_size=20))
def test_any_words_can_be_read(text: str) -> None:
    assert read_yes_no(text) in {"yes", "no", None}


@pytest.mark.req("C2")
@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("不是北京，是南京", "南京"),
        ("不是，南京", "南京"),
        ("不对，是南京路", "南京路"),
        ("不对不对，南京", "南京"),
        ("不，南京", "南京"),
        ("错了，应该是李四", "李四"),
        ("我说错了，是南京", "南京"),
        ("应该是南京的", "南京"),
        ("地址不对，改成南京路", "南京路"),
        ("不是北京，应该是南京，谢谢", "南京"),
        ("不是北京，是南京，不是北京", "南京"),
        ("不对，是三月五号，他骂了我两次，好吗", "三月五号，他骂了我两次"),
    ],
)
def test_what_is_said_in_the_place_of_what_is_denied(text: str, new: str) -> None:
    assert instead(text) == new


@pytest.mark.req("C2")
@pytest.mark.parametrize(
    "text", ["", "不是", "不对，", "不用了，谢谢", "不知道，你们看着办", "是的，南京", "没错，就是这个"]
)
def test_a_denial_alone_and_a_yes_put_nothing_in_its_place(text: str) -> None:
    assert instead(text) == ""


@pytest.mark.req("E2")
@pytest.mark.parametrize(
    "text",
    [
        "对，没错，就是这样",
        "对，就是这样",
        "是的，谢谢",
        "不是这样",
        "你记错了",
        "有点不对",
        "不用了，谢谢",
        "那个嘛",
        "对，你记得很对",
    ],
)
def test_a_mere_yes_or_no_tells_nothing_besides(text: str) -> None:
    assert beyond(text) == ""


@pytest.mark.req("E2")
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("不对，是打我", "不对，是打我"),
        ("对，他骂了我两次", "他骂了我两次"),
        ("对对，但是还有他摔我东西", "但是还有他摔我东西"),
        ("对但是还有他摔我东西", "但是还有他摔我东西"),
        ("是他昨天下午在楼下当着邻居骂了我", "是他昨天下午在楼下当着邻居骂了我"),
    ],
)
def test_what_is_told_besides_a_yes_or_no(text: str, told: str) -> None:
    assert beyond(text) == told


def test_what_goes_on_with_other_words_is_no_yes() -> None:
    assert read_yes_no("补充一下，是昨天约的上午") is None
    assert read_yes_no("我看看，是的") == "yes"


@settings(deadline=1000)
@given(st.text("不是对错了，。！ 应该改成南京的", max_size=300))
def test_whatever_is_denied_is_read_in_no_time_and_nothing_is_added(text: str) -> None:
    assert len(instead(text)) <= len(text)
