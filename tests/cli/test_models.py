from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.cli.main import run


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANLING_CACHE", str(tmp_path / "cache"))


def test_list_tells_what_is_not_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "list"]) == 0
    assert "10 of 10 files missing" in capsys.readouterr().out
    assert run(["models", "list", "--json"]) == 0
    (kokoro,) = [model for model in json.loads(capsys.readouterr().out) if model["name"] == "kokoro"]
    assert kokoro["present"] is False
    assert kokoro["licence"] == "Apache-2.0"


def test_verify_fails_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "verify", "kokoro"]) == 1
    output = capsys.readouterr()
    assert output.out == "kokoro: 0 of 10 files are whole\n"
    assert output.err.count("\n") == 1
    assert "ivr models pull" in output.err


def test_pull_from_a_wrong_archive_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "kokoro.tar"
    archive.write_bytes(b"nothing")
    assert run(["models", "pull", "kokoro", "--from", str(archive)]) == 2
    assert capsys.readouterr().err == f"ivr: {archive}: holds no kokoro-v1.0.int8.onnx\n"


def test_an_unknown_model_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "pull", "nothing"]) == 2
    assert 'no model "nothing"' in capsys.readouterr().err
