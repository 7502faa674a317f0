"""Synthetic callers: Kokoro's eight voices, espeak-ng, and both speaking other languages.

A speaker is named by engine, voice and, where it is not Mandarin, language: ``kokoro zf_xiaobei``,
``espeak sit/yue``, ``kokoro zm_yunxi ko``. What one has said is kept in the cache and spoken again only when its maker
has changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

from bench.hearing.languages import Espeak, Foreigner
from ivr.errors import UserError
from ivr.files import cache_folder
from ivr.speech import kokoro
from ivr.speech.g711 import Pcm
from ivr.speech.mastering import master
from ivr.speech.models import find_model
from ivr.speech.render import kokoro as mandarin
from ivr.speech.render import render, stale
from ivr.speech.rendered import RenderedSet

_EDITION = 1  # of `languages`: a new one makes stale what was spoken by the old


class Speech(NamedTuple):
    """Somebody saying something."""

    speaker: str
    text: str


def mandarin_speakers() -> list[str]:
    """Whoever can speak Mandarin on this machine: Kokoro's voices where they are installed, espeak-ng everywhere."""
    return [f"kokoro {voice}" for voice in kokoro.voices()] if _kokoro_works() else ["espeak sit/cmn"]


def speakers_of(language: str, text: str) -> list[str]:
    """Who says a text in another language: espeak-ng and, where it is installed, one of Kokoro's voices."""
    robots = [f"espeak {language}"]
    if not _kokoro_works():
        return robots
    return [*robots, f"kokoro {choice(kokoro.voices(), text)} {language}"]


def choice(names: Sequence[str], text: str, nth: int = 0) -> str:
    """A text's own one of `names`; `nth` others, all different while there are enough."""
    return names[(hashlib.sha256(text.encode()).digest()[1] + nth) % len(names)]


def spoken(wanted: Iterable[Speech]) -> dict[Speech, Pcm]:
    """Everything wanted, at -26 dBov and without silence at its ends; what is new is spoken first, which takes time."""
    by_speaker: dict[str, list[str]] = defaultdict(list)
    for speech in dict.fromkeys(wanted):
        by_speaker[speech.speaker].append(speech.text)
    _speak_missing(by_speaker)
    return {
        Speech(speaker, text): _folder(speaker).read(text) for speaker, texts in by_speaker.items() for text in texts
    }


def _speak_missing(by_speaker: Mapping[str, Sequence[str]]) -> None:
    with (cache_folder("bench") / "voices.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another run of the bench speaks into the same folders
        _speak_all(by_speaker)


def _speak_all(by_speaker: Mapping[str, Sequence[str]]) -> None:
    missing = {who: texts for who, said in by_speaker.items() if (texts := stale(_folder(who), said, _maker(who)))}
    if not missing:
        return
    total = sum(map(len, missing.values()))
    print(f"speaking {total} texts that are not in the cache yet…", file=sys.stderr, flush=True)
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        for done in pool.map(_speak, missing, missing.values()):
            total -= done
            print(f"  {total} to go", file=sys.stderr, flush=True)


def _speak(speaker: str, texts: Sequence[str]) -> int:
    """In a process of its own: one voice at a time, so that no two write to one folder."""
    return len(list(render(_folder(speaker), texts, _maker(speaker), _mouth(speaker))))


def _mouth(speaker: str) -> Callable[[str], Pcm]:
    engine, voice, *language = speaker.split()
    if engine == "espeak":
        robot = Espeak(voice)
        return lambda text: master(robot.speak(text), robot.rate)
    if not language:
        return mandarin(voice, 1.0)
    foreigner = Foreigner(voice, language[0])
    return lambda text: master(foreigner.speak(text), kokoro.RATE)


def _maker(speaker: str) -> str:
    engine, voice, *language = speaker.split()
    if engine == "espeak":
        return f"espeak-ng 1.52 {voice} edition {_EDITION}"
    return " ".join([kokoro.maker(voice), *(f"{name} edition {_EDITION}" for name in language)])


def _folder(speaker: str) -> RenderedSet:
    return RenderedSet(cache_folder("bench", "voices", speaker.replace(" ", "_").replace("/", "-")))


def _kokoro_works() -> bool:
    try:
        find_model(kokoro.MODEL).require()
        import misaki.zh  # noqa: F401, PLC0415  only to see whether it is there
    except (UserError, ImportError):
        return False
    return True
