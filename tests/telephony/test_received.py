from __future__ import annotations

import pytest

from ivr.telephony.received import ReceivedTime


def test_received_audio_is_placed_where_the_clock_was() -> None:
    time = ReceivedTime()
    for frame in range(1, 51):
        time.took(320, clock=5.0 + frame * 0.02)
    assert time.on_clock(0.5) == pytest.approx(5.5)


def test_a_look_between_the_two_counters_moves_nothing() -> None:
    time = ReceivedTime()
    time.took(320, clock=5.04)  # one frame more was asked for than was delivered
    for frame in range(2, 51):
        time.took(320, clock=5.0 + frame * 0.02 + (0.02 if frame % 7 == 0 else 0.0))
        assert time.on_clock(0.5) == pytest.approx(5.5)


def test_after_a_hold_it_is_placed_anew() -> None:
    time = ReceivedTime()
    time.took(16000, clock=6.0)
    time.took(320, clock=66.02)
    assert time.on_clock(1.02) == pytest.approx(66.02)
