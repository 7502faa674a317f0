from __future__ import annotations

import numpy as np
import pytest

from ivr.speech.mel import BANDS, RATE, Picture, picture
from ivr.speech.upsample import Samples


def tone(hertz: float, seconds: float = 1.0) -> Samples:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def noise(seconds: float, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE)).astype(np.float32)


def by_definition(samples: Samples, columns: int) -> Picture:
    """Slowly, one value after another, from the whole signal padded to its end as Whisper was trained with."""
    full = np.zeros(columns * 160)
    full[: len(samples)] = samples[: columns * 160]
    padded = np.pad(full, 200, mode="reflect")
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    turn = np.exp(-2j * np.pi * np.outer(np.arange(201), np.arange(400)) / 400)
    power = np.array([abs(turn @ (window * padded[160 * n : 160 * n + 400])) ** 2 for n in range(columns)]).T

    def hertz_of(mel: float) -> float:
        return mel * 200 / 3 if mel < 15 else 1000 * 6.4 ** ((mel - 15) / 27)

    highest = 15 + 27 * np.log(RATE / 2 / 1000) / np.log(6.4)
    edges = [hertz_of(highest * n / 81) for n in range(82)]
    bands = np.zeros((80, columns))
    for band in range(80):
        low, middle, high = edges[band : band + 3]
        for bin_ in range(201):
            f = bin_ * 40.0
            weight = max(0.0, min((f - low) / (middle - low), (high - f) / (high - middle)))
            bands[band] += weight * 2 / (high - low) * power[bin_]
    log = np.log10(np.maximum(bands, 1e-10))
    return np.asarray((np.maximum(log, log.max() - 8) + 4) / 4, np.float32)


@pytest.mark.parametrize("samples", [tone(300), noise(0.77), np.concatenate([tone(2500, 0.3), noise(0.4)])])
def test_it_is_the_picture_whisper_was_trained_with(samples: Samples) -> None:
    assert np.allclose(picture(samples, 150), by_definition(samples, 150), atol=2e-3)


def test_the_weights_are_those_that_are_published() -> None:
    """The largest weight of the first band, as it stands in the filters published with the model."""
    from ivr.speech.mel import _filters  # noqa: PLC0415  the one test that looks inside

    assert _filters()[0].max() == pytest.approx(0.02486259, abs=1e-8)


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 16_000, 40_000])
def test_any_length_gives_the_picture_that_was_asked_for(count: int) -> None:
    seen = picture(noise(3)[:count], 200)
    assert seen.shape == (BANDS, 200)
    assert seen.dtype == np.float32
    assert np.isfinite(seen).all()
    assert seen.max() - seen.min() <= 2.0 + 1e-5
