from __future__ import annotations

import pytest

from ivr.audio import FRAME_BYTES
from ivr.telephony.playout import SILENCE, Playout

SOUND = b"\1\2" * 480  # three frames


def _frames(playout: Playout, count: int) -> list[bool]:
    return [playout.take() != SILENCE for _ in range(count)]


@pytest.mark.req("B1")
def test_a_sound_starts_on_its_frame_and_ends_where_it_said() -> None:
    playout = Playout(base=1.0)
    assert playout.play(SOUND, at=1.1) == pytest.approx(1.16)
    assert _frames(playout, 10) == [False] * 5 + [True] * 3 + [False] * 2
    assert playout.clock == pytest.approx(1.2)


def test_what_is_past_starts_with_the_next_frame() -> None:
    playout = Playout()
    _frames(playout, 10)
    assert playout.play(SOUND, at=0.05) == pytest.approx(0.26)
    assert _frames(playout, 4) == [True, True, True, False]


def test_pause_keeps_the_place() -> None:
    playout = Playout()
    playout.play(SOUND, at=0.0)
    assert _frames(playout, 1) == [True]
    playout.pause()
    assert playout.ends_at is None
    assert _frames(playout, 5) == [False] * 5
    playout.resume()
    assert playout.ends_at == pytest.approx(0.16)
    assert _frames(playout, 4) == [True, True, False, False]


def test_pause_before_the_first_frame_loses_nothing() -> None:
    playout = Playout()
    playout.play(SOUND, at=0.1)
    playout.pause()
    _frames(playout, 20)
    playout.resume()
    assert _frames(playout, 4) == [True, True, True, False]


def test_stop_is_for_good() -> None:
    playout = Playout()
    playout.play(SOUND, at=0.0)
    playout.stop()
    playout.resume()
    assert _frames(playout, 4) == [False] * 4


def test_a_ragged_end_is_filled_up() -> None:
    playout = Playout()
    playout.play(b"\1\2" * 200, at=0.0)
    playout.take()
    last = playout.take()
    assert len(last) == FRAME_BYTES
    assert last.endswith(b"\0" * 240)
