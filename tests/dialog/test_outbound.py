"""Calls that we make: whom we ring is asked who they are, and the call goes on where it was cut off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.known import Known
from tests.dialog.helpers import Driver

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
CUT_OFF = Known("track.waybill.read", {"waybill": "773012345678"})


def dialled(known: Known = CUT_OFF, words: bool = True) -> Driver:
    call = Driver(words=words)
    call.tell(ev.Dialled("8613800138000", NOW, "dropped", known))
    return call


def answered(known: Known = CUT_OFF, words: bool = True) -> Driver:
    call = dialled(known, words)
    call.tell(ev.Ringing(), 2.0)
    call.tell(ev.Connected(), 3.0)
    return call


@pytest.mark.req("B9", "A7")
def test_whoever_is_rung_back_is_asked_who_they_are_and_then_goes_on() -> None:
    call = answered()
    assert call.prompts == ["called_back"]
    call.said()
    call.say("是的")
    assert call.prompts[-1] == "dropped"
    assert call.notes("kept") == [{"promise": "dropped"}]
    call.said()
    call.due()
    assert call.prompts[-1] == "read_waybill"
    assert call.last(do.Play).utterances[0].text == "您的单号是七七三零，幺二三四，五六七八，对吗？"


@pytest.mark.req("B9")
def test_by_name_where_it_is_known() -> None:
    call = answered(Known("track.waybill", {"name": "王先生"}))
    assert call.last(do.Play).utterances[0].text == "您好！我是客服。打扰您了，请问您是王先生吗？"
    call.said()
    call.say("对")
    assert call.last(do.Play).utterances[0].text == "王先生，您好！很抱歉，刚才电话掉线了，很高兴再次为您服务。"


@pytest.mark.req("C10")
@pytest.mark.parametrize(
    ("known", "prompt"),
    [
        (Known("track.waybill"), "ask_waybill"),
        (Known("track.waybill", {"waybill": "773012345678"}), "read_waybill"),
        (Known(), "ask_help"),
        (Known("goodbye"), "ask_help"),
        (Known("no_such_menu"), "ask_help"),
    ],
)
def test_it_goes_on_where_it_stopped_and_asks_nothing_twice(known: Known, prompt: str) -> None:
    call = answered(known)
    call.said()
    call.say("是我")
    call.said()
    call.due()
    assert call.prompts[-1] == prompt


@pytest.mark.req("B9")
@pytest.mark.parametrize(("drops", "offered"), [(2, False), (3, True)])
def test_who_was_cut_off_often_is_offered_compensation(drops: int, offered: bool) -> None:
    call = answered(Known("track.waybill", drops=drops))
    call.said()
    call.say("是的")
    assert ("dropped_often" in call.prompts) is offered


@pytest.mark.req("A7")
def test_another_person_is_not_troubled() -> None:
    call = answered()
    call.said()
    call.say("不是")
    assert call.prompts[-1] == "wrong_person"
    call.said()
    call.due()
    assert call.call.outcome == "wrong_person"
    assert not call.notes("kept")
    assert not call.notes("owed")


@pytest.mark.req("A7")
def test_an_answering_machine_gets_no_conversation() -> None:
    call = answered()
    call.utter("您好我现在不方便接听您的电话有事请在滴的一声以后给我留言我会尽快回复")
    call.due()
    assert call.call.outcome == "machine"


@pytest.mark.req("A7")
def test_nor_does_an_announcement_of_the_network() -> None:
    call = answered()
    call.say("您拨打的用户已关机")
    call.due()
    assert call.call.outcome == "machine"


@pytest.mark.req("A7")
def test_nobody_there_is_asked_twice_and_let_go() -> None:
    call = answered()
    for _ in range(2):
        call.said()
        call.due()
    assert call.prompts == ["called_back", "called_back_again"]
    assert call.call.outcome == "no_person"


@pytest.mark.req("A7")
def test_without_a_recogniser_any_answer_is_the_caller_s() -> None:
    call = answered(words=False)
    call.said()
    call.speak()
    assert call.prompts[-1] == "dropped"


@pytest.mark.req("A7")
@pytest.mark.parametrize(
    ("code", "outcome"), [(486, "busy"), (480, "no_answer"), (603, "declined"), (404, "failed"), (500, "failed")]
)
def test_a_call_that_is_not_answered_says_why(code: int, outcome: str) -> None:
    call = dialled()
    call.tell(ev.RemoteHangup(code), 2.0)
    assert (call.call.state, call.call.outcome) == ("ended", outcome)
    assert not call.notes("owed")


@pytest.mark.req("A7")
def test_ringing_has_an_end() -> None:
    call = dialled()
    call.tell(ev.Ringing(), 1.0)
    call.due()
    assert call.now == pytest.approx(40.0)
    assert isinstance(call.asked[-1], do.HangUp)
    assert call.call.outcome == "no_answer"


# ---------------------------------------------------------------- who is rung back


def cut_off(call: Driver, event: ev.Event) -> list[Mapping[str, do.Scalar]]:
    call.tell(event, call.now + 1.0)
    while not call.call.ended:
        call.due()
    return [note for note in call.notes("owed") if note["promise"] == "dropped"]


@pytest.mark.req("B9")
@pytest.mark.parametrize(
    "event", [ev.MediaLost(), ev.RemoteHangup(200, "Q.850;cause=38"), ev.RemoteHangup(408, "Request Timeout")]
)
def test_a_line_that_breaks_is_owed_a_call(event: ev.Event) -> None:
    call = Driver(words=True).greeted()
    assert len(cut_off(call, event)) == 1
    assert call.call.standing.drops == 1


@pytest.mark.req("B9")
def test_a_normal_hang_up_is_owed_one_in_the_middle_of_a_matter_only() -> None:
    call = Driver(words=True).greeted()
    assert not cut_off(call, ev.RemoteHangup(200))
    call = Driver(words=True).greeted()
    call.say("我要查快递")
    call.said()
    call.say("七七三零幺二三四五六七八")
    assert len(cut_off(call, ev.RemoteHangup(200))) == 1
    assert call.call.standing == Known("track.waybill.read", {"waybill": "773012345678"}, 1)


@pytest.mark.req("B9")
def test_not_after_a_goodbye_nor_where_the_matter_is_in_good_hands() -> None:
    call = Driver(words=True).greeted()
    call.say("再见")
    assert call.prompts[-1] == "goodbye"
    assert not cut_off(call, ev.MediaLost())
    call = Driver(words=True).greeted()
    call.say("给我回电话")
    call.said()
    call.say("幺三九零五七一八八二六")
    call.said()
    call.say("对")
    assert call.prompts[-2:] == ["phone_noted", "anything_else"]
    assert not cut_off(call, ev.RemoteHangup(200))


@pytest.mark.req("B9")
def test_who_was_rung_back_and_is_cut_off_again_is_rung_back_again() -> None:
    call = answered(Known("track.waybill", drops=1))
    call.said()
    call.say("是的")
    assert len(cut_off(call, ev.MediaLost())) == 1
    assert call.call.standing.drops == 2


# ---------------------------------------------------------------- an answer that we owe, an apology


@pytest.mark.req("F3", "E14")
@pytest.mark.parametrize(("reason", "prompt"), [("news", "news"), ("apology", "apology")])
def test_whoever_is_owed_an_answer_is_told_it(reason: str, prompt: str) -> None:
    call = Driver(words=True)
    known = Known("", {"news": "包裹今天下午送到。", "name": "王先生"})
    call.tell(ev.Dialled("8613800138000", NOW, reason, known))
    call.tell(ev.Connected(), 3.0)
    assert call.last(do.Play).utterances[0].text.endswith("请问您是王先生吗？")
    call.said()
    call.say("对")
    assert call.last(do.Play).utterances[0].name == prompt
    assert "包裹今天下午送到。" in call.last(do.Play).utterances[0].text
    assert call.notes("kept") == [{"promise": reason}]


@pytest.mark.req("C6", "E14")
def test_a_mistake_found_after_the_call_is_apologised_for_and_put_right_by_a_call_of_ours() -> None:
    call = Driver(words=True)
    right = "上次告诉您的运费有误，正确的运费是十二元。"
    call.tell(ev.Dialled("8613800138000", NOW, "apology", Known("", {"news": right})))
    call.tell(ev.Connected(), 3.0)
    call.said()
    call.say("是的")
    (said,) = [each.text for each in call.last(do.Play).utterances if each.name == "apology"]
    assert "向您诚恳道歉" in said
    assert right.rstrip("。") in said
    assert call.prompts[-1] == "anything_else"


@pytest.mark.req("C5")
def test_what_was_not_clear_is_said_again() -> None:
    call = Driver(words=True)
    call.tell(ev.Dialled("8613800138000", NOW, "news", Known("", {"news": "包裹今天下午送到。"})))
    call.tell(ev.Connected(), 3.0)
    call.said()
    call.say("是的")
    call.said()
    call.say("没有")
    assert call.prompts[-2:] == ["news", "news_clear"]
