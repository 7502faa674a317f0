from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ivr.cli.main import run
from ivr.speech.models import Model, ModelFile, Purpose, Source


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
    assert capsys.readouterr().err == f"ivr: {archive}: holds no kokoro-v1.0.int8.onnx, nor is it that file\n"


def test_an_archive_is_for_one_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.tar").write_bytes(b"nothing")
    assert run(["models", "pull", "--from", str(tmp_path / "m.tar")]) == 2
    assert "name it: ivr models pull NAME --from FILE" in capsys.readouterr().err


class TestPullingSeveral:
    """One that cannot be had keeps no other from being fetched."""

    @pytest.fixture(autouse=True)
    def manifest(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def one(name: str, purpose: Purpose) -> Model:
            nowhere = Source.model_construct(url="http://127.0.0.1:9/", pypi=[], npm=[])
            digest = hashlib.sha256(b"weights").hexdigest()
            file = ModelFile.model_construct(path="m.bin", size=7, sha256=digest, unpack="", source=[nowhere])
            return Model.model_construct(
                name=name, purpose=purpose, engine="e", language="zh", licence="MIT", about="", home="", file=[file]
            )

        known = {"a": one("a", "calls"), "b": one("b", "calls"), "c": one("c", "prompts")}
        monkeypatch.setattr("ivr.speech.models.load_models", lambda: known)
        (known["b"].folder / "m.bin").write_bytes(b"weights")

    def test_without_names_what_calls_need(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["models", "pull", "--timeout", "1"]) == 1
        output = capsys.readouterr()
        assert output.out.startswith("b: here, in ")
        assert output.out.count("\n") == 1
        (line,) = [line for line in output.err.splitlines() if line.startswith("ivr: ")]
        assert line.startswith("ivr: a: no source of m.bin could be used (url: 127.0.0.1: ")

    def test_without_names_what_is_here_is_verified(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["models", "verify"]) == 0
        assert capsys.readouterr().out == "b: 1 of 1 files are whole\n"


def test_without_any_model_there_is_nothing_to_verify(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "verify"]) == 1
    assert capsys.readouterr().err == "ivr: no model is here → ivr models pull\n"


def test_a_cache_that_cannot_be_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SANLING_CACHE", str(tmp_path / "file" / "cache"))
    assert run(["models", "list"]) == 2
    error = capsys.readouterr().err
    assert "Not a directory → set SANLING_CACHE" in error
    assert error.count("\n") == 1


def test_an_unknown_model_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["models", "pull", "nothing"]) == 2
    assert 'no model "nothing"' in capsys.readouterr().err


def test_pull_replaces_what_is_damaged_though_of_the_right_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = hashlib.sha256(b"weights").hexdigest()
    file = ModelFile.model_construct(path="m.bin", size=7, sha256=digest, unpack="", source=[])
    model = Model.model_construct(
        name="m", purpose="calls", engine="e", language="zh", licence="MIT", about="", home="", file=[file]
    )
    monkeypatch.setattr("ivr.speech.models.load_models", lambda: {"m": model})
    (model.folder / "m.bin").write_bytes(b"rubbish")
    (tmp_path / "m.bin").write_bytes(b"weights")
    assert run(["models", "pull", "m"]) == 1, "no source has it"
    assert run(["models", "pull", "m", "--from", str(tmp_path / "m.bin")]) == 0
    assert (model.folder / "m.bin").read_bytes() == b"weights"
    assert run(["models", "verify", "m"]) == 0
