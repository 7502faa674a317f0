from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator, Sequence
from itertools import count

import pytest
from structlog.testing import capture_logs

from ivr.dialog.events import (
    Event,
    RecognitionFailed,
    Recognized,
    SpeechConfirmed,
    SpeechEnded,
    SpeechOnset,
    SpeechPaused,
    SpeechRejected,
)
from ivr.speech.activity import Heard
from ivr.speech.decoder import NICENESS
from ivr.speech.engine import Choice
from ivr.speech.keeper import Keeper, Watch
from ivr.speech.messages import Message
from ivr.speech.recognition import Bounds, Recognition, Statistics
from tests.speech.engines import BROKEN, ENDLESS, FRAMES, frames

PATIENCE_S = 30.0
"""For what a real process is to do, on the busiest machine; nothing takes that long where all is well."""


class Desk:
    """A recognition with a clock that stands still, and lines whose frames are numbered."""

    def __init__(
        self, choice: Choice | None = FRAMES, bounds: Bounds | None = None, watch: Watch | None = None
    ) -> None:
        self.now = 0.0
        self.recognition = Recognition(choice, bounds=bounds, watch=watch, threads=2, clock=lambda: self.now)
        self.at: dict[int, int] = {}
        self.answers: list[Heard] = []
        self.turns = count(1)

    def call(self, stream: int, *phrases: str) -> None:
        self.recognition.add(stream)
        self.at[stream] = 0
        self.listen(stream, *phrases)

    def listen(self, stream: int, *phrases: str) -> int:
        turn = next(self.turns)
        self.recognition.listen(stream, turn, "digits", phrases)
        return turn

    def hear(self, stream: int, number: int, *events: Event) -> None:
        """So many frames come in one by one; the events are noticed with the last."""
        for n in range(self.at[stream], self.at[stream] + number):
            last = n == self.at[stream] + number - 1
            heard = [Heard(stream, (n + 1) / 50, event) for event in events if last]
            self.answers += self.recognition.process({stream: frames(n, n + 1)}, heard)
        self.at[stream] += number

    def speak(self, stream: int, number: int = 50) -> float:
        """Onset, confirmation, and a pause after so many frames of speech; returns the last voiced instant."""
        self.hear(stream, 1, SpeechOnset())
        self.hear(stream, 13, SpeechConfirmed())
        return self.pause(stream, number - 14)

    def pause(self, stream: int, number: int) -> float:
        self.hear(stream, number)
        until = self.at[stream] / 50
        self.hear(stream, 8, SpeechPaused(until))
        return until

    def end(self, stream: int, until: float) -> None:
        self.hear(stream, 7, SpeechEnded(until))

    def tick(self) -> None:
        self.answers += self.recognition.process({}, [])

    def expect(self, number: int = 1) -> list[Event]:
        """The next answers, as they come from the process."""
        while len(self.answers) < number:
            self._await_process()
            self.tick()
        told, self.answers = self.answers[:number], self.answers[number:]
        return [heard.event for heard in told]

    def words(self) -> Recognized:
        """The next final answer; partial ones before it are passed over."""
        while True:
            (event,) = self.expect()
            assert isinstance(event, Recognized)
            if event.final:
                return event

    def until_ready(self) -> None:
        while not self.recognition.ready:
            self._await_process()
            self.tick()

    def until_handed_over(self) -> None:
        keeper = self.recognition._keeper
        assert keeper
        while keeper._outbox:
            assert select.select([], [keeper._socket], [], PATIENCE_S)[1], "the decoder takes nothing"
            self.tick()

    def _await_process(self) -> None:
        keeper = self.recognition._keeper
        assert keeper
        if self.recognition.pid:
            self.until_handed_over()  # what it was asked may still wait for room
            assert select.select([keeper._socket], [], [], PATIENCE_S)[0], "the decoder says nothing"


@pytest.fixture
def fresh() -> Iterator[Desk]:
    """With a process of its own, for a test that harms it."""
    desk = Desk()
    desk.until_ready()
    yield desk
    desk.recognition.close()


