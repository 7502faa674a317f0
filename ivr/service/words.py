"""The recogniser of a worker: started, waited for, and made safe.

Whatever goes wrong in it, calls go on with keys and a person.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from ivr.config import Settings
from ivr.dialog.events import RecognitionFailed, SpeechConfirmed, SpeechEnded
from ivr.service.recogniser import chosen
from ivr.speech.activity import Heard
from ivr.speech.recognition import Recognition, Statistics
from ivr.standards.said import Expects

FAULT = "fault"
"""Reason of a `RecognitionFailed` that a fault of ours is behind."""
READY_S = 20.0
"""Longest time for which calls are not taken because the recogniser is still loading."""
_LOOK_S = 0.05
_BYTES_A_SECOND = 16000

log = structlog.get_logger(__name__)


class Recogniser(Protocol):
    """What is needed of recognition; `ivr.speech.recognition.Recognition` is the real one."""

    statistics: Statistics

    @property
    def ready(self) -> bool:
        """Turns that begin now get an answer."""

    def add(self, stream: int) -> None:
        """Begin to listen; the stream's received audio starts at 0 s."""

    def remove(self, stream: int) -> None:
        """Stop listening; nothing more is told of what was said so far."""

    def listen(self, stream: int, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        """What comes from now on belongs to this turn."""

    def process(self, audio: Mapping[int, bytes], heard: Sequence[Heard]) -> list[Heard]:
        """Take in what is new and what voice activity makes of it; returns the answers that have come."""

    def close(self) -> None:
        """Leave no process behind."""


class Words:
    """A `Recogniser` that raises nothing: after a fault of the one inside, whoever speaks is told that none come."""

    def __init__(self, recogniser: Recogniser | None) -> None:
        """None: there is no recogniser, and nobody asks for words."""
        self.statistics = recogniser.statistics if recogniser else Statistics()
        self._recogniser = recogniser
        self._received_s: dict[int, float] = {}
        self._turn: dict[int, int] = {}
        self._let_down: set[int] = set()  # streams whose turn the fault fell into, still to be told

    @property
    def ready(self) -> bool:
        """Turns that begin now get an answer."""
        return self._recogniser is not None and self._recogniser.ready

    def add(self, stream: int) -> None:
        """Begin to listen; the stream's received audio starts at 0 s."""
        self._received_s[stream] = 0.0
        self._try(lambda inside: inside.add(stream))

    def remove(self, stream: int) -> None:
        """Stop listening."""
        del self._received_s[stream]
        self._turn.pop(stream, None)
        self._try(lambda inside: inside.remove(stream))

    def listen(self, stream: int, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        """What comes from now on belongs to this turn; turn 0 is nobody's."""
        self._turn.pop(stream, None)
        if turn:
            self._turn[stream] = turn
        self._try(lambda inside: inside.listen(stream, turn, expects, phrases))

    def process(self, audio: Mapping[int, bytes], heard: Sequence[Heard]) -> list[Heard]:
        """Take in what is new on streams that were added; returns the answers that have come, or that none will."""
        for stream, pcm in audio.items():
            self._received_s[stream] += len(pcm) / _BYTES_A_SECOND
        answers: list[Heard] = []
        self._try(lambda inside: answers.extend(inside.process(audio, heard)))
        return answers if self._recogniser else answers + self._without(heard)

    def close(self) -> None:
        """Leave no process behind."""
        self._try(lambda inside: inside.close())

    def _try(self, action: Callable[[Recogniser], None]) -> None:
        if self._recogniser is None:
            return
        try:
            action(self._recogniser)
        except Exception:
            log.exception("fault in recognition: calls go on with keys and a person until the worker starts anew")
            with suppress(Exception):
                self._recogniser.close()
            self._recogniser, self._let_down = None, set(self._turn)

    def _without(self, heard: Sequence[Heard]) -> list[Heard]:
        """That no words will come, once a turn: at once where the fault fell into it, else when somebody speaks."""
        speaking = {stream for stream, _, event in heard if isinstance(event, SpeechConfirmed | SpeechEnded)}
        told, self._let_down = sorted((speaking | self._let_down) & self._turn.keys()), set()
        return [Heard(s, self._received_s[s], RecognitionFailed(self._turn.pop(s), FAULT)) for s in told]


def start_recogniser(settings: Settings, workers: int = 1) -> Recognition:
    """Starts it, with one worker's share of the processors. Raises UserError, as `chosen`."""
    processors = len(os.sched_getaffinity(0))
    return Recognition(chosen(settings), threads=max(1, processors // workers))


async def ready_soon(recognition: Recognition, given_up: Callable[[], bool] = lambda: False) -> bool:
    """Wait until it is ready, for `READY_S` at most; one that fails at once is not waited for."""
    loop = asyncio.get_running_loop()
    end = loop.time() + READY_S
    while recognition.pid and not recognition.ready and not given_up() and loop.time() < end:
        recognition.process({}, [])
        await asyncio.sleep(_LOOK_S)
    if recognition.name != "none" and not recognition.ready:
        log.warning("calls are taken without words until the recogniser is ready", engine=recognition.name)
    return recognition.ready
