"""The constant part of each line's audio, taken out before anything looks at it.

A poor telephone adapter may add one as large as half of full scale: it would pass for the loudest of noises, hide the
caller below it, and hide the keys too. It is followed slowly, so that the voice keeps its low tones, and at once where
a frame is hardly anything else. Offsets within A-law's smallest steps are let be; they cost nothing.
"""

from __future__ import annotations

import numpy as np

from ivr.audio import FRAME
from ivr.speech.gate import Floats, Rows

_SHARE = np.float32(0.05)  # of the way, each 20 ms
_SMALLEST = 64.0  # of 32768: -54 dBov
_MEAN = np.full(FRAME, 1 / FRAME, np.float32)


class Offset:
    """Offset of each row (call) of a batch."""

    def __init__(self, rows: int) -> None:
        self._offset = np.zeros(rows, np.float32)

    def reset(self, row: int) -> None:
        """Begin a row without an offset."""
        self._offset[row] = 0.0

    def remove(self, rows: Rows, frames: Floats) -> None:
        """Take the offset out of the next 20 ms of each row, in place; shape (n, 160), full scale ±32768."""
        mean = frames @ _MEAN
        self._offset[rows] += _SHARE * (mean - self._offset[rows])
        large = np.abs(mean) > _SMALLEST
        if large.any():
            frames[large] -= self._large(rows[large], frames[large], mean[large])[:, None]

    def _large(self, rows: Rows, frames: Floats, mean: Floats) -> Floats:
        """Offsets of rows whose frames have one that matters, or that are in the middle of a low tone."""
        nothing_else = 2 * FRAME * mean**2 > np.einsum("ij,ij->i", frames, frames)
        self._offset[rows[nothing_else]] = mean[nothing_else]
        return self._offset[rows]
