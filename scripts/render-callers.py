#!/usr/bin/env python3
"""Speaks what the callers of the catalogue say into scenarios/voices; only what is new or changed.

Mandarin is spoken by Kokoro (`ivr models pull kokoro` and the `render` extra): by several people, or by the one whom a
scenario names (``caller: {voice: zm_yunxi}``) in a folder of their own. Other languages and dialects are espeak-ng's:
robots, but of that language. Each manifest says who made what. Robot callers fall back on run-time speech for what is
not there.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence

from ivr.simulation.scenario import VOICES, load_scenarios
from ivr.simulation.sounds import caller_voices, lines_of
from ivr.speech.kokoro import maker
from ivr.speech.render import kokoro, render, stale
from ivr.speech.rendered import RenderedSet
from ivr.speech.tts import Synthesizer

ANYBODY = ("zm_yunjian", "zf_xiaobei", "zm_yunyang", "zf_xiaoyi")


def main() -> None:
    """Folder by folder: Mandarin, then a folder for each person and each other language."""
    lines = lines_of(load_scenarios())
    for voice, texts in sorted(lines.items()):
        folder = caller_voices(voice)
        if voice in ("", *VOICES):
            _mandarin(folder, texts, [voice] if voice else ANYBODY)
        else:
            _foreign(folder, texts, voice)
        print(f"{folder.folder}: {len(texts)} texts, {folder.prune(texts)} removed")  # noqa: T201 - a script
    for path in caller_voices().folder.iterdir():
        if path.is_dir() and path.name not in lines:
            shutil.rmtree(path)


def _mandarin(folder: RenderedSet, texts: Iterable[str], voices: Sequence[str]) -> None:
    """What none of the voices has spoken yet, each text with one that the text itself decides on.

    Who reads a text badly over the telephone may give it to another of them: it stays with whoever has spoken it.
    """
    makers = [maker(voice, 1.0) for voice in voices]
    unspoken = sorted(set(texts).intersection(*(stale(folder, texts, each) for each in makers)))
    for place, voice in enumerate(voices):
        wanted = [text for text in unspoken if sum(text.encode()) % len(voices) == place]
        for text in render(folder, wanted, makers[place], kokoro(voice, 1.0)) if wanted else ():
            print(voice, text)  # noqa: T201


def _foreign(folder: RenderedSet, texts: Iterable[str], voice: str) -> None:
    synthesizer = Synthesizer(voice, limit_s=30)
    wanted = stale(folder, sorted(texts), synthesizer.maker)
    for text in render(folder, wanted, synthesizer.maker, synthesizer.speak_now):
        print(voice, text)  # noqa: T201
    synthesizer.close()


if __name__ == "__main__":
    main()
