"""What the callers say: a line is never quite silent, and whoever talks says a sentence now and then.

Spoken by our own tool: the rendered prompts serve as well as any.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ivr.files import data_folder
from ivr.speech.rendered import RenderedSet

RATE = 8000
_NOISE_DBOV = -66.0
_SPEAKS_AT_S = (4.0, 15.0)
_SENTENCE_S = (2.0, 3.2)
_KEEPS_SPEAKING_S = (1.5, 7.5, 13.5, 19.5)
"""The first falls into the greeting, each other one into what answered the one before."""

Pcm = NDArray[np.int16]


def line_noise(seconds: float) -> Pcm:
    """Faint white noise, shape (samples,), 8 kHz."""
    noise = np.random.default_rng(1).standard_normal(int(seconds * RATE))
    return np.asarray((noise * 32768 * 10 ** (_NOISE_DBOV / 20)).round(), np.int16)


def talk(seconds: float) -> Pcm:
    """Line noise with two sentences in it, 4 s and 15 s after the answer, shape (samples,), 8 kHz."""
    return _spoken(_SPEAKS_AT_S, seconds)


def keep_talking(seconds: float) -> Pcm:
    """Line noise with a sentence every 6 s, from 1.5 s after the answer on, shape (samples,), 8 kHz."""
    return _spoken(_KEEPS_SPEAKING_S, seconds)


def _spoken(starts: Sequence[float], seconds: float) -> Pcm:
    audio = line_noise(seconds)
    for start, sentence in zip(starts, _sentences(len(starts)), strict=True):
        at = int(start * RATE)
        audio[at : at + len(sentence)] += sentence
    return audio


def _sentences(number: int) -> list[Pcm]:
    rendered = RenderedSet(data_folder("prompts") / "audio")
    shortest, longest = _SENTENCE_S
    fitting = sorted(entry.text for entry in rendered.entries.values() if shortest <= entry.seconds <= longest)
    return [rendered.read(text) for text in fitting[:number]]
