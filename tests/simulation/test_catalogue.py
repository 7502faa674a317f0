"""Every scenario of the catalogue, in virtual time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from ivr.simulation.rehearsal import Prompts, rehearse_one
from ivr.simulation.scenario import Scenario, load_scenarios
from ivr.simulation.sounds import caller_voices, lines_of

CATALOGUE = load_scenarios()


@pytest.fixture(scope="module")
def prompts() -> Iterator[Prompts]:
    prompts = Prompts()
    yield prompts
    prompts.close()


@pytest.mark.parametrize("scenario", [pytest.param(s, id=s.name, marks=pytest.mark.req(*s.proves)) for s in CATALOGUE])
def test_scenario(scenario: Scenario, prompts: Prompts) -> None:
    assert [fault for each in rehearse_one(scenario, prompts.store) for fault in each.faults] == []


def test_numbers_are_served_alike_throughout() -> None:
    lines = {scenario.line for scenario in CATALOGUE}
    assert len({line.number for line in lines}) == len(lines)


def test_each_call_is_shown_and_kept_under_a_name_of_its_own() -> None:
    assert [name for name, times in Counter(scenario.name for scenario in CATALOGUE).items() if times > 1] == []


def test_callers_have_a_voice_for_all_they_say() -> None:
    faults = [fault for voice, texts in lines_of(CATALOGUE).items() for fault in caller_voices(voice).faults(texts)]
    assert faults == []
