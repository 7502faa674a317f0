"""Menus that nobody enters before something else is settled (requirements G1, G5, E6)."""

from __future__ import annotations

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.gates import Gates
from ivr.dialog.known import Known
from tests.dialog.parcels import CODE, PARCELS, Caller


def verified(*said: str) -> Caller:
    """Who they are has been settled, and was said."""
    caller = Caller(*said, CODE)
    caller.listens()
    caller.hears("found")
    return caller.goes_on()


@pytest.mark.req("G1")
def test_who_is_not_known_is_asked_first() -> None:
    assert Caller("取消寄件").prompts[-1] == "ask_code"


@pytest.mark.req("G1", "G5")
def test_behind_one_gate_comes_the_next_and_then_what_was_wanted() -> None:
    caller = verified("取消寄件")
    assert caller.prompts[-1] == "sure"
    caller.tells("是的").goes_on()
    assert caller.prompts[-2:] == ["cancelled", "anything_else"]


@pytest.mark.req("G1")
def test_who_is_known_is_not_asked_again_but_each_time_whether_they_are_sure() -> None:
    caller = verified("取消寄件").tells("是的").goes_on().tells("取消寄件")
    assert caller.prompts[-1] == "sure"


@pytest.mark.req("B7", "G5")
@pytest.mark.parametrize("text", ["再说一遍", "没听懂"])
def test_who_wants_to_hear_it_again_need_not_be_sure_again(text: str) -> None:
    caller = verified("取消寄件").tells("是的").goes_on().tells(text)
    assert (caller.menu, caller.prompts[-2:]) == ("cancel", ["cancelled", "anything_else"])


@pytest.mark.req("B5", "G5")
def test_who_comes_back_from_a_louder_voice_need_not_be_sure_again() -> None:
    caller = verified("取消寄件").tells("是的").goes_on().tells("听不见", "听得清了")
    assert caller.menu == "cancel"


@pytest.mark.req("G1", "E6")
def test_the_way_through_a_gate_may_need_another() -> None:
    caller = verified("马上退运费")
    assert caller.prompts[-1] == "asking_chief"
    caller.listens()
    caller.hears("granted")
    assert caller.goes_on().prompts[-2:] == ["refunded", "anything_else"]


@pytest.mark.req("G1")
def test_a_wrong_code_is_asked_for_anew() -> None:
    caller = Caller("取消寄件", CODE)
    caller.listens()
    caller.hears("missing")
    assert caller.prompts[-1] == "ask_code"
    caller.tells("六五四三二一")
    assert caller.last(do.Inquire).about["code"] == "654321"


@pytest.mark.req("G1", "B12")
def test_where_nobody_can_tell_who_they_are_the_gate_stays_shut() -> None:
    caller = Caller("取消寄件", CODE)
    caller.listens()
    caller.hears("failed")
    caller.said()
    caller.tell(ev.TransferProgress(486))
    caller.listens()
    assert "cancelled" not in caller.prompts
    assert caller.prompts[-1] == "operator_busy"


@pytest.mark.req("G1")
def test_who_will_not_say_who_they_are_does_not_get_in() -> None:
    caller = Caller("取消寄件", "不想说")
    assert caller.menu == "anything_else"
    assert caller.tells("取消寄件").prompts[-1] == "ask_code"


@pytest.mark.req("E6")
def test_what_the_supervisor_refuses_is_not_done() -> None:
    caller = verified("马上退运费")
    caller.listens()
    caller.hears("refused")
    assert caller.prompts[-2:] == ["chief_refuses", "anything_else"]
    assert "refunded" not in caller.prompts


@pytest.mark.req("G5")
def test_who_is_not_sure_after_all_has_nothing_cancelled() -> None:
    caller = verified("取消寄件").tells("不")
    assert caller.menu == "help"
    assert "cancelled" not in caller.prompts


def test_a_caller_who_wanted_two_things_gets_the_later_one() -> None:
    caller = Caller("取消寄件", "不想说", "马上退运费", CODE)
    caller.listens()
    caller.hears("found")
    assert caller.goes_on().prompts[-1] == "asking_chief"


@pytest.mark.req("G1", "C10")
@pytest.mark.parametrize("menu", ["verified", "cancel", "sure_yes", "chief_agrees", "refund"])
def test_nobody_is_let_in_for_having_been_let_in_before(menu: str) -> None:
    caller = Caller("是的", known=Known(menu, {}, 1))
    assert caller.prompts[-1] in {"ask_code", "sure"}


@pytest.mark.req("D8")
@pytest.mark.parametrize("at", ["ask_code", "verifying", "sure"])
def test_a_person_is_one_wish_away_on_the_way_through(at: str) -> None:
    story = {"ask_code": Caller("取消寄件"), "verifying": Caller("取消寄件", CODE)}
    caller = story[at] if at in story else verified("取消寄件")
    assert caller.prompts[-1] == at
    assert caller.tells("转人工").prompts[-1] == "transfer_operator"


class TestGates:
    """By themselves."""

    def test_nothing_is_held_up_at_first(self) -> None:
        assert Gates(PARCELS).held_up == ""

    def test_an_open_menu_is_entered(self) -> None:
        assert Gates(PARCELS).way_to("help") is None

    def test_who_waits_behind_two_gates_goes_on_to_the_nearer_first(self) -> None:
        gates = Gates(PARCELS)
        gates.way_to("refund")
        gates.way_to("ask_chief")
        assert gates.held_up == "ask_chief"
        gates.grant("identity")
        assert gates.way_to("ask_chief") is None
        assert gates.held_up == "refund"

    def test_a_menu_that_was_entered_is_held_up_no_more(self) -> None:
        gates = Gates(PARCELS)
        gates.grant("identity")
        gates.way_to("cancel")
        gates.grant("sure")
        assert gates.way_to("cancel", proceeding=True) is None
        assert gates.held_up == ""
        assert gates.way_to("cancel") == ("menu", "sure")
