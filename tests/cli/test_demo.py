"""`ivr demo`: the real service, a real call, and what is left of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.cli.main import run
from ivr.files import data_folder
from ivr.simulation.scenario import load_scenarios


@pytest.mark.sip
@pytest.mark.req("A1")
def test_a_demonstrated_call_is_shown_measured_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--scenario", "late_answer", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "service: late_answer 很抱歉，让您久等了。" in out
    assert "1 of 1 calls kept the standard." in out
    kept = {path.name for path in (tmp_path / "late_answer").iterdir()}
    assert kept == {"call.json", "caller.wav", "timeline.svg", "timeline.png"}


@pytest.mark.sip
def test_a_call_that_falls_is_made_once_more_and_both_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (data_folder("scenarios") / "line" / "late_answer.yaml").read_text("utf-8")
    (tmp_path / "late_answer.yaml").write_text(text.replace("hangup_by: caller", "hangup_by: us"), "utf-8")
    scenarios = load_scenarios([tmp_path / "late_answer.yaml"])
    monkeypatch.setattr("ivr.simulation.scenario.load_scenarios", lambda: scenarios)
    assert run(["demo", "--out", str(tmp_path)]) == 1
    shown = capsys.readouterr()
    assert "once more, by themselves: late_answer" in shown.err
    assert "0 of 1 calls kept the standard." in shown.out
    assert "Made twice: late_answer" in shown.out
    verdicts = [json.loads((path / "late_answer" / "call.json").read_text()) for path in (tmp_path, tmp_path / "again")]
    assert [verdict["passed"] for verdict in verdicts] == [False, False]


@pytest.mark.parametrize(
    "arguments", [["nowhere"], ["--scenario", "nothing"], ["line", "--scenario", "greeting_night"]]
)
def test_what_does_not_exist_is_answered_with_what_does(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["demo", *arguments]) == 2
    assert "there are" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert run(["demo", "--scenario", "late_answer", "--out", str(tmp_path / "file" / "out")]) == 2
    assert "--out" in capsys.readouterr().err


def test_calls_that_cannot_be_made_here_are_left_out_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ivr.simulation.rehearsal.missing", lambda _: "needs a recogniser")
    assert run(["demo", "--scenario", "faint_caller", "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert "1 of 1 calls left out: needs a recogniser" in err
    assert "no call is left" in err
