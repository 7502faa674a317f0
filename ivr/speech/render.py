"""Speaks wording and keeps the sound: what is new or stale is rendered, what is whole is left alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import soxr

from ivr.audio import FRAME
from ivr.audio import RATE as LINE_RATE
from ivr.speech.g711 import Pcm
from ivr.speech.kokoro import RATE, Kokoro, Phoneme
from ivr.speech.level import FULL_SCALE
from ivr.speech.mastering import Samples, levelled, master
from ivr.speech.numbers import MARGIN, PIECES, REST
from ivr.speech.rendered import RenderedSet, text_key
from ivr.standards.house import SPOKEN

_SYLLABLE = re.compile(r"[^aeiouyɚɛɨ→↗↓↘ ,.!?]*(?P<vowel>[aeiouyɚɛɨ]+[→↗↓↘])[nŋ]?")  # as misaki writes
_RUN_IN, _RUN_OUT = 160, 400  # samples: a voice dies away later than its last phoneme ends
_BREATH = np.zeros(18 * FRAME, np.int16)  # 0.36 s between sentences


def stale(folder: RenderedSet, texts: Iterable[str], maker: str) -> list[str]:
    """Texts that have no sound, a damaged one, or one by another maker."""
    return [text for text in texts if not _is_whole(folder, text, maker)]


def _is_whole(folder: RenderedSet, text: str, maker: str) -> bool:
    return folder.has(text) and folder.entries[text_key(text)].maker == maker and not folder.damage(text)


def render(folder: RenderedSet, texts: Sequence[str], maker: str, speak: Callable[[str], Pcm]) -> Iterator[str]:
    """Speak each text into the set and yield it; breaking off keeps what is done.

    Raises:
        OSError: the folder cannot be written.
    """
    for text in texts:
        folder.put(text, speak(text), maker)
        yield text


def kokoro(voice: str, speed: float) -> Callable[[str], Pcm]:
    """A speaker for `render`. Raises UserError where the model or the phoneme library is not here."""
    speaker = Kokoro(voice, speed)

    def speak(text: str) -> Pcm:
        """Sentence by sentence: Kokoro hardly draws breath between them, and a caller needs the time to follow."""
        if len(text) == 1 and text in SPOKEN:
            return _syllable_alone(speaker, text)
        spoken = [master(speaker.speak(sentence), RATE).tobytes() for sentence in sentences(text)]
        return np.frombuffer(_BREATH.tobytes().join(spoken), np.int16)

    return speak


def sentences(text: str) -> list[str]:
    """A text cut behind the marks that end a sentence."""
    return re.findall(r"[^。！？：]+[。！？：]*", text)


def _syllable_alone(speaker: Kokoro, syllable: str) -> Pcm:
    """Spoken for itself a syllable is drawn out and slurred, so it is cut from a number, before the stop of 七."""
    audio, (own, following, *_) = _read_out(speaker, f"{syllable}七三")
    return master(audio[max(own.start - _RUN_IN, 0) : following.start] / FULL_SCALE, LINE_RATE)


def number_pieces(voice: str, speed: float) -> Iterator[tuple[str, Pcm]]:
    """Every piece that `numbers.Numbers` puts numbers together from, by name. Raises UserError, as `kokoro`."""
    speaker = Kokoro(voice, speed)
    for name in PIECES:
        yield name, _piece(speaker, *name)


def _piece(speaker: Kokoro, first: str, second: str) -> Pcm:
    """From the middle of one digit to the middle of the next, in a number that begins and ends with others."""
    if first == REST:
        audio, (own, *_) = _read_out(speaker, f"{second}八七")
        begin, end = own.start - _RUN_IN, own.middle + MARGIN
    elif second == REST:
        audio, (*_, own) = _read_out(speaker, f"八七{first}")
        begin, end = own.middle - MARGIN, own.end + _RUN_OUT
    else:
        audio, (_, own, following, _) = _read_out(speaker, f"八{first}{second}七")
        begin, end = own.middle - MARGIN, following.middle + MARGIN
    return np.asarray(np.round(audio[max(begin, 0) : end]), np.int16)


class _Syllable(NamedTuple):
    """Samples at 8 kHz; the middle is that of its vowel."""

    start: int
    middle: int
    end: int


def _read_out(speaker: Kokoro, number: str) -> tuple[Samples, list[_Syllable]]:
    """A number at the level of speech, 8 kHz, and its syllables."""
    spoken, phonemes = speaker.speak_timed(number + "。")
    audio = levelled(np.asarray(soxr.resample(spoken, RATE, LINE_RATE, quality="VHQ"), np.float64) * FULL_SCALE)
    names = "".join(phoneme.name for phoneme in phonemes)
    return audio, [_syllable(phonemes, match) for match in _SYLLABLE.finditer(names)]


def _syllable(phonemes: Sequence[Phoneme], match: re.Match[str]) -> _Syllable:
    vowel = phonemes[match.start("vowel") : match.end("vowel")]
    start, end = phonemes[match.start()].start, phonemes[match.end() - 1].end
    middle = (vowel[0].start + vowel[-1].end) / 2
    return _Syllable(*(round(second * LINE_RATE) for second in (start, middle, end)))
