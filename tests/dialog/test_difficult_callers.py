"""Callers who make it hard: nothing is asked twice of them, and nothing is said that contradicts what was said."""

from __future__ import annotations

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from tests.dialog.helpers import Driver

STANDARDS = ("general", "zto", "telecom", "unicom-online")


def told(standard: str, *turns: str) -> Driver:
    """A call in which this was said, each once we had finished."""
    call = Driver(standard, words=True).greeted()
    for text in turns:
        call.say(text)
        if call.call._playing:
            call.said()
    return call


def replied(call: Driver, outcome: str, **values: str) -> list[str]:
    """Names of what is said once a system of the house has answered."""
    since = len(call.prompts)
    call.tell(ev.Replied(call.last(do.Inquire).inquiry, outcome, values))
    return call.prompts[since:]


NUMBER_TOLD = ("给我回电话", "幺三八零零幺三八零零零", "对")


@pytest.mark.req("C10")
@pytest.mark.parametrize("standard", STANDARDS)
def test_a_number_that_was_confirmed_is_not_asked_for_when_a_system_is_down(standard: str) -> None:
    name = ["我姓王"] if standard == "zto" else []
    call = told(standard, *NUMBER_TOLD, "查快递", *name, "七七三零一二三四五六七八", "对")
    assert replied(call, "failed")[:2] == ["down_known", "shipment_down_noted"]
    assert "13800138000" in str(call.notes("owed")[-1]["summary"])


@pytest.mark.req("C10", "D2")
def test_nor_when_the_supervisor_is_away() -> None:
    call = told("general", *NUMBER_TOLD, "找你们领导")
    call.key("1")
    call.said()
    call.key("1")
    call.said()
    call.tell(ev.Held())
    call.tell(ev.TargetProgress(480), call.now + 5.0)
    call.tell(ev.TakenBack())
    assert call.prompts[-4:] == ["hold_thanks_1", "hold_known", "phone_noted", "anything_else"]


@pytest.mark.req("D4")
def test_a_supervisor_who_is_away_is_not_said_to_be_busy() -> None:
    call = told("general", "找你们领导")
    call.key("1")
    call.said()
    call.key("1")
    call.said()
    call.tell(ev.Held())
    call.tell(ev.TargetProgress(480), call.now + 5.0)
    call.tell(ev.TakenBack())
    assert call.prompts[-3:] == ["hold_thanks_1", "supervisor_away", "ask_phone"]
