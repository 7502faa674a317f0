"""What people say that sounds like something else: to act on that would be worse than to ask again."""

from __future__ import annotations

from datetime import date

import pytest

from ivr.dialog.meaning import Meaning, interpreter
from ivr.standards.load import load_standard

GENERAL = load_standard("general")


def read(menu: str, text: str, before: dict[str, str] | None = None) -> Meaning:
    here = GENERAL.menu[menu]
    acts = {**GENERAL.always, **here.intents}
    return interpreter(GENERAL).read(text, here, acts, before or {}, date(2026, 3, 2))


@pytest.mark.req("C2")
@pytest.mark.parametrize(
    ("text", "sounds_like"),
    [
        ("我上礼拜反映的那个事到底有没有人在弄", "hello"),
        ("我想看看上个月钱都花哪了", "wait"),
        ("帮我看看我卡里还剩多少钱", "wait"),
        ("我老婆昨天寄的东西", "ship"),
        ("我不是来投诉的", "complaint"),
        ("你他娘的耳朵聋了", "hard_of_hearing"),
        ("我要退回去", "leave"),
        ("这个包裹给我退回来", "leave"),
        ("你们投诉电话是多少", "others_data"),
        ("算了我要投诉", "end"),
        ("我等了三天了", "yes"),
        ("查快递773012345678", "escalated"),
        ("查快递七七三零，幺二三四五，六七八", "escalated"),
    ],
)
def test_what_sounds_like_another_wish_is_not_taken_for_it(text: str, sounds_like: str) -> None:
    meaning = read("greeting", text)
    assert meaning.intent != sounds_like or meaning.decided not in ("sure", "likely")


@pytest.mark.req("G5")
@pytest.mark.parametrize("menu", ["cancel_consequence", "cancel_again", "block_consequence", "block_again"])
@pytest.mark.parametrize(
    "text", ["先别取消", "不取消了", "先别挂失", "不用挂失了", "手机找到了", "我再想想", "先不办了", "算了"]
)
def test_whoever_has_second_thoughts_keeps_what_they_have(menu: str, text: str) -> None:
    assert read(menu, text).act == ("menu", "left_as_it_is")


@pytest.mark.req("D1")
@pytest.mark.parametrize(
    ("text", "act"),
    [("等就等吧", ("hold", "supervisor")), ("那就等吧", ("hold", "supervisor")), ("不等", ("menu", "help"))],
)
def test_whoever_is_asked_to_wait_says_so_with_the_word(text: str, act: tuple[str, str]) -> None:
    assert read("supervisor_consent", text).act == act


@pytest.mark.req("I1", "I2")
@pytest.mark.parametrize("menu", ["anything_else", "goodbye"])
@pytest.mark.parametrize("text", ["还有", "对了还有个事", "我还有个问题"])
def test_whoever_wants_something_else_is_asked_what(menu: str, text: str) -> None:
    assert read(menu, text).act == ("menu", "help")


@pytest.mark.req("F9")
@pytest.mark.parametrize("text", ["就这个号码", "打这个电话就行", "本机"])
def test_the_number_that_they_call_from_is_an_answer(text: str) -> None:
    assert read("call_back.phone", text).act == ("own_number", "")


@pytest.mark.req("G1")
def test_a_number_that_was_told_counts_for_more_than_what_was_said_of_it() -> None:
    answer = read("whose.account", "幺三九零零幺三九零零零，就是这个号码").answer
    assert answer
    assert answer.value == "13900139000"


@pytest.mark.req("B7")
@pytest.mark.parametrize("text", ["什么叫单号", "单号在哪里看", "啥叫单号"])
def test_whoever_does_not_know_what_a_number_is_is_told(text: str) -> None:
    assert read("track.waybill", text).act == ("rephrase", "")


@pytest.mark.req("B6")
@pytest.mark.parametrize("text", ["查快递", "我要查快递"])
def test_whoever_says_their_wish_once_more_is_asked_once_more(text: str) -> None:
    assert read("track.waybill", text).act == ("again", "")


@pytest.mark.req("C1")
def test_a_number_told_with_the_wish_is_not_lost() -> None:
    answer = read("track.waybill", "查快递，单号七七三零一二三四五六七八").answer
    assert answer
    assert answer.value == "773012345678"


@pytest.mark.req("E6")
@pytest.mark.parametrize("text", ["你们快递员骂我是傻逼", "他说我是白痴", "那个客服骂我是猪"])
def test_whoever_was_insulted_insults_nobody(text: str) -> None:
    answer = read("complaint.matter", text).answer
    assert answer
    assert answer.value == text


@pytest.mark.req("E2")
@pytest.mark.parametrize(
    ("menu", "text"), [("complaint.matter", "对"), ("shipment.address", "嗯"), ("press.topic", "好的")]
)
def test_a_mere_yes_tells_nothing(menu: str, text: str) -> None:
    assert read(menu, text).answer is None


@pytest.mark.req("C2", "E2")
@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("再见", ("menu", "goodbye")),
        ("你是机器人吗", ("ladder", "human")),
        ("我要查话费", ("menu", "balance")),
        ("我不想说", ("menu", "anything_else")),
        ("我要转人工", ("transfer", "operator")),
        ("你说什么", ("again", "")),
    ],
)
@pytest.mark.parametrize("menu", ["complaint.matter", "complaint.matter.again"])
def test_a_wish_that_is_all_that_was_said_is_no_story(menu: str, text: str, act: tuple[str, str]) -> None:
    meaning = read(menu, text)
    assert (meaning.act, meaning.answer) == (act, None)


@pytest.mark.req("E2")
@pytest.mark.parametrize("text", ["什么", "都要", "为什么", "好吧"])
def test_words_that_tell_nothing_are_no_story(text: str) -> None:
    assert read("complaint.matter", text).answer is None


@pytest.mark.req("E2")
@pytest.mark.parametrize(
    "text",
    [
        "客服骂我", "他骂我", "送晚了", "快递丢了", "赔钱", "没人联系我", "没人给我回电话", "等了三天了", "电话打不通",
        "缺货", "客服挂我电话", "送货太慢", "你们不讲理", "我打电话要查话费他骂我", "他说再见就挂了",
        "你们的人在楼下大声骂我", "他们把我的东西摔坏了", "流量无缘无故多扣了三十块钱没有人管", "他在门口大声骂我",
        "宽带断了五天没有人来修，打了好几次电话", "昨天的包裹被人拆开过了", "我要他给我道歉", "快递员把我的杯子摔碎了",
    ],
)  # fmt: skip
def test_a_story_stays_a_story_whatever_it_sounds_like(text: str) -> None:
    answer = read("complaint.matter", text).answer
    assert answer
    assert answer.value == text


@pytest.mark.req("E2")
def test_nobody_takes_leave_in_the_middle_of_what_they_told() -> None:
    assert read("complaint.matter.read", "再见", {"matter": "快递员骂我"}).act is None
    assert read("complaint.matter.read", "算了不投诉了", {"matter": "快递员骂我"}).act == ("menu", "anything_else")


@pytest.mark.req("C11", "I1")
@pytest.mark.parametrize("menu", ["fault", "fault_solved"])
def test_what_still_does_not_work_is_looked_into_and_no_goodbye(menu: str) -> None:
    assert read(menu, "还是不行").act == ("form", "diagnosis")
