"""Ladders of a whole call, what is said first to the upset, and nothing twice in comfort (requirements E1, E2, E6)."""

from __future__ import annotations

import pytest

from ivr.dialog.ladders import Ladders
from tests.dialog.parcels import PARCELS, Caller

SAD = "我今天很难过"


@pytest.mark.req("E6", "E7")
def test_a_ladder_of_the_call_goes_on_whatever_comes_between() -> None:
    caller = Caller("你这个混蛋")
    assert caller.prompts[-1] == "abuse_1"
    assert caller.tells(SAD, "你这个混蛋").prompts[-1] == "abuse_2"
    assert caller.tells(SAD, "你有毛病").prompts[-1] == "transfer_operator"


@pytest.mark.req("E6")
def test_a_ladder_of_the_call_that_is_at_its_end_stays_there() -> None:
    ladders = Ladders(PARCELS)
    taken = [ladders.take_turn("abuse") for _ in range(4)]
    assert taken == ["abuse_1", "abuse_2", ("transfer", "operator"), ("transfer", "operator")]


def test_a_row_of_turns_begins_anew_once_something_was_understood() -> None:
    ladders = Ladders(PARCELS)
    assert [ladders.take_turn("unclear") for _ in range(2)] == ["unclear_1", "unclear_2"]
    ladders.understood()
    assert ladders.take_turn("unclear") == "unclear_1"


@pytest.mark.req("E2")
def test_nobody_is_comforted_twice_with_the_same_words() -> None:
    caller = Caller(SAD, SAD, SAD)
    assert [prompt for prompt in caller.prompts if prompt != "greeting"] == [
        "comfort_1", "ask_help", "comfort_2", "ask_help", "ask_help",
    ]  # fmt: skip


@pytest.mark.req("E1")
def test_who_is_upset_hears_first_that_we_feel_for_them() -> None:
    caller = Caller("气死了，太过分了，我要寄快递")
    assert caller.prompts[1:] == ["calm_1", "ship_say", "ask_to"]
    assert caller.notes("upset")


@pytest.mark.req("E1")
def test_who_is_upset_for_the_third_time_is_served_all_the_same() -> None:
    caller = Caller(*["气死了，我心里难受"] * 3, "气死了，我要寄快递")
    assert caller.prompts.count("calm_1") == caller.prompts.count("calm_2") == 1
    assert caller.prompts[-2:] == ["ship_say", "ask_to"]


@pytest.mark.req("E1", "B10")
def test_who_is_upset_and_wants_us_to_wait_hears_both() -> None:
    caller = Caller("气死了", "气死了，等一下").goes_on()
    assert caller.prompts[-2:] == ["calm_1", "looking_up"]
