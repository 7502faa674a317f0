"""Which of the things a caller may want was said, how surely, and whether two of them could be meant.

An intent is data: phrases that people say for it, and phrases that sound alike and mean something else. A match counts
by how alike it sounds and by how much else was said: a long phrase may stand inside a story, a short one («是») must be
nearly all there is. Numbers here were chosen on one half of ``tests/understanding/data`` and are held on the other.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from ivr.standards.said import Intent
from ivr.understanding.alignment import Phrase, Span, Utterance, prepared, utterance

Decided = Literal["sure", "likely", "ambiguous", "none"]

SURE = 0.8
"""From here on a wish is acted on."""
LIKELY = 0.6
"""From here on the caller is asked whether this was meant (requirement C2)."""
MARGIN = 0.08
"""Two wishes closer than this are both likely: the caller is asked which."""
_DIGIT = r"[\d零〇幺一二两三四五六七八九]"
NUMBER = re.compile(rf"(?<!{_DIGIT}){_DIGIT}{{3,6}}(?!{_DIGIT})")
"""What people are called by who have a number."""
_ANY_NUMBER = "零零零"
_LONG_NUMBER = re.compile(rf"{_DIGIT}(?:[,，、\s-]?{_DIGIT}){{6,}}")
"""A waybill or a telephone number: 12345 inside it is nobody's hotline."""
_FLOOR = 0.74
"""Likeness below which nothing was heard."""
_SOUNDS_RIGHT = 0.92
"""Likeness from which a phrase was said, whatever stands around it."""
_STRICT = 1.5
"""How much faster than likeness the score falls, over the phrase's evidence: a short phrase must sound right."""
_ELSEWHERE = 0.5
"""What else was said weighs by this, against the cube of the phrase's own weight…"""
_BEFORE = 0.4
"""…and by this again where it went before: people tell their story first and say their wish last."""


class Match(NamedTuple):
    """An intent that was heard."""

    name: str
    score: float
    """0-1."""
    phrase: str
    """The example that it matched."""
    heard: str
    """The part of the text that matched."""

    def is_part_of(self, other: Match) -> bool:
        """The words are part of more words that surely mean something else: 没有 in 没有了."""
        return other.score >= SURE and self.heard in other.heard and len(self.heard) < len(other.heard)


class Reading(NamedTuple):
    """What the caller wants, as far as it can be told."""

    best: Match | None
    other: Match | None
    """The runner-up."""
    margin: float
    """By how much `best` leads, 0-1."""
    decided: Decided
    """`sure`: act. `likely`: ask whether `best` was meant. `ambiguous`: ask which of the two. `none`: not known."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    examples: tuple[Phrase, ...]
    negatives: tuple[Phrase, ...]
    is_wish: bool
    yields: bool
    numbered: bool


class Matcher:
    """Finds a standard's intents in what was said; made once, asked for every turn."""

    def __init__(self, intents: Mapping[str, Intent]) -> None:
        self._intents = {
            name: _Prepared(
                tuple(map(Phrase, map(_unnumbered, intent.examples) if intent.tells else intent.examples)),
                tuple(map(Phrase, map(_unnumbered, intent.negatives) if intent.tells else intent.negatives)),
                is_wish=bool(intent.title),
                yields=intent.yields,
                numbered=bool(intent.tells),
            )
            for name, intent in intents.items()
        }

    def match(self, text: str, among: Collection[str]) -> list[Match]:
        """The intents of `among` that were heard in the text, best first; names that nobody defined are not heard.

        A phrase that is an example of several stands for the one that `among` names first.
        """
        text = _LONG_NUMBER.sub(lambda found: "," * len(found[0]), text)
        said, numbered = utterance(text), utterance(_unnumbered(text)) if NUMBER.search(text) else None
        known = {name: self._intents[name] for name in among if name in self._intents}
        heard = ((name, intent, numbered if intent.numbered else said) for name, intent in known.items())
        found = [_best(name, intent, words) for name, intent, words in heard if words]
        first = {match.phrase: match for match in reversed(found) if match}
        matches = list(first.values())
        if any(self._is_plain_wish(match) for match in matches):
            matches = [match for match in matches if not self._intents[match.name].yields]
        kept = [match for match in matches if not any(map(match.is_part_of, matches))]
        return sorted(kept, key=lambda match: -match.score)

    def says(self, text: str, name: str) -> bool:
        """Whether a phrase of that intent stands anywhere in the text, however much else is said."""
        return bool(self._spans(text, name))

    def besides(self, text: str, names: Collection[str]) -> str:
        """What is said besides phrases of these intents."""
        spans = [span for name in names for span in self._spans(text, name)]
        said = utterance(text).text
        for span in spans:
            said = said[: span.start] + "," * (span.end - span.start) + said[span.end :]
        return said if spans else text

    def _spans(self, text: str, name: str) -> list[Span]:
        found = _found(self._intents[name], utterance(text))
        return [span for _, span in found if span.likeness >= _SOUNDS_RIGHT]

    def _is_plain_wish(self, match: Match) -> bool:
        intent = self._intents[match.name]
        return intent.is_wish and not intent.yields and match.score >= SURE

    def read(self, text: str, among: Collection[str]) -> Reading:
        """The intent meant, the runner-up, and what to do about it."""
        best, other, *_ = (*self.match(text, among), None, None)
        margin = (best.score if best else 0.0) - (other.score if other else 0.0)
        return Reading(best, other, margin, _decide(best, margin))


