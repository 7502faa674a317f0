from __future__ import annotations

import pytest

from ivr.telephony.watch import MediaWatch

pytestmark = pytest.mark.req("B13")


def lost_at(watch: MediaWatch, counts: dict[int, tuple[int, int]], until: int = 60) -> list[int]:
    """Seconds at which the loss is told, looking once a second; counters stay as last given."""
    told, last = [], (0, 0)
    for second in range(until):
        last = counts.get(second, last)
        if watch.lost(float(second), *last):
            told.append(second)
    return told


def test_media_that_stops_is_lost_once_when_the_time_is_up() -> None:
    assert lost_at(MediaWatch(10), {0: (50, 0), 1: (100, 0), 2: (120, 1)}) == [12]


def test_media_that_never_came_is_a_silent_caller() -> None:
    assert lost_at(MediaWatch(10), {}) == []


def test_reports_alone_are_not_media_that_had_arrived() -> None:
    assert lost_at(MediaWatch(10), {0: (0, 1), 5: (0, 2)}) == []


def test_reports_keep_a_caller_alive_who_sends_no_audio() -> None:
    assert lost_at(MediaWatch(10), {0: (50, 0), 5: (50, 1), 10: (50, 2), 15: (50, 3)}) == [25]


def test_counters_that_begin_anew_are_life() -> None:
    assert lost_at(MediaWatch(10), {0: (500, 3), 8: (0, 0), 9: (4, 0)}) == [19]


def test_after_a_hold_the_time_runs_anew() -> None:
    watch = MediaWatch(10)
    assert not watch.lost(0.0, 50, 0)
    watch.restart(100.0)
    assert not watch.lost(101.0, 50, 0)
    assert watch.lost(110.0, 50, 0)


def test_a_hold_does_not_make_media_out_of_none() -> None:
    watch = MediaWatch(10)
    watch.restart(5.0)
    assert not watch.lost(100.0, 0, 0)