@pytest.fixture(scope="module")
def shared() -> Iterator[Desk]:
    desk = Desk()
    desk.until_ready()
    yield desk
    desk.recognition.close()


@pytest.fixture
def desk(shared: Desk) -> Iterator[Desk]:
    """With the process that tests share, and nobody on the line."""
    shared.answers, shared.recognition.statistics, shared.turns = [], Statistics(), count(1)
    yield shared
    for stream in list(shared.recognition._lines):
        shared.recognition.remove(stream)


def text_of(events: Sequence[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Recognized)]


def test_the_words_of_a_turn_from_before_its_first_sound_to_its_pause(desk: Desk) -> None:
    desk.call(7, "七")
    desk.hear(7, 100)
    until = desk.speak(7)
    (event,) = desk.expect()
    # 20 frames before the onset in frame 100, and the 8 of the pause
    assert event == Recognized(1, "81-157", until, 0.5, 0.75, ("digits", "七"), final=True)
    assert desk.recognition.statistics.answered == 1
    assert list(desk.recognition.statistics.answer_s) == [0.0]


def test_silence_between_two_stretches_of_a_turn_is_cut_to_half_a_second(desk: Desk) -> None:
    desk.call(1)
    desk.hear(1, 50)
    desk.end(1, desk.speak(1, 20))
    desk.expect()
    desk.hear(1, 100)
    until = desk.speak(1, 20)
    event = desk.words()
    assert event.text == "31-84 176-212"  # 15 frames of hang-over, 10 before the next onset
    assert event.until == until


def test_a_breath_is_asked_for_again_with_what_follows(desk: Desk) -> None:
    desk.call(1)
    desk.speak(1, 30)
    until = desk.pause(1, 20)
    while (words := desk.words()).until != until:
        pass
    assert words.text == "0-65"


