"""Recognisers that do not do what they should, for the decoder process of a worker under test."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from ivr.speech.engine import Choice, Words
from ivr.standards.said import Expects


class Throws:
    name = "throws"
    streaming = False

    def __init__(self, folder: Path, threads: int) -> None:
        pass

    def open(self, expects: Expects, phrases: Sequence[str]) -> Throws:
        return self

    def feed(self, pcm: bytes) -> Words | None:
        return None

    def words(self) -> Words:
        raise RuntimeError("no words")


class Stalls(Throws):
    name = "stalls"

    def words(self) -> Words:
        threading.Event().wait()
        raise AssertionError


class Broken(Throws):
    def __init__(self, folder: Path, threads: int) -> None:
        raise ValueError("the model is damaged")


HERE = Path(__file__).parent
THROWS = Choice("throws", "tests.service.engines:Throws", HERE)
STALLS = Choice("stalls", "tests.service.engines:Stalls", HERE)
BROKEN = Choice("broken", "tests.service.engines:Broken", HERE)
