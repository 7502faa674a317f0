"""What callers say, as words: the worker's side of recognition.

It sees every frame and what voice activity makes of it, and keeps the last second and a half of each stream. Speech
that is confirmed goes to the decoder process as it comes in, from a little before its first sound; when it pauses, the
decoder is asked for the words so far. If the pause was the end of the turn they are ready soon after; if it was a
breath, they are asked for again at the next one. What nobody speaks costs an append a frame.

Instants are seconds of a stream's received audio, as in `ivr.speech.activity`.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import structlog

from ivr.audio import RATE
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
from ivr.speech.engine import Choice
from ivr.speech.keeper import Keeper, Watch
from ivr.speech.messages import Kind, Message, pack_hints, unpack_words
from ivr.standards.said import Expects

_RING = 75  # pieces of audio, 20 ms each: lead, sounds before the one that was confirmed, and the judging of it
_PACKET = 32_000  # bytes: what came in while the worker stood still may be more than a socket takes at once
_LEAD_S = 0.4
_LEAD_AGAIN_S = 0.2  # in the middle of a turn; with the detector's hang-over it leaves half a second of each silence
_TOGETHER_S = 0.3  # a sound so soon after another may be part of the same word

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is waited for, and how long."""

    answer_s: float = 2.5
    """For the words, from the end of the speech; later they are no use."""
    waiting: int = 16
    """Turns that wait at once; the first half of the places is for breaths too, the others only for who has ended."""


@dataclass(slots=True)
class Statistics:
    """What became of the turns so far."""

    answered: int = 0
    late: int = 0
    failed: int = 0
    """For any other reason than `late`."""
    waiting: int = 0
    """Turns that wait for words now."""
    answer_s: deque[float] = field(default_factory=lambda: deque(maxlen=1000))
    """Seconds that the latest answers took, from the pause that asked; whoever reads them may clear them."""


@dataclass(eq=False, slots=True)
class _Turn:
    number: int
    expects: Expects
    phrases: Sequence[str]
    key: int = 0
    """Number towards the decoder, 0 while nothing was said."""
    until: float = float("-inf")
    """Last voiced sample of what was asked for last."""
    revision: int = 0
    asked_at: float = 0.0
    ended: bool = False


@dataclass(eq=False, slots=True)
class _Line:
    """One stream."""

    number: int
    ring: deque[bytes] = field(default_factory=lambda: deque(maxlen=_RING))
    received: int = 0
    """Samples."""
    began: float = 0.0
    """The first of the sounds that belong to the one heard now."""
    quiet_since: float = float("-inf")
    speaking: bool = False
    """Speech is confirmed and has not ended."""
    sent: int = 0
    """Sample up to which the audio belongs to this turn or to earlier ones."""
    turn: _Turn | None = None

    def take(self, pcm: bytes) -> None:
        self.ring.append(pcm)
        self.received += len(pcm) // 2

    def since(self, instant: float) -> bytes:
        """Audio from an instant on, as far back as it is kept, that belongs to no turn yet."""
        kept = b"".join(self.ring)
        first = self.received - len(kept) // 2
        return kept[2 * max(round(instant * RATE) - first, self.sent - first, 0) :]


