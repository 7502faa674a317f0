"""Vosk (Kaldi): words while they are spoken, and all of them soon after the last.

What Kaldi can say of an unfinished sentence is a guess: against the reading of the finished one, half of it is wrong.
So each time words are asked for, the sentence is finished, which ends it; and if the speaker goes on after all, it is
heard again from its beginning. That costs a part of the time it lasts, and keeps what was said before a breath in the
ear: cut at breaths instead, a quarter of the text came out differently.

A decoder puts its graph together while it listens, and remembers what it has put together: a new one takes twice as
long over its first sentence as one that has listened to noise, and three times as long as one that has heard speech. So
some are made ready before the first caller is, and all are kept and lent to one utterance after the other.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import vosk

from ivr.audio import RATE
from ivr.speech.engine import Words
from ivr.speech.upsample import Doubler
from ivr.standards.said import Expects

_WIDE = 2 * RATE
_READINGS = 5
"""Readings that Kaldi is asked for: the best, and what it is weighed against."""
_CLOSED: frozenset[Expects] = frozenset({"yes_no", "choice"})
"""What is asked when only certain phrases make sense."""
_UNKNOWN = ("[unk]", "<unk>", "<UNK>", "[UNK]")
"""How vocabularies spell a word that is none of theirs. Without it a grammar would force its phrases upon any sound."""
_NO_WORD = re.compile(r"[\[<(].*[\])>]|!SIL")
"""Noises and the unknown, as vocabularies spell them."""
_READY = 4
"""Decoders a thread that have listened to noise before the first caller speaks: as many as one can keep up with."""
_NOISE_S = 2.0
"""More of it makes no decoder faster."""
_IDLE = 16
"""Decoders that are kept; each remembers a few megabytes."""
_BREATH = 2 * RATE * 3 // 10
"""Bytes of audio that may follow a finished sentence before it counts as gone on: silence until the turn is over."""
_HEARD_AGAIN = 2 * RATE * 12
"""Bytes of audio that are heard again at most; of a longer monologue, what was read so far stands."""


class Vosk:
    """An engine (`ivr.speech.engine.Engine`); the folder is a Vosk model's, as in `ivr.speech.recognizers`."""

    name = "vosk"
    streaming = True

    def __init__(self, folder: Path, threads: int) -> None:
        """Raises Exception for a model that Kaldi refuses; some of them take the process with them."""
        vosk.SetLogLevel(-1)
        self._model = vosk.Model(str(folder))
        self._unknown = next(filter(self._knows, _UNKNOWN), None) if _is_dynamic(folder) else None
        self._idle: list[vosk.KaldiRecognizer] = []  # its ends are atomic: any thread may lend and return
        self.space = "" if self._knows("你") else " "
        """What stands between two words."""
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(self._make_ready, range(min(_READY * threads, _IDLE))))

    def open(self, expects: Expects, phrases: Sequence[str]) -> VoskUtterance:
        """Begin to listen; a closed question is listened to with the grammar of its phrases, if the model can."""
        return VoskUtterance(self, self._grammar(phrases) if expects in _CLOSED else None)

    def lend(self, grammar: str | None) -> vosk.KaldiRecognizer:
        """A decoder on the one model, as good as new."""
        if grammar is None:
            with contextlib.suppress(IndexError):
                return self._idle.pop()
        return self._new(grammar)

    def take_back(self, recognizer: vosk.KaldiRecognizer) -> None:
        """For the next one; it must have no grammar, and have told its final result of something heard.

        Only then does Kaldi forget the speaker; `Reset` would let it keep its idea of the voice.
        """
        if len(self._idle) < _IDLE:
            self._idle.append(recognizer)

    def _make_ready(self, seed: int) -> None:
        """One more decoder that is kept, with much of its graph put together."""
        noise = np.random.default_rng(seed).normal(scale=1000, size=round(_NOISE_S * _WIDE)).astype("<i2")
        recognizer = self._new(None)
        recognizer.AcceptWaveform(noise.tobytes())
        recognizer.FinalResult()
        self.take_back(recognizer)

    def _new(self, grammar: str | None) -> vosk.KaldiRecognizer:
        recognizer = vosk.KaldiRecognizer(self._model, _WIDE, *([grammar] if grammar else []))
        recognizer.SetMaxAlternatives(_READINGS)
        return recognizer

    def _grammar(self, phrases: Sequence[str]) -> str | None:
        """JSON of those phrases that the vocabulary can spell, and of the unknown; None: anything may be said."""
        spelt = list(filter(None, map(self._spelt, phrases)))
        return json.dumps([*spelt, self._unknown], ensure_ascii=False) if spelt and self._unknown else None

    def _spelt(self, phrase: str) -> str:
        """The phrase in words of the vocabulary, the longest first; empty where that cannot be."""
        words, rest = [], phrase.strip()
        while rest:
            length = next((n for n in range(len(rest), 0, -1) if self._knows(rest[:n])), 0)
            if not length:
                return ""
            words.append(rest[:length])
            rest = rest[length:].lstrip()
        return " ".join(words)

    def _knows(self, word: str) -> bool:
        return bool(self._model.vosk_model_find_word(word) >= 0)


