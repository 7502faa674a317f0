"""What keeps silence nearly free: an energy gate over an adaptive noise floor, for all calls at once.

The floor follows the quiet parts of a line: it sinks to a quieter frame within 100 ms and rises slowly, so that speech
does not lift it but a fan that was switched on does within seconds. Only what stands out above it is worth a look by
anything that costs more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivr.speech.level import FULL_SCALE, SILENT

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]

_START_DBOV = -65.0
_LOWEST_DBOV = -68.0  # G.711's own quantisation noise
_FAINTEST_DBOV = -64.0
_ABOVE_FLOOR_DB = 4.0
_ABOVE_FLOOR_IN_SPEECH_DB = 2.0
_SINK = 0.3  # share of the way down, each frame
_RISE_DB = 0.2  # 10 dB/s
_RISE_IN_SPEECH_DB = 0.06
_SCALE_DB = np.float32(20 * np.log10(FULL_SCALE))
_TINY = np.float32(10 ** (SILENT / 10) * FULL_SCALE**2)


def levels(samples: Floats) -> Floats:
    """Level of each row in dBov; `samples` has shape (n, samples), full scale ±32768."""
    power = np.einsum("ij,ij->i", samples, samples) / np.float32(samples.shape[1])
    level: Floats = 10 * np.log10(power + _TINY) - _SCALE_DB
    return level


def powers(level: Floats) -> Floats:
    """Mean squares at levels in dBov; the inverse of `levels`."""
    power: Floats = np.float32(FULL_SCALE**2) * np.exp(level * np.float32(np.log(10) / 10))
    return power


class Gate:
    """Noise floor of each row (call) of a batch."""

    def __init__(self, rows: int) -> None:
        self.floor = np.full(rows, _START_DBOV, np.float32)
        """dBov, one a row."""

    def reset(self, row: int) -> None:
        """Start a row with the floor of a quiet line."""
        self.floor[row] = _START_DBOV

    def opened(self, rows: Rows, level: Floats, in_speech: Bools) -> Bools:
        """Rows whose newest 20 ms stand out.

        `level` is theirs in dBov; where `in_speech`, the floor rises slowly and softer sounds stand out too.
        """
        floor = self.floor[rows]
        rise = np.where(in_speech, np.float32(_RISE_IN_SPEECH_DB), np.float32(_RISE_DB))
        moved = np.where(level < floor, floor + _SINK * (level - floor), np.minimum(floor + rise, level))
        self.floor[rows] = np.maximum(moved, np.float32(_LOWEST_DBOV))
        above = np.where(in_speech, np.float32(_ABOVE_FLOOR_IN_SPEECH_DB), np.float32(_ABOVE_FLOOR_DB))
        opened: Bools = level > np.maximum(floor + above, np.float32(_FAINTEST_DBOV))
        return opened
