"""From the telephone's 8 kHz to the 16 kHz that recognisers were trained on, as the audio comes in.

A half-band filter: every second sample is the one that came, those between are interpolated by a windowed sinc. A
resampling library in streaming mode would hold back a tenth of a second; this holds back 1.5 ms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivr.speech.g711 import Pcm

Samples = NDArray[np.float32]

_SIDE = 12  # samples looked at on each side of the gap: flat to 3.4 kHz, images 60 dB down
DELAY = 2 * _SIDE
"""Output samples by which the sound lags behind, 1.5 ms."""


def _between() -> Samples:
    position = np.arange(2 * _SIDE) - _SIDE + 0.5
    taps = np.sinc(position) * np.kaiser(4 * _SIDE + 1, 6.0)[1::2]
    return np.asarray(taps / taps.sum(), np.float32)


_BETWEEN = _between()


class Doubler:
    """One stream of audio at twice its rate; what is fed in pieces comes out as if fed at once."""

    def __init__(self) -> None:
        self._past = np.zeros(2 * _SIDE - 1, np.float32)

    def feed(self, pcm: Pcm) -> Samples:
        """Twice as many samples as were given, in the scale they had."""
        signal = np.concatenate([self._past, pcm.astype(np.float32)])
        self._past = signal[len(pcm) :]
        doubled = np.empty(2 * len(pcm), np.float32)
        if len(pcm):
            doubled[0::2] = signal[_SIDE - 1 : _SIDE - 1 + len(pcm)]
            doubled[1::2] = np.convolve(signal, _BETWEEN, "valid")
        return doubled