def test_an_answer_that_speech_has_overtaken_is_partial(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = desk.recognition._keeper
    assert keeper
    desk.call(1)
    held: list[Message] = []

    def hold() -> list[Message]:
        held.extend(Keeper.receive(keeper))
        return []

    with monkeypatch.context() as context:
        context.setattr(keeper, "receive", hold)
        first = desk.speak(1, 30)
        while not held:
            desk._await_process()
            desk.tick()
        context.setattr(keeper, "receive", lambda: held)
        desk.answers += desk.recognition.process({1: frames(38, 66)}, [Heard(1, 1.32, SpeechPaused(1.16))])
    desk.tick()
    told = [event for event in desk.expect(2) if isinstance(event, Recognized)]
    assert [(event.text, event.until, event.final) for event in told] == [("0-37", first, False), ("0-65", 1.16, True)]


def test_the_end_of_speech_asks_only_where_no_pause_has(desk: Desk) -> None:
    desk.call(1)
    until = desk.speak(1)
    desk.end(1, until)
    desk.expect()
    desk.hear(1, 1, SpeechOnset())
    desk.hear(1, 13, SpeechConfirmed())
    desk.end(1, 2.0)
    event = desk.words()
    assert event.until == 2.0
    assert desk.recognition.statistics.answered == 2


def test_sounds_that_were_nothing_are_forgotten(desk: Desk) -> None:
    desk.call(1)
    desk.hear(1, 50, SpeechOnset())
    desk.hear(1, 12, SpeechRejected())
    desk.hear(1, 100)
    desk.speak(1, 20)
    assert text_of(desk.expect()) == ["143-189"]


def test_sounds_close_together_are_one(desk: Desk) -> None:
    """A syllable that was rejected, and 200 ms later the rest of the word."""
    desk.call(1)
    desk.hear(1, 100, SpeechOnset())
    desk.hear(1, 12, SpeechRejected())
    desk.hear(1, 9)
    desk.speak(1, 20)
    assert text_of(desk.expect()) == ["80-148"]


def test_a_turn_that_begins_in_mid_word_gets_the_whole_word(desk: Desk) -> None:
    """The dialog hears of confirmed speech after recognition did, and may begin a turn for it only then."""
    desk.recognition.add(1)
    desk.at[1] = 0
    desk.hear(1, 60)
    desk.hear(1, 1, SpeechOnset())
    desk.hear(1, 13, SpeechConfirmed())
    desk.listen(1)
    desk.pause(1, 6)
    assert text_of(desk.expect()) == ["41-87"]


def test_a_new_turn_begins_where_the_one_before_was_heard_to(desk: Desk) -> None:
    desk.call(1)
    desk.hear(1, 1, SpeechOnset())
    desk.hear(1, 29, SpeechConfirmed())
    turn = desk.listen(1)
    desk.pause(1, 20)
    event = desk.words()
    assert (event.turn, event.text) == (turn, "30-57")


def test_words_nobody_waits_for_any_more_are_not_told(desk: Desk) -> None:
    desk.call(1)
    desk.call(2)
    desk.speak(1)
    turn = desk.listen(1)
    desk.speak(2)
    desk.recognition.remove(2)
    desk.speak(1)
    event = desk.words()
    assert event.turn == turn
    desk.call(3)
    desk.speak(3)
    desk.expect()
    assert desk.answers == []


def test_partial_readings_while_speech_goes_on(desk: Desk) -> None:
    desk.call(1, "stream")
    desk.hear(1, 1, SpeechOnset())
    desk.hear(1, 30, SpeechConfirmed())
    first = desk.expect()
    desk.hear(1, 20)
    told = [event for event in first + desk.expect() if isinstance(event, Recognized)]
    assert [event.final for event in told] == [False, False]
    assert told[1].until - told[0].until >= 0.2
    assert [event.text for event in told] == [f"0-{event.until * 50 - 1:.0f}" for event in told]
    until = desk.pause(1, 1)
    words = desk.words()
    assert (words.text, words.until) == ("0-59", until)


def test_eight_callers_at_once_each_get_their_own_words(desk: Desk) -> None:
    for stream in range(8):
        desk.call(stream)
        desk.hear(stream, 10 * stream + 30)
        desk.speak(stream, 20)
    desk.expect(8)
    assert desk.recognition.statistics.answered == 8
    assert desk.recognition.statistics.waiting == 0


# ---------------------------------------------------------------- faults


def test_a_turn_that_the_engine_throws_at_fails_alone(desk: Desk) -> None:
    desk.call(1, "throw")
    desk.call(2)
    with capture_logs() as logs:
        desk.speak(1)
        desk.speak(2)
        told = desk.expect(2)
    assert RecognitionFailed(1, "fault") in told
    assert len(text_of(told)) == 1
    assert [each["reason"] for each in logs if each["log_level"] == "warning"] == ["RuntimeError: two lines"]


def test_an_answer_that_does_not_come_is_late_and_others_are_served(fresh: Desk) -> None:
    fresh.call(1, "stall")
    fresh.call(2)
    until = fresh.speak(1)
    fresh.now = 3.0
    fresh.tick()
    assert fresh.answers == [], "while speech may go on nothing is late"
    fresh.end(1, until)
    fresh.speak(2)
    assert RecognitionFailed(1, "late") in (told := fresh.expect(2))
    assert len(text_of(told)) == 1
    assert fresh.recognition.statistics.late == 1


def test_a_process_that_dies_fails_the_open_turns_and_is_replaced(fresh: Desk) -> None:
    fresh.call(1, "die")
    fresh.call(2)
    fresh.call(3)
    fresh.hear(2, 1, SpeechOnset())
    fresh.hear(2, 13, SpeechConfirmed())
    before = fresh.recognition.pid
    with capture_logs() as logs:
        fresh.speak(1)
        assert sorted(map(str, fresh.expect(2))) == sorted(map(str, [RecognitionFailed(n, "died") for n in (1, 2)]))
    assert [(each["event"], each["reason"], each["again_in_s"]) for each in logs] == [("recogniser lost", "died", 1.0)]
    assert not fresh.recognition.ready
    fresh.speak(3)
    assert fresh.expect() == [RecognitionFailed(3, "not available")]

    fresh.now = 1.0
    fresh.tick()
    fresh.until_ready()
    assert fresh.recognition.pid != before
    fresh.listen(3)
    fresh.speak(3)
    assert len(text_of(fresh.expect())) == 1


def test_a_process_that_stands_still_is_killed(fresh: Desk) -> None:
    fresh.call(1)
    pid = fresh.recognition.pid
    assert pid
    fresh.tick()
    os.kill(pid, signal.SIGSTOP)
    fresh.speak(1)
    with capture_logs() as logs:
        for fresh.now in (2.0, 4.0, 15.0):  # a ping may have been answered before; the next is not
            fresh.tick()
    assert fresh.recognition.pid is None
    assert fresh.answers[0].event == RecognitionFailed(1, "died")
    assert logs[0]["reason"] == "stood still for 10 s"


def test_a_process_that_is_stuck_in_one_piece_of_work_is_killed() -> None:
    desk = Desk(watch=Watch(stall_s=0.2, ping_s=0.0))
    try:
        desk.until_ready()
        desk.call(1, "stall")
        with capture_logs() as logs:
            desk.speak(1)
            assert desk.expect() == [RecognitionFailed(1, "died")]
        assert [each["reason"] for each in logs] == ["stuck in one piece of work for 0.2 s"]
    finally:
        desk.recognition.close()


def test_a_process_that_is_never_ready_is_killed() -> None:
    desk = Desk(ENDLESS)
    try:
        with capture_logs() as logs:
            desk.now = 60.1
            desk.tick()
        assert [each["reason"] for each in logs] == ["not ready after 60 s"]
        assert desk.recognition.pid is None
    finally:
        desk.recognition.close()


def test_it_is_niced_and_ends_with_the_other_side(fresh: Desk) -> None:
    keeper = fresh.recognition._keeper
    assert keeper
    assert keeper._process
    assert os.getpriority(os.PRIO_PROCESS, keeper._process.pid) == os.getpriority(os.PRIO_PROCESS, 0) + NICENESS
    keeper._socket.close()
    assert keeper._process.wait(PATIENCE_S) == 0


def test_one_that_never_starts_is_tried_again_less_and_less_often() -> None:
    desk = Desk(BROKEN)
    waits = []
    try:
        with capture_logs() as logs:
            for _ in range(3):
                while desk.recognition.pid:
                    desk._await_process()
                    desk.tick()
                waits.append(logs[-1]["again_in_s"])
                desk.now += waits[-1]
                desk.tick()
    finally:
        desk.recognition.close()
    assert waits == [1.0, 2.0, 4.0]
    assert logs[0]["reason"] == "ValueError: the model is damaged"


def test_more_than_can_be_answered_in_time_are_refused_at_once() -> None:
    desk = Desk(bounds=Bounds(waiting=2))
    desk.until_ready()
    try:
        for stream in range(4):
            desk.call(stream, "stall")
            until = desk.speak(stream)
            desk.hear(stream, 7)
            desk.answers += desk.recognition.process({}, [Heard(stream, 1.3, SpeechEnded(until))])
        assert [heard.event for heard in desk.answers] == [RecognitionFailed(n, "overloaded") for n in (3, 4)]
        assert desk.recognition.statistics.waiting == 2
    finally:
        desk.recognition.close()


def test_audio_for_which_there_is_no_room_fails_the_turn_and_blocks_nobody(
    fresh: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.speech.keeper.Keeper.backlog", 100)
    fresh.call(1)
    assert fresh.recognition.pid
    os.kill(fresh.recognition.pid, signal.SIGSTOP)
    fresh.hear(1, 1, SpeechOnset())
    fresh.hear(1, 13, SpeechConfirmed())
    fresh.hear(1, 5000)
    assert fresh.expect() == [RecognitionFailed(1, "overloaded")]
    os.kill(fresh.recognition.pid, signal.SIGCONT)
    fresh.until_handed_over()
    fresh.listen(1)
    fresh.speak(1, 20)
    assert len(text_of(fresh.expect())) == 1


def test_without_a_recogniser_nothing_is_said() -> None:
    desk = Desk(None)
    desk.call(1)
    desk.end(1, desk.speak(1))
    assert desk.recognition.name == "none"
    assert not desk.recognition.ready
    assert desk.answers == []
    desk.recognition.close()