class Recognition:
    """Words of up to some hundred calls at once; one a worker, for one thread. Nothing in it waits.

    `Recognized` with `final` is the decoder's answer for all that was said up to the latest pause, without `final` one
    that speech has overtaken. `RecognitionFailed` says that no words will come for a turn, and nothing follows it.
    """

    def __init__(
        self,
        choice: Choice | None,
        *,
        bounds: Bounds | None = None,
        watch: Watch | None = None,
        threads: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Starts the decoder process, if there is a recogniser; `ready` tells when it is.

        Its `threads` are as many as there are cores for us unless told otherwise.
        """
        self.name = choice.name if choice else "none"
        self.statistics = Statistics()
        self._bounds, self._clock = bounds or Bounds(), clock
        threads = threads or len(os.sched_getaffinity(0))
        self._keeper = Keeper(choice, threads, clock, watch or Watch()) if choice else None
        self._lines: dict[int, _Line] = {}
        self._open: dict[int, _Line] = {}
        self._waiting: dict[int, _Turn] = {}
        self._keys = count(1)
        self._failed: list[Heard] = []

    @property
    def ready(self) -> bool:
        """Turns that begin now get an answer."""
        return self._keeper is not None and self._keeper.ready

    @property
    def pid(self) -> int | None:
        """Of the decoder process, while there is one."""
        return self._keeper.pid if self._keeper else None

    def add(self, stream: int) -> None:
        """Begin to listen; the stream's received audio starts at 0 s."""
        self._lines[stream] = _Line(stream)

    def remove(self, stream: int) -> None:
        """Stop listening; what was asked for this stream is called off."""
        self._close(self._lines.pop(stream))

    def listen(self, stream: int, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        """What comes from now on belongs to this turn, and speech that belongs to none yet; the turn before is over.

        Turn 0 is nobody's: what is said then is not recognised.
        """
        line = self._lines[stream]
        self._close(line)
        line.turn = _Turn(turn, expects, phrases) if turn else None
        if line.speaking:
            self._begin(line)

    def process(self, audio: Mapping[int, bytes], heard: Sequence[Heard]) -> list[Heard]:
        """Take in what is new and what voice activity makes of it; returns the answers that have come.

        To be called every tick, also where there is nothing new.
        """
        if self._keeper is None:
            return []
        for stream, pcm in audio.items():
            line = self._lines[stream]
            line.take(pcm)
            if line.speaking and line.turn:
                self._feed(line, pcm)
        for stream, at, event in heard:
            self._note(self._lines[stream], at, event)
        answers = [answer for message in self._keeper.receive() for answer in self._answers(message)]
        self._give_up_late()
        self.statistics.waiting = len(self._waiting)
        failed, self._failed = self._failed, []
        return answers + failed

    def close(self) -> None:
        """End the decoder process."""
        if self._keeper:
            self._keeper.close()

    # ------------------------------------------------------------ what is heard

    def _note(self, line: _Line, at: float, event: Event) -> None:
        match event:
            case SpeechOnset():
                if at - line.quiet_since > _TOGETHER_S:
                    line.began = at
            case SpeechRejected():
                line.quiet_since = at
            case SpeechConfirmed():
                line.speaking = True
                self._begin(line)
            case SpeechPaused(last_voiced):
                self._ask(line, last_voiced, ended=False)
            case SpeechEnded(last_voiced):
                line.speaking, line.quiet_since = False, at
                self._ask(line, last_voiced, ended=True)

    def _begin(self, line: _Line) -> None:
        """Hand over a stretch of speech, from a little before it began up to now."""
        if line.turn is None:
            return
        if not self.ready:
            self._fail(line, "not available")
            return
        turn = line.turn
        lead = _LEAD_AGAIN_S if turn.key else _LEAD_S
        if not turn.key:
            turn.key = next(self._keys)
            self._open[turn.key] = line
            self._send(Message(Kind.OPEN, turn.key, body=pack_hints(turn.expects, turn.phrases)))
        self._feed(line, line.since(line.began - lead))

    def _feed(self, line: _Line, pcm: bytes) -> None:
        assert line.turn
        line.sent = line.received
        key, at = line.turn.key, line.received / RATE
        packets = (pcm[start : start + _PACKET] for start in range(0, len(pcm), _PACKET))
        if not all(self._send(Message(Kind.AUDIO, key, at=at, body=packet)) for packet in packets):
            self._fail(line, "overloaded")

    def _ask(self, line: _Line, until: float, *, ended: bool) -> None:
        turn = line.turn
        if turn is None or not turn.key:
            return
        turn.ended = ended
        if until > turn.until and self._has_room(line, turn):
            turn.until, turn.asked_at = until, self._clock()
            turn.revision += 1
            self._waiting[turn.key] = turn
            self._send(Message(Kind.ASK, turn.key, turn.revision, until))
        if ended and turn.key in self._waiting:
            self._send(Message(Kind.HURRY, turn.key))

    def _has_room(self, line: _Line, turn: _Turn) -> bool:
        """Whether it may be asked for: who only takes a breath will be asked for again, who has ended will not."""
        others = len(self._waiting.keys() - {turn.key})
        if turn.ended and others >= self._bounds.waiting:
            self._fail(line, "overloaded")
        return others < self._bounds.waiting // (1 if turn.ended else 2)

    # ------------------------------------------------------------ what the decoder says

    def _answers(self, message: Message) -> list[Heard]:
        if message.kind is Kind.LOST:
            for each in list(self._open.values()):
                self._fail(each, "died")
        line = self._open.get(message.turn)
        if line is None:
            return []
        if message.kind is Kind.FAILED:
            log.warning("recogniser failed", engine=self.name, stream=line.number, reason=message.body.decode())
            self._fail(line, "fault")
            return []
        return [Heard(line.number, line.received / RATE, self._recognized(line, message))]

    def _recognized(self, line: _Line, message: Message) -> Recognized:
        turn = line.turn
        assert turn
        words = unpack_words(message.body)
        final = message.revision == turn.revision > 0
        if final:
            del self._waiting[turn.key]
            self.statistics.answered += 1
            self.statistics.answer_s.append(self._clock() - turn.asked_at)
        return Recognized(turn.number, words.text, message.at, *words[1:], final)

    # ------------------------------------------------------------ the end of turns

    def _give_up_late(self) -> None:
        if not self._waiting:
            return
        now = self._clock()
        for turn in list(self._waiting.values()):
            if turn.ended and now - turn.asked_at > self._bounds.answer_s:
                self._fail(self._open[turn.key], "late")

    def _fail(self, line: _Line, reason: str) -> None:
        assert line.turn
        self._failed.append(Heard(line.number, line.received / RATE, RecognitionFailed(line.turn.number, reason)))
        if reason == "late":
            self.statistics.late += 1
        else:
            self.statistics.failed += 1
        self._close(line)

    def _close(self, line: _Line) -> None:
        """Forget a stream's turn; the audio that it had stays its own."""
        turn, line.turn = line.turn, None
        if turn and turn.key:
            self._open.pop(turn.key)
            self._waiting.pop(turn.key, None)
            self._send(Message(Kind.CLOSE, turn.key))

    def _send(self, message: Message) -> bool:
        assert self._keeper
        return self._keeper.send(message)
