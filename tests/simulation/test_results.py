"""What is kept of a call, and the table of measurements."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.errors import JobError
from ivr.quality.observed import CallerAct, HeardPrompt, Observed
from ivr.quality.oracle import Check, judge
from ivr.simulation.rehearsal import Rehearsal
from ivr.simulation.results import Row, index, keep, table
from ivr.simulation.robot import Recording
from ivr.simulation.scenario import Scenario

SEEN = Observed((HeardPrompt("greeting", 1.1, 2.0),), (), 0.0, 1.0, 3.0, "us", 200)
SCENARIO = Scenario.model_validate(
    {
        "name": "one",
        "group": "test",
        "file": Path("one.yaml"),
        "title": "标题",
        "proves": ["A3"],
        "expect": [{"heard": "greeting", "within": 2.0, "req": "A3"}],
    }
)
HEARD, SAID = np.full(24000, 1000, np.int16), np.full(24000, -2000, np.int16)
REHEARSAL = Rehearsal(
    SCENARIO, SEEN, judge(SCENARIO.expect, SEEN), recording=Recording(SCENARIO, SEEN, HEARD, SAID, [])
)


def test_a_call_leaves_its_facts_its_sound_and_its_pictures(tmp_path: Path) -> None:
    folder = keep(REHEARSAL, [{"t": 0.0, "state": "alerting"}], tmp_path)
    assert sorted(path.name for path in folder.iterdir()) == ["call.json", "caller.wav", "timeline.png", "timeline.svg"]
    facts = json.loads((folder / "call.json").read_text("utf-8"))
    assert facts["passed"] is True
    assert facts["call"]["heard"][0]["name"] == "greeting"
    assert facts["journal"] == [{"t": 0.0, "state": "alerting"}]
    sound, rate = soundfile.read(folder / "caller.wav", dtype="int16")
    assert rate == 8000
    assert sound[100].tolist() == [1000, -2000]  # heard left, said right


def test_a_page_shows_every_call_and_what_was_said_in_it(tmp_path: Path) -> None:
    said = CallerAct("speech", 2.1, 2.5, "喂 <&>")
    told = HeardPrompt("offer", 2.8, 2.9, text="您好。")
    journal = [
        {"t": 2.6, "note": "replied", "of": "supervisor", "outcome": "granted"},
        {"t": 2.7, "note": "owed", "promise": "abuse"},
        {"t": 2.7, "state": "closing_saying"},
    ]
    call = replace(REHEARSAL, seen=replace(SEEN, heard=(*SEEN.heard, told), caller=(said,)), journal=journal)
    page = index([call], tmp_path).read_text("utf-8")
    assert "one/timeline.svg" in page
    assert "one/caller.wav" in page
    rows = [line.removeprefix("<tr><td>") for line in page.splitlines() if line.startswith("<tr>")]
    assert rows == [
        "1.1 s<td>三铃<td>greeting",
        "2.1 s<td>来电者<td>喂 &lt;&amp;&gt;",
        "2.6 s<td>supervisor<td>granted",
        "2.7 s<td>promised<td>abuse",
        "2.8 s<td>三铃<td>您好。",
    ]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("in the way")
    with pytest.raises(JobError, match="--out"):
        keep(REHEARSAL, [], tmp_path)


def _with(*checks: Check) -> Rehearsal:
    return replace(REHEARSAL, checks=checks)


def test_the_same_check_of_several_calls_is_one_row() -> None:
    checks = [Check("wait", "2.00 s", f"{t} s", ok=True, req="B1", seconds=t) for t in (1.98, 2.02)]
    assert table([_with(checks[0]), _with(checks[1])]) == [Row("B1", "wait", "2.00 s", "1.98 – 2.02 s", 2, True)]


def test_rows_are_in_the_order_of_the_requirements() -> None:
    checks = [Check("x", "", "", ok=False, req=req) for req in ("B13", "B2", "A1", "")]
    assert [row.req for row in table([_with(*checks)])] == ["", "A1", "B2", "B13"]


def test_what_is_fine_and_no_time_is_left_out() -> None:
    assert table([_with(Check("hung up by", "us", "us", ok=True, req="B1"))]) == []
