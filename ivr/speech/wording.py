"""The phrase gate over what a standard says, and over what people said (requirements H1, H2).

Prescribed wording is not exempt: a source that prescribes what another bars has to be told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from ivr.errors import UserError
from ivr.standards.house import Answering
from ivr.standards.load import StandardError
from ivr.standards.model import Standard
from ivr.standards.rules import load_barred
from ivr.understanding.phrases import Found, Phrases
from ivr.understanding.plain import plain

_NO_CHARACTER = re.compile(r"[^\u3400-\u9fff\U00020000-\U0003ffff]+")


@cache
def gate() -> Phrases:
    """The gate with our data. Takes half a second the first time; raises UserError where the data is broken."""
    return Phrases(load_barred())


def bars(text: str) -> bool:
    """Whether a text that is put together during a call must not be said.

    Marks, letters and blanks between its characters hide nothing: 「不。归我管」 is looked at as 「不归我管」 besides.
    """
    return any(map(gate().find, (text, _NO_CHARACTER.sub("", plain(text)))))


def barred(standard: Standard, phrases: Phrases) -> Iterator[str]:
    """Every wording of a standard that must not be played; one line each."""
    for name, text in _spoken(standard):
        for found in phrases.find(text):
            yield f"{standard.name}: {name} 「{text}」 {told(text, found)}"


def _spoken(standard: Standard) -> Iterator[tuple[str, str]]:
    """All that a standard can make us say, by where that stands in it: wording, and what is put into its variables."""
    yield from ((name, wording.text) for name, wording in standard.wording.items())
    yield from ((f"opening.hello {hello.since}", hello.text) for hello in standard.opening.hello)
    yield from ((f"intent.{name}.title", intent.title) for name, intent in standard.intent.items())
    yield from ((f"characters.{character}", told) for character, told in standard.characters.items())
    yield from ((f"titles.{given}", title) for given, title in standard.titles.items())
    for section in ("menu", "slot"):
        for name, block in getattr(standard, section).items():
            yield from ((f"{section}.{name}.choices.{intent}", value) for intent, value in block.choices.items())


def check_phrases(standards: Iterable[Standard]) -> None:
    """Raises StandardError, with a line for each wording that must not be played."""
    if found := [line for standard in standards for line in barred(standard, gate())]:
        raise StandardError(found)


def check_houses(lines: Iterable[Answering]) -> None:
    """Who answers is spoken in many prompts. Raises UserError for the first name that must not be said."""
    for line in lines:
        for key in ("company", "site", "agent_surname"):
            name = getattr(line, key)
            if found := next(iter(gate().find(name)), None):
                raise UserError(f"standard.{key}: {told(name, found)} → write it otherwise")


def barred_in(lines: Iterable[str], phrases: Phrases, speaker: str = "") -> Iterator[str]:
    """What must not have been said in a transcript of an utterance a line, as `number: 「words」 …`.

    Args:
        lines: of the transcript.
        phrases: the gate.
        speaker: where given, only lines that begin with it, e.g. ``客服：``; callers may say what they like.
    """
    for number, line in enumerate(lines, 1):
        if line.startswith(speaker):
            text = line.removeprefix(speaker).strip()
            yield from (f"{number}: {told(text, found)}" for found in phrases.find(text))


def told(text: str, found: Found) -> str:
    """What was found in a text, in a few words."""
    return f"says 「{plain(text)[slice(*found.span)]}」, which {found.req} bars: {found.why}"
