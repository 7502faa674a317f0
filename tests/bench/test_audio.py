from __future__ import annotations

import numpy as np

from bench.audio import Pcm, keep_talking, line_noise, talk
from ivr.quality.measure import audible, frames


def test_a_silent_caller_is_not_heard() -> None:
    assert not audible(frames(line_noise(3.0))).any()


def test_a_talking_caller_speaks_twice() -> None:
    assert starts(talk(26.0)) == [4, 15]


def test_one_who_keeps_talking_leaves_time_for_an_answer() -> None:
    assert starts(keep_talking(26.0)) == [2, 8, 14, 20]


def starts(audio: Pcm) -> list[int]:
    """Seconds, roughly, at which sound begins after at least 2 s without."""
    heard = np.flatnonzero(audible(frames(audio))) * 0.02
    return [round(float(start)) for start in heard[np.diff(heard, prepend=-9.0) > 2.0]]
