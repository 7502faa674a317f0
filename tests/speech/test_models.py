from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from ivr.errors import UserError
from ivr.speech.fetch import unpack
from ivr.speech.models import Model, ModelFile, Source, find_model, load_models

CONTENT = b"weights"


def made_of(file: ModelFile) -> Model:
    about = {"engine": "e", "language": "zh", "licence": "MIT", "about": "", "home": ""}
    return Model.model_validate({"name": "m", "purpose": "calls", "file": [file.model_dump()], **about})


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model of one file, not on this machine."""
    monkeypatch.setenv("SANLING_CACHE", str(tmp_path))
    digest = hashlib.sha256(CONTENT).hexdigest()
    source = Source(url="https://example.invalid/graph.onnx")
    file = ModelFile(path="deep/graph.onnx", size=len(CONTENT), sha256=digest, source=[source])
    return made_of(file)


def test_a_model_is_missing_until_it_is_there_in_full(model: Model) -> None:
    (file,) = model.file
    assert model.missing() == [file]
    assert model.states() == {"deep/graph.onnx": "missing"}
    with pytest.raises(UserError, match='model "m" is not on this machine: ivr models pull m'):
        model.require()
    path = model.folder / file.path
    path.parent.mkdir()
    path.write_bytes(CONTENT[:-1])
    assert model.missing() == [file]
    with pytest.raises(UserError, match=r'model "m" is damaged \(deep/graph\.onnx\): ivr models pull m'):
        model.require()
    path.write_bytes(CONTENT)
    assert model.missing() == []
    assert model.require() == model.folder


def test_damage_of_the_same_length_is_seen_by_the_hash(model: Model) -> None:
    (file,) = model.file
    path = model.folder / file.path
    path.parent.mkdir()
    path.write_bytes(CONTENT)
    assert model.states() == {file.path: "ok"}
    path.write_bytes(CONTENT.upper())
    assert model.states() == {file.path: "damaged"}
    assert model.missing() == []
    assert model.unsound() == [file]


def test_a_file_that_may_not_be_read_is_one_line(model: Model, locked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "folder", locked)
    with pytest.raises(UserError, match=r"graph\.onnx: no permission to read it → let this user read"):
        model.missing()
    with pytest.raises(UserError, match="no permission"):
        model.unsound()


class TestArchives:
    """A model that comes as one zip is what was unpacked of it."""

    @pytest.fixture
    def model(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
        monkeypatch.setenv("SANLING_CACHE", str(tmp_path))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("m-0.1/am/final.mdl", CONTENT)
            archive.writestr("m-0.1/../../outside", CONTENT)
            archive.writestr("readme", CONTENT)
        content = packed.getvalue()
        digest = hashlib.sha256(content).hexdigest()
        source = Source(url="https://example.invalid/m.zip")
        file = ModelFile(path="m.zip", size=len(content), sha256=digest, unpack="m-0.1", source=[source])
        model = made_of(file)
        (model.folder / "m.zip").write_bytes(content)
        return model

    def test_it_is_there_when_all_of_it_is_unpacked(self, model: Model, tmp_path: Path) -> None:
        (file,) = model.file
        assert model.missing() == [file]
        assert model.states() == {"m.zip": "ok", "m-0.1/am/final.mdl": "missing"}
        unpack(model, file)
        assert model.states() == {"m.zip": "ok", "m-0.1/am/final.mdl": "ok"}
        assert model.require() == model.folder / "m-0.1"
        assert not list(tmp_path.rglob("outside"))

    def test_what_was_unpacked_and_damaged_is_told_by_the_sums_of_the_archive(self, model: Model) -> None:
        unpack(model, model.file[0])
        (model.root / "am" / "final.mdl").write_bytes(CONTENT.upper())
        assert model.missing() == []
        assert model.states() == {"m.zip": "ok", "m-0.1/am/final.mdl": "damaged"}
        assert model.unsound() == model.file
        unpack(model, model.file[0])
        assert model.unsound() == []

    def test_an_archive_that_cannot_be_opened_is_no_model(self, model: Model) -> None:
        unpack(model, model.file[0])
        (model.folder / "m.zip").write_bytes(bytes(model.size))
        assert model.missing() == model.file
        assert model.states() == {"m.zip": "damaged"}


def test_every_shipped_model_has_a_licence_and_those_in_use_more_than_one_source_for_each_file() -> None:
    for model in load_models().values():
        assert model.licence
        assert model.purpose == "tests" or all(len(file.source) >= 2 for file in model.file)


def test_an_unknown_model_names_those_there_are() -> None:
    with pytest.raises(UserError, match=r'no model "kokoko"; there are .*kokoro'):
        find_model("kokoko")


FILE = 'path = "x"\nsize = 1\nsha256 = "' + "0" * 64 + '"\n'
HEAD = '[m]\nengine = "e"\nlanguage = "zh"\npurpose = "calls"\nlicence = "MIT"\nabout = "a"\nhome = "h"\n[[m.file]]\n'


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[m", "not valid TOML"),
        ("[m]\nengine = 1", "engine"),
        (HEAD + FILE, "file.0.source"),
        (HEAD + FILE.replace("x", "../x") + 'source = [{ url = "https://a/b" }]', "file.0.path"),
        (HEAD + FILE + 'unpack = "/etc"\nsource = []', "file.0.unpack"),
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
