"""The process that turns speech into words, for all the calls of a worker.

    python -m ivr.speech.decoder DESCRIPTOR MODULE:CLASS FOLDER THREADS

Niced, so that whatever it does, the worker's audio goes first. One thread reads what the worker sends (`messages`);
some decode. A turn is worked on by one thread at a time, and what came in meanwhile is done in one piece afterwards.
Turns whose speaker has ended go first, then first come, first served. The process ends with the other side.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from ivr.speech.engine import Engine, Utterance, Words
from ivr.speech.messages import LARGEST, Kind, Message, pack, pack_words, unpack, unpack_hints

NICENESS = 10
PARTIAL_EVERY_S = 0.2
"""Of audio, between two partial readings of a turn."""


@dataclass(eq=False)
class _Turn:
    number: int
    hints: bytes
    utterance: Utterance | None = None
    audio: list[bytes] = field(default_factory=list)
    until: float = 0.0
    """Instant to which `audio` reaches."""
    asked: Message | None = None
    ended: bool = False
    place: int = 0
    """In the queue of those who have asked."""
    in_hand: bool = False
    told: Words | None = None
    told_at: float = float("-inf")

    @property
    def urgency(self) -> tuple[bool, bool, int]:
        return self.asked is None, not self.ended, self.place


class Decoder:
    """Decodes turns with an engine in threads of its own; `send` is called from any of them."""

    def __init__(self, engine: Engine, threads: int, send: Callable[[Message], None]) -> None:
        self._engine, self._send = engine, send
        self._turns: dict[int, _Turn] = {}
        self._places = count(1)
        self._work = threading.Condition()
        self._since: dict[int, float] = {}
        for number in range(threads):
            threading.Thread(target=self._decode, name=f"decode {number}", daemon=True).start()

    def take(self, message: Message) -> None:
        """What the worker has sent; never waits for an engine."""
        if message.kind is Kind.PING:
            return self._send(Message(Kind.PONG, at=self._longest()))
        with self._work:
            if message.kind is Kind.OPEN:
                self._turns[message.turn] = _Turn(message.turn, message.body)
            elif message.kind is Kind.CLOSE:
                self._turns.pop(message.turn, None)
            elif turn := self._turns.get(message.turn):
                self._take_for(turn, message)
        return None

    def _take_for(self, turn: _Turn, message: Message) -> None:
        match message.kind:
            case Kind.AUDIO:
                turn.audio.append(message.body)
                turn.until = message.at
            case Kind.ASK:
                turn.place = turn.place if turn.asked else next(self._places)
                turn.asked, turn.ended = message, False
            case Kind.HURRY:
                turn.ended = True
        self._work.notify()

    def _longest(self) -> float:
        now = time.monotonic()
        return max((now - since for since in list(self._since.values())), default=0.0)

    def _decode(self) -> None:
        thread = threading.get_ident()
        while True:
            with self._work:
                self._work.wait_for(self._waiting)
                turn = min(self._waiting(), key=lambda waiting: waiting.urgency)
                audio, until, asked = b"".join(turn.audio), turn.until, turn.asked
                turn.audio, turn.asked, turn.in_hand = [], None, True
            self._since[thread] = time.monotonic()
            try:
                self._advance(turn, audio, until, asked)
            except Exception as error:  # whatever an engine may throw: it fails this turn and no other
                self._give_up(turn, error)
            del self._since[thread]
            with self._work:
                turn.in_hand = False
                self._work.notify()

    def _waiting(self) -> list[_Turn]:
        return [turn for turn in self._turns.values() if (turn.audio or turn.asked) and not turn.in_hand]

    def _advance(self, turn: _Turn, audio: bytes, until: float, asked: Message | None) -> None:
        if turn.utterance is None:
            turn.utterance = self._engine.open(*unpack_hints(turn.hints))
        partial = turn.utterance.feed(audio) if audio else None
        if asked:
            self._tell(turn, turn.utterance.words(), asked.revision, asked.at)
        elif partial and partial != turn.told and until - turn.told_at >= PARTIAL_EVERY_S:
            turn.told, turn.told_at = partial, until
            self._tell(turn, partial, 0, until)

    def _tell(self, turn: _Turn, words: Words, revision: int, at: float) -> None:
        if turn.number in self._turns:
            self._send(Message(Kind.WORDS, turn.number, revision, at, pack_words(words)))

    def _give_up(self, turn: _Turn, error: Exception) -> None:
        with self._work:
            self._turns.pop(turn.number, None)
        self._send(Message(Kind.FAILED, turn.number, body=_reason(error)))


def main() -> None:
    """Decode until the worker is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the worker ends us
    os.nice(NICENESS)
    worker = socket.socket(fileno=int(sys.argv[1]))

    def send(message: Message) -> None:
        worker.sendall(pack(message))

    try:
        decoder = Decoder(load(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])), int(sys.argv[4]), send)
        send(Message(Kind.READY))
    except Exception as error:  # whatever a library may throw at a model that it does not like
        send(Message(Kind.FAILED, body=_reason(error)))
        sys.exit(1)
    with contextlib.suppress(ConnectionError):
        while packet := worker.recv(LARGEST):
            decoder.take(unpack(packet))
    os._exit(0)  # a thread may be deep in a model


def load(name: str, folder: Path, threads: int) -> Engine:
    """The engine, by ``module:Class``, with the model in a folder; raises whatever its library may raise."""
    module, _, kind = name.partition(":")
    engine: Engine = getattr(importlib.import_module(module), kind)(folder, threads)
    return engine


def _reason(error: Exception) -> bytes:
    return " ".join(f"{type(error).__name__}: {error}".split())[:500].encode()


if __name__ == "__main__":
    main()
