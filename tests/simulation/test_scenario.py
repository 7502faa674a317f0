"""Reading scenario files; every mistake is one line that names file and key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pydantic import TypeAdapter

from ivr.errors import UserError
from ivr.files import data_folder
from ivr.quality.oracle import Expectation
from ivr.simulation.others import AskedApproval, AskedBackend
from ivr.simulation.scenario import Act, load_scenario, load_scenarios

GOOD = "title: t\nproves: [B1]\nexpect:\n  - heard: greeting\n"


def _write(folder: Path, text: str) -> Path:
    file = folder / "one.yaml"
    file.write_text(text, "utf-8")
    return file


def test_a_scenario_is_named_after_its_file_and_folder(tmp_path: Path) -> None:
    scenario = load_scenario(_write(tmp_path, GOOD))
    assert (scenario.name, scenario.group) == ("one", tmp_path.name)


def test_an_expectation_without_a_requirement_shows_the_first(tmp_path: Path) -> None:
    text = "title: t\nproves: [B1, A3]\nexpect:\n  - heard: greeting\n  - {heard: silent_1, req: A3}\n"
    assert [line.req for line in load_scenario(_write(tmp_path, text)).expect] == ["B1", "A3"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is no scenario"),
        ("a: [", "line 1"),
        ("title: t\nproves: [B1]\n", "expect: Field required"),
        ("title: t\nproves: [Z9]\nexpect: [{heard: a}]", "proves.0"),
        (GOOD + "colour: red\n", "colour: Extra inputs"),
        ("title: t\nproves: [B1]\nexpect: [{herd: a}]", "expect.0: expects nothing known"),
        ("title: t\nproves: [B1]\nexpect: [{heard: a, gap: long}]", "expect.0.gap"),
        (GOOD + "script: [{at: 1.0}]", "script.0: needs exactly one of say"),
        (GOOD + "script: [{at: 1.0, say: a, key: '1'}]", "script.0: needs exactly one of say"),
        (GOOD + "script: [{at: 1.0, ringing: 2.0, say: a}]", "script.0: has more than one trigger"),
        (GOOD + "script: [{key: '12'}]", "script.0.key"),
        (GOOD + "script: [{do: dance}]", "script.0.do"),
        (GOOD + "script: [{say: a, as: b}]", "script.0.as"),
        (GOOD + "script: [{key: '1', as: {text: a}}]", "script.0: only what is said or played can be understood"),
        (GOOD + "script: [{say: a, voice: Cantonese}]", "script.0.voice"),
        (GOOD + "caller: {voice: zf_xiaoxiao}", "caller.voice: Input should be 'zf_xiaobei'"),
        (GOOD + "line: {hears: whispers}", "line.hears"),
        (GOOD + "caller: {network: {loss: 2}}", "caller.network.loss"),
        (GOOD + "recognizer: {speed: 1}", "recognizer.speed"),
        (GOOD + "line: {hours: ['8-12']}", 'line.hours: "8-12" is no span of hours'),
        (GOOD + "values: 2026-02-30", "not valid YAML: day is out of range"),
        (GOOD + "values: " + "9" * 5000, "not valid YAML: Exceeds the limit"),
        ("[" * 3000, "not valid YAML: maximum recursion depth exceeded"),
        ("title: t\nproves: [B2]\nexpect: [{verdict: quiet}]", "expect.0.verdict"),
    ],
)
def test_a_mistake_is_one_line_naming_file_and_key(tmp_path: Path, text: str, complaint: str) -> None:
    file = _write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        load_scenario(file)
    message = str(caught.value)
    assert message.startswith(f"{file}: ")
    assert complaint in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "title: t\nproves: [B1]\nexpect: [{heard: greting}]",
            'expect.0.heard: standard "general" has no prompt "greting"',
        ),
        (GOOD + "script: [{after: {prompt: greting}, say: a}]", 'script.0.after: standard "general" has no'),
        (GOOD + "script: [{during: {prompt: greting}, say: a}]", "script.0.during"),
        ("title: t\nproves: [B1]\nexpect: [{absent: greting}]", "expect.0.absent"),
        (GOOD + "called_back: {expect: [{heard: greting}]}", "called_back.expect.0.heard"),
        (GOOD + "rings_again: {expect: [{heard: greting}]}", "rings_again.expect.0.heard"),
    ],
)
def test_a_prompt_that_nobody_says_is_told_before_the_first_call(tmp_path: Path, text: str, complaint: str) -> None:
    file = _write(tmp_path, text)
    with pytest.raises(UserError) as caught:
        load_scenarios([file])
    message = str(caught.value)
    assert message.startswith(f"{file}: {complaint}")
    assert "→ one of greeting, " in message
    assert "\n" not in message


def test_a_reason_for_which_nobody_is_rung_is_told_before_the_first_call(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"one\.yaml: called_for: there is no \[outbound\.weather\] → one of .*apology"):
        load_scenarios([_write(tmp_path, f"{GOOD}called_for: weather\n")])


HEARING = """
title: t
proves: [C2]
line: {number: "4101", hears: words}
values: {waybill: "773", name: [王先生, 王女士]}
caller: {media: comfort_noise, dc: 0.1, network: {loss: 0.1, jitter_ms: 40, reorder: 0.02}}
script:
  - at: 1.0
    say: 저기요
    voice: ko
    gain_db: -30
    as: {text: 这个要, confidence: 0.3, mandarin: 0.1}
