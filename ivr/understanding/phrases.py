"""The phrase gate: finds what must not be said in a text, however it is spelled (requirements H1, H2).

A syllable is the same as another by its character or by its sound, so that a homophone and a recogniser's spelling are
found as well; in a phrase of four syllables and more, sounds that speakers merge (zh/z, n/l, -n/-ng) are the same too.
您 is 你, and modal particles (啊, 吧, 呢…) are neither here nor there. A phrase is found within a sentence, across
commas, which recognisers do not write; a whole utterance only where a sentence says nothing else but courtesies.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate, groupby
from operator import attrgetter
from typing import NamedTuple

from ivr.standards.phrasing import Barred, pieces
from ivr.understanding.plain import plain
from ivr.understanding.sounds import Syllable, merged, syllables

_KEPT = 4096
"""Texts whose findings are remembered: every prompt of every standard, and the numbers spoken of late."""
_GAP_SYLLABLES = 8
_LONG = 4
"""Syllables from which on a phrase is told by merged sounds; shorter ones would meet too many others."""
_PARTICLES = frozenset("啊呀吧呢嘛哦噢喔啦哈嗯呃哎诶欸唉咯喽哟哇呗")
_FULL_STOP = re.compile("[。！？!?;；]")
_PAUSE = re.compile("[。！？!?;；，、,：:—…~]")
_COURTESIES = re.compile(
    "对不起|很抱歉|非常抱歉|真抱歉|抱歉|不好意思|您好|你好|先生|女士|小姐|请您?|麻烦您?|那个|那(?=[我你您不没])|这个"
)


class Found(NamedTuple):
    """Something that must not be said, where it was said."""

    phrase: str
    """As the data has it."""
    req: str
    """``H1`` or ``H2``."""
    span: tuple[int, int]
    """From and to, in characters of `plain(text)`."""
    why: str
    """What is wrong with it, and the source that says so."""


class _Syllable(NamedTuple):
    character: str
    sound: str
    merged: str
    """The sound without what speakers merge."""
    sentence: int
    clause: int
    start: int
    end: int

    def is_like(self, other: _Syllable, merging: bool) -> bool:
        """Whether both are the same in writing or in sound."""
        if self.character == other.character or self.sound == other.sound:
            return True
        return merging and self.merged == other.merged


_Stretch = tuple[_Syllable, ...]


class _Phrase(NamedTuple):
    text: str
    pieces: tuple[tuple[_Stretch, ...], ...]
    """Wordings of each stretch; none for a gap."""
    needs: frozenset[str]
    """Keys of what it may end with; a text without any of them does not hold it."""
    bar: Barred

    @property
    def first(self) -> set[_Syllable]:
        """What it may begin with."""
        found: set[_Syllable] = set()
        for piece in self.pieces:
            found |= {wording[0] for wording in piece if wording}
            if all(piece):
                break
        return found

    def end(self, said: _Stretch, at: int) -> int:
        """Index behind the phrase where it begins at a syllable; 0 if it does not."""
        end = self._end(said, at, merging=True)
        return end if not end or end - at >= _LONG else self._end(said, at, merging=False)

    def _end(self, said: _Stretch, at: int, *, merging: bool) -> int:
        ends = {at}
        for piece in self.pieces:
            if piece:
                ends = {end for start in ends for words in piece if (end := _behind(words, said, start, merging)) >= 0}
            else:
                ends = {start + more for start in ends for more in range(_GAP_SYLLABLES + 1)}
            if not ends:
                break
        return max((end for end in ends if at < end and said[at].sentence == said[end - 1].sentence), default=0)

    def found(self, where: tuple[int, int]) -> Found:
        return Found(self.text, self.bar.req, where, f"{self.bar.why} ({self.bar.category}, {self.bar.source})")


def _behind(words: _Stretch, said: _Stretch, at: int, merging: bool) -> int:
    """Index behind the words where they are said from `at` on; -1 where they are not."""
    end = at + len(words)
    alike = end <= len(said) and all(one.is_like(said[at + n], merging) for n, one in enumerate(words))
    return end if alike else -1


class Phrases:
    """The gate; made once, asked before anything is played."""

    def __init__(self, barred: Iterable[Barred]) -> None:
        barred = tuple(barred)
        self._within = _indexed(_phrase(bar, text) for bar in barred for text in bar.phrases)
        self._whole = _indexed(_phrase(bar, text) for bar in barred for text in bar.whole)
        self._remembered = lru_cache(_KEPT)(self._find)

    def find(self, text: str) -> tuple[Found, ...]:
        """All that must not be said, in the order in which it is; empty for a text that may be played.

        Of several for the same words the longest.
        """
        return self._remembered(text)

    def _find(self, text: str) -> tuple[Found, ...]:
        said = _said(text)
        found = sorted((*self._phrases_in(said), *self._wholes_of(said, _polite(text))), key=_where)
        ends = accumulate((one.span[1] for one in found), max, initial=0)
        return tuple(one for one, end in zip(found, ends, strict=False) if one.span[0] >= end)

    def _phrases_in(self, said: _Stretch) -> Iterator[Found]:
        told = {key for syllable in said for key in _keys(syllable)}
        for at, syllable in enumerate(said):
            for phrase in _candidates(self._within, syllable):
                if not phrase.needs.isdisjoint(told) and (last := phrase.end(said, at)):
                    yield phrase.found((syllable.start, said[last - 1].end))

    def _wholes_of(self, said: _Stretch, polite: set[int]) -> Iterator[Found]:
        told = (each for each in said if each.start not in polite)
        for _, sentence in groupby(told, attrgetter("sentence")):
            clauses = [tuple(clause) for _, clause in groupby(sentence, attrgetter("clause"))]
            matches = [self._whole_of(clause) for clause in clauses]
            if all(matches):
                yield from (
                    match.found((clause[0].start, clause[-1].end))
                    for clause, match in zip(clauses, matches, strict=True)
                    if match
                )

    def _whole_of(self, clause: _Stretch) -> _Phrase | None:
        return next((one for one in _candidates(self._whole, clause[0]) if one.end(clause, 0) == len(clause)), None)


_Index = dict[str, list[_Phrase]]


def _where(found: Found) -> tuple[int, int]:
    return found.span[0], -found.span[1]


def _indexed(phrases: Iterable[_Phrase]) -> _Index:
    """By what they may begin with."""
    index: defaultdict[str, list[_Phrase]] = defaultdict(list)
    for phrase in phrases:
        for key in {key for syllable in phrase.first for key in _keys(syllable)}:
            index[key].append(phrase)
    return dict(index)


def _candidates(index: _Index, syllable: _Syllable) -> Iterable[_Phrase]:
    return {id(phrase): phrase for key in _keys(syllable) for phrase in index.get(key, ())}.values()


def _phrase(bar: Barred, text: str) -> _Phrase:
    said = tuple(tuple(map(_said, piece)) for piece in pieces(text))
    last = next((piece for piece in reversed(said) if piece and all(piece)), ())
    return _Phrase(text, said, frozenset(key for wording in last for key in _keys(wording[-1])), bar)


def _keys(syllable: _Syllable) -> tuple[str, ...]:
    """Under which a phrase that begins with the syllable is found; a character and a sound are never the same."""
    return syllable.character, syllable.sound, f"{syllable.merged}~"


def _said(text: str) -> _Stretch:
    """The syllables that count, each with the number of its sentence and of its clause."""
    text = plain(text)
    stops, pauses = ([match.start() for match in mark.finditer(text)] for mark in (_FULL_STOP, _PAUSE))
    return tuple(
        _syllable(text[sound.start : sound.end], sound, bisect(stops, sound.start), bisect(pauses, sound.start))
        for sound in syllables(text)
        if text[sound.start] not in _PARTICLES
    )


def _syllable(character: str, heard: Syllable, sentence: int, clause: int) -> _Syllable:
    character, sound = ("你", "ni") if character == "您" else (character, heard.sound)
    return _Syllable(character, sound, merged(sound), sentence, clause, heard.start, heard.end)


def _polite(text: str) -> set[int]:
    """Where a plain text has courtesies."""
    return {at for match in _COURTESIES.finditer(plain(text)) for at in range(*match.span())}