class VoskUtterance:
    """One turn (`ivr.speech.engine.Utterance`)."""

    def __init__(self, engine: Vosk, grammar: str | None) -> None:
        self._engine, self._grammar = engine, grammar
        self._settled = Words("", 1.0)
        """Of audio that is not heard again."""
        self._audio = bytearray()
        """All that came since."""
        self._open()

    def _open(self) -> None:
        self._recognizer: vosk.KaldiRecognizer | None = self._engine.lend(self._grammar)
        self._doubler = Doubler()
        self._sentences: list[Words] = []
        """Those that Kaldi has ended by itself."""
        self._heard = 0
        """Bytes of `_audio` that it was given."""
        self._in_sentence = False
        self._finished = Words("")
        """All that was heard, once there is no decoder any more."""

    def feed(self, pcm: bytes) -> Words | None:
        """Take in more; the reading so far, without a confidence, once there is one."""
        self._audio += pcm
        if self._recognizer is None and len(self._audio) - self._heard <= _BREATH:
            return None
        recognizer = self._hear()
        partial = json.loads(recognizer.PartialResult()).get("partial", "")
        sofar = self._joined([self._settled, *self._sentences, Words(self._text(partial))])
        return Words(sofar.text) if sofar.text else None

    def words(self) -> Words:
        """Everything, to the last sample."""
        if self._recognizer is None and len(self._audio) == self._heard:
            return self._finished
        recognizer = self._hear()
        if self._in_sentence:
            self._sentences.append(self._reading(recognizer.FinalResult()))
            if self._grammar is None:
                self._engine.take_back(recognizer)
        self._finished, self._recognizer = self._joined([self._settled, *self._sentences]), None
        return self._finished

    def _hear(self) -> vosk.KaldiRecognizer:
        """Give Kaldi what it has not been given; from the beginning, if it has finished since."""
        if self._recognizer is None:
            if self._heard > _HEARD_AGAIN:
                self._settled = self._finished
                del self._audio[: self._heard]
            self._open()
        if len(self._audio) > self._heard:
            new = np.frombuffer(bytes(self._audio[self._heard :]), dtype="<i2")
            self._heard = len(self._audio)
            self._give(np.clip(np.rint(self._doubler.feed(new)), -32768, 32767).astype("<i2").tobytes())
        return self._recognizer

    def _give(self, wide: bytes) -> None:
        assert self._recognizer
        self._in_sentence = not self._recognizer.AcceptWaveform(wide)
        if not self._in_sentence:
            self._sentences.append(self._reading(self._recognizer.Result()))

    # ------------------------------------------------------------ readings

    def _reading(self, result: str) -> Words:
        """Of a finished sentence."""
        found = json.loads(result).get("alternatives", [])
        if not found:
            return Words("")
        texts = [alternative["text"] for alternative in found]
        weights = _shares([alternative["confidence"] for alternative in found])
        best, *others = map(self._text, texts)  # some differ in nothing but what is no word
        alternatives = tuple(other for other in dict.fromkeys(others) if other not in ("", best))
        return Words(best, _confidence(texts, weights), alternatives=alternatives)

    def _text(self, words: str) -> str:
        return self._engine.space.join(word for word in words.split() if not _NO_WORD.fullmatch(word))

    def _joined(self, parts: Sequence[Words]) -> Words:
        """Parts of an utterance in one; the alternatives are those of the last that has any, confidence by length."""
        said = [part for part in parts if part.text]
        if not said:
            return Words("")
        space, last = self._engine.space, said[-1]
        before = "".join(part.text + space for part in said[:-1])
        sure = sum(part.confidence * len(part.text) for part in said) / sum(len(part.text) for part in said)
        return Words(before + last.text, sure, alternatives=tuple(before + other for other in last.alternatives))


def _is_dynamic(folder: Path) -> bool:
    """Whether the graph is put together while listening, so that a grammar can take the place of the language model."""
    return (folder / "graph" / "Gr.fst").is_file()


def _shares(scores: Sequence[float]) -> list[float]:
    """How likely each of the readings is among them, by their log-likelihoods."""
    best = max(scores)
    odds = [math.exp(score - best) for score in scores]
    return [each / sum(odds) for each in odds]


def _confidence(texts: Sequence[str], weights: Sequence[float]) -> float:
    """Mean over the words of the first text: how likely are the readings that have them; noises count as none."""
    words, readings = texts[0].split(), [set(text.split()) for text in texts]
    sure = [
        0.0 if _NO_WORD.fullmatch(word) else sum(w for w, r in zip(weights, readings, strict=True) if word in r)
        for word in words
    ]
    return sum(sure) / len(sure) if sure else 0.0
