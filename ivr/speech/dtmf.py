"""Telephone keys heard in the audio (ITU-T Q.23 tones, Q.24 reception), many calls at a time.

Every 10 ms a Hann window of 20 ms is correlated with the eight tones (Goertzel's sums, as one matrix product for all
calls). Between two neighbouring windows the phase of a tone advances by exactly its frequency, which tells 1.5 % off
(must be taken) from 3.5 % off (must be refused) although the window is too short to resolve that. What separates keys
from voices is that the two tones must be *all* there is, twice running.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ivr.audio import RATE
from ivr.speech.gate import Bools, Floats, Rows
from ivr.speech.level import FULL_SCALE

KEYS = np.array(list("123A456B789C*0#D"))
HISTORY = 320
"""Samples `KeyDetector.hear` wants of each call: the newest 20 ms and the 20 ms before."""

_WINDOW = 160
_HOP = 80
_TONES = np.array([697, 770, 852, 941, 1209, 1336, 1477, 1633])
_TOLERANCE = 0.025  # Q.24: take 1.5 %, refuse 3.5 %
_FAINTEST = FULL_SCALE**2 * 10 ** (-36 / 10)  # each tone; Q.24 takes -25 dBm0, which is -31 dBov
_TWIST_HIGH_DB = 6.0  # high tone above the low one; Q.24 takes 4
_TWIST_LOW_DB = 10.0  # low tone above the high one; Q.24 takes 8
_PURITY = 0.8  # share of the power that lies in the two tones
_LIKELY = 0.5  # the same for one window and tones that may be off
_PAUSE_WINDOWS = 5  # so that a lost packet (20 ms) is not a second key, and a pause of 40 ms is

_HANN = np.hanning(_WINDOW + 1)[:-1]
_ANGLES = 2 * np.pi * np.outer(np.arange(_WINDOW), _TONES) / RATE
_WAVES = np.concatenate([np.cos(_ANGLES), -np.sin(_ANGLES)], axis=1) * _HANN[:, None]
_BASIS = (_WAVES * 2**0.5 / _HANN.sum()).astype(np.float32)  # a tone's sum squared is its power
_WEIGHTS = (_HANN**2 / np.sum(_HANN**2)).astype(np.float32)
_ADVANCE = np.exp(-2j * np.pi * _TONES * _HOP / RATE)
_NONE = -1

_T = TypeVar("_T", bound=np.generic)


class KeyDetector:
    """Which key is down on each row (call) of a batch."""

    def __init__(self, rows: int) -> None:
        self._down = np.full(rows, _NONE)
        self._candidate = np.full(rows, _NONE)
        self._missing = np.zeros(rows, np.intp)

    def reset(self, row: int) -> None:
        """Forget what was heard on a row."""
        self._down[row] = self._candidate[row] = _NONE
        self._missing[row] = 0

    def busy(self, rows: Rows) -> Bools:
        """Rows on which a key is down or may be going down."""
        busy: Bools = (self._down[rows] != _NONE) | (self._candidate[rows] != _NONE)
        return busy

    def likely(self, rows: Rows, frames: Floats) -> Bools:
        """Rows worth `hear`: most of the newest 20 ms is two tones, or a key is under way. Spares voices the rest."""
        parts, total = _spectrum(frames)
        power = parts[:, :8] ** 2 + parts[:, 8:] ** 2
        pair = power[:, :4].max(axis=1) + power[:, 4:].max(axis=1)
        likely: Bools = (pair > _LIKELY * total) | self.busy(rows)
        return likely

    def hear(self, rows: Rows, samples: Floats) -> list[tuple[int, str]]:
        """Keys that went down in the newest 20 ms, as (row, key), each once however long it is held.

        `samples` has shape (len(rows), 320), full scale ±32768, oldest first, and moves on by 160 a call.
        """
        pressed: list[tuple[int, str]] = []
        for keys in _keys(samples).T:
            fresh = self._advance(rows, keys)
            pressed += [(int(row), str(KEYS[key])) for row, key in zip(rows[fresh], keys[fresh], strict=True)]
        return pressed

    def _advance(self, rows: Rows, keys: Rows) -> Bools:
        """Take in what 10 ms sounded like; True where a key went down."""
        down = self._down[rows]
        heard = keys != _NONE
        fresh: Bools = heard & (keys == self._candidate[rows]) & (keys != down)
        missing = np.where(heard & (keys == down), 0, self._missing[rows] + 1)
        down = np.where(missing >= _PAUSE_WINDOWS, _NONE, down)
        self._down[rows] = np.where(fresh, keys, down)
        self._missing[rows] = np.where(fresh, 0, missing)
        self._candidate[rows] = keys
        return fresh


def _keys(samples: Floats) -> Rows:
    """Index of the key that sounds in each pair of neighbouring windows, or -1; shape (n, 2)."""
    starts = np.arange(0, HISTORY - _WINDOW + 1, _HOP)
    windows = np.stack([samples[:, start : start + _WINDOW] for start in starts], axis=1)
    parts, total = _spectrum(windows)
    return _judge(parts[..., :8] + 1j * parts[..., 8:], total)


def _spectrum(windows: Floats) -> tuple[Floats, Floats]:
    """Cosine and sine parts of the eight tones, shape (..., 16), and the power of everything, shape (...)."""
    return windows @ _BASIS, windows**2 @ _WEIGHTS


def _judge(tones: NDArray[np.complexfloating], total: Floats) -> Rows:
    """Apply Q.24 to windows k and k + 1 together; axes are (call, window, tone)."""
    power = np.abs(tones) ** 2
    low = power[:, 1:, :4].argmax(axis=2)
    high = power[:, 1:, 4:].argmax(axis=2) + 4
    pair = np.stack([low, high], axis=2)
    shift = np.angle(_pick(tones[:, 1:], pair) * np.conj(_pick(tones[:, :-1], pair)) * _ADVANCE[pair])
    offset = shift * RATE / (2 * np.pi * _HOP)
    in_tune = (np.abs(offset) < _TOLERANCE * _TONES[pair]).all(axis=2)
    gain = _hann_gain(offset)
    now, before = _pick(power[:, 1:], pair) / gain, _pick(power[:, :-1], pair) / gain
    twist = 10 * np.log10((now[..., 1] + 1) / (now[..., 0] + 1))
    balanced = (twist < _TWIST_HIGH_DB) & (twist > -_TWIST_LOW_DB)
    pure = (now.sum(axis=2) > _PURITY * total[:, 1:]) & (before.sum(axis=2) > _PURITY * total[:, :-1])
    loud = now.min(axis=2) > _FAINTEST
    return np.where(in_tune & balanced & pure & loud, 4 * low + high - 4, _NONE)


def _pick(values: NDArray[_T], pair: Rows) -> NDArray[_T]:
    return np.take_along_axis(values, pair, axis=2)


def _hann_gain(offset: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power gain of the window for a tone `offset` Hz beside the one it was correlated with."""
    bins = offset * _WINDOW / RATE
    return np.maximum(np.sinc(bins) / (1 - bins**2 + 1e-9), 0.3) ** 2
