"""The scripts that put things in place, where no other test runs them anyway."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ivr.audio import FRAME
from ivr.simulation.scenario import load_scenarios
from ivr.speech.g711 import Pcm
from ivr.speech.rendered import RenderedSet

REPOSITORY = Path(__file__).resolve().parents[2]
LOCKS = sorted((REPOSITORY / "requirements").glob("*.lock"))


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **environ}
    return subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_pin_everything_by_hash_and_name_no_place(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    packages = re.split(r"\n(?=\S)", text.strip())
    assert all("==" in package and "--hash=sha256:" in package for package in packages)
    assert "://" not in text
    assert not re.search(r"^torch\b", text, re.MULTILINE)


def test_what_runs_is_what_was_tested() -> None:
    pins = {lock.stem: set(re.findall(r"^(\S+==\S+)", lock.read_text("utf-8"), re.MULTILINE)) for lock in LOCKS}
    assert pins["run"] <= pins["dev"]


def test_a_second_setup_takes_no_time_and_says_nothing() -> None:
    stamp = REPOSITORY / ".venv" / ".ready-dev"
    inputs = [REPOSITORY / "pyproject.toml", REPOSITORY / "models" / "manifest.toml"]
    sources = [*inputs, *LOCKS, *(REPOSITORY / "scripts").glob("*.sh")]
    if not stamp.exists() or any(file.stat().st_mtime > stamp.stat().st_mtime for file in sources):
        pytest.skip("not set up by make, or what it sets up has changed since")
    done = run("scripts/setup.sh", "dev")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_mistake_is_one_clear_line() -> None:
    done = run("scripts/setup.sh", "nonsense")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "✗ unknown profile nonsense  →  run, dev, render or system\n"


def test_make_lists_its_targets() -> None:
    done = run("make", "help")
    assert {"setup", "demo", "test", "lint", "bench", "pjsua2", "clean"} <= set(re.findall(r"make (\S+)", done.stdout))


def test_ci_runs_the_readmes_test_command() -> None:
    assert (REPOSITORY / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == "make test"
    assert "make test" in (REPOSITORY / "README.md").read_text(encoding="utf-8")


CALLER = """
title: t
proves: [A3]
caller: {voice: zm_yunxi}
script:
  - say: 你好
  - {say: 唔該晒, voice: yue}
expect: [{heard: greeting}]
"""


def test_callers_are_rendered_once_each_in_their_own_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def silent(voice: str, speed: float) -> Callable[[str], Pcm]:
        return lambda text: np.zeros(FRAME, np.int16)

    spec = importlib.util.spec_from_file_location("render_callers", REPOSITORY / "scripts" / "render-callers.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    calls, voices = tmp_path / "calls", tmp_path / "voices"
    calls.mkdir()
    (calls / "one.yaml").write_text(CALLER, "utf-8")
    (calls / "two.yaml").write_text(CALLER.replace("zm_yunxi", "null").replace("你好", "再见"), "utf-8")
    monkeypatch.setattr(script, "load_scenarios", lambda: load_scenarios([calls]))
    monkeypatch.setattr(script, "caller_voices", lambda voice="": RenderedSet(voices / voice))
    monkeypatch.setattr(script, "kokoro", silent)

    script.main()
    spoken = {"": "再见", "zm_yunxi": "你好", "yue": "唔該晒"}
    assert [RenderedSet(voices / voice).faults([text]) for voice, text in spoken.items()] == [[], [], []]
    (entry,) = RenderedSet(voices / "zm_yunxi").entries.values()
    assert " zm_yunxi " in entry.maker

    capsys.readouterr()
    (calls / "one.yaml").unlink()
    script.main()
    kept = [f"{voices}: 1 texts, 0 removed", f"{voices / 'yue'}: 1 texts, 0 removed"]
    assert capsys.readouterr().out.splitlines() == kept
    assert not (voices / "zm_yunxi").exists()
