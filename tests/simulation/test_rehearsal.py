"""What is put together around the calls: who calls when, who cannot, and what may be heard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.simulation.rehearsal import ROOM, Prompts, missing, spoken, starts
from ivr.simulation.scenario import Scenario
from ivr.standards.load import load_standard


def _scenario(**more: object) -> Scenario:
    head = {"name": "one", "group": "test", "file": Path("one.yaml"), "title": "t", "proves": ["A1"]}
    return Scenario.model_validate(head | {"expect": [{"rings": 1}]} | more)


KEYS, WORDS = _scenario(), _scenario(line={"number": "4101", "hears": "words"})


def test_people_do_not_call_in_the_same_moment_and_those_who_speak_call_further_apart() -> None:
    assert starts([WORDS, KEYS, WORDS, KEYS]) == [0.0, 0.0, 1.6, 0.1]
    assert starts([WORDS] * (ROOM[True] + 1))[-1] == 0.0  # when another has ended


def test_what_a_machine_cannot_do_is_told_with_what_would_help(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.simulation.rehearsal.installed", list)
    assert "ivr models pull" in missing(WORDS)
    assert missing(KEYS) == ""
    monkeypatch.setattr("ivr.simulation.rehearsal.installed", lambda: ["whisper"])
    assert missing(WORDS) == ""
    assert "virtual time only" in missing(_scenario(virtual="takes an hour"))


@pytest.fixture(scope="module")
def prompts() -> Iterator[Prompts]:
    prompts = Prompts()
    yield prompts
    prompts.close()


def test_read_backs_are_known_with_the_values_of_the_scenario_only(prompts: Prompts) -> None:
    known = prompts.known(_scenario(values={"waybill": ["773012345678", "773012345679"]}))
    said = [prompt.text.replace("，", "") for prompt in known if prompt.name == "read_waybill" and prompt.tempo == 1.0]
    assert said == ["您的单号是七七三零幺二三四五六七八对吗？", "您的单号是七七三零幺二三四五六七九对吗？"]


def test_pieces_of_prompts_are_not_prompts(prompts: Prompts) -> None:
    assert {"read_phone", "digit", "intent"}.isdisjoint(prompt.name for prompt in prompts.known(WORDS))


def test_prompts_are_known_as_slowly_as_the_standard_speaks(prompts: Prompts) -> None:
    known = {prompt.tempo: prompt for prompt in prompts.known(WORDS) if prompt.name == "slowly"}
    assert sorted(known) == [0.75, 0.8, 1.0]
    assert len(known[0.8].pcm) == pytest.approx(len(known[1.0].pcm) / 0.8, rel=0.02)


def test_a_slot_is_spoken_as_what_was_asked_for() -> None:
    standard = load_standard("general")
    assert "".join(spoken(standard, "waybill", "7731")).replace("，", "") == "七七三幺"
    assert spoken(standard, "intent", "查询快递") == ("查询快递",)
