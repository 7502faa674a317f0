"""Shipments looked up, told, registered and promised; answers explained; faults looked into."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.known import Known
from ivr.standards.load import load_standard
from tests.dialog.helpers import Driver

SHANGHAI = ZoneInfo("Asia/Shanghai")
COURIER = {"status": "正在派送", "expected_on": "2026-03-02", "expected_at": "15:30", "courier_phone": "13900001111"}


def asked(clock: str = "10:00", standard: str = "general") -> Driver:
    """The shipment is being looked up."""
    call = Driver(standard, words=True)
    call.connect(clock)
    call.said()
    another(call, "七七三零一二三四五六七八")
    return call


def another(call: Driver, waybill: str) -> None:
    """Another shipment is being looked up."""
    call.say("查快递")
    call.said()
    call.say(waybill)
    call.said()
    call.say("对的")


def told(outcome: str = "found", clock: str = "10:00", **values: str) -> Driver:
    """What the system told is being said."""
    call = asked(clock)
    call.tell(ev.Replied(1, outcome, values))
    return call


def texts(call: Driver) -> str:
    """Everything that is being said now."""
    return "".join(utterance.text for utterance in call.last(do.Play).utterances)


# ---------------------------------------------------------------- looked up, and told


@pytest.mark.req("F2")
def test_the_system_is_asked_about_the_number_that_was_confirmed() -> None:
    inquiry = asked().last(do.Inquire)
    assert (inquiry.of, inquiry.about) == ("shipment", {"waybill": "773012345678"})


@pytest.mark.req("F4")
def test_a_customer_is_told_half_an_hour_more_than_the_courier_said() -> None:
    call = told(**COURIER)
    assert "下午四点整以前" in texts(call)
    assert "三点半" not in texts(call)


@pytest.mark.req("F4")
def test_half_an_hour_after_the_couriers_time_we_ring() -> None:
    call = told(**COURIER)
    (owed,) = call.notes("owed")
    assert owed["promise"] == "courier"
    assert owed["due"] == "2026-03-02T16:00:00+08:00"


@pytest.mark.req("F4", "F11")
@pytest.mark.parametrize("clock", ["16:00", "17:45"])
def test_a_time_that_has_passed_is_not_told(clock: str) -> None:
    call = told(clock=clock, **COURIER)
    assert "shipment_late" in call.prompts
    assert "四点" not in texts(call)
    assert [owed["promise"] for owed in call.notes("owed")] == ["shipment"]


@pytest.mark.req("F4")
def test_another_day_is_told_with_its_date() -> None:
    call = told(**COURIER | {"expected_on": "2026-03-03"})
    assert "三月三号下午四点整以前" in texts(call)
    assert call.notes("owed")[0]["due"] == "2026-03-03T16:00:00+08:00"


@pytest.mark.req("F4")
@pytest.mark.parametrize(
    ("clock", "owed"),
    [
        ("09:30", {"promise": "branch", "due": "2026-03-02T12:00:00+08:00", "summary": "快递单号773012345678"}),
        ("13:30", {"promise": "shipment", "summary": "快递单号773012345678"}),
    ],
)
def test_what_is_out_since_morning_is_asked_for_again_before_noon(clock: str, owed: dict[str, str]) -> None:
    assert told("out", clock, status="正在派送").notes("owed") == [owed]


@pytest.mark.req("F11")
@pytest.mark.parametrize("junk", [{"expected_at": "下午"}, {"expected_at": "15:30", "expected_on": "明天"}, {}])
def test_a_time_that_makes_no_sense_is_not_told(junk: dict[str, str]) -> None:
    call = told(status="正在派送", **junk)
    assert ("shipment_by_day" in call.prompts) is False
    assert ("shipment_by" in call.prompts) is (junk.get("expected_at") == "15:30")


@pytest.mark.req("F11")
def test_what_was_told_of_one_parcel_is_not_told_of_the_next() -> None:
    call = told(**COURIER)
    call.said()
    call.say("清楚了")
    call.said()
    another(call, "七七三零九九九九八八八八")
    call.tell(ev.Replied(2, "found", {"status": "正在运输"}))
    assert "四点" not in texts(call)
    call.said()
    call.say("清楚了")
    assert call.prompts[-1] == "anything_else"
    assert call.prompts[-2] != "courier_offer"


@pytest.mark.req("B12")
@pytest.mark.parametrize("outcome", ["failed", "overloaded"])
def test_a_system_that_has_failed_is_told_of_and_somebody_rings(outcome: str) -> None:
    call = told(outcome)
    assert call.prompts[-1] == "shipment_down"
    call.said()
    call.say("幺三九零零幺三九零零零")
    assert call.prompts[-1] == "read_phone"
    call.said()
    call.say("对的")
    assert call.notes("owed") == [{"promise": "shipment_down", "summary": "快递单号773012345678；联系电话13900139000"}]


@pytest.mark.req("B12")
def test_a_system_that_does_not_answer_is_told_of_in_time() -> None:
    call = asked()
    while "shipment_down" not in call.prompts:
        if call.prompts[-1].startswith("shipment_looking") and call.call.state.endswith("saying"):
            call.said()
        else:
            call.due()
    assert call.now < 60
    assert call.last(do.Withdraw).inquiry == 1


@pytest.mark.req("D8", "B12")
def test_a_person_is_one_key_away_while_it_is_looked_up() -> None:
    call = asked()
    call.key("0")
    assert call.prompts[-1] == "transfer_operator"
    assert call.last(do.Withdraw).inquiry == 1


# ---------------------------------------------------------------- registered


def registered(call: Driver) -> None:
    """Everything that the form asks for is told, up to the read-back of it all."""
    for text in ("南京", "上海", "曹安路三十八号", "一份合同", "一公斤", "我姓王", "幺三八零零幺三八零零零", "对的"):
        call.said()
        call.say(text)


@pytest.mark.req("F2", "F3", "C3")
def test_a_shipment_that_is_not_found_is_registered_with_all_that_was_told() -> None:
    call = told("missing")
    call.said()
    call.due()
    assert call.prompts[-1] == "ask_origin"
    registered(call)
    assert "read_right" in call.prompts
    call.said()
    call.say("对的")
    (owed,) = call.notes("owed")
    assert owed["promise"] == "shipment"
    assert owed["summary"] == (
        "快递单号773012345678；从南京；寄到上海；收件地址曹安路三十八号；内件一份合同；重量一公斤；称呼王；联系电话13800138000"
    )
    assert "八零零幺" in texts(call)


@pytest.mark.req("C3")
@pytest.mark.parametrize(
    ("said", "prompt"),
    [
        ("不对，收件地址是人民路十八号", "read_route"),
        ("不对，电话是幺三九零零幺三九零零零", "read_phone"),
        ("地址不对", "ask_address"),
        ("重量错了", "ask_weight"),
        ("不对", "amend"),
        ("说错了", "amend"),
    ],
)
def test_what_is_not_right_is_put_right(said: str, prompt: str) -> None:
    call = told("missing")
    call.said()
    call.due()
    registered(call)
    call.said()
    call.say(said)
    assert call.prompts.index(prompt, call.prompts.index("read_right")) > 0
    assert [name for name in call.prompts if name == "shipment_promised"] == []


@pytest.mark.req("C3")
@pytest.mark.parametrize(("said", "prompt"), [("地址", "ask_address"), ("重量", "ask_weight"), ("都对", "read_route")])
def test_who_is_asked_what_is_wrong_need_only_name_it(said: str, prompt: str) -> None:
    call = told("missing")
    call.said()
    call.due()
    registered(call)
    call.said()
    call.say("不对")
    call.said()
    call.say(said)
    assert call.prompts[call.prompts.index("amend") + 1 :][0] == prompt


@pytest.mark.req("C10")
def test_who_asks_for_another_parcel_is_asked_for_its_number_only_once() -> None:
    call = told("missing")
    call.said()
    call.due()
    registered(call)
    call.said()
    call.say("对的")
    call.said()
    another(call, "七七三零九九九九八八八八")
    call.tell(ev.Replied(2, "missing"))
    call.said()
    call.due()
    assert call.prompts[-1] == "ask_origin"
    assert call.prompts.count("ask_waybill") == 2


# ---------------------------------------------------------------- we ring half an hour after the courier's time


def rung(*said: str) -> Driver:
    """Our call about the courier, answered."""
    call = Driver("general", words=True)
    at = datetime(2026, 3, 2, 16, 0, tzinfo=SHANGHAI)
    known = Known("shipment_told", {"waybill": "773012345678", "origin": "南京"}, 0)
    call.tell(ev.Dialled("13800138000", at, "courier", known))
    call.tell(ev.Connected())
    for text in said:
        call.said()
        call.say(text)
    return call


@pytest.mark.req("F4", "A7")
def test_we_ask_whether_it_has_come_once_we_know_who_speaks() -> None:
    call = rung("我是")
    assert call.prompts == ["person", "courier_came"]
    assert call.notes("kept") == [{"promise": "courier"}]
    call.said()
    call.say("收到了")
    assert "courier_arrived" in call.prompts


@pytest.mark.req("F4", "C10")
def test_what_has_not_come_is_registered_and_nothing_asked_twice() -> None:
    call = rung("我是", "还没收到")
    assert call.prompts[-1] == "shipment_chase"
    call.said()
    call.due()
    assert call.prompts[-1] == "ask_destination"


# ---------------------------------------------------------------- every standard


@pytest.mark.req("F9", "F2", "F3")
@pytest.mark.parametrize("name", ["general", "zto"])
def test_who_is_promised_a_call_hears_our_number_and_keeps_the_phone_reachable(name: str) -> None:
    wording = load_standard(name).wording
    for prompt in (
        "shipment_promised",
        "shipment_down_noted",
        "shipment_ask_noon",
        "shipment_ask_branch",
        "shipment_late",
    ):
        assert "{agent}" in wording[prompt].text
        assert "保持电话畅通" in wording[prompt].text


@pytest.mark.req("C11", "B6")
def test_a_step_is_done_by_keys_alone() -> None:
    call = Driver("general", words=True).greeted()
    call.say("打不开怎么办")
    call.said()
    call.say("提示网络错误")
    call.said()
    call.key("1")
    assert call.prompts[-1] == "ask_network"
    call.key("9")
    assert call.prompts[-2:] == ["fault_solved", "anything_else"]


@pytest.mark.req("C11")
@pytest.mark.parametrize("text", ["还是不行", "不行啊", "没有用", "还没好", "没解决"])
@pytest.mark.parametrize("standard", ["general", "telecom"])
@pytest.mark.parametrize("keys", ["9", "99"])
def test_whose_trouble_stands_is_not_taken_leave_of(standard: str, text: str, keys: str) -> None:
    call = Driver(standard, words=True).greeted()
    for key in keys:  # asked for anything else; after the goodbye
        call.key(key)
        call.said()
    call.say(text)
    assert call.prompts[-1] == "transfer_operator"


@pytest.mark.req("C11", "F8")
def test_a_fault_that_stands_is_looked_into_and_then_passed_on() -> None:
    call = Driver("telecom", words=True).greeted()
    for text in ("我要报修", "宽带连不上网", "从昨天晚上开始", "还是不行"):
        call.say(text)
        call.said()
    assert call.prompts[-1] == "ask_reproduced"


@pytest.mark.req("C11")
@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        *((text, "ask_network") for text in ("会", "会的", "是的", "不行")),
        *((text, "fault_solved") for text in ("不会", "不会了", "没再出现")),
    ],
)
def test_whether_the_fault_still_shows_may_be_told_by_yes_or_no(text: str, prompt: str) -> None:
    call = Driver(words=True).greeted()
    for said in ("帮我排查", "小程序一直白屏", text):
        call.said()
        call.say(said)
    assert prompt in call.prompts[-2:]
