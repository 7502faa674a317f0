"""Forms: what is asked, in which order, and what is not asked again (requirements C2, C10, F9, G1)."""

from __future__ import annotations

from itertools import permutations

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.filling import Filling
from ivr.dialog.known import LONGEST, Known
from ivr.understanding.answers import Answer
from tests.dialog.parcels import MOBILE, NOW, PARCELS, Caller

ALL = ("我要寄快递", "广州", "对", MOBILE, "对", "到付", "需要", "明天", "一二三四", "对")


def told(value: str, complete: bool = True) -> Answer:
    return Answer(value, complete, (value,))


@pytest.mark.req("F9")
def test_a_form_asks_for_one_slot_after_the_other_and_then_goes_on() -> None:
    caller = Caller(*ALL)
    asked = [prompt for prompt in caller.prompts if prompt.startswith(("ask_", "read_"))]
    assert asked == [
        "ask_to", "read_to", "ask_mobile", "read_mobile", "ask_pay", "ask_insured", "ask_day", "ask_pin", "read_all",
    ]  # fmt: skip
    assert caller.menu == "booking"
    assert caller.notes("form") == [{"form": "ship"}]


@pytest.mark.req("C10")
@pytest.mark.parametrize("order", list(permutations(["寄到广州", "电话是13800138000", "付款到付"])))
def test_what_is_told_in_one_sentence_is_not_asked_in_whatever_order(order: tuple[str, ...]) -> None:
    caller = Caller("我要寄快递，" + "，".join(order))
    assert caller.told == {"to": "广州", "mobile": "13800138000", "pay": "到付"}
    assert caller.prompts[-1] == "read_to"
    caller.tells("对", "对")
    assert caller.prompts[-1] == "ask_insured"


@pytest.mark.req("C10")
def test_an_answer_may_bring_others_with_it() -> None:
    caller = Caller("我要寄快递", "寄到广州，我的电话是13800138000")
    assert caller.told == {"to": "广州", "mobile": "13800138000"}


@pytest.mark.req("C2")
def test_what_was_told_unasked_is_read_back_all_the_same() -> None:
    caller = Caller("我要寄快递，电话是13800138000", "广州", "对")
    assert caller.prompts[-1] == "read_mobile"


@pytest.mark.req("C2")
def test_what_is_not_right_is_asked_once_more() -> None:
    caller = Caller("我要寄快递", "广州", "不对")
    assert (caller.menu, caller.prompts[-1]) == ("ship.to.again", "ask_to")
    caller.tells("上海", "对")
    assert caller.told["to"] == "上海"


@pytest.mark.req("C2")
@pytest.mark.parametrize("text", ["不是广州，是南京", "不对，南京", "应该是南京"])
def test_a_correction_in_the_same_breath_is_read_back(text: str) -> None:
    caller = Caller("我要寄快递", "广州", text)
    assert (caller.menu, caller.told["to"]) == ("ship.to.read", "南京")


@pytest.mark.req("C2")
@pytest.mark.parametrize("text", ["不用了，谢谢", "不知道，你们看着办"])
def test_a_denial_that_says_nothing_else_corrects_nothing(text: str) -> None:
    caller = Caller("我要寄快递", "广州", text)
    assert caller.told.get("to") in (None, "广州")


@pytest.mark.req("B6")
def test_a_question_tapers_and_at_last_there_is_a_person() -> None:
    caller = Caller("我要寄快递", "广州", "对", *["那个那个嘛那个"] * 3)
    assert caller.prompts[-3:] == ["mobile_shorter", "mobile_keys", "transfer_operator"]


@pytest.mark.req("G1")
def test_who_would_rather_not_tell_hears_why_and_is_asked_once_more() -> None:
    caller = Caller("我要寄快递", "广州", "对", "不想说")
    assert caller.prompts[-1] == "why_mobile"
    caller.tells(MOBILE)
    assert caller.menu == "ship.mobile.read"


@pytest.mark.req("G1", "D8")
def test_who_will_not_tell_what_is_needed_is_led_to_a_person() -> None:
    assert Caller("我要寄快递", "广州", "对", "不想说", "不方便说").prompts[-1] == "transfer_operator"


@pytest.mark.req("G1")
@pytest.mark.parametrize("skipped", ["insured", "day"])
def test_what_is_optional_is_left_out(skipped: str) -> None:
    turns = {"需要": "insured", "明天": "day"}
    caller = Caller(*("不想说" if turns.get(text) == skipped else text for text in ALL))
    assert caller.menu == "booking"
    assert caller.last(do.Inquire).about[skipped] == ""


