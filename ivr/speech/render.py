"""Speaks wording and keeps the sound: what is new or stale is rendered, what is whole is left alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from ivr.audio import FRAME
from ivr.speech.g711 import Pcm
from ivr.speech.kokoro import RATE, Kokoro
from ivr.speech.mastering import master
from ivr.speech.rendered import RenderedSet, text_key

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
        spoken = [master(speaker.speak(sentence), RATE).tobytes() for sentence in sentences(text)]
        return np.frombuffer(_BREATH.tobytes().join(spoken), np.int16)

    return speak


def sentences(text: str) -> list[str]:
    """A text cut behind the marks that end a sentence."""
    return re.findall(r"[^。！？：]+[。！？：]*", text)
