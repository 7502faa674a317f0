"""Callers who ring again: the call begins with what is known of them (requirements F6, F8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.known import NOTHING, Known
from ivr.standards.hours import Hours
from ivr.standards.house import House
from tests.dialog.helpers import Driver

TEN = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
CUT_OFF = Known("track.waybill.read", {"waybill": "773012345678"}, drops=1)


def rings(
    known: Known = NOTHING, owed: tuple[str, ...] = (), at: datetime = TEN, hours: tuple[str, ...] = ()
) -> Driver:
    """Connected; what the records know came while it rang."""
    call = Driver(house=House(hours=Hours(hours)), words=True)
    call.tell(ev.Invited("4001", "8613800138000", at))
    call.tell(ev.Remembered(known, owed), 0.1)
    call.due()
    call.tell(ev.Connected())
    return call


@pytest.mark.req("F6", "C10")
def test_who_was_cut_off_is_asked_whether_to_go_on_and_nothing_twice() -> None:
    call = rings(CUT_OFF)
    assert call.prompts == ["came_back", "came_back_ask"]
    assert call.notes("came_back") == [{"drops": 1}]
    call.said()
    call.say("是的")
    assert call.last(do.Play).utterances[0].text == "您的单号是七七三零，幺二三四，五六七八，对吗？"


@pytest.mark.req("F6")
def test_who_wants_something_else_is_helped_with_that() -> None:
    call = rings(CUT_OFF)
    call.said()
    call.say("给我回电话")
    assert call.prompts[-1] == "ask_phone"


@pytest.mark.req("F6")
@pytest.mark.parametrize("known", [NOTHING, Known(drops=1)])
def test_where_no_matter_was_open_the_call_begins_as_any_other(known: Known) -> None:
    call = rings(known)
    assert call.prompts == ["greeting"]
    assert len(call.notes("came_back")) == known.drops


@pytest.mark.req("F6", "A6")
def test_out_of_hours_the_hours_are_told_first() -> None:
    call = rings(CUT_OFF, at=TEN + timedelta(hours=10), hours=("08:00-18:00",))
    assert call.prompts == ["closed"]
    assert call.notes("came_back")


@pytest.mark.req("F6")
def test_what_comes_after_the_answer_comes_too_late() -> None:
    call = Driver(words=True).greeted()
    assert call.tell(ev.Remembered(CUT_OFF)) == []
    call.tell(ev.RemoteHangup())
    assert call.call.standing == NOTHING


@pytest.mark.req("F6")
def test_a_matter_whose_menu_is_no_more_begins_anew() -> None:
    call = rings(Known("no_such_menu", drops=1))
    call.said()
    call.key("1")
    assert call.prompts[-1] == "greeting"


@pytest.mark.req("B9", "F6")
def test_who_is_cut_off_again_and_again_is_promised_compensation_once() -> None:
    call = rings(Known("track.waybill", drops=3))
    assert call.prompts == ["came_back", "dropped_often", "came_back_ask"]
    assert call.notes("owed") == [{"promise": "compensation"}]
    call.said()
    call.key("1")
    call.tell(ev.RemoteHangup())
    assert call.call.standing.drops == 4


@pytest.mark.req("F8")
@pytest.mark.parametrize(("owed", "prompt"), [(("fault",), "fault_urged"), (("message",), "fault_noted")])
def test_a_fault_told_again_is_being_dealt_with(owed: tuple[str, ...], prompt: str) -> None:
    call = rings(owed=owed)
    call.said()
    call.say("你们的小程序打不开")
    assert prompt in call.prompts
    assert call.notes("owed") == [{"promise": "fault"}]


@pytest.mark.req("B9", "F6", "C10")
@pytest.mark.parametrize("began", [CUT_OFF, replace(CUT_OFF, menu="came_back"), replace(CUT_OFF, menu="called_back")])
def test_who_is_cut_off_again_before_it_went_on_is_not_led_in_a_circle(began: Known) -> None:
    call = rings(began)
    call.said()
    assert call.call.standing.menu == began.menu, "where it stands is not where they were asked whether to go on"
    call.say("是的")
    assert call.prompts[-1] in ("read_waybill", "greeting")


def test_who_was_cut_off_before_anything_was_wanted_still_stands_nowhere() -> None:
    driver = Driver()
    driver.tell(ev.Dialled("13800138000", datetime(2026, 3, 2, 10), "dropped", Known("", {}, 1)))
    driver.tell(ev.Connected(), 3.0)
    assert driver.call.standing == Known("", {}, 1)


def test_a_menu_that_is_no_more_is_nothing_to_fall_over() -> None:
    driver = Driver()
    driver.tell(ev.Dialled("13800138000", datetime(2026, 3, 2, 10), "dropped", Known("gone", {}, 1)))
    driver.tell(ev.Connected(), 3.0)
    assert driver.call.standing.drops == 1
