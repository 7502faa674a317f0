"""Who says what: the clips that everything is measured on."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast, get_args

import soundfile

from bench.hearing.halves import Half, half
from bench.hearing.speakers import Speech, choice, mandarin_speakers, speakers_of, spoken
from ivr.speech.g711 import Pcm
from ivr.standards.said import Expects

Kind = Literal[
    "wish", "answer", "number", "hasty_number", "side_talk", "other_language", "sentence", "word", "noise", "tone"
]
PEOPLE = Path(__file__).resolve().parents[3] / "shared" / "audio"
_TEXTS = Path(__file__).parent / "texts"
_OUR_KEYS = "dtmf"
_NUMBER_VOICES = 4


@dataclass(frozen=True)
class Clip:
    """One recording, clean."""

    kind: Kind
    text: str
    """What is said, or what is to be heard."""
    speaker: str
    pcm: Pcm
    expects: Expects = "text"
    """What was asked."""
    value: str = ""
    """What a perfect ear makes of it: the intent by name, or the answer; empty where there is none."""
    origin: str = ""
    """Language, or place."""

    @property
    def half(self) -> Half:
        """By text, so that no voice says in one half what another says in the other."""
        return half(self.text)

    @property
    def name(self) -> str:
        """Its own."""
        return f"{self.speaker}: {self.text}"


@dataclass(frozen=True)
class _Line:
    kind: Kind
    text: str
    expects: Expects = "text"
    value: str = ""
    origin: str = ""


def callers(voices: int = 1) -> list[Clip]:
    """Wishes and answers, each by as many voices as `voices`."""
    names = mandarin_speakers()
    return _clips((line, choice(names, line.text, nth)) for line in _addressed() for nth in range(voices))


def numbers(voices: int = _NUMBER_VOICES, *, in_haste: bool = False) -> list[Clip]:
    """Phone and waybill numbers, each by several voices: dictated (3.3 digits a second), or in haste (4.7)."""
    names = mandarin_speakers()
    lines = list(_numbers("hasty_number" if in_haste else "number"))
    return _clips((line, choice(names, line.text, nth)) for line in lines for nth in range(min(voices, len(names))))


def side_talkers(voices: int = 1) -> list[Clip]:
    """People who talk to each other; `origin` is where."""
    names = mandarin_speakers()
    return _clips((line, choice(names, line.text, nth)) for line in _side_talk() for nth in range(voices))


def foreigners() -> list[Clip]:
    """Dialects and other languages; `origin` is which."""
    return _clips(
        (_Line("other_language", text, value=_meant(entry, text), origin=language), speaker)
        for language, entry in _read("other_languages").items()
        for text in entry["texts"]
        for speaker in speakers_of(entry["voice"], text)
    )


def _meant(entry: dict[str, Any], text: str) -> str:
    return next((intent for intent, texts in entry.get("means", {}).items() if text in texts), "")


def recordings(*kinds: Kind) -> list[Clip]:
    """People's voices, and sounds; none where the folder is not beside the repository. Keys are left out."""
    index = PEOPLE / "INDEX.tsv"
    if not index.exists():
        return []
    with index.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["kind"] in kinds]
    return [_recording(row) for row in rows if _OUR_KEYS not in row["file"]]


def _recording(row: dict[str, str]) -> Clip:
    pcm: Pcm = soundfile.read(PEOPLE / row["file"], dtype="int16")[0]
    kind: Any = row["kind"]
    speaker = row["speaker"] or Path(row["file"]).stem
    return Clip(kind, row["transcript"], f"{speaker} {Path(row['file']).stem}", pcm)


def _addressed() -> Iterator[_Line]:
    for asked, answers in _read("addressed").items():
        for value, texts in answers.items():
            for text in texts:
                wish = asked == "wish"
                yield _Line("wish" if wish else "answer", text, "text" if wish else _expects(asked), value)


def _numbers(kind: Kind) -> Iterator[_Line]:
    for asked, table in _read("numbers").items():
        for value, text in table.items():
            pauses = text if kind == "hasty_number" else text.replace("，", "。")  # a breath after each group
            yield _Line(kind, pauses, _expects(asked), value)


def _expects(asked: str) -> Expects:
    assert asked in get_args(Expects), f"nobody can ask for {asked}"
    return cast(Expects, asked)


def _side_talk() -> Iterator[_Line]:
    for place, texts in _read("side_talk").items():
        for text in texts:
            yield _Line("side_talk", text, origin=place)


def _clips(said: Iterator[tuple[_Line, str]]) -> list[Clip]:
    lines = list(said)
    sounds = spoken(Speech(speaker, line.text) for line, speaker in lines)
    return [
        Clip(line.kind, line.text, speaker, sounds[Speech(speaker, line.text)], line.expects, line.value, line.origin)
        for line, speaker in lines
    ]


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_TEXTS / f"{name}.toml").read_text(encoding="utf-8"))