def relevance(text: str, words: Sequence[str]) -> float:
    """How surely the text is about the business that `words` belong to, by sound: 0 (none of them) to 1."""
    said = utterance(text)
    unlikely = 1.0
    for word in map(prepared, words):
        likeness = max((span.likeness for span in said.find(word, 0.9, even_denied=True)), default=0.0)
        unlikely *= 1.0 - likeness * (1.0 - 0.7**word.weight) if len(word.sounds) > 1 or word.text in said.text else 1.0
    return 1.0 - unlikely


def _unnumbered(text: str) -> str:
    """With one and the same number for any."""
    return NUMBER.sub(_ANY_NUMBER, text)


def _decide(best: Match | None, margin: float) -> Decided:
    if best is None or best.score < LIKELY:
        return "none"
    if margin < MARGIN:
        return "ambiguous"
    return "sure" if best.score >= SURE else "likely"


def _best(name: str, intent: _Prepared, said: Utterance) -> Match | None:
    scored = [(_score(phrase, span, said), phrase, span) for phrase, span in _found(intent, said)]
    if not scored:
        return None
    score, phrase, span = max(scored, key=lambda match: match[0])
    return Match(name, score, phrase.text, said.text[span.start : span.end]) if score > 0 else None


def _found(intent: _Prepared, said: Utterance) -> list[tuple[Phrase, Span]]:
    """Where its phrases were said, but for those that were rather one of its negatives."""
    found = [(phrase, span) for phrase in intent.examples for span in said.find(phrase, _FLOOR)]
    if not found:
        return []
    taken = [(phrase, span) for phrase in intent.negatives for span in said.find(phrase, _FLOOR, even_denied=True)]
    return [
        (phrase, span)
        for phrase, span in found
        if not any(
            _overlap(span, other) and _exactness(phrase, span, said) <= _exactness(negative, other, said)
            for negative, other in taken
        )
    ]


def _overlap(one: Span, other: Span) -> bool:
    return other.first < one.last and one.first < other.last


def _exactness(phrase: Phrase, span: Span, said: Utterance) -> tuple[float, bool]:
    """How well a phrase matched; among those of the same sound, better if it is spelled that way too."""
    return span.likeness, phrase.text == said.text[span.start : span.end]


def _score(phrase: Phrase, span: Span, said: Utterance) -> float:
    before, after = said.around(span.first, span.last)
    elsewhere = _BEFORE * before + after
    alike = max(0.0, 1.0 - (1.0 + _STRICT / phrase.evidence) * (1.0 - span.likeness))
    return alike / (1.0 + _ELSEWHERE * elsewhere / phrase.evidence**3)
