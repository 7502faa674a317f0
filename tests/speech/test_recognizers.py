from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from ivr.errors import UserError
from ivr.speech import recognizers
from ivr.speech.engine import Choice
from ivr.speech.models import Model, find_model
from ivr.speech.recognizers import choose, found_in, installed, try_out
from tests.speech.engines import FRAMES

KOREAN, WHISPER = find_model("vosk-ko"), find_model("whisper")
needs_korean = pytest.mark.skipif(bool(KOREAN.missing()), reason="the model is not here: ivr models pull vosk-ko")
needs_whisper = pytest.mark.skipif(bool(WHISPER.missing()), reason="the model is not here: ivr models pull whisper")


def written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def symbols(*words: str) -> bytes:
    """As OpenFst writes them."""
    return b"".join(struct.pack("<i", len(word.encode())) + word.encode() + bytes(8) for word in words)


VOSK = dict.fromkeys(("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph/HCLr.fst"), b"x")
SMALL = VOSK | {"graph/Gr.fst": symbols("好", "你", "这")}
LARGE = VOSK | {"graph/HCLG.fst": b"x", "graph/words.txt": "<eps> 0\n你 1\n這 2\n".encode()}
WHISPER_FILES = {"model.bin": b"x", "config.json": b"{}", "vocabulary.txt": b"a\n" * 51865}


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts models of the manifest where they belong, as if pulled."""
    monkeypatch.setenv("SANLING_CACHE", str(tmp_path / "cache"))
    here: set[str] = set()
    monkeypatch.setattr(Model, "missing", lambda model: [] if model.name in here else model.file)
    return here.add


class TestByName:
    def test_auto_takes_the_best_that_is_here(self, cache: Callable[[str], None]) -> None:
        assert choose("auto") is None
        cache("kokoro")
        cache("vosk-ko")
        assert choose("auto") is None, "neither is for our callers"
        cache("whisper")
        assert choose("auto") == Choice("whisper", "ivr.speech.whisper:Whisper", find_model("whisper").root)
        cache("vosk-small-cn")
        assert [choice.name for choice in installed()] == ["vosk", "whisper"]
        best = choose("auto")
        assert best == Choice("vosk", "ivr.speech.kaldi:Vosk", find_model("vosk-small-cn").root, streaming=True)

    def test_by_name(self, cache: Callable[[str], None]) -> None:
        cache("vosk-small-cn")
        cache("whisper")
        chosen = choose("whisper")
        assert chosen is not None
        assert chosen.name == "whisper"
        assert choose("none") is None

    @pytest.mark.usefixtures("cache")
    @pytest.mark.parametrize(("name", "model"), [("vosk", "vosk-small-cn"), ("whisper", "whisper")])
    def test_what_is_not_here_is_named(self, name: recognizers.Name, model: str) -> None:
        with pytest.raises(UserError, match=f'model "{model}" is not on this machine: ivr models pull {model}$'):
            choose(name)

    def test_what_is_damaged_is_named_and_auto_goes_without_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SANLING_CACHE", str(tmp_path))
        (find_model("whisper").folder / "model.bin").write_bytes(b"half of it")
        with pytest.raises(UserError, match=r'model "whisper" is damaged \(model\.bin\): ivr models pull whisper$'):
            choose("whisper")
        assert choose("auto") is None


class TestAFolder:
    """A house's own model."""

    @pytest.mark.parametrize(("files", "name"), [(SMALL, "vosk"), (LARGE, "vosk"), (WHISPER_FILES, "whisper")])
    def test_its_files_tell_the_engine(self, tmp_path: Path, files: dict[str, bytes], name: recognizers.Name) -> None:
        folder = written(tmp_path, files)
        choice = choose("auto", folder)
        assert choice is not None
        assert (choice.name, choice.folder) == (name, folder)
        assert choose(name, folder) == choice
        assert choose("none", folder) is None

    def test_of_another_engine_than_the_one_that_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"is a model for vosk → set speech\.recognizer"):
            choose("whisper", written(tmp_path, SMALL))

    @pytest.mark.parametrize("lost", [*SMALL, *WHISPER_FILES])
    @pytest.mark.parametrize("how", ["missing", "empty"])
    def test_a_part_that_is_lost_is_named(self, tmp_path: Path, lost: str, how: str) -> None:
        folder = written(tmp_path, SMALL if lost in SMALL else WHISPER_FILES)
        (folder / lost).write_bytes(b"") if how == "empty" else (folder / lost).unlink()
        with pytest.raises(UserError, match=r"(damaged: it lacks|no model in it:).*→") as error:
            choose("auto", folder)
        assert lost in str(error.value)
        assert "\n" not in str(error.value)

    @pytest.mark.parametrize(
        "files",
        [
            VOSK | {"graph/Gr.fst": symbols("네", "x你", "这")},
            VOSK | {"graph/HCLG.fst": b"x", "graph/words.txt": "<eps> 0\n我 1\n你们 2\n这 3\n".encode()},
            VOSK | {"graph/HCLG.fst": b"x"},
            WHISPER_FILES | {"vocabulary.txt": b"a\n" * 51864},
            {"model.bin": b"x", "config.json": b"{}", "vocabulary.json": b'["a", "b"]'},
        ],
    )
    def test_without_mandarin_it_is_of_no_use(self, tmp_path: Path, files: dict[str, bytes]) -> None:
        folder = written(tmp_path, files)
        assert found_in(folder)
        with pytest.raises(UserError, match=r"this model knows no Mandarin → name one that does in speech\.model$"):
            choose("auto", folder)

    def test_that_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"neither am/final\.mdl \(vosk\) nor model\.bin \(whisper\) → name"):
            choose("auto", tmp_path)
        with pytest.raises(UserError, match=r"gone: No such file or directory → speech\.model must be"):
            choose("auto", tmp_path / "gone")
        (tmp_path / "file").write_text("")
        with pytest.raises(UserError, match=r"file: Not a directory → speech\.model must be"):
            choose("auto", tmp_path / "file")

    def test_that_may_not_be_read(self, locked: Path) -> None:
        with pytest.raises(UserError, match=r"locked: Permission denied → speech\.model must be"):
            choose("auto", locked)


