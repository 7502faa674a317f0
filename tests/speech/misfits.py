"""Engines that load or not, and then do not work: for `ivr.speech.trial`, in a process of its own."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from ivr.speech.engine import Words
from tests.speech.engines import Frames, FramesHeard


class Refuses(Frames):
    def __init__(self, folder: Path, threads: int) -> None:
        raise ValueError("the weights\nare of another kind")


class _Opens(Frames, FramesHeard):
    """Its own utterance."""

    def __init__(self, folder: Path, threads: int) -> None:
        FramesHeard.__init__(self, "text", ())

    def open(self, *_: object) -> FramesHeard:
        return self


class Speechless(_Opens):
    def words(self) -> Words:
        raise MemoryError


class TakesUsWithIt(_Opens):
    def words(self) -> Words:
        os.abort()


class Hangs(_Opens):
    def words(self) -> Words:
        threading.Event().wait()
        raise AssertionError
