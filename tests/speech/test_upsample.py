from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.audio import RATE
from ivr.speech.g711 import Pcm
from ivr.speech.upsample import DELAY, Doubler, Samples

WIDE_RATE = 2 * RATE


def tone(hertz: float) -> Pcm:
    return (16384 * np.sin(2 * np.pi * hertz * np.arange(RATE // 2) / RATE)).astype(np.int16)


def level_db(samples: Samples, hertz: float) -> float:
    """Level of one frequency in a steady stretch, dB."""
    steady = samples[WIDE_RATE // 10 : WIDE_RATE // 10 + WIDE_RATE // 4]
    turning = np.exp(-2j * np.pi * hertz * np.arange(len(steady)) / WIDE_RATE)
    return float(20 * np.log10(2 * abs(np.mean(steady * turning)) + 1e-9))


@pytest.mark.parametrize("hertz", [200, 1000, 2000, 3000, 3400])
def test_speech_is_kept_and_its_mirror_image_is_not_heard(hertz: int) -> None:
    wide = Doubler().feed(tone(hertz))
    assert len(wide) == WIDE_RATE // 2
    assert level_db(wide, hertz) == pytest.approx(20 * np.log10(16384), abs=0.1)
    assert level_db(wide, RATE - hertz) < level_db(wide, hertz) - 45


@given(st.lists(st.integers(0, 700), max_size=12))
def test_pieces_of_any_length_make_the_same_stream(lengths: list[int]) -> None:
    pcm = np.random.default_rng(1).integers(-32768, 32767, sum(lengths)).astype(np.int16)
    whole, pieces = Doubler(), Doubler()
    joined = [pieces.feed(pcm[start:end]) for start, end in itertools.pairwise(np.cumsum([0, *lengths]))]
    assert np.allclose(np.concatenate([np.zeros(0), *joined]), whole.feed(pcm), atol=0.01)


def test_it_lags_by_a_millisecond_and_a_half() -> None:
    click = np.zeros(100, dtype=np.int16)
    click[10] = 16384
    wide = Doubler().feed(click)
    assert pytest.approx(0.0015) == DELAY / WIDE_RATE
    assert int(np.argmax(wide)) in {2 * 10 + DELAY - 2, 2 * 10 + DELAY - 1, 2 * 10 + DELAY}
    assert wide.max() == pytest.approx(16384)
