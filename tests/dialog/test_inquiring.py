"""Somebody else is asked while the caller is on the line: whenever the answer comes (requirements B12, E6)."""

from __future__ import annotations

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from tests.dialog.parcels import CODE, MOBILE, Caller

WITHIN_S = 20.0


def booking() -> Caller:
    """The backend has just been asked, and we say so."""
    return Caller("我要寄快递", "广州", "对", MOBILE, "对", "到付", "需要", "明天", "一二三四", "对")


def finds(caller: Caller) -> list[do.Command]:
    return caller.hears("found", eta="2026-03-05", fee="12.00")


def withdrawn(caller: Caller) -> list[int]:
    return [command.inquiry for command in caller.asked if isinstance(command, do.Withdraw)]


@pytest.mark.req("B12")
def test_they_are_told_what_the_menu_hands_over_and_nothing_else() -> None:
    asked = booking().last(do.Inquire)
    assert (asked.inquiry, asked.of) == (1, "orders")
    assert asked.about == {
        "to": "广州", "mobile": "13800138000", "pay": "到付", "insured": "yes", "day": "2026-03-03", "pin": "1234",
        "caller": "13800138000",
    }  # fmt: skip


@pytest.mark.req("B12")
def test_an_answer_while_we_speak_waits_until_we_have_finished() -> None:
    caller = booking()
    finds(caller)
    assert caller.prompts[-1] == "checking"
    caller.goes_on()
    assert caller.prompts[-2:] == ["shipped", "anything_else"]


@pytest.mark.req("B12")
def test_after_what_it_waited_for_it_is_told_with_a_breath_between() -> None:
    caller = booking()
    finds(caller)
    caller.goes_on()
    assert caller.last(do.Play).at == pytest.approx(caller.now + caller.call.standard.limits.between_prompts_s)


@pytest.mark.req("B12")
def test_an_answer_in_the_silence_leads_on_at_once() -> None:
    caller = booking()
    caller.listens()
    caller.now += 1.0
    caller.hears("missing")
    assert caller.prompts[-2:] == ["not_shipped", "anything_else"]
    assert caller.last(do.Play).at == caller.now


@pytest.mark.req("B12", "C1")
def test_an_answer_while_the_caller_speaks_waits_until_they_have_finished() -> None:
    caller = booking()
    caller.listens()
    caller.tell(ev.SpeechOnset())
    caller.tell(ev.SpeechConfirmed(), caller.now + 0.3)
    assert finds(caller) == []
    caller.utter("那个那个")
    caller.due()
    caller.goes_on()
    assert caller.prompts[-2:] == ["shipped", "anything_else"]


@pytest.mark.req("B12")
def test_an_answer_while_a_sound_is_judged_goes_before_a_hang_up() -> None:
    caller = booking()
    caller.listens()
    for _ in range(3):
        caller.due()
        caller.listens()
    caller.tell(ev.SpeechOnset(), caller.call.deadline)
    finds(caller)
    caller.due()
    assert not caller.call.outcome


@pytest.mark.req("B12", "B13")
def test_an_answer_during_the_far_sides_hold_is_said_afterwards() -> None:
    caller = booking()
    caller.tell(ev.RemoteHold())
    assert finds(caller) == []
    caller.tell(ev.RemoteResume(), caller.now + 30.0)
    caller.goes_on()
    assert caller.prompts[-2:] == ["shipped", "anything_else"]


@pytest.mark.req("B12")
def test_who_leaves_the_menu_waits_for_nobody_any_more() -> None:
    caller = booking().tells("取消寄件")
    assert withdrawn(caller) == [1]
    assert finds(caller) == []
    assert caller.prompts[-1] == "ask_code"


@pytest.mark.req("B12", "D8")
def test_who_is_handed_to_a_person_waits_for_nobody_any_more() -> None:
    caller = booking().types("0")
    assert withdrawn(caller) == [1]
    assert finds(caller) == []


