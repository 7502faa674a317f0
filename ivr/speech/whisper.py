"""Whisper, utterance by utterance, on CTranslate2.

The usual library looks at 30 s of audio whatever was said. Here the picture is as short as the utterance allows, the
decoding is greedy and bounded by how much can be said in that time, and the sound is encoded once for the words, for
their language, and, where a number was asked for, for the digits: a third of the time, and no worse.

What Whisper makes of sounds that are no speech is a sentence from somebody's subtitles; it is recognised and left out.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import ctranslate2
import numpy as np

from ivr.speech.bytepairs import BytePairs
from ivr.speech.engine import Words
from ivr.speech.mel import COLUMNS_A_SECOND, RATE, picture
from ivr.speech.upsample import Doubler, Samples
from ivr.understanding.shapes import SHAPES, Shape

if TYPE_CHECKING:
    from ivr.standards.said import Expects  # brings pydantic, most of a second that a decoder's start can do without

CONTEXTS_S = ((4.0, 10.0), (10.0, 15.0), (15.0, 20.0), (28.0, 30.0))
"""Length of an utterance, and of the picture in which it is seen. A tighter one costs words, a wider one time."""
LONGEST_S = CONTEXTS_S[-1][0]
"""Of an utterance that goes on, this much is looked at, from the end."""
PROMPT = "以下是普通话的句子。"
"""What it believes to have heard before: it makes for simplified script, and for Mandarin."""
PROMPT_YES_NO = "以下是普通话的回答：是的。对。好的。不是。不对。没有。"
"""The same where yes or no was asked: a short word is half a guess, and this makes it an educated one."""
PROMPT_NUMBER = "以下是普通话的号码：要三九零二四六五七八要。"
"""The same for what turned out to be a number."""
_LANGUAGE = "<|zh|>"
_TOKENS_A_SECOND, _TOKENS_MORE = 9, 6
_NO_SPEECH, _NO_LANGUAGE = 0.6, 0.2  # noise is above the one and below the other, a short word perhaps one of them
_SUBTITLES = re.compile(
    "字幕|普通话的|谢谢(大家)?(观看|收看)|请不吝|点赞.{0,4}订阅|订阅.{0,6}频道|打赏|明镜|点点栏目|amara|subscribe",
    re.IGNORECASE,
)
_SPACES = re.compile(r"\s+")
_NUMBERS: dict[Expects, int] = {"digits": 3, "id_tail": 3, "phone": 3, "waybill": 3, "text": 7}
"""So many digits make a number worth a second look, by what was asked."""
_DIGITS = "零一二三四五六七八九两"
_SAID_AS_ONE = "要有又由油右友"  # the vocabulary has no 幺: these come nearest
_GROUPS = ","  # allowed between the digits: without it, a breath is heard as one more of them
_LIKELIEST = 5
"""Readings of a number that are weighed. The likeliest lacks a digit now and then; one of the next may be whole."""
_AS_LIKELY, _LIKELY = 0.4, 0.36
"""Mean of log-likelihood by which a whole number may be behind the likeliest, and from nothing if none was seen."""
_WHOLE: dict[Expects, Shape] = {"phone": SHAPES["phone"]}
"""Numbers that can be told to be whole: what has no fixed length cannot."""
_SPOKEN = str.maketrans(dict.fromkeys(_SAID_AS_ONE, "幺"))
_FIGURES = str.maketrans("零一二三四五六七八九两幺", "012345678921", _GROUPS)
_SURE_DIGITS = frozenset("0123456789〇幺零一二三四五六七八九两")
_LIKE_DIGITS = _SURE_DIGITS | frozenset(
    "十要妖腰摇药姚有由又油刘流留就酒久旧救散伞山似字自子思斯起其期齐吧把巴爸物无五武舞耳儿而以已林灵铃"
)
_SHARE = 0.6
_LOOP = 7  # tokens that come again are a loop; a number may well hold 0000


class Whisper:
    """One model for all callers; `threads` utterances at once, each on one core."""

    name = "whisper"
    streaming = False

    def __init__(self, folder: Path, threads: int) -> None:
        self._model = ctranslate2.models.Whisper(
            str(folder), compute_type="int8", inter_threads=threads, intra_threads=1
        )
        self._pairs = BytePairs.read(folder)
        task = ["<|startoftranscript|>", _LANGUAGE, "<|transcribe|>", "<|notimestamps|>"]
        begin = [self._pairs.number[token] for token in task]
        before = self._pairs.number["<|startofprev|>"]
        self._start, self._start_yes_no, self._start_number = (
            [before, *self._pairs.tokens(prompt), *begin] for prompt in (PROMPT, PROMPT_YES_NO, PROMPT_NUMBER)
        )
        self._never = [-1, *self._pairs.traditional()]
        allowed = _DIGITS + _SAID_AS_ONE + _GROUPS
        digits = {token for each in allowed for token in self._pairs.saying(each) or self._pairs.tokens(each)}
        self._no_digit = [token for token in range(len(self._pairs)) if token not in digits | {self._pairs.end}]

    def open(self, expects: Expects, phrases: Sequence[str]) -> WhisperUtterance:
        """Begin to listen to a turn."""
        return WhisperUtterance(self, expects)

    def read(self, samples: Samples, expects: Expects) -> Words:
        """The words in at most `LONGEST_S` of audio at 16 kHz in ±1."""
        length_s = len(samples) / RATE
        context_s = next(context for longest, context in CONTEXTS_S if length_s <= longest)
        seen = picture(samples - samples.mean(), round(context_s * COLUMNS_A_SECOND))
        sound = self._model.encode(ctranslate2.StorageView.from_array(seen[None]))
        mandarin = dict(self._model.detect_language(sound)[0])[_LANGUAGE]
        start = self._start_yes_no if expects == "yes_no" else self._start
        free = self._decode(sound, start, length_s)
        if _is_nothing(free, mandarin):
            return Words("", free.confidence, mandarin)
        spelled = self._number(sound, free, length_s, expects)
        return Words(spelled or free.text, free.confidence, mandarin, (free.text,) if spelled else ())

    def _decode(self, sound: ctranslate2.StorageView, start: list[int], length_s: float) -> _Read:
        """Go on from the tokens of `start`, with anything."""
        (result,) = self._model.generate(
            sound,
            [start],
            beam_size=1,
            no_repeat_ngram_size=4,
            repetition_penalty=1.1,
            max_length=_longest(start, length_s),
            suppress_tokens=self._never,
            return_scores=True,
            return_no_speech_prob=True,
        )
        tokens = result.sequences_ids[0]
        return _Read(tokens, self._text(tokens), math.exp(result.scores[0]), result.no_speech_prob)

    def _decode_digits(self, sound: ctranslate2.StorageView, said: list[int], length_s: float) -> list[_Spelled]:
        """Go on with digits only after the words that were said before them; the likeliest reading comes first."""
        start = self._start_number + said
        (result,) = self._model.generate(
            sound,
            [start],
            beam_size=_LIKELIEST,
            num_hypotheses=_LIKELIEST,
            no_repeat_ngram_size=_LOOP,
            max_length=_longest(start, length_s),
            suppress_tokens=self._no_digit,
            return_scores=True,
        )
        before = len(self._text(said))  # the results begin with it
        texts = map(self._text, result.sequences_ids)
        return [
            _Spelled(text[:before], text[before:].translate(_SPOKEN), score)
            for text, score in zip(texts, result.scores, strict=True)
        ]

    def _number(self, sound: ctranslate2.StorageView, free: _Read, length_s: float, expects: Expects) -> str | None:
        """Where the words are a number, or end in one: the same, with nothing but digits allowed in it.

        A number that can be told to be whole is looked for in all of the sound, too: what went before may be its
        beginning, misheard.
        """
        said = self._before_number(free.tokens, _NUMBERS[expects]) if expects in _NUMBERS else None
        shape = _WHOLE.get(expects)
        if said is None and shape is None:
            return None
        readings = self._decode_digits(sound, said or [], length_s)
        likeliest = readings[0] if said is not None else None
        if shape:
            readings += self._decode_digits(sound, [], length_s) if said else []
            enough = likeliest.score - _AS_LIKELY if likeliest else -_LIKELY
            whole = (each for each in readings if each.score >= enough and shape.is_complete(each.figures))
            likeliest = next(whole, likeliest)
        return likeliest and likeliest.before + likeliest.digits

    def _text(self, tokens: list[int]) -> str:
        return _SPACES.sub("", self._pairs.text(tokens))

    def _before_number(self, tokens: list[int], enough: int) -> list[int] | None:
        """The tokens before a number to which the words amount, or in which they end; None where there is none."""
        said = [set(re.sub(r"\W", "", self._pairs.text([token]))) for token in tokens]
        start = next((n for n, characters in enumerate(said) if characters & _SURE_DIGITS), None)
        if start is None:
            return None
        while start and said[start - 1] <= _LIKE_DIGITS:
            start -= 1
        number = re.sub(r"\W", "", self._pairs.text(tokens[start:]))
        like, sure = (sum(character in kind for character in number) for kind in (_LIKE_DIGITS, _SURE_DIGITS))
        return tokens[:start] if like >= max(enough, _SHARE * len(number)) and sure >= like / 3 else None


class WhisperUtterance:
    """What was heard of one turn so far."""

    def __init__(self, engine: Whisper, expects: Expects) -> None:
        self._engine, self._expects = engine, expects
        self._double = Doubler()
        self._pieces: deque[Samples] = deque()
        self._length = 0

    def feed(self, pcm: bytes) -> None:
        """Take in more audio; of more than `LONGEST_S` the beginning is forgotten."""
        piece = self._double.feed(np.frombuffer(pcm, "<i2"))
        self._pieces.append(piece / np.float32(1 << 15))
        self._length += len(piece)
        while self._length - len(self._pieces[0]) >= LONGEST_S * RATE:
            self._length -= len(self._pieces.popleft())

    def words(self) -> Words:
        """The words of it; half a second on one core, more for a longer one."""
        if not self._length:
            return Words("")
        samples = np.concatenate(self._pieces)[-round(LONGEST_S * RATE) :]
        return self._engine.read(samples, self._expects)


class _Read(NamedTuple):
    tokens: list[int]
    text: str
    confidence: float
    no_speech: float


class _Spelled(NamedTuple):
    before: str
    digits: str
    score: float
    """Mean log-likelihood of its tokens."""

    @property
    def figures(self) -> str:
        return self.digits.translate(_FIGURES)


def _longest(start: list[int], length_s: float) -> int:
    """Tokens, those of `start` among them, that can be said in that time."""
    return len(start) + _TOKENS_MORE + math.ceil(_TOKENS_A_SECOND * length_s)


def _is_nothing(read: _Read, mandarin: float) -> bool:
    """Whether these words are only what Whisper says when nobody speaks."""
    no_speech = read.no_speech > _NO_SPEECH and mandarin < _NO_LANGUAGE
    return no_speech or not re.search(r"\w", read.text) or bool(_SUBTITLES.search(read.text))
