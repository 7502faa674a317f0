from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from ivr.audio import FRAME
from ivr.errors import UserError
from ivr.speech.g711 import Pcm, alaw_decode, alaw_encode
from ivr.speech.level import active_level
from ivr.speech.lines import shipped_lines, texts_of
from ivr.speech.mastering import AUDIBLE, LEVEL, beep
from ivr.speech.rendered import RenderedSet, read_prompt, shipped_set
from ivr.speech.review import shipped_faults
from ivr.standards.house import SPOKEN


@pytest.fixture
def folder(tmp_path: Path) -> RenderedSet:
    """A set that speaks two texts."""
    made = RenderedSet(tmp_path)
    for text in ("您好。", "再见。"):
        made.put(text, sound(text), "somebody")
    return made


def sound(text: str) -> Pcm:
    return beep(0.02 * len(text.encode()))


def test_what_was_put_is_read_back_by_another_process(folder: RenderedSet) -> None:
    again = RenderedSet(folder.folder)
    assert np.array_equal(again.read("您好。"), sound("您好。"))
    assert again.faults(["您好。", "再见。"]) == []


def test_another_wording_has_no_sound(folder: RenderedSet) -> None:
    assert folder.faults(["您好。", "再见。", "您好！"]) == ["no sound for 「您好！」 → ivr prompts render"]


def test_a_sound_for_wording_that_is_gone_is_told(folder: RenderedSet) -> None:
    assert folder.faults(["您好。"]) == ["sound for 「再见。」, which no wording says"]


def test_a_stray_file_is_told(folder: RenderedSet) -> None:
    (folder.folder / "stray.wav").write_bytes(b"")
    assert folder.faults(["您好。", "再见。"]) == [f"{folder.folder / 'stray.wav'}: not in the manifest"]


def test_a_missing_file_is_named(folder: RenderedSet) -> None:
    folder.path("您好。").unlink()
    (fault,) = folder.faults(["您好。", "再见。"])
    assert fault == f"{folder.path('您好。')}: No such file or directory → ivr prompts render"


def test_an_exchanged_file_is_named(folder: RenderedSet) -> None:
    folder.path("您好。").write_bytes(folder.path("再见。").read_bytes()[:-2] + b"\1\1")
    with pytest.raises(UserError, match=r"damaged \(not the file in the manifest\) → ivr prompts render"):
        folder.read("您好。")


def test_pruning_leaves_exactly_what_is_said(folder: RenderedSet) -> None:
    (folder.folder / "stray.wav").write_bytes(b"")
    assert folder.prune(["您好。"]) == 2
    assert RenderedSet(folder.folder).faults(["您好。"]) == []
    assert folder.prune(["您好。"]) == 0


@pytest.mark.parametrize("content", ["", "[]", "{", '{"a": 1}', '{"a": {"text": ""}}'])
def test_a_damaged_manifest_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UserError, match=r"manifest\.json: damaged → delete it"):
        RenderedSet(tmp_path)


def test_a_manifest_does_not_depend_on_the_order_of_work(tmp_path: Path, folder: RenderedSet) -> None:
    other = RenderedSet(tmp_path / "other")
    for text in ("再见。", "您好。"):
        other.put(text, sound(text), "somebody")
    assert (other.folder / "manifest.json").read_bytes() == (folder.folder / "manifest.json").read_bytes()


@pytest.mark.parametrize(("rate", "samples"), [(16000, 320), (8000, 161), (8000, 0)])
def test_sound_that_is_no_prompt_is_refused(tmp_path: Path, rate: int, samples: int) -> None:
    path = tmp_path / "prompt.wav"
    soundfile.write(path, np.ones(samples, np.int16), rate)
    with pytest.raises(UserError, match=r"prompt\.wav: is no 8 kHz mono sound of whole 20 ms frames"):
        read_prompt(path)


def syllables(text: str) -> int:
    return sum("一" <= character <= "鿿" for character in text)


class TestShippedSet:
    """What the repository carries: nothing has to be synthesised to take a call."""

    def test_wording_and_sound_agree(self) -> None:
        assert shipped_faults() == []

    def test_every_prompt_is_audible_from_its_first_frame_to_its_last(self) -> None:
        shipped = shipped_set()
        for text in texts_of(shipped_lines()):
            heard = alaw_decode(alaw_encode(shipped.read(text))).reshape(-1, FRAME)
            assert np.abs(heard[[0, -1]].astype(int)).max(axis=1).min() > AUDIBLE, text

    def test_every_prompt_has_the_same_level(self) -> None:
        """A digit is too short for P.56 to be exact, and so is a 您好 that is a sentence of its own."""
        shipped = shipped_set()
        levels = {text: active_level(shipped.read(text)) for text in texts_of(shipped_lines())}
        off = {text: level - LEVEL for text, level in levels.items()}
        assert {text: by for text, by in off.items() if abs(by) > (0.7 if syllables(text) > 2 else 1.1)} == {}

    def test_speech_is_neither_rushed_nor_slow(self) -> None:
        """Two and a half to six syllables a second, pauses included; what a number is put together from has no pace."""
        for entry in shipped_set().entries.values():
            if entry.text not in SPOKEN and syllables(entry.text) > 1:
                assert 2.5 < syllables(entry.text) / entry.seconds < 6, entry.text

    def test_it_stays_small_enough_to_be_committed(self) -> None:
        assert sum(path.stat().st_size for path in shipped_set().folder.iterdir()) < 50e6

    def test_its_manifest_names_texts_and_maker(self) -> None:
        table = json.loads((shipped_set().folder / "manifest.json").read_text(encoding="utf-8"))
        assert {entry["text"] for entry in table.values()} == set(texts_of(shipped_lines()))
        assert len({entry["maker"] for entry in table.values()}) == 1