def test_who_hangs_up_waits_for_nobody_any_more() -> None:
    caller = booking()
    caller.tell(ev.RemoteHangup())
    assert withdrawn(caller) == [1]


@pytest.mark.req("B7")
def test_who_wants_to_hear_it_again_has_nobody_asked_again() -> None:
    caller = booking().tells("再说一遍")
    assert [command.inquiry for command in caller.asked if isinstance(command, do.Inquire)] == [1]
    assert withdrawn(caller) == []
    caller.listens()
    finds(caller)
    assert caller.menu == "shipped"


def test_the_first_of_two_answers_counts() -> None:
    caller = booking()
    caller.hears("missing")
    finds(caller)
    assert caller.goes_on().menu == "not_shipped"


def test_an_answer_to_another_question_means_nothing() -> None:
    caller = booking()
    assert caller.hears("found", inquiry=7) == []
    caller.listens()
    assert caller.menu == "booking"


@pytest.mark.req("B12")
def test_who_never_answers_has_failed_and_is_told_so() -> None:
    caller = booking()
    asked_at = caller.now
    caller.listens()
    while caller.menu == "booking":
        caller.listens()
        caller.due()
    assert caller.now == pytest.approx(asked_at + WITHIN_S, abs=3.0)
    assert (caller.menu, withdrawn(caller)) == ("system_away", [1])


@pytest.mark.req("B12")
def test_what_comes_after_the_time_is_over_comes_too_late() -> None:
    caller = booking()
    caller.listens()
    caller.tell(ev.SpeechOnset())
    caller.tell(ev.SpeechConfirmed(), caller.now + 0.3)
    caller.tell(ev.DeadlineReached(), caller.call.deadline)
    assert withdrawn(caller) == [1]
    assert finds(caller) == []
    caller.utter("那个那个")
    for _ in range(3):  # it is acknowledged, not understood, and then the answer leads on
        caller.goes_on()
    assert caller.menu == "system_away"


@pytest.mark.req("B12")
@pytest.mark.parametrize("outcome", ["failed", "", "exploded", "granted"])
def test_what_no_answer_is_named_for_has_failed(outcome: str) -> None:
    caller = booking()
    caller.listens()
    caller.hears(outcome)
    assert caller.menu == "system_away"


@pytest.mark.req("F9")
def test_what_they_tell_is_said() -> None:
    caller = booking()
    caller.listens()
    caller.hears("found", eta="2026-03-05", fee="12.50")
    assert caller.last(do.Play).utterances[0].text == "已经登记好了，三月五号送到，运费十二元五角。"


@pytest.mark.req("B12")
def test_nonsense_from_them_is_noted_by_name_and_left_out() -> None:
    caller = booking()
    caller.listens()
    caller.hears("found", eta="soon", mobile="", nobody="has it", caller="10086", fee="9" * 1000)
    assert [note["slot"] for note in caller.notes("senseless")] == ["caller", "eta", "fee", "mobile", "nobody"]
    assert caller.told["mobile"] == "13800138000"
    assert caller.menu == "shipped"


def test_keys_and_words_mean_there_what_they_always_mean() -> None:
    caller = booking().tells("听不见")
    assert caller.menu == "louder"


@pytest.mark.req("E6")
def test_a_supervisor_is_asked_like_a_system() -> None:
    caller = Caller("马上退运费", CODE)
    caller.listens()
    finds(caller)
    caller.goes_on()
    asked = caller.last(do.Inquire)
    assert (asked.inquiry, asked.of, dict(asked.about)) == (2, "supervisor", {"mobile": ""})


@pytest.mark.req("B10", "B12")
def test_a_silent_caller_is_let_go_whoever_answers() -> None:
    caller = booking()
    caller.listens()
    for _ in range(30):
        if caller.call.ended:
            break
        caller.listens()
        caller.due()
    assert caller.call.outcome == "no_choice"
