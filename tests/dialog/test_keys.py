"""Keys that answer what a form asks, and numbers told half by keys and half by voice (requirement D8)."""

from __future__ import annotations

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from tests.dialog.parcels import MOBILE, Caller

TO_PAY = ("我要寄快递", "广州", "对", MOBILE, "对")


@pytest.mark.req("D8")
@pytest.mark.parametrize(("key", "value"), [("1", "寄付"), ("2", "到付")])
def test_a_key_chooses_whatever_it_means_elsewhere_in_the_form(key: str, value: str) -> None:
    caller = Caller(*TO_PAY).types(key)
    assert (caller.told["pay"], caller.prompts[-1]) == (value, "ask_insured")


@pytest.mark.req("D8")
def test_a_key_that_chooses_nothing_leads_where_it_does_in_the_form() -> None:
    assert Caller(*TO_PAY).types("9").menu == "anything_else"
    assert Caller(*TO_PAY).types("0").prompts[-1] == "transfer_operator"
    assert Caller(*TO_PAY).types("7").prompts[-1] == "invalid_key"


@pytest.mark.req("D8")
@pytest.mark.parametrize(("key", "value"), [("1", "yes"), ("9", "no")])
def test_yes_and_no_have_their_keys(key: str, value: str) -> None:
    caller = Caller(*TO_PAY, "到付").types(key)
    assert (caller.told["insured"], caller.prompts[-1]) == (value, "ask_day")


@pytest.mark.req("D8")
def test_a_day_may_be_typed() -> None:
    caller = Caller(*TO_PAY, "到付", "需要").types("20260305#")
    assert (caller.told["day"], caller.prompts[-1]) == ("2026-03-05", "ask_pin")


@pytest.mark.req("D8", "G3")
def test_the_last_answer_may_be_private_and_typed() -> None:
    caller = Caller(*TO_PAY, "到付", "需要", "明天").types("1234#1")
    assert caller.menu == "booking"
    assert caller.last(do.Inquire).about["pin"] == "1234"


def test_what_does_not_fit_the_slots_pattern_is_no_answer() -> None:
    assert Caller(*TO_PAY, "到付", "需要", "明天").types("12345#").prompts[-1] == "invalid_key"


@pytest.mark.req("C2")
def test_who_begins_anew_by_the_star_is_taken_at_the_second_number() -> None:
    assert Caller("我要寄快递", "广州", "对").types("138*13900139000#").told["mobile"] == "13900139000"


@pytest.mark.req("C2", "D8")
def test_a_number_that_was_begun_by_voice_goes_on_by_keys() -> None:
    caller = Caller("我要寄快递", "广州", "对", "幺三八零零")
    assert caller.menu == "ship.mobile"
    assert caller.types("138000#").told["mobile"] == "13800138000"


def interrupts(caller: Caller) -> None:
    """They speak before the number is over."""
    caller.tell(ev.SpeechOnset())
    caller.tell(ev.SpeechConfirmed(), caller.now + 0.25)


@pytest.mark.req("C2", "D8")
def test_a_number_that_was_begun_by_keys_goes_on_by_voice() -> None:
    caller = Caller("我要寄快递", "广州", "对").types("138")
    interrupts(caller)
    caller.say("零零幺三八零零零")
    assert caller.told["mobile"] == "13800138000"


@pytest.mark.req("C2", "D8")
def test_who_changes_the_number_by_keys_after_words_does_not_get_both() -> None:
    caller = Caller("我要寄快递", "广州", "对").types("138")
    interrupts(caller)
    caller.say("等一下")
    caller.listens()
    assert caller.types("13900139000#").told["mobile"] == "13900139000"


@pytest.mark.req("C2", "D8")
def test_who_changes_the_number_by_voice_in_mid_entry_is_heard() -> None:
    caller = Caller("我要寄快递", "广州", "对").types("138")
    interrupts(caller)
    caller.say("不对，幺三九零零幺三九零零零")
    assert caller.told["mobile"] == "13900139000"


@pytest.mark.parametrize("key", ["*", "#", "A", "D"])
def test_any_key_in_a_number_is_survived(key: str) -> None:
    caller = Caller("我要寄快递", "广州", "对").types(key * 3)
    assert caller.call.deadline is not None
    assert caller.menu == "ship.mobile"