expect: [{verdict: unintelligible}, {answer: {waybill: "773"}}]
"""


def test_a_caller_who_speaks_is_described(tmp_path: Path) -> None:
    scenario = load_scenario(_write(tmp_path, HEARING))
    assert scenario.needs_words
    assert scenario.values == {"waybill": ["773"], "name": ["王先生", "王女士"]}
    (act,) = scenario.script
    assert act.understood is not None
    assert (act.voice, act.understood.text, act.understood.mandarin) == ("ko", "这个要", 0.1)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ("clock: '03:00'", "a time of day"),
        ("recognizer: {fails: died}", "a recogniser"),
        ("virtual: it is long", "long"),
        ("called_for: apology", "a call of ours"),
    ],
)
def test_some_scenarios_run_in_virtual_time_only(tmp_path: Path, more: str, reason: str) -> None:
    assert not load_scenario(_write(tmp_path, GOOD)).only_virtual
    assert reason in load_scenario(_write(tmp_path, f"{GOOD}{more}\n")).only_virtual


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere"):
        load_scenario(tmp_path / "nowhere.yaml")


def test_a_folder_without_scenarios_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no scenario found"):
        load_scenarios([tmp_path])


def test_the_catalogue_is_read_without_arguments() -> None:
    assert "silent_ladder" in {scenario.name for scenario in load_scenarios()}


def test_calls_that_take_long_begin_first_and_one_on_hold_leaves_room_for_talkers() -> None:
    catalogue = {scenario.name: scenario for scenario in load_scenarios()}
    hold, dropped, short = catalogue["hold_to_the_limit"], catalogue["dropped"], catalogue["handed_over"]
    assert (hold.takes_long, dropped.takes_long, short.takes_long) == (True, True, False)
    assert (hold.talks_on, dropped.talks_on, short.talks_on) == (False, True, True)


def test_what_the_document_shows_can_be_written() -> None:
    """docs/scenarios.md: every expectation, act and block of its tables."""
    document = (data_folder("scenarios").parent / "docs" / "scenarios.md").read_text("utf-8")
    shown = [yaml.safe_load(text) for text in re.findall(r"`(\{[^`]*\})`", document)]
    expects = [each for each in shown if not {"shipment", "phone", "decision", "loss"} & each.keys()]
    assert len(expects) >= 14
    for each in expects:
        TypeAdapter[object](Expectation).validate_python(each)
    acts = re.findall(r"^\| `((?:say|key|silence|play|do): [^`]*)`", document, re.MULTILINE)
    assert len(acts) == 5
    for act in acts:
        Act.model_validate(yaml.safe_load(act))
    for each in shown:
        if "shipment" in each:
            AskedBackend.model_validate(each["shipment"])
        if "decision" in each:
            AskedApproval.model_validate(each)
