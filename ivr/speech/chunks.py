"""Which 32 ms of which call Silero has to judge, and what it said.

A call sleeps until its gate opens. The first chunk then ends with the frame that opened it, so that the first verdict
is there at once, and the chunks follow one another until the call has been quiet for a while. Two kinds of chunk
are not worth a run: those in which the gate stayed shut, and, where confirmed speech goes on and on, three of four.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ivr.speech.gate import Bools, Floats, Rows, levels
from ivr.speech.level import FULL_SCALE
from ivr.speech.silero import CHUNK, WINDOW, Silero

Positions = NDArray[np.int64]
"""In samples received of each call."""

FRAME = 160
"""Samples in 20 ms."""

_RING = 4 * FRAME  # whole frames that hold a window which ended up to a frame ago
_SLEEP_AFTER = 3200  # samples of closed gate; longer than the hang-over of speech
_SURE_STREAK = 4  # voiced chunks in a row before any is taken on trust
_TRUSTED = 3  # chunks taken on trust after each that is judged
_VOICE = 0.5


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
        self._ring = np.zeros((rows, _RING), np.float32)
        self._state = np.zeros((2, rows, 128), np.float32)
        self._awake = np.zeros(rows, np.bool_)
        self._next_end = np.zeros(rows, np.int64)
        self._open_until = np.zeros(rows, np.int64)
        self._streak = np.zeros(rows, np.int64)

    def reset(self, row: int) -> None:
        """Begin a row at 0 s."""
        for each in (self.received, self._ring, self._awake, self._next_end, self._open_until, self._streak):
            each[row] = 0

    def take(self, rows: Rows, frames: Floats, opened: Bools) -> None:
        """Receive 20 ms of each row, shape (n, 160), full scale ±32768; `opened` is the gate's word on them."""
        slots = self.received[rows] // FRAME % (_RING // FRAME)
        self._ring.reshape(len(self._ring), -1, FRAME)[rows, slots] = frames
        self.received[rows] += FRAME
        loud = rows[opened]
        self._open_until[loud] = self.received[loud]
        self._wake(loud[~self._awake[loud]])

    def recent(self, rows: Rows, end: Positions, length: int) -> Floats:
        """The `length` samples of each row before position `end`, shape (n, length)."""
        places = (end[:, None] + np.arange(-length, 0)) % _RING
        return self._ring[rows[:, None], places]

    def judge(self, rows: Rows, confirmed: Bools) -> Judged:
        """Judge what is complete on these rows; where speech is `confirmed`, not every chunk is looked at."""
        due = self._awake[rows] & (self.received[rows] >= self._next_end[rows])
        rows, confirmed = rows[due], confirmed[due]
        end = self._next_end[rows]
        self._next_end[rows] += CHUNK
        windows = self.recent(rows, end, WINDOW)
        sounding_until = np.minimum(self._open_until[rows], end)
        sounding = sounding_until > end - CHUNK
        probability = self._probability(rows, windows, sounding, sounding & confirmed)
        self._awake[rows] = self.received[rows] - self._open_until[rows] < _SLEEP_AFTER
        return Judged(rows, end, sounding_until, probability, levels(windows[:, -CHUNK:]))

    def _wake(self, rows: Rows) -> None:
        self._awake[rows] = True
        self._next_end[rows] = self.received[rows]
        self._streak[rows] = 0
        self._state[:, rows] = self._silero.idle[:, None]

    def _probability(self, rows: Rows, windows: Floats, sounding: Bools, trustworthy: Bools) -> Floats:
        over = self._streak[rows] - _SURE_STREAK
        trusted = trustworthy & (over >= 0) & (over % (_TRUSTED + 1) != _TRUSTED)
        probability = np.where(trusted, np.float32(1), np.float32(0))
        look = sounding & ~trusted
        if look.any():
            probability[look] = self._run(rows[look], windows[look])
        self._streak[rows] = np.where(trustworthy & (probability > _VOICE), self._streak[rows] + 1, 0)
        return probability

    def _run(self, rows: Rows, windows: Floats) -> Floats:
        probability, state = self._silero.run(windows / np.float32(FULL_SCALE), self._state[:, rows])
        self._state[:, rows] = state
        return probability
