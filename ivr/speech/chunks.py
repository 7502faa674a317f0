"""Which 32 ms of which call Silero has to judge, and what it said.

A call sleeps until its gate opens. The first chunk then ends with the frame that opened it, so that the first verdict
is there at once, and the chunks follow one another until the call has been quiet for a while. Two kinds of chunk
are not worth a run: those in which the gate stayed shut, and, while confirmed speech goes on loudly, seven of eight.
Silero forgets a voice in some 150 ms of listening; where that voice was thinned out it still has to be given these, so
thinning ends as soon as the loudness of speech is missing for longer than it is between two syllables.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from ivr.audio import FRAME
from ivr.speech.gate import Bools, Floats, Rows, levels
from ivr.speech.level import FULL_SCALE
from ivr.speech.silero import CHUNK, WINDOW, Silero

Positions = NDArray[np.int64]
"""In samples received of each call."""


_FRAMES_KEPT = 4  # they hold a window that ended up to a frame ago
_RING = _FRAMES_KEPT * FRAME
_SLEEP_AFTER = 3200  # samples of closed gate; longer than the hang-over of speech
_SURE_STREAK = 4  # voiced chunks in a row before any is taken on trust
_TRUSTED = 7  # chunks taken on trust, at most, after each that is looked at
_FAINT = 5  # chunks in a row below the loudness of speech, after which none is; a stop consonant is shorter
_VOICE = 0.5
_RAISE = 4.0  # 12 dB: without, Silero misses half of a voice at -58 dBov; with, louder noises would pass for one


class Judged(NamedTuple):
    """Chunks that are complete; every array has shape (n,)."""

    rows: Rows
    end: Positions
    sounding_until: Positions
    """End of the last frame in the chunk that stood out of the noise; before the chunk where none did."""
    probability: Floats
    """Of speech, 0-1."""
    level: Floats
    """dBov."""


class Chunks:
    """The recent audio of each row (call) of a batch, and where Silero is with it."""

    def __init__(self, rows: int) -> None:
        self._silero = Silero()
        self.received = np.zeros(rows, np.int64)
        """Samples of each row so far."""
        self._twice = np.zeros((rows, 2, _FRAMES_KEPT, FRAME), np.float32)
        self._ring = self._twice.reshape(rows, -1)  # each frame stands in it twice, so that any window is in one piece
        self._views: dict[int, Floats] = {}  # of the ring, by length; numpy takes its time to make one
        self._state = np.zeros((2, rows, 128), np.float32)
        self._awake = np.zeros(rows, np.bool_)
        self._next_end = np.zeros(rows, np.int64)
        self._open_until = np.zeros(rows, np.int64)
        self._streak = np.zeros(rows, np.int64)
        self._skipped = np.zeros(rows, np.int64)
        self._faint = np.zeros(rows, np.int64)

    def reset(self, row: int) -> None:
        """Begin a row at 0 s."""
        for each in (self.received, self._ring, self._awake, self._open_until):
            each[row] = 0

    def take(self, rows: Rows, frames: Floats, opened: Bools, floor: Floats) -> None:
        """Receive 20 ms of each row, shape (n, 160), full scale ±32768.

        `opened` is the gate's word on them, `floor` the noise of all rows in dBov.
        """
        slots = self.received[rows] // FRAME % _FRAMES_KEPT
        self._twice[rows, 0, slots] = frames
        self._twice[rows, 1, slots] = frames
        self.received[rows] += FRAME
        loud = rows[opened]
        self._open_until[loud] = self.received[loud]
        waking = opened & ~self._awake[rows]
        if waking.any():
            self._wake(rows[waking], floor[rows[waking]])

    def recent(self, rows: Rows, end: Positions, length: int) -> Floats:
        """The `length` samples of each row before position `end`, shape (n, length)."""
        if length not in self._views:
            self._views[length] = sliding_window_view(self._ring, length, axis=1)
        return self._views[length][rows, end % _RING + _RING - length]

    def due(self, rows: Rows) -> Rows:
        """Those of these rows that have a chunk complete and are awake."""
        return rows[self._awake[rows] & (self.received[rows] >= self._next_end[rows])]

    def judge(self, rows: Rows, trust_above: Floats, raise_below: Floats) -> Judged:
        """Judge what is complete on rows that are due.

        Of chunks above `trust_above` dBov not every one is looked at; those below `raise_below` are made louder for it.
        """
        end = self._next_end[rows]
        self._next_end[rows] += CHUNK
        windows = self.recent(rows, end, WINDOW)
        sounding_until = np.minimum(self._open_until[rows], end)
        sounding = sounding_until > end - CHUNK
        level = levels(windows[:, -CHUNK:])
        windows *= np.where(level < raise_below, np.float32(_RAISE), np.float32(1))[:, None]
        probability = self._probability(rows, windows, sounding, level, trust_above)
        self._awake[rows] = self.received[rows] - self._open_until[rows] < _SLEEP_AFTER
        return Judged(rows, end, sounding_until, probability, level)

    def _wake(self, rows: Rows, floor: Floats) -> None:
        self._awake[rows] = True
        self._next_end[rows] = self.received[rows]
        self._streak[rows] = self._skipped[rows] = self._faint[rows] = 0
        self._state[:, rows] = self._silero.idle(floor)

    def _probability(self, rows: Rows, windows: Floats, sounding: Bools, level: Floats, trust_above: Floats) -> Floats:
        loud = sounding & (level > trust_above)
        self._faint[rows] = np.where(loud, 0, self._faint[rows] + 1)
        sure = (self._streak[rows] >= _SURE_STREAK) & (self._faint[rows] <= _FAINT) & np.isfinite(trust_above)
        trusted = sounding & sure & (self._skipped[rows] < _TRUSTED)
        probability = trusted.astype(np.float32)
        look = sounding & ~trusted
        if look.any():
            probability[look] = self._run(rows[look], windows[look])
        self._skipped[rows] = np.where(trusted, self._skipped[rows] + 1, 0)
        self._streak[rows] = np.where(probability > _VOICE, self._streak[rows] + 1, self._streak[rows] * ~sounding)
        return probability

    def _run(self, rows: Rows, windows: Floats) -> Floats:
        probability, state = self._silero.run(windows / np.float32(FULL_SCALE), self._state[:, rows])
        self._state[:, rows] = state
        return probability
