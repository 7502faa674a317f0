"""What the callers say: a line is never quite silent, and whoever talks says a sentence now and then."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ivr.files import data_folder
from ivr.speech.rendered import RenderedSet

RATE = 8000
_NOISE_DBOV = -66.0
_SPEAKS_AT_S = (4.0, 15.0)
_SENTENCE_S = (2.0, 3.2)

Pcm = NDArray[np.int16]


def line_noise(seconds: float) -> Pcm:
    """Faint white noise, shape (samples,), 8 kHz."""
    noise = np.random.default_rng(1).standard_normal(int(seconds * RATE))
    return np.asarray((noise * 32768 * 10 ** (_NOISE_DBOV / 20)).round(), np.int16)


def talk(seconds: float) -> Pcm:
    """Line noise with two sentences in it, 4 s and 15 s after the answer, shape (samples,), 8 kHz."""
    audio = line_noise(seconds)
    for start, sentence in zip(_SPEAKS_AT_S, _sentences(), strict=True):
        at = int(start * RATE)
        audio[at : at + len(sentence)] += sentence
    return audio


def _sentences() -> list[Pcm]:
    """Spoken by our own tool: two of the rendered prompts serve as well as any."""
    rendered = RenderedSet(data_folder("prompts") / "audio")
    shortest, longest = _SENTENCE_S
    fitting = sorted(entry.text for entry in rendered.entries.values() if shortest <= entry.seconds <= longest)
    return [rendered.read(text) for text in fitting[: len(_SPEAKS_AT_S)]]
