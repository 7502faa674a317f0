"""Times at the caller's ear, measured on what arrived.

*Audible* means a 20 ms packet whose peak is above -40 dBFS; an instant is the arrival of such a packet, and it lasts
20 ms. Everything else here is arithmetic on that.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ivr.audio import FRAME, FRAME_S

Pcm = NDArray[np.int16]
"""Mono linear audio, shape (samples,), 8 kHz, full scale ±32768."""
AUDIBLE_PEAK = 32768 * 10 ** (-40 / 20)
JOIN_S = 0.5
"""Shorter pauses are part of what is being said: two prompts in one breath are 0.4 s apart, no wait is as short."""


class Interval(NamedTuple):
    """A stretch of sound, seconds."""

    start: float
    """Arrival of the first audible packet."""
    end: float
    """End of the last audible packet."""


def frames(pcm: Pcm) -> Pcm:
    """Audio as rows of 20 ms, shape (frames, 160); a last row that is not full is filled with silence."""
    return np.pad(pcm, (0, -len(pcm) % FRAME)).reshape(-1, FRAME)


def audible(rows: Pcm) -> NDArray[np.bool_]:
    """Whether each row of 20 ms is audible; shape (frames, 160) -> (frames,)."""
    peaks = np.abs(rows.astype(np.int32)).max(axis=-1, initial=0)
    return np.asarray(peaks > AUDIBLE_PEAK)


def intervals(arrivals: Sequence[float], heard: Sequence[bool], join_s: float = JOIN_S) -> list[Interval]:
    """Stretches of sound, from each packet's arrival and whether it is audible; pauses below `join_s` are joined."""
    found: list[Interval] = []
    for arrival, is_heard in zip(arrivals, heard, strict=True):
        if not is_heard:
            continue
        if found and arrival - found[-1].end < join_s:
            found[-1] = Interval(found[-1].start, arrival + FRAME_S)
        else:
            found.append(Interval(arrival, arrival + FRAME_S))
    return found


def gaps(sounds: Sequence[Interval]) -> list[float]:
    """Silence between each two neighbouring stretches, seconds."""
    return [after.start - before.end for before, after in pairwise(sounds)]


def audible_part(pcm: Pcm) -> Interval | None:
    """Where in a piece of audio its first and last audible 20 ms lie, seconds from its start; None if nowhere."""
    where = np.flatnonzero(audible(frames(pcm)))
    return Interval(int(where[0]) * FRAME_S, (int(where[-1]) + 1) * FRAME_S) if len(where) else None
