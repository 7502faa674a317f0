from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ivr.audio import FRAME, RATE
from ivr.errors import UserError
from ivr.speech.g711 import Pcm
from ivr.speech.level import active_level
from ivr.speech.mastering import AUDIBLE, LEVEL
from ivr.speech.numbers import DIGITS, MARGIN, PIECES, SOUND, Numbers, _spliced, is_stale, keep, shipped_numbers

HERTZ = 200.0
EVERY = [f"{a}{b}{c}" for a in DIGITS for b, c in zip(DIGITS, DIGITS[3:] + DIGITS[:3], strict=True)]


def hum(samples: int, phase: float) -> Pcm:
    return np.asarray(np.round(8000 * np.sin(2 * np.pi * HERTZ * np.arange(samples) / RATE + phase)), np.int16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Numbers of a voice that hums, each piece beginning at another place of its period."""
    keep(tmp_path, {name: hum(1600, place) for place, name in enumerate(PIECES)}, "somebody")
    return tmp_path


def test_there_is_a_piece_for_any_two_digits_and_for_both_ends() -> None:
    assert len(PIECES) == len(set(PIECES)) == 100 + 10 + 10


def test_digits_run_into_each_other_without_a_break(folder: Path) -> None:
    """A hum stays a hum: spliced where its periods meet, it has no other frequency."""
    sound = Numbers(folder).speak("七三零").astype(np.float64)
    inner = sound[800:-800]
    power = np.abs(np.fft.rfft(inner * np.hanning(len(inner)))) ** 2
    near = np.abs(np.fft.rfftfreq(len(inner), 1 / RATE) - HERTZ) < 20
    assert power[near].sum() / power.sum() > 0.995


def test_a_number_is_as_long_as_its_pieces_less_what_they_share(folder: Path) -> None:
    pieces = len("-七三零-") - 1
    assert len(Numbers(folder).speak("七三零")) == pytest.approx(pieces * 1600 - (pieces - 1) * 2 * MARGIN, abs=400)


@pytest.mark.parametrize(
    ("text", "known"), [("七三", True), ("七", False), ("", False), ("十三", False), ("七，三", False)]
)
def test_it_knows_numbers_of_two_digits_or_more(folder: Path, text: str, known: bool) -> None:
    assert Numbers(folder).knows(text) is known


def test_without_a_folder_it_knows_none(tmp_path: Path) -> None:
    assert not Numbers().knows("七三")
    assert not Numbers(tmp_path / "nowhere").knows("七三")


@pytest.mark.parametrize("file", [SOUND, "manifest.json"])
def test_damage_is_told_and_makes_it_stale(folder: Path, file: str) -> None:
    assert not is_stale(folder, "somebody")
    assert is_stale(folder, "somebody else")
    (folder / file).write_bytes(b"{}")
    with pytest.raises(UserError, match=r"damaged.* → ivr prompts render"):
        Numbers(folder)
    assert is_stale(folder, "somebody")


def test_a_missing_sound_is_told(folder: Path) -> None:
    (folder / SOUND).unlink()
    with pytest.raises(UserError, match="damaged → ivr prompts render"):
        Numbers(folder)


class TestShipped:
    """What the repository carries; every two digits in a row are in these numbers."""

    @pytest.fixture
    def numbers(self) -> Numbers:
        return shipped_numbers()

    def test_every_number_is_a_prompt(self, numbers: Numbers) -> None:
        for number in EVERY:
            sound = numbers.speak(number)
            peaks = np.abs(sound.astype(int).reshape(-1, FRAME)).max(axis=1)
            assert peaks[[0, -1]].min() > AUDIBLE, number
            assert active_level(sound) == pytest.approx(LEVEL, abs=2.5), number

    def test_digits_come_at_a_pace_to_write_them_down(self, numbers: Numbers) -> None:
        seconds = [len(numbers.speak(number)) / RATE / 3 for number in EVERY]
        assert 0.15 < min(seconds) < max(seconds) < 0.45

    def test_splices_do_not_click(self, numbers: Numbers) -> None:
        """Between two samples of a number there is no greater step than within its pieces, but for a tenth."""
        for number in EVERY:
            pieces = [numbers._pieces[a + b] for a, b in pairwise(f"-{number}-")]
            own = max(np.abs(np.diff(piece, 2)).max() for piece in pieces)
            assert np.abs(np.diff(_spliced(pieces), 2)).max() <= 1.1 * own, number

    def test_it_is_small_enough_to_be_committed(self, numbers: Numbers) -> None:
        assert numbers.folder
        assert sum(path.stat().st_size for path in numbers.folder.iterdir()) < 1e6
