from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pytest

from ivr.dialog.events import Event, KeyPressed, Recognized, SpeechConfirmed, SpeechEnded, SpeechOnset, SpeechPaused
from ivr.service.hearing import Hearing, StreamEar, on_clock
from ivr.speech.activity import Heard
from ivr.speech.recognition import Statistics
from ivr.standards.said import Expects

FRAME = bytes(320)


class Noted:
    """Notes what it is asked, and answers what the test says."""

    ready = True

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.answers: list[Heard] = []

    def add(self, stream: int) -> None:
        self.asked.append(("add", stream))

    def remove(self, stream: int) -> None:
        self.asked.append(("remove", stream))

    def close(self) -> None:
        self.asked.append(("close",))


class Activity(Noted):
    def mute_inband(self, stream: int) -> None:
        self.asked.append(("mute", stream))

    def expect(self, stream: int, short: bool) -> None:
        self.asked.append(("expect", stream, short))

    def process(self, audio: Mapping[int, bytes], speaking: Collection[int] = ()) -> list[Heard]:
        assert audio, "nothing to hear"
        return self.answers


class Recogniser(Noted):
    statistics = Statistics()

    def listen(self, stream: int, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        self.asked.append(("listen", stream, turn, expects, tuple(phrases)))

    def process(self, audio: Mapping[int, bytes], heard: Sequence[Heard]) -> list[Heard]:
        self.asked.append(("process", sorted(audio), list(heard)))
        return self.answers


class Both:
    def __init__(self) -> None:
        self.activity, self.recogniser = Activity(), Recogniser()
        self.hearing = Hearing(self.activity, self.recogniser)
        self.hearing.add(1, words=True)
        self.hearing.add(2, words=False)
        self.activity.asked.clear()
        self.recogniser.asked.clear()


@pytest.fixture
def both() -> Both:
    return Both()


def test_a_line_without_words_never_reaches_the_recogniser(both: Both) -> None:
    both.hearing.listen(2, 1, "text", ())
    both.activity.answers = [Heard(2, 0.1, SpeechOnset())]
    assert both.hearing.process({2: FRAME}) == both.activity.answers
    both.hearing.remove(2)
    assert both.recogniser.asked == [("process", [], [])]


def test_a_pause_within_speech_is_for_the_recogniser_alone(both: Both) -> None:
    pause, word = Heard(1, 0.5, SpeechPaused(0.3)), Heard(1, 0.6, Recognized(1, "好", 0.3))
    onset = Heard(1, 0.2, SpeechOnset())
    both.activity.answers, both.recogniser.answers = [onset, pause], [word]
    assert both.hearing.process({1: FRAME, 2: FRAME}) == [onset, word]
    assert both.recogniser.asked == [("process", [1], [onset, pause])]


def test_answers_come_while_no_audio_does(both: Both) -> None:
    both.recogniser.answers = [Heard(1, 0.6, Recognized(1, "好", 0.3))]
    assert both.hearing.process({}) == both.recogniser.answers


@pytest.mark.parametrize(("expects", "short"), [("yes_no", True), ("choice", True), ("digits", False), ("text", False)])
def test_what_is_asked_decides_how_short_a_word_may_be(both: Both, expects: Expects, short: bool) -> None:
    StreamEar(both.hearing, 1).listen(4, expects, ("是",))
    assert both.activity.asked == [("expect", 1, short)]
    assert both.recogniser.asked == [("listen", 1, 4, expects, ("是",))]


def test_begun_anew_it_is_the_same_turn_and_the_keys_still_come_as_events(both: Both) -> None:
    both.hearing.mute_inband(1)
    both.hearing.listen(1, 4, "yes_no", ("是",))
    both.activity.asked.clear()
    both.recogniser.asked.clear()
    both.hearing.begin_anew(1)
    assert both.activity.asked == [("remove", 1), ("add", 1), ("mute", 1), ("expect", 1, True)]
    assert both.recogniser.asked == [("remove", 1), ("add", 1), ("listen", 1, 4, "yes_no", ("是",))]


def test_it_closes_the_recogniser(both: Both) -> None:
    both.hearing.close()
    assert both.recogniser.asked == [("close",)]


def test_without_a_recogniser_it_hears_the_rest() -> None:
    hearing = Hearing(Activity())
    assert not hearing.offers_words
    hearing.add(1, words=False)
    hearing.listen(1, 1, "text", ())
    assert hearing.process({1: FRAME}) == []
    hearing.close()


@pytest.mark.parametrize(
    ("event", "moved"),
    [
        (SpeechEnded(last_voiced=1.0, voiced_s=0.5), SpeechEnded(last_voiced=3.0, voiced_s=0.5)),
        (Recognized(1, "好", until=1.0), Recognized(1, "好", until=3.0)),
        (SpeechConfirmed(), SpeechConfirmed()),
        (KeyPressed("1"), KeyPressed("1")),
    ],
)
def test_instants_within_events_are_moved_to_the_sample_clock(event: Event, moved: Event) -> None:
    assert on_clock(event, lambda instant: instant + 2.0) == moved
