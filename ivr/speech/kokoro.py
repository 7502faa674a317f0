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
from pathlib import Path

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
        self._session = ort.InferenceSession(folder / _GRAPH, options, providers=["CPUExecutionProvider"])

    def speak(self, text: str) -> Samples:
        """Mono audio at `RATE`, full scale ±1. The same for the same text, always: nothing in the graph is drawn.

        Raises:
            UserError: the text holds nothing that can be spoken, or is too long for one breath (about 100 characters).
        """
        tokens = [self._vocabulary[p] for p in self._phonemes(text) if p in self._vocabulary]
        if not tokens:
            raise UserError(f"「{text}」 holds nothing that can be spoken")
        if len(tokens) > _TOKENS:
            raise UserError(f"「{text}」 is too long for one prompt → split it in two")
        inputs = {
            "tokens": np.array([[0, *tokens, 0]], np.int64),
            "style": self._styles[len(tokens)],
            "speed": self._speed,
        }
        (audio,) = self._session.run(None, inputs)
        return np.asarray(np.squeeze(audio), np.float64)


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
