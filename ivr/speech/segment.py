"""From judged chunks of one call to the events of its caller's speech.

::

    quiet --voiced--> judging --250 ms voiced--> speaking --300 ms not voiced--> quiet
                         '----not speech: SpeechRejected----> quiet

The onset is announced with the first voiced chunk, because our own voice waits for it. What follows must earn the name
of speech: a cough, a door or a bark has its onset, but not 250 ms of voice (section B of the requirements). Where a
short answer was asked for, half of that does, if it is surely a voice: 是 is no longer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum, auto

from ivr.dialog.events import Event, SpeechConfirmed, SpeechEnded, SpeechOnset, SpeechPaused, SpeechRejected
from ivr.speech.level import LiveLevel

CONFIRM_S = 0.25
CONFIRM_SHORT_S = 0.125
PAUSE_S = 0.16
HANGOVER_S = 0.3
_SURE = 0.7  # a voice becomes more certain as it goes on, a bark or a cry does not
_JUDGE_S = 0.25  # from the onset; beyond it one chunk without voice rejects
_JUDGE_AT_MOST_S = 0.5
_GAP_S = 0.125  # a stop consonant is shorter
_MEMORY_S = 0.3  # syllables this close count together
_SOFTEST_DB = 16.0  # below what was said lately: not even the end of a sentence is softer (ITU-T P.56)
_SOFTEST_IN_NOISE_DB = 7.0  # where noise hides the ends of sentences, or other people's talk passes for them
_ABOVE_FLOOR_DB = 10.0
_KEPT_LATELY = 0.984  # of what was said before, each 32 ms: it is two seconds that count


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
    faint: bool
    """Speech, but too faint to be near."""
    level: float
    """dBov."""
    power: float
    """The same as mean square, full scale 32768²."""
    floor: float
    """Noise floor of the line, dBov."""


def measured(voice: LiveLevel, chunk: Chunk) -> tuple[float, float, float]:
    """What events tell of a voice: seconds of it, its level and the line's floor in dBov.

    Rounded to what matters, and to what does not depend on the other calls of a batch.
    """
    return round(voice.seconds, 3), round(voice.level, 1), round(chunk.floor, 1)


def _audible(lately: float, floor: float) -> float:
    """Level from which the end of a sentence stands out of the line's noise; all in dBov."""
    return min(lately - _SOFTEST_IN_NOISE_DB, floor + _ABOVE_FLOOR_DB)


@dataclass(slots=True)
class Segmenter:
    """The speech of one call."""

    short: bool = False
    """A word or two were asked for: sure voice is confirmed sooner."""
    caller: LiveLevel = field(default_factory=LiveLevel)
    """Active speech level of what was confirmed."""
    spoke_until: float = float("-inf")
    """Instant of the last voiced sample of confirmed speech that has ended; minus infinity before there was any."""
    _state: _State = _State.QUIET
    _onset: float = 0.0
    _last_voiced: float = float("-inf")
    _stretch: LiveLevel = field(default_factory=LiveLevel)  # voiced since the onset
    _lately: LiveLevel = field(default_factory=LiveLevel)  # voiced in the last seconds of it
    _loud: bool = False  # the last chunk was as loud as speech that goes on
    _sure_s: float = 0.0
    _before_s: float = 0.0  # voiced shortly before the onset
    _paused: bool = False

    @property
    def judging(self) -> bool:
        """An onset was announced and awaits its verdict."""
        return self._state is _State.JUDGING

    @property
    def confirmed(self) -> bool:
        """Speech is confirmed and has not ended."""
        return self._state is _State.SPEAKING

    @property
    def last_voiced(self) -> float:
        """Instant of the last voiced sample, of a voice or not; minus infinity where there was none."""
        return self._last_voiced

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
        close = chunk.start - self._last_voiced <= _MEMORY_S
        self._before_s = self._before_s + self._stretch.seconds if close else 0.0
        self._stretch, self._sure_s = LiveLevel(), 0.0
        self._state, self._onset = _State.JUDGING, chunk.end
        self._count(chunk)
        return SpeechOnset()

    def _judge(self, chunk: Chunk) -> Event | None:
        if chunk.voiced:
            self._count(chunk)
        if self._earned(chunk):
            self._state, self._paused, self._loud = _State.SPEAKING, False, True
            self._lately = replace(self._stretch)
            self.caller.merge(self._stretch)
            return SpeechConfirmed()
        if self._hopeless(chunk):
            self._state = _State.QUIET
            return SpeechRejected(*measured(self._stretch, chunk))
        return None

    def _earned(self, chunk: Chunk) -> bool:
        if self.short and self._sure_s >= CONFIRM_SHORT_S:
            return True
        return self._before_s + self._stretch.seconds >= CONFIRM_S and chunk.probability >= _SURE

    def _hopeless(self, chunk: Chunk) -> bool:
        judged = chunk.end - self._onset
        if chunk.voiced:
            return judged >= _JUDGE_AT_MOST_S
        return judged >= _JUDGE_S or chunk.end - self._last_voiced >= _GAP_S

    def _follow(self, chunk: Chunk) -> Event | None:
        if self._goes_on(chunk):
            self._count(chunk)
            self._paused = False
            self.caller.add(chunk.power, chunk.end - chunk.start)
        quiet = chunk.end - self._last_voiced
        if self._loud:  # it may be going on; the next chunk tells
            return None
        if quiet >= HANGOVER_S:
            return self._end(chunk)
        if quiet >= PAUSE_S and not self._paused:
            self._paused = True
            return SpeechPaused(self._last_voiced)
        return None

    def _goes_on(self, chunk: Chunk) -> bool:
        """Speech as loud as just now, for two chunks: not its echo in the room, nor people in the background."""
        if not chunk.voiced:
            self._loud = False
            return False
        lately = self._lately.level
        softest = lately - _SOFTEST_DB
        before, self._loud = self._loud, chunk.level >= max(softest, _audible(lately, chunk.floor))
        if chunk.level >= softest:
            self._lately.fade(_KEPT_LATELY)
            self._lately.add(chunk.power, chunk.end - chunk.start)
        return before and self._loud

    def _end(self, chunk: Chunk) -> Event:
        ended = SpeechEnded(self._last_voiced, *measured(self._stretch, chunk))
        self._state, self._stretch, self._before_s = _State.QUIET, LiveLevel(), 0.0
        self.spoke_until = self._last_voiced
        return ended

    def _count(self, chunk: Chunk) -> None:
        self._last_voiced = chunk.sounding_until
        seconds = chunk.end - chunk.start
        self._stretch.add(chunk.power, seconds)
        self._sure_s += seconds if chunk.probability >= _SURE else 0.0
