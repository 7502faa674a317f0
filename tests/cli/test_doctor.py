from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.cli.main import run
from ivr.config import Settings
from ivr.service import doctor
from ivr.service.doctor import Finding


def checks(*states: doctor.State) -> dict[str, doctor.Check]:
    def check(state: doctor.State) -> doctor.Check:
        def findings(_: Settings) -> Iterator[Finding]:
            yield Finding("", state, "as it is", "do something" if state != "ok" else "")

        return findings

    return {f"check {number}": check(state) for number, state in enumerate(states)}


def test_a_line_for_each_finding_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", checks("ok", "note"))
    assert run(["doctor"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["✓", "configuration", "defaults"],
        ["✓", "check", "0", "as", "it", "is"],
        ["!", "check", "1", "as", "it", "is", "→", "do", "something"],
    ]


def test_exit_1_if_something_necessary_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", checks("ok", "bad"))
    assert run(["doctor", "--json"]) == 1
    assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["ok", "ok", "bad"]


def test_a_configuration_with_a_mistake_does_not_hide_the_rest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", checks("ok"))
    (tmp_path / "ivr.toml").write_text("[sip]\nbindd = 1")
    assert run(["doctor", "--config", str(tmp_path / "ivr.toml")]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("✗ configuration")
    assert first.endswith("→  did you mean bind?")
    assert second.startswith("✓ check 0")
