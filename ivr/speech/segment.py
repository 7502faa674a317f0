"""From judged chunks of one call to the events of its caller's speech.

::

    quiet --voiced--> judging --250 ms voiced--> speaking --300 ms not voiced--> quiet
                         '----not speech: SpeechRejected----> quiet

The onset is announced with the first voiced chunk, because our own voice waits for it. What follows must earn the name
of speech: a cough, a door or a bark has its onset, but not 250 ms of voice (section B of the requirements).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from ivr.dialog.events import Event, SpeechConfirmed, SpeechEnded, SpeechOnset, SpeechRejected
from ivr.speech.level import LiveLevel

CONFIRM_S = 0.25
HANGOVER_S = 0.3
_SURE = 0.7  # a voice becomes more certain as it goes on, a bark or a cry does not
_JUDGE_S = 0.25  # from the onset; beyond it one chunk without voice rejects
_JUDGE_AT_MOST_S = 0.5
_GAP_S = 0.125  # a stop consonant is shorter
_MEMORY_S = 0.3  # syllables this close count together


class _State(Enum):
    QUIET = auto()
    JUDGING = auto()
    SPEAKING = auto()


@dataclass(slots=True)
class Chunk:
    """A stretch of one call's audio, judged. Instants are seconds of received audio."""

    start: float
    end: float
    sounding_until: float
    """Where it fell silent, at most `end`."""
    probability: float
    """That it is speech, 0-1."""
    voiced: bool
    """Speech, and near enough."""
    power: float
    """Mean square, full scale 32768²."""


@dataclass(slots=True)
class Segmenter:
    """The speech of one call."""

    caller: LiveLevel = field(default_factory=LiveLevel)
    """Active speech level of what was confirmed."""
    _state: _State = _State.QUIET
    _onset: float = 0.0
    _last_voiced: float = float("-inf")
    _voiced_s: float = 0.0
    _judged: LiveLevel = field(default_factory=LiveLevel)

    @property
    def judging(self) -> bool:
        """An onset was announced and awaits its verdict."""
        return self._state is _State.JUDGING

    @property
    def confirmed(self) -> bool:
        """Speech is confirmed and has not ended."""
        return self._state is _State.SPEAKING

    def hear(self, chunk: Chunk) -> Event | None:
        """Take in the next chunk; the event it makes, at `chunk.end`, or None."""
        match self._state:
            case _State.QUIET:
                return self._listen(chunk)
            case _State.JUDGING:
                return self._judge(chunk)
            case _State.SPEAKING:
                return self._follow(chunk)

    def _listen(self, chunk: Chunk) -> Event | None:
        if not chunk.voiced:
            return None
        if chunk.start - self._last_voiced > _MEMORY_S:
            self._voiced_s, self._judged = 0.0, LiveLevel()
        self._state, self._onset = _State.JUDGING, chunk.end
        self._count(chunk)
        return SpeechOnset()

    def _judge(self, chunk: Chunk) -> Event | None:
        if chunk.voiced:
            self._count(chunk)
        if self._voiced_s >= CONFIRM_S and chunk.probability >= _SURE:
            self._state = _State.SPEAKING
            self.caller.merge(self._judged)
            return SpeechConfirmed()
        if self._hopeless(chunk):
            self._state = _State.QUIET
            return SpeechRejected()
        return None

    def _hopeless(self, chunk: Chunk) -> bool:
        judged = chunk.end - self._onset
        if chunk.voiced:
            return judged >= _JUDGE_AT_MOST_S
        return judged >= _JUDGE_S or chunk.end - self._last_voiced >= _GAP_S

    def _follow(self, chunk: Chunk) -> Event | None:
        if chunk.voiced:
            self._last_voiced = chunk.sounding_until
            self.caller.add(chunk.power, chunk.end - chunk.start)
        if chunk.end - self._last_voiced < HANGOVER_S:
            return None
        self._state, self._voiced_s = _State.QUIET, 0.0
        return SpeechEnded(self._last_voiced)

    def _count(self, chunk: Chunk) -> None:
        self._last_voiced = chunk.sounding_until
        self._voiced_s += chunk.end - chunk.start
        self._judged.add(chunk.power, chunk.end - chunk.start)
