"""Engines for tests of the decoder and of those who depend on it; they run in its process."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from ivr.audio import FRAME
from ivr.speech.engine import Choice, Words
from ivr.standards.said import Expects

HERE = Path(__file__).parent


def frames(first: int, last: int) -> bytes:
    """Audio whose every 20 ms frame carries its number in all its samples."""
    return np.repeat(np.arange(first, last), FRAME).astype("<i2").tobytes()


def runs(pcm: bytes) -> str:
    """Which frames are in it: ``3-17 40-44``."""
    numbers = np.frombuffer(pcm, "<i2")[::FRAME].tolist()
    cuts = [0, *(n for n, (a, b) in enumerate(pairwise(numbers), 1) if b != a + 1), len(numbers)]
    return " ".join(f"{numbers[start]}-{numbers[end - 1]}" for start, end in pairwise(cuts) if end > start)


class Frames:
    """Reads out which frames it heard. What else it does is told in the first of the phrases."""

    name = "frames"
    streaming = False

    def __init__(self, folder: Path, threads: int) -> None:
        assert folder.is_dir()

    def open(self, expects: Expects, phrases: Sequence[str]) -> FramesHeard:
        return FramesHeard(expects, phrases)


class FramesHeard:
    def __init__(self, expects: Expects, phrases: Sequence[str]) -> None:
        self._heard, self._hints = b"", (expects, *phrases)

    def feed(self, pcm: bytes) -> Words | None:
        self._heard += pcm
        return Words(runs(self._heard)) if "stream" in self._hints else None

    def words(self) -> Words:
        if "throw" in self._hints:
            raise RuntimeError("two\nlines")
        if "die" in self._hints:
            os._exit(3)
        if "stall" in self._hints:
            threading.Event().wait()
        return Words(runs(self._heard), 0.5, 0.75, self._hints)


class Broken(Frames):
    """Does not start."""

    def __init__(self, folder: Path, threads: int) -> None:
        raise ValueError("the model is damaged")


class Endless(Frames):
    """Starts for ever."""

    def __init__(self, folder: Path, threads: int) -> None:
        threading.Event().wait()


FRAMES = Choice("frames", "tests.speech.engines:Frames", HERE)
BROKEN = Choice("broken", "tests.speech.engines:Broken", HERE)
ENDLESS = Choice("endless", "tests.speech.engines:Endless", HERE)
