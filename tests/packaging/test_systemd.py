from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ivr.config import Settings, load

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
UNIT = PACKAGING / "ivr.service"


def seconds(key: str) -> float:
    return float(entries()[key])


def entries() -> dict[str, str]:
    lines = [line for line in UNIT.read_text(encoding="utf-8").splitlines() if "=" in line and line[0] not in "#["]
    return dict(line.split("=", 1) for line in lines)


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("systemd-analyze is not installed")
    unit = tmp_path / UNIT.name
    program = entries()["ExecStart"].split()[0]
    unit.write_text(UNIT.read_text(encoding="utf-8").replace(program, "/bin/true"), encoding="utf-8")
    verified = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_systemd_is_told_and_watches() -> None:
    assert entries()["Type"] == "notify"
    assert seconds("WatchdogSec") >= 10
    assert entries()["Restart"] == "on-failure"


def test_calls_may_finish_before_systemd_loses_patience() -> None:
    assert entries()["KillMode"] == "mixed", "SIGTERM must reach the parent alone, which drains its workers"
    assert seconds("TimeoutStopSec") > Settings().sip.drain_timeout_s + 10


def test_the_unit_runs_without_privileges() -> None:
    unit = entries()
    assert unit["User"] == "ivr"
    assert (unit["NoNewPrivileges"], unit["CapabilityBoundingSet"], unit["ProtectSystem"]) == ("yes", "", "strict")


def test_the_example_configuration_is_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_SIP_REGISTRAR", "")  # its password file is made by the installation
    settings = load(PACKAGING / "ivr.toml")
    assert settings.records.recordings.is_relative_to("/var/lib/ivr"), "the only folder the unit may write to"
