"""`ivr demo`: the real service, a real call, and what is left of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.cli.main import run


@pytest.mark.sip
@pytest.mark.req("A1")
def test_a_demonstrated_call_is_shown_measured_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--scenario", "late_answer", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "service: late_answer 很抱歉，让您久等了。" in out
    assert "1 of 1 calls kept the standard." in out
    kept = {path.name for path in (tmp_path / "late_answer").iterdir()}
    assert kept == {"call.json", "caller.wav", "timeline.svg", "timeline.png"}


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
