"""A recogniser that throws at every place where it can be asked: nobody else is disturbed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from structlog.testing import capture_logs

from ivr.config import Settings
from ivr.dialog.events import RecognitionFailed, Recognized, SpeechConfirmed, SpeechEnded
from ivr.service import words as module
from ivr.service.words import FAULT, Words, ready_soon, start_recogniser
from ivr.speech.activity import Heard
from ivr.speech.engine import Choice
from ivr.speech.recognition import Recognition, Statistics
from ivr.standards.said import Expects
from tests.service.engines import BROKEN, THROWS

FRAME = bytes(320)


class Moody:
    """Throws when asked for what it is told to throw at."""

    ready = True

    def __init__(self, throws_at: str = "") -> None:
        self.throws_at, self.closed = throws_at, False
        self.statistics = Statistics()
        self.answers: list[Heard] = []

    def _asked(self, what: str) -> None:
        if what == self.throws_at:
            raise RuntimeError(what)

    def add(self, stream: int) -> None:
        self._asked("add")

    def remove(self, stream: int) -> None:
        self._asked("remove")

    def listen(self, stream: int, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        self._asked("listen")

    def process(self, audio: Mapping[int, bytes], heard: Sequence[Heard]) -> list[Heard]:
        self._asked("process")
        return self.answers

    def close(self) -> None:
        self.closed = True
        self._asked("close")


def test_answers_come_through() -> None:
    inside = Moody()
    words = Words(inside)
    words.add(1)
    words.listen(1, 1, "text", ())
    inside.answers = [Heard(1, 0.02, Recognized(1, "你好", until=0.01))]
    assert words.process({1: FRAME}, []) == inside.answers


@pytest.mark.parametrize("throws_at", ["listen", "process"])
def test_after_a_fault_each_turn_is_told_once_that_no_words_will_come(throws_at: str) -> None:
    inside = Moody()
    words = Words(inside)
    for stream in (1, 2):
        words.add(stream)
        words.listen(stream, 7, "text", ())
    words.process({1: FRAME, 2: FRAME}, [])
    inside.throws_at = throws_at
    with capture_logs() as logs:
        words.listen(1, 8, "text", ())
        told = words.process({1: FRAME, 2: FRAME}, [])
    assert told == [Heard(1, 0.04, RecognitionFailed(8, FAULT)), Heard(2, 0.04, RecognitionFailed(7, FAULT))]
    assert [entry["log_level"] for entry in logs] == ["error"]
    assert not words.ready
    assert inside.closed, "no process is left behind"
    assert words.process({1: FRAME}, []) == []
    words.listen(2, 8, "digits", ())
    assert words.process({}, []) == [], "nobody has said anything yet"
    assert words.process({}, [Heard(2, 0.05, SpeechConfirmed())]) == [Heard(2, 0.04, RecognitionFailed(8, FAULT))]
    assert words.process({}, [Heard(2, 0.06, SpeechEnded(0.05))]) == [], "once is enough"
    words.listen(2, 0, "text", ())
    assert words.process({}, [Heard(2, 0.07, SpeechConfirmed())]) == [], "nothing need be understood"


def test_a_call_that_ended_meanwhile_is_told_nothing() -> None:
    words = Words(Moody("remove"))
    for stream in (1, 2):
        words.add(stream)
        words.listen(stream, 1, "text", ())
    with capture_logs():
        words.remove(1)
        words.close()
    assert words.process({}, []) == [Heard(2, 0.0, RecognitionFailed(1, FAULT))]


def test_a_turn_that_has_not_begun_needs_not_be_told() -> None:
    words = Words(Moody("add"))
    with capture_logs():
        words.add(1)
    assert words.process({1: FRAME}, []) == []


def test_without_a_recogniser_there_are_no_words() -> None:
    words = Words(None)
    assert not words.ready
    assert words.process({}, []) == []
    words.close()


# ---------------------------------------------------------------- the start


async def test_calls_wait_for_a_recogniser_that_loads() -> None:
    recognition = Recognition(THROWS, threads=1)
    try:
        assert not recognition.ready
        assert await ready_soon(recognition)
    finally:
        recognition.close()


async def test_a_recogniser_that_does_not_work_is_not_waited_for() -> None:
    recognition = Recognition(BROKEN, threads=1)
    try:
        with capture_logs() as logs:
            assert not await asyncio.wait_for(ready_soon(recognition), module.READY_S)
        assert logs[-1]["event"] == "calls are taken without words until the recogniser is ready"
    finally:
        recognition.close()


async def test_whoever_is_told_to_stop_meanwhile_stops() -> None:
    recognition = Recognition(THROWS, threads=1)
    try:
        with capture_logs():
            assert not await ready_soon(recognition, lambda: True)
    finally:
        recognition.close()


async def test_without_a_recogniser_nothing_is_waited_for_and_nothing_told() -> None:
    with capture_logs() as logs:
        assert not await ready_soon(Recognition(None))
    assert logs == []


@pytest.mark.parametrize(("processors", "workers", "threads"), [(8, 2, 4), (8, 3, 2), (2, 4, 1)])
def test_workers_share_the_processors(
    processors: int, workers: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Choice | None, int]] = []
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(processors)))
    monkeypatch.setattr(module, "Recognition", lambda choice, threads: asked.append((choice, threads)))
    start_recogniser(Settings.model_validate({"speech": {"recognizer": "none"}}), workers)
    assert asked == [(None, threads)]
