from __future__ import annotations

import os
from pathlib import Path

from ivr.speech.cache import make_room


def test_the_oldest_speech_goes_when_the_cache_is_full(tmp_path: Path) -> None:
    for age, name in enumerate("abcd"):
        path = tmp_path / f"{name}.wav"
        path.write_bytes(bytes(100))
        os.utime(path, (1000 - age, 1000 - age))
    (tmp_path / "else.txt").write_bytes(bytes(1000))
    make_room(tmp_path, 250)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "b.wav", "else.txt"]


def test_what_fits_stays(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(bytes(100))
    make_room(tmp_path, 100)
    assert (tmp_path / "a.wav").exists()
