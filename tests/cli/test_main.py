from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import click
import pytest

from ivr import __version__
from ivr.cli import main
from ivr.errors import JobError, UserError

HEAVY = (
    "numpy",
    "pydantic",
    "onnxruntime",
    "aiohttp",
    "rich",
    "pjsua2",
    "soundfile",
    "sounddevice",
    "yaml",
    "transitions",
)


def python(code: str, *, locale: str = "C") -> subprocess.CompletedProcess[str]:
    environment = {"LC_ALL": locale, "PATH": "/usr/bin:/bin"}
    root = Path(__file__).resolve().parents[2]
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=environment, cwd=root, check=False
    )


def raising(error: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise error

    return command


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> object:
    """`given(error)`: the command `serve` raises it."""

    def install(error: BaseException) -> None:
        monkeypatch.setattr(main.Commands, "get_command", lambda *_: raising(error))

    return install


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in main.COMMANDS)


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["--version"]) == 0
    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize("name", main.COMMANDS)
def test_each_command_exists(name: str) -> None:
    assert isinstance(importlib.import_module(f"ivr.cli.{name}").command, click.Command)


@pytest.mark.parametrize("name", ["", *main.COMMANDS])
def test_help_is_quick_because_it_loads_nothing_heavy(name: str) -> None:
    code = f"""
import sys
from ivr.cli.main import run
code = run("{name} --help".split())
print("loaded:", *[name for name in {HEAVY} if name in sys.modules])
sys.exit(code)
"""
    result = python(code)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "loaded:"


def test_output_is_utf8_whatever_the_locale() -> None:
    assert "三铃" in python("from ivr.cli.main import main; import sys; sys.argv = ['ivr', '--help']; main()").stdout


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("ivr.toml: sip.bind:\n wrong"), 2, "ivr: ivr.toml: sip.bind: wrong\n"),
        (JobError("2 scenarios failed"), 1, "ivr: 2 scenarios failed\n"),
        (KeyboardInterrupt(), 130, "\n"),
        (click.UsageError("No such thing."), 2, "ivr: No such thing → see ivr serve --help\n"),
    ],
)
def test_what_goes_wrong_is_one_line_and_a_code(
    given: object, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    assert callable(given)
    given(error)
    assert main.run(["serve"]) == code
    assert capsys.readouterr().err == said


def test_a_fault_of_ours_keeps_its_traceback(given: object) -> None:
    assert callable(given)
    given(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        main.run(["serve"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sevre"], "No such command 'sevre'"),
        (["standards", "chek"], "→ see ivr standards --help"),
        (["graph", "--outt"], "→ see ivr graph --help"),
    ],
)
def test_bad_usage(capsys: pytest.CaptureFixture[str], arguments: list[str], said: str) -> None:
    assert main.run(arguments) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_nobody_reading_is_no_error() -> None:
    code = """
import sys, os
from ivr.cli.main import main
reader, writer = os.pipe()
os.close(reader)
os.dup2(writer, 1)
sys.argv = ["ivr", "--help"]
main()
"""
    result = python(code)
    assert (result.returncode, result.stderr) == (1, "")
