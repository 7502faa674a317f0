"""Engines for tests: one that works, and ways not to."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path

from ivr.speech.engine import Words
from ivr.standards.model import Expects


class Listens:
    """Hears nothing, and does so reliably."""

    name, streaming = "stand-in", False

    def __init__(self, folder: Path, threads: int) -> None:
        assert folder.is_dir()
        assert threads

    def open(self, expects: Expects, phrases: Sequence[str]) -> Listens:
        assert expects
        assert not phrases
        return self

    def feed(self, pcm: bytes) -> None:
        assert pcm

    def words(self) -> Words:
        return Words("")


class Refuses(Listens):
    def __init__(self, folder: Path, threads: int) -> None:
        super().__init__(folder, threads)
        raise ValueError("the weights\nare of another kind")


class Speechless(Listens):
    def words(self) -> Words:
        raise MemoryError


class TakesUsWithIt(Listens):
    def feed(self, pcm: bytes) -> None:
        os.abort()


class Hangs(Listens):
    def words(self) -> Words:
        threading.Event().wait()
        raise AssertionError
