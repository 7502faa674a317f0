"""Callers who are served first, and faults that many have, as calls hear of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ivr.dialog import events as ev
from ivr.standards.load import load_standard
from ivr.standards.model import Standard
from ivr.standards.said import Said
from tests.dialog.helpers import Driver

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def begun(invited: Mapping[str, Any], standard: str | Standard = "general") -> Driver:
    """Connected."""
    call = Driver(standard, words=True)
    call.tell(ev.Invited("4001", "8613800138000", NOW, **invited))
    call.due()
    call.tell(ev.Connected())
    return call


@pytest.mark.req("F7", "F8")
def test_who_rings_during_an_incident_hears_of_it_first() -> None:
    call = begun({"incidents": ("system",)})
    assert call.prompts == ["incident_system", "greeting"]
    call.said()
    call.say("你们的网站打不开")
    assert call.prompts[-2:] == ["fault_known", "anything_else"]
    assert call.notes("reported") == [{"incident": "system"}]


@pytest.mark.req("F7", "F8")
def test_who_tells_of_a_fault_first_is_thanked_and_it_is_told() -> None:
    call = begun({})
    assert call.prompts == ["greeting"]
    call.said()
    call.say("你们的网站打不开")
    assert call.prompts[-3:] == ["fault_noted", "fault_diagnose", "anything_else"]
    assert call.notes("reported") == [{"incident": "system"}]
    assert call.notes("owed") == [{"promise": "fault"}]


def test_an_incident_of_another_standard_is_nothing_to_this_one() -> None:
    assert begun({"incidents": ("flood",)}).prompts == ["greeting"]


@pytest.mark.parametrize("priority", [False, True])
def test_callers_who_are_served_first_may_be_greeted_in_another_way(*, priority: bool) -> None:
    general = load_standard("general")
    greeting = general.menu["greeting"]
    other = greeting.model_copy(
        update={"say": [Said(say="greeting", unless="priority"), Said(say="ask_help", when="priority")]}
    )
    house = general.model_copy(update={"menu": {**general.menu, "greeting": other}})
    assert begun({"priority": priority}, house).prompts == ["ask_help" if priority else "greeting"]
