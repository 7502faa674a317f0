from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import pairwise
from queue import Queue

import pytest

from ivr.speech.decoder import Decoder
from ivr.speech.engine import Words
from ivr.speech.messages import Kind, Message, pack, pack_hints, pack_words, unpack, unpack_hints, unpack_words
from ivr.standards.said import Expects

PATIENCE_S = 30.0


class Gated:
    """An engine whose `words` wait for the test, and whose partial readings are what was fed."""

    name = "gated"
    streaming = True

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.begun: Queue[str] = Queue()

    def open(self, expects: Expects, phrases: Sequence[str]) -> GatedUtterance:
        return GatedUtterance(self)


class GatedUtterance:
    def __init__(self, engine: Gated) -> None:
        self._engine, self._heard = engine, ""

    def feed(self, pcm: bytes) -> Words | None:
        self._heard += pcm.decode()
        return Words(self._heard)

    def words(self) -> Words:
        self._engine.begun.put(self._heard)
        assert self._engine.gate.acquire(timeout=PATIENCE_S)
        return Words(self._heard)


class Bench:
    def __init__(self) -> None:
        self.engine, self.said = Gated(), Queue[Message]()
        self.decoder = Decoder(self.engine, 1, self.said.put)

    def ask(self, turn: int, audio: str, revision: int = 1, at: float = 1.0) -> None:
        if revision == 1:
            self.decoder.take(Message(Kind.OPEN, turn, body=pack_hints("text", [])))
        self.decoder.take(Message(Kind.AUDIO, turn, at=at, body=audio.encode()))
        self.decoder.take(Message(Kind.ASK, turn, revision, at))

    def begun(self) -> str:
        return self.engine.begun.get(timeout=PATIENCE_S)

    def answers(self, number: int) -> list[tuple[int, int, str]]:
        """Turn, revision and text of the next final answers; from now on the engine works without waiting."""
        self.engine.gate.release(100)
        found: list[tuple[int, int, str]] = []
        while len(found) < number:
            message = self.said.get(timeout=PATIENCE_S)
            if message.kind is Kind.WORDS and message.revision:
                found.append((message.turn, message.revision, unpack_words(message.body).text))
        return found


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_first_come_first_served(bench: Bench) -> None:
    bench.ask(1, "a")
    bench.begun()
    for turn in (2, 3, 4):
        bench.ask(turn, "b")
    assert [turn for turn, _, _ in bench.answers(4)] == [1, 2, 3, 4]


def test_who_has_ended_goes_before_who_takes_a_breath(bench: Bench) -> None:
    bench.ask(1, "a")
    bench.begun()
    for turn in (2, 3, 4):
        bench.ask(turn, "b")
    bench.decoder.take(Message(Kind.HURRY, 4))
    assert [turn for turn, _, _ in bench.answers(4)] == [1, 4, 2, 3]


def test_what_is_asked_anew_is_done_once_and_keeps_its_place(bench: Bench) -> None:
    bench.ask(1, "a")
    bench.begun()
    bench.ask(2, "b")
    bench.ask(3, "c")
    bench.ask(2, "d", revision=2)
    assert bench.answers(3) == [(1, 1, "a"), (2, 2, "bd"), (3, 1, "c")]


def test_a_turn_that_is_closed_is_not_decoded_and_not_answered(bench: Bench) -> None:
    bench.ask(1, "a")
    bench.begun()
    bench.ask(2, "b")
    bench.ask(3, "c")
    bench.decoder.take(Message(Kind.CLOSE, 1))
    bench.decoder.take(Message(Kind.CLOSE, 2))
    assert bench.answers(1) == [(3, 1, "c")]
    assert bench.engine.begun.get(timeout=PATIENCE_S) == "c"


def test_how_long_the_work_at_hand_takes_is_told_while_it_is_done(bench: Bench) -> None:
    bench.decoder.take(Message(Kind.PING))
    assert bench.said.get(timeout=PATIENCE_S) == Message(Kind.PONG, at=0.0)
    bench.ask(1, "a")
    bench.begun()
    bench.decoder.take(Message(Kind.PING))
    while (message := bench.said.get(timeout=PATIENCE_S)).kind is not Kind.PONG:
        pass
    assert message.at > 0
    bench.answers(1)


def test_partial_readings_come_at_most_five_times_a_second_of_audio(bench: Bench) -> None:
    bench.decoder.take(Message(Kind.OPEN, 1, body=pack_hints("text", [])))
    for n in range(50):
        bench.decoder.take(Message(Kind.AUDIO, 1, at=n / 50, body=b"x"))
    bench.decoder.take(Message(Kind.ASK, 1, 1, 1.0))
    bench.begun()
    partial = []
    while not bench.said.empty():
        partial.append(bench.said.get())
    bench.answers(1)
    assert len(partial) <= 5
    assert all(later.at - earlier.at >= 0.2 for earlier, later in pairwise(partial))


def test_messages_come_out_as_they_went_in() -> None:
    words = Words("你好", 0.5, 0.75, ("您好", "拟好"))
    message = Message(Kind.WORDS, 2**32 - 1, 7, 12.34, pack_words(words))
    assert unpack(pack(message)) == message
    assert unpack_words(unpack(pack(message)).body) == words
    assert unpack_hints(pack_hints("phone", ["一", "二"])) == ("phone", ["一", "二"])
