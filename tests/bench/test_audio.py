from __future__ import annotations

import numpy as np

from bench.audio import line_noise, talk
from ivr.quality.measure import audible, frames


def test_a_silent_caller_is_not_heard() -> None:
    assert not audible(frames(line_noise(3.0))).any()


def test_a_talking_caller_speaks_twice() -> None:
    heard = np.flatnonzero(audible(frames(talk(26.0)))) * 0.02
    starts = heard[np.diff(heard, prepend=-9.0) > 5.0]
    assert [round(float(start)) for start in starts] == [4, 15]
