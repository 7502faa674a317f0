"""The ears of virtual time: what is told of a caller, in what order, and when."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from ivr.dialog import events as ev
from ivr.simulation.ears import FLOOR, LEVEL, Ears
from ivr.simulation.scenario import Recognizer, Understood


@dataclass
class Clock:
    """Runs what is due, in order of time, and keeps what was told."""

    now: float = 0.0
    told: list[tuple[float, ev.Event]] = field(default_factory=list)
    _queue: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _count: itertools.count[int] = field(default_factory=itertools.count)

    def at(self, instant: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (instant, next(self._count), action))

    def tell(self, event: ev.Event) -> None:
        self.told.append((round(self.now, 3), event))

    def say(self, ears: Ears, start: float, seconds: float, words: Understood) -> None:
        """Later on, as a caller does."""
        self.at(start, lambda: ears.speech(start, seconds, 0.0, words))

    def run(self) -> list[tuple[float, ev.Event]]:
        while self._queue:
            self.now, _, action = heapq.heappop(self._queue)
            action()
        return self.told


def _ears(recognizer: Recognizer | None = None) -> tuple[Clock, Ears]:
    clock = Clock()
    return clock, Ears(clock.at, clock.tell, recognizer)


def _words(text: str, confidence: float = 0.9, mandarin: float = 1.0) -> Understood:
    return Understood(text=text, confidence=confidence, mandarin=mandarin)


def test_speech_is_noticed_believed_and_over() -> None:
    clock, ears = _ears()
    ears.speech(1.0, 2.0, 0.0, _words("你好"))
    assert clock.run() == [
        (1.08, ev.SpeechOnset()),
        (1.25, ev.SpeechConfirmed()),
        (3.3, ev.SpeechEnded(3.0, 2.0, LEVEL, FLOOR)),
    ]


def test_too_short_a_sound_is_rejected_unless_a_short_word_was_asked_for() -> None:
    clock, ears = _ears()
    ears.speech(1.0, 0.2, 0.0, _words("是"))
    assert [type(event) for _, event in clock.run()] == [ev.SpeechOnset, ev.SpeechRejected]
    ears.listen(1, "yes_no", ())
    ears.speech(5.0, 0.2, 0.0, _words("是"))
    assert [type(event) for _, event in clock.run()[2:]] == [ev.SpeechOnset, ev.SpeechConfirmed, ev.SpeechEnded]


def test_words_come_after_the_speech_with_the_turn_they_belong_to() -> None:
    clock, ears = _ears(Recognizer(latency=0.6))
    ears.listen(7, "text", ())
    ears.speech(1.0, 2.0, 0.0, _words("查快递"))
    words = [(at, event) for at, event in clock.run() if isinstance(event, ev.Recognized)]
    assert words == [(3.6, ev.Recognized(7, "查快递", 3.0, 0.9, 1.0))]


def test_pieces_of_a_turn_are_read_together() -> None:
    clock, ears = _ears(Recognizer())
    ears.listen(1, "waybill", ())
    clock.say(ears, 1.0, 1.0, _words("七七三"))
    clock.say(ears, 2.5, 1.0, _words("零幺", confidence=0.5))
    read = [event for _, event in clock.run() if isinstance(event, ev.Recognized)]
    assert [(each.text, each.until, each.confidence) for each in read] == [
        ("七七三", 2.0, 0.9),
        ("七七三零幺", 3.5, 0.5),
    ]


def test_what_follows_without_a_pause_is_one_stretch_of_speech() -> None:
    clock, ears = _ears(Recognizer())
    clock.say(ears, 1.0, 1.0, _words("我要"))
    clock.say(ears, 2.0, 1.0, _words("查件"))
    assert [(at, type(event)) for at, event in clock.run()] == [
        (1.08, ev.SpeechOnset),
        (1.25, ev.SpeechConfirmed),
        (3.3, ev.SpeechEnded),
        (3.45, ev.Recognized),
    ]


def test_a_new_turn_begins_without_words() -> None:
    clock, ears = _ears(Recognizer())
    ears.listen(1, "text", ())
    ears.speech(1.0, 1.0, 0.0, _words("查件"))
    clock.run()
    ears.listen(2, "text", ())
    ears.speech(5.0, 1.0, 0.0, _words("人工"))
    last = clock.run()[-1][1]
    assert isinstance(last, ev.Recognized)
    assert (last.turn, last.text) == (2, "人工")


def test_a_faint_caller_is_no_near_speech() -> None:
    clock, ears = _ears(Recognizer())
    ears.speech(1.0, 2.0, -30.0, _words("喂"))
    assert clock.run() == [
        (2.5, ev.FaintSpeech(1.5, LEVEL - 30, FLOOR, goes_on=True)),
        (3.16, ev.FaintSpeech(0.5, LEVEL - 30, FLOOR)),
    ]


def test_a_recogniser_that_fails_says_so_instead_of_words() -> None:
    clock, ears = _ears(Recognizer(fails="died"))
    ears.listen(3, "text", ())
    ears.speech(1.0, 1.0, 0.0, _words("查件"))
    told = [event for _, event in clock.run()]
    assert ev.RecognitionFailed(3, "died") in told
    assert not any(isinstance(event, ev.Recognized) for event in told)


@pytest.mark.parametrize("recognizer", [None, Recognizer()])
def test_a_line_that_hears_keys_has_no_words(recognizer: Recognizer | None) -> None:
    clock, ears = _ears(recognizer)
    ears.speech(1.0, 1.0, 0.0, _words("查件"))
    assert any(isinstance(event, ev.Recognized) for _, event in clock.run()) == (recognizer is not None)
