"""Our own voice as it comes back from the line, which must not pass for the caller's.

How loud it comes back is not known beforehand: most lines lose 30 dB, a loudspeaker telephone loses 15, and we may have
been asked to speak louder. So what is heard over our voice has to be louder than most echoes are; and if it stops when
we stop, it was our echo all the same, and has to be louder still from then on. What goes on after we fell silent is the
caller, and tells how loud an echo may be taken to be without losing them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivr.audio import RATE
from ivr.speech.gate import Bools, Floats, Rows

_TAIL = 2400  # samples for which our own voice may still come back after it fell silent
_NEAR_DBOV = -42.0  # an echo 26 dB down of a prompt at -26 dBov stays below
_LOUDEST_DBOV = -30.0  # of an echo that is believed to be one; a loud caller is heard over it still
_PEAKS_DB = 6.0  # by which loud syllables exceed the level of speech
_CALLER_DB = 10.0  # by which echoes are softer than the caller


class Echo:
    """What is known of the echo on each row (call) of a batch."""

    def __init__(self, rows: int) -> None:
        self._until = np.zeros(rows, np.int64)
        self._near = np.zeros(rows, np.float32)
        self._most = np.zeros(rows, np.float32)

    def reset(self, row: int) -> None:
        """Begin a row without our voice on it, its echo unknown."""
        self._until[row], self._near[row], self._most[row] = 0, _NEAR_DBOV, _LOUDEST_DBOV

    def speaking(self, rows: Rows | list[int], received: NDArray[np.int64]) -> None:
        """Our voice is playing on these rows at these positions, in samples received."""
        self._until[rows] = received + _TAIL

    def over(self, rows: Rows, position: NDArray[np.int64]) -> Bools:
        """Whether our voice may still be coming back at these positions."""
        over: Bools = position <= self._until[rows]
        return over

    def near(self, rows: Rows) -> Floats:
        """Level from which a sound over our voice may be the caller, dBov."""
        return self._near[rows]

    def stopped(self, row: int, at: float, level: float, confirmed: bool) -> None:
        """A sound of this level in dBov, `confirmed` as speech or not, was last heard there at `at` seconds."""
        if at * RATE <= self._until[row]:
            self._near[row] = max(self._near[row], min(level + _PEAKS_DB, self._most[row]))
        elif confirmed:
            self._most[row] = min(max(level - _CALLER_DB, _NEAR_DBOV), _LOUDEST_DBOV)
            self._near[row] = min(self._near[row], self._most[row])
