from __future__ import annotations

import numpy as np
import pytest

from ivr.speech.offset import Offset
from tests.speech.line import Signal, silence, tones, voice

ONE = np.array([0])


def without_offset(signal: Signal) -> Signal:
    offset, frames = Offset(1), signal[: len(signal) // 160 * 160].astype(np.float32).reshape(-1, 1, 160)
    for frame in frames:
        offset.remove(ONE, frame)
    return frames.reshape(-1).astype(np.float64)


@pytest.mark.parametrize("constant", [16384.0, -16384.0, 300.0])
def test_an_offset_is_gone_from_the_second_frame_on(constant: float) -> None:
    assert np.abs(without_offset(silence(1.0) + constant)[160:]).max() < 1.0


def test_a_voice_on_an_offset_comes_out_as_it_was() -> None:
    before = np.concatenate([silence(0.5), voice(-26.0)])
    after = without_offset(before + 8000.0)
    difference = after[4000:] - before[4000 : len(after)]
    assert np.sqrt(np.mean(difference**2)) < np.sqrt(np.mean(before[4000:] ** 2)) / 20


def test_audio_without_an_offset_is_left_alone() -> None:
    hum = tones(1.0, -30.0, 100)
    assert np.array_equal(without_offset(hum), hum.astype(np.float32))


def test_an_offset_that_goes_away_leaves_none_behind() -> None:
    after = without_offset(np.concatenate([silence(0.5) + 8000.0, silence(0.5)]))
    assert np.abs(after[-4000:]).max() < 1.0


def test_rows_do_not_touch_each_other() -> None:
    offset = Offset(2)
    offset.remove(ONE, np.full((1, 160), 9000.0, np.float32))
    other = np.full((1, 160), 20.0, np.float32)
    offset.remove(np.array([1]), other)
    assert (other == 20.0).all()
    offset.reset(0)
    again = np.full((1, 160), 30.0, np.float32)
    offset.remove(ONE, again)
    assert (again == 30.0).all()
