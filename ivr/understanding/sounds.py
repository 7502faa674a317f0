"""How Mandarin sounds: a text as toneless syllables, and how alike two syllables are on a telephone.

A recogniser that errs writes other characters of the same or a neighbouring sound: 转人工 becomes 赚人宫. Characters
are therefore compared by sound, with the classes that speakers and telephone lines merge (zh/z, n/l, -n/-ng…) counted
as near. Words decide which reading a character has: 银行 is yin hang, 行 alone is xing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import combinations
from typing import NamedTuple

from ivr.understanding.plain import plain

DIGITS = dict(zip("0123456789", ("ling", "yi", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"), strict=True))
"""What a digit sounds like in a number that is spelled out."""
UNLIKE = 0.6
"""Distance of two initials, or of two finals, that share nothing; two syllables are at most 1 apart."""

_INITIAL_OF = re.compile("[zcs]h|[bpmfdtnlgkhjqxrzcsyw]|")
_NEAR_INITIALS = {
    0.1: ("zh z", "ch c", "sh s", "n l"),
    0.2: ("h f", "r l", "r y"),
    0.3: ("b p", "d t", "g k", "j q", "j zh z", "q ch c", "x sh s", "zh ch", "z c", "m n"),
}
_NEAR_FINALS = {
    0.1: ("an ang", "en eng", "in ing", "ian iang", "uan uang", "o uo"),
    0.2: ("ong eng", "un en", "uan an", "ian an", "uang ang", "iang ang", "e o uo", "ui ei", "ue ie", "i v", "ia a"),
    0.3: ("ai ei", "ao ou", "uo ou", "uo u", "in en", "ing eng", "ua a", "uai ai", "iao ao", "iu ou", "v u", "un vn"),
}
_NEAR_SYLLABLES = {
    0.0: ("n en ng m", "ei ai"),
    0.1: ("yi yao", "na nei", "zhe zhei", "hai huan", "shei shui", "lo luo", "e en"),
    0.2: ("er liang",),
}
"""Whole syllables: what people say for one another (一 and 幺, 二 and 两, 那 and 内), and grunts."""
_MERGED = ((re.compile("^([zcs])h"), r"\1"), (re.compile("^n"), "l"), (re.compile("ng$"), "n"))
_TOKEN = re.compile(r"[A-Za-z]+|[^\W_]")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")


class Syllable(NamedTuple):
    """One syllable of a text."""

    sound: str
    """Toneless pinyin; a run of Latin letters is one syllable, in lower case."""
    start: int
    """Where its characters begin in the plain text."""
    end: int


@lru_cache(maxsize=4096)
def syllables(text: str) -> tuple[Syllable, ...]:
    """The syllables of a text; positions refer to `plain(text)`. Punctuation is silent."""
    text = plain(text)
    readings = dict(_readings(text))
    return tuple(
        Syllable(readings.get(token.start()) or DIGITS.get(token[0]) or token[0].lower(), *token.span())
        for token in _TOKEN.finditer(text)
    )


def _readings(text: str) -> Iterator[tuple[int, str]]:
    """Position and sound of each Chinese character, read as part of its word."""
    import rjieba  # noqa: PLC0415 - with pypinyin 0.7 s to import, which only those pay who listen

    at = 0
    for word in rjieba.cut(text):
        sounds = _reading(word)
        if len(sounds) == len(word):
            yield from enumerate(sounds, at)
        at += len(word)


@lru_cache(maxsize=8192)
def _reading(word: str) -> list[str]:
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - as above

    return list(lazy_pinyin(word)) if _HAN.match(word) else []


def _table(classes: dict[float, tuple[str, ...]]) -> dict[tuple[str, str], float]:
    """Distance of each pair named together in a class; the nearest class counts."""
    found: dict[tuple[str, str], float] = {}
    for distance, groups in sorted(classes.items()):
        for group in groups:
            for one, other in combinations(group.split(), 2):
                found.setdefault((one, other), distance)
                found.setdefault((other, one), distance)
    return found


_INITIAL, _FINAL, _WHOLE = map(_table, (_NEAR_INITIALS, _NEAR_FINALS, _NEAR_SYLLABLES))


@cache
def _parts(sound: str) -> tuple[str, str]:
    found = _INITIAL_OF.match(sound)
    initial = found[0] if found else ""
    final = sound[len(initial) :]
    return initial, "v" + final[1:] if initial in {"j", "q", "x", "y"} and final.startswith("u") else final


@lru_cache(maxsize=1 << 16)
def distance(one: str, other: str) -> float:
    """How far apart two syllables sound: 0 the same, 0.1 a class that speakers merge, 1 nothing in common."""
    if one == other:
        return 0.0
    if (one, other) in _WHOLE:
        return _WHOLE[one, other]
    (initial, final), (initial_2, final_2) = _parts(one), _parts(other)
    apart = 0.0 if initial == initial_2 else _INITIAL.get((initial, initial_2), UNLIKE)
    apart += 0.0 if final == final_2 else _FINAL.get((final, final_2), UNLIKE)
    return min(apart, 1.0)


@lru_cache(maxsize=4096)
def merged(sound: str) -> str:
    """The syllable without what speakers and lines merge (zh/z, n/l, -n/-ng): alike for whoever says either."""
    for pattern, replacement in _MERGED:
        sound = pattern.sub(replacement, sound)
    return sound
