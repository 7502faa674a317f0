"""Where in an utterance a phrase was said, by sound, and how well.

A phrase is aligned as a whole with any stretch of the utterance, by weighted edit distance over syllables. Words carry
different weight: a negation turns the meaning, function words hardly add to it, politeness and hesitation add nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from ivr.understanding.plain import plain
from ivr.understanding.sounds import distance, syllables

FILLERS = re.compile(
    "不好意思|对不起|打扰一下|麻烦你们|麻烦您|麻烦你|麻烦|劳驾|请问一下|请问|请你|请您|请|拜托|你好|您好|喂|谢谢您|谢谢你|谢谢啊|谢谢|"
    "我想要|我想|我要|我需要|我打算|我是想|我是要|想要|能不能|可不可以|可以|帮我|给我|替我|帮忙|问一下|一下子|一下|那个|这个|"
    "就是说|就是|怎么说呢|[嗯呃额唔啊哦噢喔唉哎诶欸哈吧呢嘛呀啦哟喽了]"
)
"""Politeness, hesitation, announcing a wish: what may surround any wish and adds nothing to it."""
_LIGHT = frozenset("我你您他她它们咱的地得在就都也还先再又很太把被跟和与个下来去到这那说讲想能会吗么让给着过一")
"""Function words: they add little."""
_REPLIES = frozenset("好是对行用可以有要")
"""They make a reply, and are in every other sentence too."""
_NEGATIONS = frozenset("不没别甭勿")
_CHOICE = re.compile("(.)[不没]\\1|有没有|要不然?|不然|不如|不光|不但|不仅|不管|不得不")
"""能不能, 不如: here 不 is no negation at all."""
_RHETORICAL = re.compile(
    "(?:为什么|怎么|干[嘛吗]|凭什么|何)(?:老是|总是|还|就)*[不没]|[不没别](?=[^，。！？,.!?；;]{0,12}[吗么](?:$|[，。！？,.!?]))"
)
"""为什么不, 不能…吗: a negation that denies nothing."""
_DENIAL = re.compile(
    "(?:[不别甭]用?|没(?!用))(?:有|要|想|需要|必|会|能|是想|是要|是来|打算|再|去|来|帮我|给我|替我|叫|让|说|找)*(?:转接到?|转到|转|接|换)?"
)
"""A negation, and what carries it on to the wish that follows. 不是 does not: 不是，我要…"""

Kind = str
_COSTS = {"filler": 0.04, "light": 0.15, "reply": 0.3, "word": 0.5, "negation": 1.5}
"""Of an extra syllable inside a phrase."""
_WEIGHTS = {"filler": 0.5, "light": 0.6, "reply": 1.0, "word": 1.0, "negation": 2.0}
"""Of a syllable of the phrase."""
_OUTSIDE = {"filler": 0.0, "light": 0.25, "reply": 0.25, "word": 1.0, "negation": 1.0}
"""Of a syllable around the phrase."""
_EVIDENCE = {"filler": 0.25, "light": 0.4, "reply": 0.4, "word": 1.0, "negation": 0.5}
"""Of a syllable of the phrase, towards its not having been said by chance."""


class Span(NamedTuple):
    """A stretch of an utterance that sounds like a phrase."""

    likeness: float
    """1 the same sounds, 0 nothing in common."""
    first: int
    """Index of its first syllable."""
    last: int
    """Index behind its last syllable."""
    start: int
    """Where its characters begin in the plain text."""
    end: int


class Phrase:
    """Something that may be said, ready to be found."""

    def __init__(self, text: str) -> None:
        self.text = plain(text)
        marked = _marked(self.text)
        self.sounds = tuple(sound for sound, _, _ in marked)
        self.steps = tuple((sound, _WEIGHTS[kind], kind == "negation") for sound, kind, _ in marked)
        self.weight = sum(weight for _, weight, _ in self.steps)
        self.evidence = sum(_EVIDENCE[kind] for _, kind, _ in marked)
        """Content words in it, more or less: how much it takes to say this by chance."""


Cells = dict[int, tuple[float, int]]
"""By end of an alignment, in syllables: its cost so far and its first syllable."""


class Utterance:
    """What was said, ready to be searched for phrases."""

    def __init__(self, text: str) -> None:
        self.text = plain(text)
        self._syllables = syllables(self.text)
        marked = _marked(self.text)
        self.sounds = tuple(sound for sound, _, _ in marked)
        self._costs = tuple(_COSTS[kind] for _, kind, _ in marked)
        self._negations = tuple(kind == "negation" for _, kind, _ in marked)
        self._neutral = tuple(
            self.text[at.start] in _NEGATIONS and not denies
            for at, denies in zip(self._syllables, self._negations, strict=True)
        )
        self._anywhere: Cells = {at: (0.0, at) for at in range(len(marked))}
        self._starts: Cells = {at: (0.0, at) for at, (_, _, denied) in enumerate(marked) if not denied}
        self._outside = [0.0, *accumulate(_OUTSIDE[kind] for _, kind, _ in marked)]
        self._rows: dict[str, tuple[list[float], float]] = {}

    def around(self, first: int, last: int) -> tuple[float, float]:
        """Weight of what was said before and after the syllables [first, last)."""
        return self._outside[first], self._outside[-1] - self._outside[last]

    def find(self, phrase: Phrase, floor: float, *, even_denied: bool = False) -> Iterator[Span]:
        """Every stretch that is at least as like the phrase as `floor`, 0-1.

        Unless `even_denied`, none begins right behind a negation: 不用转人工 does not say 转人工.
        """
        allowed = (1.0 - floor) * phrase.weight
        if phrase.sounds and self._at_best(phrase, allowed) <= allowed:
            for last, (cost, first) in self._align(
                phrase, allowed, self._anywhere if even_denied else self._starts
            ).items():
                if first < last:
                    start, end = self._syllables[first].start, self._syllables[last - 1].end
                    yield Span(1.0 - cost / phrase.weight, first, last, start, end)

    def _row(self, sound: str) -> tuple[list[float], float]:
        """Distance of a syllable to each syllable said, and the least of them."""
        row = self._rows.get(sound)
        if row is None:
            apart = [distance(sound, said) for said in self.sounds]
            row = self._rows[sound] = apart, min(apart, default=1.0)
        return row

    def _at_best(self, phrase: Phrase, allowed: float) -> float:
        """No alignment can cost less than this: each syllable matched where it fits best, in whatever order."""
        cost = 0.0
        for sound, weight, _ in phrase.steps:
            cost += weight * self._row(sound)[1]
            if cost > allowed:
                break
        return cost

    def _align(self, phrase: Phrase, allowed: float, starts: Cells) -> Cells:
        """The cheapest alignment from a start to each end, of those that cost no more than `allowed`."""
        cells = starts
        for sound, weight, denies in phrase.steps:
            apart, _ = self._row(sound)
            below: Cells = {}
            for at, (cost, first) in cells.items():
                if cost + weight <= allowed:
                    _keep(below, at, cost + weight, first)
                if at < len(apart):
                    away = weight * apart[at]
                    same = self._negations[at] == denies or not (away or self._neutral[at])
                    turned = cost + (away if same else max(away, _COSTS["negation"]))
                    if turned <= allowed:
                        _keep(below, at + 1, turned, first)
            self._lengthen(below, allowed)
            cells = below
        return cells

    def _lengthen(self, cells: Cells, allowed: float) -> None:
        """Let extra syllables be said behind each cell."""
        for at in sorted(cells):
            cost, first = cells[at]
            for behind in range(at, len(self._costs)):
                cost += self._costs[behind]
                if cost > allowed or not _keep(cells, behind + 1, cost, first):
                    break


def _keep(cells: Cells, at: int, cost: float, first: int) -> bool:
    """Enter an alignment where none is cheaper; whether it was."""
    better = at not in cells or cost < cells[at][0]
    if better:
        cells[at] = cost, first
    return better


@lru_cache(maxsize=64)
def utterance(text: str) -> Utterance:
    """The text ready to be searched; the same turn is searched for many things."""
    return Utterance(text)


def weight(text: str) -> float:
    """Syllables that tell something; politeness and hesitation count nothing, function words hardly."""
    return utterance(text).around(0, 0)[1]


def telling(text: str) -> list[str]:
    """The sounds of a plain text without politeness, function words and negations: what it is about."""
    return [sound for sound, kind, _ in _marked(text) if kind == "word"]


@lru_cache(maxsize=2048)
def prepared(text: str) -> Phrase:
    """A word of a standard ready to be found, in turn after turn."""
    return Phrase(text)


def _marked(text: str) -> list[tuple[str, Kind, bool]]:
    """Sound, kind of word, and whether a negation has just gone before it, of each syllable of a plain text."""
    filler, choice, rhetorical = (_covered(text, pattern) for pattern in (FILLERS, _CHOICE, _RHETORICAL))
    denied: set[int] = set()
    for match in _DENIAL.finditer(text):
        if match.start() not in choice | rhetorical:
            denied.update(range(match.start() + 1, match.end() + 1))
    return [
        (syllable.sound, _kind(text[syllable.start], syllable.start, filler, choice), syllable.start in denied)
        for syllable in syllables(text)
    ]


def _kind(character: str, at: int, filler: set[int], choice: set[int]) -> Kind:
    if character in _NEGATIONS and at not in choice:
        return "negation"
    if at in filler:
        return "filler"
    return "light" if character in _LIGHT else "reply" if character in _REPLIES else "word"


def _covered(text: str, pattern: re.Pattern[str]) -> set[int]:
    return {at for match in pattern.finditer(text) for at in range(*match.span())}
