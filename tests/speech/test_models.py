from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ivr.errors import UserError
from ivr.speech.models import Model, ModelFile, Source, find_model, load_models

CONTENT = b"weights"


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model of one file, not on this machine."""
    monkeypatch.setenv("SANLING_CACHE", str(tmp_path))
    digest = hashlib.sha256(CONTENT).hexdigest()
    source = Source(url="https://example.invalid/graph.onnx")
    file = ModelFile(path="deep/graph.onnx", size=len(CONTENT), sha256=digest, source=[source])
    return Model(name="m", engine="e", language="zh", licence="MIT", about="", home="", file=[file])


def test_a_model_is_missing_until_it_is_there_in_full(model: Model) -> None:
    (file,) = model.file
    assert model.missing() == [file]
    assert model.state(file) == "missing"
    with pytest.raises(UserError, match='model "m" is not on this machine: ivr models pull m'):
        model.require()
    path = model.folder / file.path
    path.parent.mkdir()
    path.write_bytes(CONTENT[:-1])
    assert model.missing() == [file]
    path.write_bytes(CONTENT)
    assert model.missing() == []
    assert model.require() == model.folder


def test_damage_of_the_same_length_is_seen_by_the_hash(model: Model) -> None:
    (file,) = model.file
    path = model.folder / file.path
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    assert model.state(file) == "ok"
    path.write_bytes(CONTENT.upper())
    assert model.state(file) == "damaged"


def test_every_shipped_model_has_a_licence_and_more_than_one_source_for_each_file() -> None:
    for model in load_models().values():
        assert model.licence
        assert all(len(file.source) >= 2 for file in model.file)


def test_an_unknown_model_names_those_there_are() -> None:
    with pytest.raises(UserError, match='no model "kokoko"; there are kokoro'):
        find_model("kokoko")


FILE = 'path = "x"\nsize = 1\nsha256 = "' + "0" * 64 + '"\n'
HEAD = '[m]\nengine = "e"\nlanguage = "zh"\nlicence = "MIT"\nabout = "a"\nhome = "h"\n[[m.file]]\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[m", "not valid TOML"),
        ("[m]\nengine = 1", "engine"),
        (HEAD + FILE, "file.0.source"),
        (HEAD + FILE.replace("x", "../x") + 'source = [{ url = "https://a/b" }]', "file.0.path"),
        (HEAD + FILE + 'source = [{ url = "http://a/b" }]', "url must begin with https"),
        (HEAD + FILE + "source = [{}]", "exactly one of url, pypi, npm"),
        (HEAD + FILE + 'source = [{ url = "https://a/b", colour = 1 }]', "file.0.source.0.colour"),
    ],
)
def test_a_faulty_manifest_is_one_line_that_names_the_key(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=f"manifest.toml: .*{complaint}") as error:
        load_models(path)
    assert "\n" not in str(error.value)
