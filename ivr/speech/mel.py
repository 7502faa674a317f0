"""The picture of a sound that Whisper looks at: 80 mel bands, 100 columns a second, logarithmic.

As Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision" (2022), section 2.2, define it: windows
of 25 ms every 10 ms, Slaney's mel scale and area normalisation, the top 80 dB, scaled to about -1…1.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from ivr.speech.upsample import Samples

RATE = 16_000
"""Samples a second that it takes."""
COLUMNS_A_SECOND = 100
BANDS = 80
_WINDOW = 400
_HOP = 160
_FAINTEST = 1e-10
_RANGE = 8.0  # powers of ten

Picture = NDArray[np.float32]


def picture(samples: Samples, columns: int) -> Picture:
    """Log-mel picture, shape (80, columns), of samples in ±1: what is missing at the end counts as silence.

    Samples beyond `columns` hundredths of a second are left out.
    """
    heard = np.log10(np.maximum(_filters() @ _powers(samples[: columns * _HOP]), _FAINTEST))
    full = np.full((BANDS, columns), np.log10(_FAINTEST), np.float32)
    full[:, : heard.shape[1]] = heard[:, :columns]
    return np.asarray((np.maximum(full, full.max() - _RANGE) + 4) / 4, np.float32)


def _powers(samples: Samples) -> Picture:
    """Power of each frequency, shape (201, columns that see any of the samples)."""
    side = _WINDOW // 2
    mirrored = samples[side:0:-1] if len(samples) > side else np.zeros(side, np.float32)
    columns = -(-(len(samples) + side) // _HOP)
    sound = np.concatenate([mirrored, samples, np.zeros(columns * _HOP + _WINDOW - side - len(samples), np.float32)])
    windows = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[: columns * _HOP : _HOP]
    spectrum = np.fft.rfft(windows * _hann())
    return np.ascontiguousarray((spectrum.real**2 + spectrum.imag**2).T, np.float32)


@cache
def _hann() -> Samples:
    return np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


@cache
def _filters() -> Picture:
    """Weight of each frequency in each band, shape (80, 201): triangles of equal area."""
    edges = _hertz(np.linspace(0.0, _mel(RATE / 2), BANDS + 2))[:, None]
    frequency = np.linspace(0.0, RATE / 2, _WINDOW // 2 + 1)
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    triangle = np.minimum((frequency - low) / (middle - low), (high - frequency) / (high - middle))
    return (np.maximum(triangle, 0.0) * 2 / (high - low)).astype(np.float32)


# Slaney's scale: 3 mel in 200 Hz up to 1 kHz, from there on 27 mel in a factor of 6.4.
_KNEE_HZ, _KNEE_MEL, _MEL_A_HZ = 1000.0, 15.0, 3 / 200
_MEL_A_LOG = 27 / np.log(6.4)


def _mel(hertz: float) -> float:
    return float(_KNEE_MEL + _MEL_A_LOG * np.log(hertz / _KNEE_HZ)) if hertz > _KNEE_HZ else hertz * _MEL_A_HZ


def _hertz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    above = _KNEE_HZ * np.exp((mel - _KNEE_MEL) / _MEL_A_LOG)
    return np.where(mel > _KNEE_MEL, above, mel / _MEL_A_HZ)
