"""`ivr rehearse`: one line a scenario, exit 1 when one fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.cli.main import run

GOOD = "title: t\nproves: [A3]\nscript: [{at: 1.0, do: hang_up}]\nexpect: [{heard: greeting, cut: true, within: 2.0}]\n"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.yaml"
    file.write_text(GOOD, "utf-8")
    return file


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    file = tmp_path / "bad.yaml"
    file.write_text(GOOD.replace("within: 2.0", "within: 0.01"), "utf-8")
    return file


def test_a_scenario_that_passes_is_one_line(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rehearse", "--virtual", str(good)]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split() == ["PASS", "good", "A3", "0.10", "s"]


def test_a_scenario_that_fails_says_why_and_ends_with_1(
    good: Path, bad: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rehearse", str(good), str(bad)]) == 1
    out, err = capsys.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["PASS", "FAIL"]
    assert "A3 silence before greeting: 0.10 s, not ≤ 0.01 s" in out
    assert err == "ivr: 1 of 2 scenarios failed\n"


def test_machines_read_json(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rehearse", "--json", str(good)]) == 0
    (call,) = json.loads(capsys.readouterr().out)
    assert call["passed"] is True
    assert call["call"]["heard"][0]["name"] == "greeting"


def test_a_file_that_is_no_scenario_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rehearse", str(tmp_path / "nothing.yaml")]) == 2
    assert "nothing.yaml" in capsys.readouterr().err


def test_virtual_and_real_exclude_each_other(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rehearse", "--virtual", "--sip", "sip:127.0.0.1", str(good)]) == 2
    assert "keep one" in capsys.readouterr().err


def test_a_uri_that_is_none_ends_with_2(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rehearse", "--sip", "127.0.0.1", str(good)]) == 2
    assert "sip:127.0.0.1:5070" in capsys.readouterr().err


def test_what_runs_in_virtual_time_only_is_skipped_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "night.yaml"
    file.write_text(GOOD + 'clock: "03:00"\n', "utf-8")
    assert run(["rehearse", "--sip", "sip:127.0.0.1:9", str(file)]) == 0
    assert "SKIP  night: has a time of day of its own" in capsys.readouterr().err


@pytest.mark.parametrize("others", ["backends: {shipment: {sample: true}}", "approval: {decision: granted}"])
def test_whom_a_service_elsewhere_cannot_ask_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], others: str
) -> None:
    file = tmp_path / "asks.yaml"
    file.write_text(f"{GOOD}{others}\n", "utf-8")
    assert run(["rehearse", "--sip", "sip:127.0.0.1:9", str(file)]) == 0
    assert "SKIP  asks: asks others, and only ivr demo and virtual time have these" in capsys.readouterr().err
    assert run(["rehearse", str(file)]) == 0
