"""Callers who make it hard: nothing is asked twice of them, and nothing is said that contradicts what was said."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.standards.load import load_standard, shipped
from tests.dialog.helpers import Driver

STANDARDS = shipped()


def told(standard: str, *turns: str, caller: str | None = "13800138000") -> Driver:
    """A call in which this was said, each once we had finished."""
    call = Driver(standard, words=True).greeted(caller=caller)
    for text in turns:
        call.say(text)
        if call.call._playing:
            call.said()
    return call


def held_in_vain(call: Driver) -> Driver:
    """They insist on the supervisor and agree to wait; whom we ring is away."""
    for _ in range(2):
        call.key("1")
        call.said()
    call.tell(ev.Held())
    call.tell(ev.TargetProgress(480), call.now + 5.0)
    call.tell(ev.TakenBack())
    return call


def replied(call: Driver, outcome: str, **values: str) -> list[str]:
    """Names of what is said once a system of the house has answered."""
    since = len(call.prompts)
    call.tell(ev.Replied(call.last(do.Inquire).inquiry, outcome, values))
    return call.prompts[since:]


NUMBER_TOLD = ("给我回电话", "幺三八零零幺三八零零零", "对")


@pytest.mark.req("C10")
@pytest.mark.parametrize("standard", [name for name in STANDARDS if "track" in load_standard(name).wishes])
def test_a_number_that_was_confirmed_is_not_asked_for_when_a_system_is_down(standard: str) -> None:
    name = ["我姓王"] if standard == "zto" else []
    call = told(standard, *NUMBER_TOLD, "查快递", *name, "七七三零一二三四五六七八", "对")
    assert replied(call, "failed")[:2] == ["down_known", "shipment_down_noted"]
    assert "13800138000" in str(call.notes("owed")[-1]["summary"])


@pytest.mark.req("C10", "D2")
def test_nor_when_the_supervisor_is_away() -> None:
    call = held_in_vain(told("general", *NUMBER_TOLD, "找你们领导"))
    assert call.prompts[-4:] == ["hold_thanks_1", "hold_known", "phone_noted", "anything_else"]


@pytest.mark.req("D4")
def test_a_supervisor_who_is_away_is_not_said_to_be_busy() -> None:
    call = held_in_vain(told("general", "找你们领导"))
    assert call.prompts[-3:] == ["hold_thanks_1", "supervisor_away", "ask_phone"]


@pytest.mark.req("F9")
@pytest.mark.parametrize("standard", STANDARDS)
def test_the_number_that_they_call_from_is_read_back_and_promised(standard: str) -> None:
    call = told(standard, "给我回电话", "就打这个电话")
    assert call.prompts[-1] == "read_phone"
    call.say("对")
    assert "phone_noted" in call.prompts[-2]
    assert call.call.standing.slots["phone"] == "13800138000"


@pytest.mark.req("F9")
def test_whoever_withheld_their_number_has_to_tell_it() -> None:
    call = Driver("general", words=True)
    at = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    call.tell(ev.Invited("4001", None, at))
    call.due()
    call.tell(ev.Connected())
    for text in ("给我回电话", "就打这个电话"):
        call.said()
        call.say(text)
    assert call.prompts[-1] == "number_unclear_1"


@pytest.mark.req("A7", "C11", "E3")
@pytest.mark.parametrize("turns", [("帮我排查", "网页打不开", "不知道"), ("你们上次说给我回电话没有回",)])
def test_whoever_withheld_their_number_is_told_how_they_can_be_rung(turns: tuple[str, ...]) -> None:
    call, seen = told("general", *turns, caller=None), told("general", *turns)
    assert call.prompts[-2:] == ["unseen_number", "anything_else"]
    assert "unseen_number" not in seen.prompts
    call.said()
    for text in ("给我回电话", "幺三八零零幺三八零零零", "对"):
        call.say(text)
        call.said()
    assert call.call.standing.slots["phone"] == "13800138000"


@pytest.mark.req("C2", "F9")
def test_the_number_promised_is_the_one_that_was_put_right_last() -> None:
    call = told(
        "general", "我要投诉", "快递员把我的包裹扔在楼下，东西全碎了", "对", "幺三八零零幺三八零零零", "不对，是幺三九"
    )
    assert "".join(call.last(do.Play).utterances[0].parts[1:-1]).replace("，", "") == "幺三九零零幺三八零零零"
    for text in ("不对，最后四位是八零零幺", "对"):
        call.said()
        call.say(text)
    assert call.notes("owed")[-1]["summary"] == "反映：快递员把我的包裹扔在楼下，东西全碎了；联系电话13900138001"


@pytest.mark.req("D8")
def test_a_caller_whom_nobody_could_take_is_not_sent_round_for_a_murmur() -> None:
    call = told("general", "转人工")
    call.tell(ev.TransferProgress(486))
    for text in ("锅里的汤好像溢了", "锅里的汤好像溢了"):
        call.said()
        call.say(text)
    assert call.prompts[-4:] == ["offer_again", "recording_notice", "message_ask", "message_tone"]


@pytest.mark.req("D7", "G6")
@pytest.mark.parametrize("text", ["你叫什么名字", "我找小李"])
def test_whoever_insists_on_what_was_declined_is_not_thanked_for_chatting(text: str) -> None:
    call = told("general", text, text, text)
    assert "chat_2" in call.prompts
    assert "chat_1" not in call.prompts


@pytest.mark.req("B6")
@pytest.mark.parametrize("standard", STANDARDS)
def test_whose_name_was_not_caught_is_asked_for_it_again_and_not_what_they_mean(standard: str) -> None:
    call = told(standard, "我是记者，我要采访", "七七七四")
    assert call.prompts[-1] == "words_again"


@pytest.mark.req("C11")
@pytest.mark.parametrize(
    ("turns", "said"),
    [(["不知道"], "fault_passed_on"), (["还是不行", "还是不行", "还是不行", "就打这个电话", "对"], "fault_second")],
)
def test_only_whoever_has_tried_every_step_is_told_so(turns: list[str], said: str) -> None:
    call = told("general", "下不了单怎么办，帮我排查一下", "一直白屏", *turns)
    assert call.prompts[-2:] == [said, "anything_else"]


@pytest.mark.req("D8")
def test_whoever_has_no_number_to_tell_is_not_asked_whether_they_want_to_go() -> None:
    call = told("general", "查快递", "没有")
    assert call.prompts[-1] == "transfer_operator"


@pytest.mark.req("F2", "C10")
def test_another_parcel_does_not_go_where_the_last_one_went() -> None:
    call = told("general", "查快递", "七七三零一二三四五六七八", "对")
    replied(call, "missing")
    call.said()
    for text in ("嗯", "上海", "寄到北京", "投诉", "快递员把箱子摔坏了", "对", "就打这个电话", "对", "查快递"):
        call.say(text)
        call.said()
    for text in ("七七三零九九九九九九九九", "对"):
        call.say(text)
        call.said()
    replied(call, "failed")
    assert call.notes("owed")[-1]["summary"] == "快递单号773099999999；联系电话13800138000"


@pytest.mark.req("C10")
@pytest.mark.parametrize("text", ["我姓王，我要查快递", "我叫王小明，查一下快递到哪了"])
def test_whose_name_was_told_before_the_matter_is_not_asked_for_it(text: str) -> None:
    call = told("zto", text)
    assert call.prompts[-1] == "ask_waybill"
    assert call.call.standing.slots["name"].startswith("王")


@pytest.mark.req("C2", "C3")
def test_a_story_that_is_put_right_is_recorded_to_its_end() -> None:
    call = told("general", "我要投诉", "快递员把我的箱子摔坏了", "不对，是三月五号，他骂了我两次")
    assert call.prompts[-1] == "read_matter"
    assert call.call.standing.slots["matter"] == "快递员把我的箱子摔坏了；不对，是三月五号，他骂了我两次"


@pytest.mark.req("G3")
@pytest.mark.parametrize("standard", STANDARDS)
def test_an_identity_card_that_is_told_in_a_story_is_not_read_out(standard: str) -> None:
    call = told(standard, "我要投诉", "我身份证号一一零一零一一九九零零三零七七七四X被你们泄露了")
    assert call.prompts[-1] == "read_matter"
    assert "一一零一零一" not in call.last(do.Play).utterances[-1].text


@pytest.mark.req("E8", "G1")
@pytest.mark.parametrize("text", ["我就是机主", "我是机主本人"])
def test_whose_telephone_it_is_is_no_reporter(text: str) -> None:
    call = told("telecom", "把我的余额告诉我，我不想验证", text)
    assert "press_thanks" not in call.prompts


@pytest.mark.req("E5")
@pytest.mark.parametrize("standard", STANDARDS)
def test_who_goes_elsewhere_to_complain_in_fewest_words_is_understood(standard: str) -> None:
    call = told(standard, "我要去三一五")
    assert [note["promise"] for note in call.notes("owed")] == ["escalated"]


@pytest.mark.req("A7", "E2")
@pytest.mark.parametrize(("caller", "said"), [(None, "complaint_unseen"), ("13800138000", "complaint_by_number")])
def test_who_withholds_their_number_is_promised_no_answer_on_it(caller: str | None, said: str) -> None:
    call = told("general", "我要投诉", "快递员把箱子摔坏了", "对", "我不想留电话", caller=caller)
    assert call.prompts[-2:] == [said, "anything_else"]


@pytest.mark.req("A7", "D2")
@pytest.mark.parametrize(("caller", "said"), [(None, "hold_unseen"), ("13800138000", "hold_noted")])
def test_who_withholds_their_number_is_promised_no_call_back(caller: str | None, said: str) -> None:
    call = held_in_vain(told("general", "找你们领导", caller=caller))
    call.said()
    call.say("不用了")
    assert call.prompts[-2:] == [said, "anything_else"]
