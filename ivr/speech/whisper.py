"""Whisper, called through CTranslate2 with a short context and bounded decoding; reads a turn whole."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import ctranslate2
import numpy as np

from ivr.audio import RATE
from ivr.speech.engine import Words
from ivr.speech.mel import COLUMNS_A_SECOND, picture
from ivr.speech.upsample import Doubler
from ivr.standards.model import Expects

_CONTEXTS_S = (6.0, 10.0, 15.0, 30.0)
"""Lengths of the encoder's context; a turn is put at the beginning of the shortest that leaves room behind it."""
_ROOM_S = 4.0
_LONGEST_S = 28.0
_TOKENS_A_SECOND = 7
_PROMPT = "以下是普通话的句子。"


class Whisper:
    """A model shared by all turns; `threads` of them are decoded at once."""

    name = "whisper"
    streaming = False

    def __init__(self, folder: Path, threads: int) -> None:
        self._model = ctranslate2.models.Whisper(
            str(folder), device="cpu", compute_type="int8", inter_threads=threads, intra_threads=1
        )
        self._vocabulary = _Vocabulary(folder)

    def open(self, expects: Expects, phrases: Sequence[str]) -> _Turn:
        """Begin to listen to a turn."""
        return _Turn(self)

    def read(self, samples: np.ndarray) -> Words:  # type: ignore[type-arg]
        """The words in `samples`, 16 kHz."""
        seconds = len(samples) / (2 * RATE)
        context = next((c for c in _CONTEXTS_S if seconds + _ROOM_S <= c), _CONTEXTS_S[-1])
        features = picture(samples, int(context * COLUMNS_A_SECOND))
        encoded = self._model.encode(ctranslate2.StorageView.from_array(features[None]))
        languages = dict(self._model.detect_language(encoded)[0])
        prompt = self._vocabulary.prompt
        result = self._model.generate(
            encoded,
            [prompt],
            beam_size=1,
            no_repeat_ngram_size=4,
            repetition_penalty=1.1,
            max_length=len(prompt) + 6 + int(_TOKENS_A_SECOND * seconds),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        text = self._vocabulary.text(result.sequences_ids[0])
        return Words(text, math.exp(result.scores[0]), languages.get("<|zh|>", 0.0))


class _Turn:
    def __init__(self, engine: Whisper) -> None:
        self._engine = engine
        self._audio = b""

    def feed(self, pcm: bytes) -> None:
        self._audio = (self._audio + pcm)[-int(_LONGEST_S * RATE) * 2 :]

    def words(self) -> Words:
        samples = Doubler().feed(np.frombuffer(self._audio, "<i2")) / np.float32(32768)
        return self._engine.read(samples) if len(samples) else Words("")


class _Vocabulary:
    """Byte-level BPE: what each token stands for."""

    def __init__(self, folder: Path) -> None:
        self._tokens = (folder / "vocabulary.txt").read_text("utf-8").split("\n")
        plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
        others = [byte for byte in range(256) if byte not in plain]
        self._byte = {chr(b): b for b in plain} | {chr(256 + i): b for i, b in enumerate(others)}
        self._number = {token: number for number, token in enumerate(self._tokens)}
        self._specials = self._number["<|endoftext|>"]
        tags = ("<|startoftranscript|>", "<|zh|>", "<|transcribe|>", "<|notimestamps|>")
        before = [self._number["<|startofprev|>"], *self._spell(_PROMPT)]
        self.prompt = before + [self._number[tag] for tag in tags]

    def text(self, numbers: Sequence[int]) -> str:
        letters = "".join(self._tokens[n] for n in numbers if n < self._specials)
        return bytes(self._byte[letter] for letter in letters).decode("utf-8", "ignore").replace(" ", "")

    def _spell(self, text: str) -> list[int]:
        letter = {byte: char for char, byte in self._byte.items()}
        left, numbers = "".join(letter[byte] for byte in text.encode()), []
        while left:
            length = max(n for n in range(1, min(len(left), 20) + 1) if left[:n] in self._number)
            numbers.append(self._number[left[:length]])
            left = left[length:]
        return numbers
