"""How alike a sound and a prompt begin: a matched filter, blind to level and to a shift below a frame."""

from __future__ import annotations

import copy
from collections.abc import Container, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ivr.audio import FRAME
from ivr.quality.measure import Pcm, audible, frames

FIRST_FRAMES = 15
"""Frames of a sound that are compared with all prompts at once."""
_FIRST = FIRST_FRAMES * FRAME
_FRAME_ALIKE = 0.5
_Wave = NDArray[np.float32]


class KnownPrompt(NamedTuple):
    """A prompt that may be heard."""

    name: str
    text: str
    pcm: Pcm
    """Mono at 8 kHz, whole 20 ms frames, at its usual level."""
    tempo: float = 1.0
    """Speed at which it is spoken here; 1 is as rendered."""


class Match(NamedTuple):
    """A prompt that a sound may be."""

    prompt: KnownPrompt
    likeness: float
    """Correlation, 0-1."""
    shift: int
    """Samples by which it arrives later than the onset's frame boundary."""
    skip: int = 0
    """Frames of the prompt that were heard before (a prompt that goes on after a pause)."""


class Beginnings:
    """The first 0.3 s of every prompt, made ready once: comparing costs one transform back a prompt.

    Of prompts that sound the same the first stands for all; those without a sound are none.
    """

    def __init__(self, known: Sequence[KnownPrompt]) -> None:
        self.preferred: Container[str] = ()
        """Names of those that are waited for."""
        same: dict[bytes, list[KnownPrompt]] = {}
        for each in known:
            if len(each.pcm):
                same.setdefault(each.pcm.tobytes(), []).append(each)
        self._same = list(same.values())
        self.prompts = prompts = [first for first, *_ in self._same]
        self._skips = [first_audible(prompt, 0) for prompt in prompts]
        parts = [_part(prompt, skip, _FIRST) for prompt, skip in zip(prompts, self._skips, strict=True)]
        self._lengths = np.array([len(part) for part in parts], np.int64)
        self._norms = np.array([np.linalg.norm(part) for part in parts])
        rows = np.array([np.pad(part, (0, _FIRST - len(part))) for part in parts]).reshape(len(parts), _FIRST)
        self._spectra = np.conj(np.fft.rfft(rows, _size(_FIRST)))

    def preferring(self, names: Container[str]) -> Beginnings:
        """The same, where of prompts that sound the same the first with such a name stands for all."""
        other = copy.copy(self)
        other.preferred = names
        other.prompts = [next((each for each in same if each.name in names), same[0]) for same in self._same]
        return other

    def matches(self, sound: Pcm) -> list[Match]:
        """Every prompt, against `FIRST_FRAMES` of sound."""
        heard = sound.astype(np.float32)
        products = np.fft.irfft(np.fft.rfft(heard, _size(_FIRST)) * self._spectra, _size(_FIRST))
        near = np.concatenate((products[:, -FRAME + 1 :], products[:, :FRAME]), axis=1)
        best = near.argmax(axis=1)
        levels = np.sqrt(np.concatenate(([0.0], np.cumsum(heard.astype(np.float64) ** 2))))[self._lengths]
        likeness = near[np.arange(len(best)), best] / np.maximum(levels * self._norms, 1.0)
        shifts = (best - FRAME + 1).tolist()
        return list(map(Match, self.prompts, likeness.tolist(), shifts, self._skips))


def compared(sound: Pcm, prompt: KnownPrompt, skip: int) -> Match:
    """How alike a sound and a prompt (after `skip` frames of it) begin, at the best shift below a frame."""
    skip = first_audible(prompt, skip)
    part = _part(prompt, skip, len(sound))
    heard = sound[: len(part) + FRAME].astype(np.float32)
    size = _size(len(heard))
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(part, size)), size)
    near = np.concatenate((product[-FRAME + 1 :], product[:FRAME]))
    best = int(near.argmax())
    norm = float(np.linalg.norm(heard[: len(part)]) * np.linalg.norm(part)) or 1.0
    return Match(prompt, float(near[best]) / norm, best - FRAME + 1, skip)


def alike(one: Pcm, other: Pcm) -> bool:
    """Whether 20 ms that were heard are those of a prompt."""
    a, b = one.astype(np.float32), other.astype(np.float32)
    return bool(a @ b >= _FRAME_ALIKE * np.linalg.norm(a) * np.linalg.norm(b))


def first_audible(prompt: KnownPrompt, skip: int) -> int:
    """First audible frame of a prompt from frame `skip` on."""
    return skip + int(audible(frames(prompt.pcm[skip * FRAME :])).argmax())


def _part(prompt: KnownPrompt, skip: int, samples: int) -> _Wave:
    return prompt.pcm[skip * FRAME : skip * FRAME + samples].astype(np.float32)


def _size(samples: int) -> int:
    """Of a transform in which shifts of a frame do not wrap round."""
    return 1 << (samples + FRAME).bit_length()
