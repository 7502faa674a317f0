"""A prompt made louder or slower for somebody who hears us badly (requirements B5, B11).

Louder is gain behind a look-ahead limiter: peaks are turned down before they come, so that nothing is clipped. Slower
is WSOLA (Verhelst and Roelands, ICASSP 1993): frames are laid further apart, each taken where it goes on best with what
was heard last, so that every period of the voice keeps its length and the pitch stays.

It is our own, since no library with a wheel fits: Signalsmith's blurs consonants at 8 kHz (2.0 dB of spectral distance
at tempo 0.8, 1.3 here) and has no wheel for ARM, pedalboard is heavy, Sonic's is a first release.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ivr.speech.level import FULL_SCALE
from ivr.speech.mastering import Samples, trimmed


class Voicing(NamedTuple):
    """How we speak; as recorded, unless told otherwise."""

    gain_db: float = 0.0
    """Louder by this, 0 to 18."""
    tempo: float = 1.0
    """Speed, 0.5 to 1."""


NORMAL = Voicing()

_CEILING = FULL_SCALE * 10 ** (-1 / 20)
_BLOCK = 40  # samples, 5 ms: how finely the limiter follows
_AHEAD = 4  # blocks: it turns down so long before a peak, and up again so long after
_WINDOW = 320  # samples, 40 ms: holds two periods of the lowest voice
_HOP = _WINDOW // 2
_REACH = 50  # samples: a frame may be taken so much earlier or later, together a period of the lowest voice
_HANN: Samples = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)  # two of them, half apart, add up to 1


def voiced(pcm: bytes, gain_db: float, tempo: float) -> bytes:
    """A prompt, louder by `gain_db` (dB, 0 to 18) and at `tempo` (0.5 to 1) times its speed, at the same pitch.

    In and out: 16-bit little-endian mono at 8 kHz, whole 20 ms frames of which the first and the last are audible, as
    `mastering.master` makes them. No sample of the result is above -1 dBFS.

    Raises:
        ValueError: nothing in it is audible.
    """
    if (gain_db, tempo) == NORMAL:
        return pcm
    audio = np.frombuffer(pcm, "<i2").astype(np.float64)
    if tempo != 1.0:
        audio = trimmed(_stretched(audio, tempo))
    return np.round(_limited(audio * 10 ** (gain_db / 20))).astype("<i2").tobytes()


def _limited(audio: Samples) -> Samples:
    """Turned down around whatever would go over the ceiling.

    The gain is a line from one boundary of blocks to the next. At each it is the mean of minima over a stretch, all of
    which hold the blocks on both sides; so no block gets more than its own peak allows.
    """
    peaks = np.abs(np.pad(audio, (0, -len(audio) % _BLOCK))).reshape(-1, _BLOCK).max(axis=1)
    allowed = np.pad(_CEILING / np.maximum(peaks, _CEILING), 2 * _AHEAD + 1, constant_values=1.0)
    least = sliding_window_view(allowed, 2 * _AHEAD + 2).min(axis=1)
    gain = sliding_window_view(least, 2 * _AHEAD + 1).mean(axis=1)
    boundaries = np.arange(len(gain)) * _BLOCK
    return np.asarray(audio * np.interp(np.arange(len(audio)), boundaries, gain), np.float64)


def _stretched(audio: Samples, tempo: float) -> Samples:
    length = round(len(audio) / tempo)
    frames = length // _HOP + 2
    source = np.pad(audio, _HOP + _REACH)
    source = np.pad(source, (0, max(0, round(frames * _HOP * tempo) + 2 * (_WINDOW + _REACH) - len(source))))
    slow = np.zeros((frames + 1) * _HOP)
    start = _REACH
    for frame in range(frames):
        slow[frame * _HOP : frame * _HOP + _WINDOW] += _HANN * source[start : start + _WINDOW]
        nominal = round((frame + 1) * _HOP * tempo)
        start = nominal + most_alike(source[nominal : nominal + 2 * _REACH + _WINDOW], source[start + _HOP :][:_WINDOW])
    return slow[_HOP : _HOP + length]


def most_alike(region: Samples, wanted: Samples) -> int:
    """Where in a region of sound the stretch begins that is most like the one wanted, whatever their levels."""
    likeness = np.correlate(region, wanted, "valid")
    energy = np.cumsum(np.concatenate(([0.0], region**2)))
    return int(np.argmax(likeness / np.sqrt(energy[len(wanted) :] - energy[: -len(wanted)] + 1.0)))