@pytest.mark.req("C10")
def test_a_form_that_is_left_in_the_middle_goes_on_where_it_was() -> None:
    caller = Caller("我要寄快递", "广州", "对", "给我回电话")
    assert caller.menu == "call_back.phone"
    caller.types("0#").listens()
    caller.tell(ev.TransferProgress(486))
    caller.tells("我要寄快递")
    assert caller.prompts[-1] == "ask_mobile"


@pytest.mark.req("C10")
def test_another_parcel_asks_only_for_what_is_another_one() -> None:
    caller = Caller(*ALL)
    caller.listens()
    caller.hears("found")
    caller.tells("我要寄快递")
    assert caller.prompts[-1] == "ask_to"
    caller.tells("北京", "对")
    assert caller.prompts[-1] == "ask_pin"
    caller.tells("四三二一", "对")
    assert dict(caller.last(do.Inquire).about) == {
        "to": "北京", "mobile": "13800138000", "pay": "到付", "insured": "yes", "day": "2026-03-03", "pin": "4321",
        "caller": "13800138000",
    }  # fmt: skip


@pytest.mark.req("C10")
@pytest.mark.parametrize(
    ("menu", "goes_on"),
    [
        ("ship.to", "ask_to"),
        ("ship.to.read", "read_to"),
        ("ship.to.again", "ask_to"),
        ("ship.mobile.read", "read_mobile"),
        ("ship.pay", "ask_pay"),
    ],
)
def test_who_was_cut_off_in_a_form_goes_on_there(menu: str, goes_on: str) -> None:
    slots = {"to": "广州", "mobile": "13800138000"}
    asked = {"ship.to": "to", "ship.to.again": "to"}.get(menu)
    caller = Caller("是的", known=Known(menu, {slot: value for slot, value in slots.items() if slot != asked}, 1))
    assert caller.prompts[-1] == goes_on


@pytest.mark.req("C2", "B9")
def test_what_was_told_unasked_and_not_read_back_before_the_line_was_cut_is_read_back() -> None:
    before = Caller("我要寄快递，寄到广州，电话是13800138000")
    before.tell(ev.RemoteHangup())
    caller = Caller("是的", "对", known=before.call.standing)
    assert caller.prompts[-1] == "read_mobile"


@pytest.mark.req("C10")
def test_days_choices_and_a_yes_come_back_with_the_call_that_goes_on() -> None:
    before = Caller(*ALL[:-2])
    before.tell(ev.RemoteHangup())
    caller = Caller("是的", known=before.call.standing)
    assert caller.told == {
        "to": "广州", "mobile": "13800138000", "pay": "到付", "insured": "yes", "day": "2026-03-03",
    }  # fmt: skip
    assert caller.prompts[-1] == "ask_pin"


AT_THE_END = ALL[:-1]


@pytest.mark.req("C3")
def test_all_of_a_form_is_read_back_and_nothing_is_done_before_a_yes() -> None:
    caller = Caller(*AT_THE_END)
    assert (caller.menu, caller.prompts[-1]) == ("ship.read", "read_all")
    assert caller.tells("不对").prompts[-1] == "amend_all"


@pytest.mark.req("C3")
@pytest.mark.parametrize("way", [["手机号不对"], ["不对", "手机号不对"]])
def test_what_is_called_wrong_is_asked_for_anew_and_all_read_back_again(way: list[str]) -> None:
    caller = Caller(*AT_THE_END, *way)
    assert caller.prompts[-1] == "ask_mobile"
    caller.tells("幺三九零零幺三九零零零", "对")
    assert (caller.prompts[-1], caller.told["mobile"]) == ("read_all", "13900139000")
    assert caller.tells("对").menu == "booking"


@pytest.mark.req("C3")
def test_what_is_told_anew_takes_the_old_ones_place() -> None:
    caller = Caller(*AT_THE_END, "不对，寄到上海")
    assert (caller.told["to"], caller.prompts[-1]) == ("上海", "read_to")


@pytest.mark.req("C3", "C10")
def test_who_was_cut_off_while_all_was_read_back_hears_just_that_again() -> None:
    before = Caller(*AT_THE_END)
    before.tell(ev.RemoteHangup())
    caller = Caller("是的", known=before.call.standing)
    assert caller.prompts[-1] == "read_all"


def test_a_form_goes_on_where_the_menu_between_only_asked_what_was_meant() -> None:
    """`skip` is said in a menu that leads back to the form's."""
    caller = Caller("我要寄快递", "广州", "对", MOBILE, "对", "到付", "听不见")
    assert caller.menu == "louder"
    caller.tells("不想说")
    assert caller.prompts[-1] == "ask_day"


def test_who_is_cut_off_where_we_ask_back_goes_on_before_that() -> None:
    caller = Caller("我要寄快递", "听不见")
    assert (caller.menu, caller.call.standing.menu) == ("louder", "ship.to")