class TestTrying:
    @pytest.mark.parametrize(
        ("engine", "reason"),
        [
            ("Refuses", "stand-in cannot use it: the weights are of another kind → fetch the model anew"),
            ("Speechless", "stand-in cannot use it: MemoryError → fetch"),
            ("TakesUsWithIt", "its library ended with SIGABRT"),
            ("NotThere", "has no attribute 'NotThere'"),
        ],
    )
    def test_what_does_not_work_is_one_line(self, tmp_path: Path, engine: str, reason: str) -> None:
        with pytest.raises(UserError) as error:
            try_out(Choice("stand-in", f"tests.speech.misfits:{engine}", tmp_path))
        assert reason in str(error.value)
        assert "\n" not in str(error.value)

    def test_what_takes_too_long_is_one_line(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"not loaded after 0\.5 s → take a smaller model"):
            try_out(Choice("stand-in", "tests.speech.misfits:Hangs", tmp_path), limit_s=0.5)

    def test_what_works_tells_how_long_it_took(self) -> None:
        assert try_out(FRAMES) > 0


def linked(model: Model, folder: Path) -> Path:
    """That model, with links to its files, so that they can be replaced by damaged ones."""
    return Path(shutil.copytree(model.root, folder / "model", copy_function=os.symlink))


def damage(path: Path, content: bytes) -> None:
    path.unlink()
    path.write_bytes(content)


class TestRealModels:
    """What their libraries make of damage."""

    @needs_korean
    @pytest.mark.parametrize("name", ["am/final.mdl", "graph/HCLr.fst", "graph/Gr.fst", "conf/mfcc.conf"])
    def test_a_damaged_vosk_model_is_one_line(self, tmp_path: Path, name: str) -> None:
        folder = linked(KOREAN, tmp_path)
        damage(folder / name, (folder / name).read_bytes()[: 1 << 16 if name.endswith(("fst", "mdl")) else 30])
        with pytest.raises(UserError, match=r"vosk cannot use it: .+ → fetch") as error:
            try_out(found_in(folder))
        assert "\n" not in str(error.value)

    @needs_whisper
    @pytest.mark.parametrize("name", ["model.bin", "vocabulary.txt"])
    def test_a_damaged_whisper_model_is_one_line(self, tmp_path: Path, name: str) -> None:
        folder = linked(WHISPER, tmp_path)
        damage(folder / name, (folder / name).read_bytes()[: 1 << 16])
        with pytest.raises(UserError, match=r"whisper cannot use it: .+ → fetch") as error:
            try_out(found_in(folder))
        assert "\n" not in str(error.value)

    @needs_korean
    def test_the_korean_model_is_told_from_a_mandarin_one(self) -> None:
        with pytest.raises(UserError, match="this model knows no Mandarin"):
            choose("auto", KOREAN.root)
