"""Measuring what arrived."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.audio import FRAME
from ivr.quality.measure import AUDIBLE_PEAK, Interval, audible, audible_part, frames, gaps, intervals


def _arrivals(count: int) -> list[float]:
    return [i * 0.02 for i in range(count)]


def test_audible_is_a_peak_above_minus_40_dbfs() -> None:
    rows = np.zeros((3, FRAME), np.int16)
    rows[1, 7], rows[2, 7] = -int(AUDIBLE_PEAK) - 1, int(AUDIBLE_PEAK)
    assert audible(rows).tolist() == [False, True, False]


def test_a_wait_of_two_seconds_is_measured_as_such() -> None:
    heard = [True] * 50 + [False] * 100 + [True] * 50
    sounds = intervals(_arrivals(200), heard)
    assert gaps(sounds) == [pytest.approx(2.0)]
    assert sounds[0] == pytest.approx(Interval(0.0, 1.0))


def test_two_prompts_in_one_breath_are_one_stretch() -> None:
    heard = [True] * 50 + [False] * 20 + [True] * 50
    assert len(intervals(_arrivals(120), heard)) == 1


def test_late_packets_count_when_they_arrive() -> None:
    arrivals = [0.0, 0.02, 2.11, 2.13]
    assert gaps(intervals(arrivals, [True] * 4)) == [pytest.approx(2.07)]


def test_nothing_heard_has_no_intervals() -> None:
    assert intervals(_arrivals(10), [False] * 10) == []
    assert audible_part(np.zeros(1600, np.int16)) is None


def test_the_audible_part_of_a_recording() -> None:
    pcm = np.zeros(1600, np.int16)
    pcm[330:650] = 5000
    assert audible_part(pcm) == pytest.approx(Interval(0.04, 0.1))


def test_a_last_row_is_filled_with_silence() -> None:
    assert frames(np.ones(161, np.int16)).shape == (2, FRAME)
