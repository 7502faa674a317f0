"""Kokoro-82M: natural Mandarin, for prompts that are spoken once and kept.

The model is a plain ONNX graph: phonemes as tokens, a style vector, a speed, and out comes 24 kHz audio. A voice is a
table of style vectors, one for each number of tokens. Phonemes come from misaki, the library Kokoro was trained with.
Rendering needs the `render` extra and the model `kokoro`; taking calls needs neither.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ivr.errors import UserError
from ivr.speech.mastering import Samples
from ivr.speech.models import find_model
from ivr.speech.onnx import ort

RATE = 24000
MODEL = "kokoro"
VOICE = "zf_xiaoxiao"
_GRAPH = "kokoro-v1.0.int8.onnx"
_TOKENS = 510  # the model's context, less its two end marks
_STEP_S = 0.025  # what durations are counted in
_DURATIONS = b"/encoder/Clip_output_0"  # steps that each token takes; inside the graph, and no output of it


class Phoneme(NamedTuple):
    """One sound, or mark of tone or punctuation, of what was spoken; seconds from the beginning."""

    name: str
    start: float
    end: float


def _field(number: int, content: bytes) -> bytes:
    """A field of a protocol buffer that is shorter than 128 bytes."""
    return bytes((number << 3 | 2, len(content))) + content


# Messages that follow one another are one message: appended to the model, this adds an output to its graph.
_AND_DURATIONS = _field(7, _field(12, _field(1, _DURATIONS)))


class Kokoro:
    """One voice, ready to speak; takes about a second to load and 200 MB."""

    def __init__(self, voice: str = VOICE, speed: float = 1.0) -> None:
        """Raises UserError where the model, the voice or the phoneme library is not on this machine."""
        folder = find_model(MODEL).require()
        self._speed = np.array([speed], np.float32)
        self._styles = _styles(folder, voice)
        self._vocabulary: dict[str, int] = json.loads((folder / "config.json").read_text(encoding="utf-8"))["vocab"]
        self._phonemes = _phonemizer()
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        graph = (folder / _GRAPH).read_bytes() + _AND_DURATIONS
        self._session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def speak(self, text: str) -> Samples:
        """Mono audio at `RATE`, full scale ±1. The same for the same text, always: nothing in the graph is drawn.

        Raises:
            UserError: the text holds nothing that can be spoken, or is too long for one breath (about 100 characters).
        """
        return self.speak_timed(text)[0]

    def speak_timed(self, text: str) -> tuple[Samples, list[Phoneme]]:
        """As `speak`, and when each phoneme sounds."""
        phonemes = [p for p in self._phonemes(text) if p in self._vocabulary]
        if not phonemes:
            raise UserError(f"「{text}」 holds nothing that can be spoken")
        if len(phonemes) > _TOKENS:
            raise UserError(f"「{text}」 is too long for one prompt → split it in two")
        inputs = {
            "tokens": np.array([[0, *(self._vocabulary[p] for p in phonemes), 0]], np.int64),
            "style": self._styles[len(phonemes)],
            "speed": self._speed,
        }
        audio, durations = self._session.run(None, inputs)
        ends = np.cumsum(np.ravel(durations)) * _STEP_S
        spoken = [Phoneme(p, *bounds) for p, bounds in zip(phonemes, pairwise(ends[:-1].tolist()), strict=True)]
        return np.asarray(np.squeeze(audio), np.float64), spoken


def maker(voice: str = VOICE, speed: float = 1.0) -> str:
    """Who speaks, in one line; known without the model being here."""
    graph = next(file for file in find_model(MODEL).file if file.path == _GRAPH)
    return f"{_GRAPH} {graph.sha256[:8]} {voice} speed {speed:g}"


def voices() -> list[str]:
    """Names of the voices."""
    return sorted(Path(file.path).stem for file in find_model(MODEL).file if file.path.startswith("voices/"))


def _styles(folder: Path, voice: str) -> np.ndarray:
    """Shape (511, 1, 256): the row for each number of tokens."""
    if voice not in voices():
        raise UserError(f'no voice "{voice}"; there are {", ".join(voices())}')
    return np.fromfile(folder / "voices" / f"{voice}.bin", np.float32).reshape(-1, 1, 256)


def _phonemizer() -> Callable[[str], str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # jieba's regular expressions are of an older Python
            from misaki.zh import ZHG2P  # noqa: PLC0415  only rendering needs it
    except ImportError:
        raise UserError('the phoneme library is not installed → pip install "sanling[render]"') from None
    logging.getLogger("jieba").setLevel(logging.WARNING)
    convert = ZHG2P()
    return lambda text: str(convert(text)[0])