def test_a_call_that_stopped_where_something_was_confirmed_is_asked_again() -> None:
    caller = Caller("是的", known=Known("confirm", {}, 1))
    caller.key("1")
    assert not caller.call.ended


@pytest.mark.req("C2")
def test_three_matters_in_one_sentence_are_one_question() -> None:
    caller = Caller("我要寄快递，我还要投诉，再帮我查一下快递到哪里了")
    assert caller.prompts == ["greeting", "ask_waybill"]
    assert caller.call.deadline is not None


@pytest.mark.parametrize("at", range(1, len(ALL)))
@pytest.mark.parametrize("event", [[ev.RemoteHold(), ev.RemoteResume()], [ev.SpeechOnset(), ev.SpeechRejected()]])
def test_an_interruption_at_any_slot_loses_nothing(at: int, event: list[ev.Event]) -> None:
    caller = Caller(*ALL[:at])
    for each in event:
        caller.tell(each)
    assert caller.tells(*ALL[at:]).menu == "booking"


@pytest.mark.req("B10")
@pytest.mark.parametrize("at", range(1, len(ALL) + 1))
def test_who_falls_silent_at_any_slot_is_let_go(at: int) -> None:
    caller = Caller(*ALL[:at])
    for _ in range(20):
        if caller.call.ended:
            break
        caller.listens()
        caller.due()
    assert caller.call.ended


class TestFilling:
    """By itself."""

    def test_an_answer_in_anothers_place_has_to_be_read_back_again(self) -> None:
        filling = Filling(PARCELS)
        filling.tell("to", told("广州"))
        filling.confirm("to")
        filling.tell("to", told("广州"))
        assert filling.next_menu("ship") == "ship.mobile"
        filling.tell("to", told("上海"))
        assert filling.next_menu("ship") == "ship.to.read"

    def test_half_a_number_is_none(self) -> None:
        filling = Filling(PARCELS)
        filling.tell("mobile", told("13800138000"))
        filling.tell("mobile", told("138", complete=False))
        assert "mobile" not in filling.answered
        assert "mobile" in filling.lacks("ship")

    def test_what_is_skipped_may_be_told_after_all(self) -> None:
        filling = Filling(PARCELS)
        filling.skip("day")
        assert "day" not in filling.lacks("ship")
        filling.tell("day", told("2026-03-05"))
        assert filling.answered == {"day": "2026-03-05"}

    def test_what_is_skipped_is_known_no_more(self) -> None:
        filling = Filling(PARCELS)
        filling.tell("day", told("2026-03-05"))
        filling.skip("day")
        assert filling.answered == {}

    @pytest.mark.parametrize(
        ("slot", "value"),
        [
            ("mobile", "abc"),
            ("mobile", "02161234567"),  # not the slot's pattern
            ("mobile", ""),
            ("to", "  "),
            ("to", "x" * (LONGEST + 1)),
            ("day", "tomorrow"),
            ("day", "2026-02-30"),
            ("insured", "perhaps"),
            ("fee", "much"),
            ("nobody", "has it"),
            ("caller", "13900139000"),
        ],
    )
    def test_what_makes_no_sense_is_not_known_and_disturbs_nothing(self, slot: str, value: str) -> None:
        filling = Filling(PARCELS)
        filling.tell("mobile", told("13800138000"))
        assert filling.know({slot: value}, NOW) == [slot]
        assert filling.answered == {"mobile": "13800138000"}
        assert filling.next_menu("ship") == "ship.to"

    @pytest.mark.parametrize(
        ("slot", "value", "spoken"),
        [
            ("eta", "2026-03-05", "三月五号"),
            ("fee", "12.50", "十二元五角"),
            ("insured", "no", "不是"),
            ("pay", "到付", "到付"),
            ("news", "包裹到了", "包裹到了"),
        ],
    )
    def test_what_others_tell_is_said_by_its_kind(self, slot: str, value: str, spoken: str) -> None:
        filling = Filling(PARCELS)
        assert filling.know({slot: value}, NOW) == []
        assert "".join(filling.spoken[slot]) == spoken

    def test_another_answer_of_the_same_system_takes_the_place_of_all_that_it_told(self) -> None:
        filling = Filling(PARCELS)
        filling.know({"eta": "2026-03-05", "fee": "12.50"}, NOW, by="orders")
        filling.know({"fee": "8.00"}, NOW, by="orders")
        assert filling.answered == {"fee": "8.00"}

    def test_what_the_caller_has_told_since_is_not_forgotten_with_it(self) -> None:
        filling = Filling(PARCELS)
        filling.know({"mobile": "13800138000"}, NOW, by="orders")
        filling.tell("mobile", told("13900139000"))
        filling.know({}, NOW, by="orders")
        assert filling.answered == {"mobile": "13900139000"}
