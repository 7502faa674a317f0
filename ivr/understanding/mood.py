"""Whether a caller is upset, simply: strong words again, a voice louder and quicker than at their own start (E1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ivr.understanding.alignment import Span, prepared, utterance

_SOUNDS_RIGHT = 0.92
_START = 2
"""Turns that tell how somebody speaks when they begin."""
_LOUDER_DB = 6.0
_QUICKER = 1.3
_MUCH_LOUDER_DB = 9.0
_TOO_SHORT = 4
"""Syllables below which a rate means nothing."""


class Evidence(NamedTuple):
    """What a turn tells of its speaker's mood; it stands in the call's journal."""

    strong: int
    """Strong words in the call so far."""
    now: int
    """Of these, in this turn."""
    louder_db: float
    """Against their first turns."""
    quicker: float
    """Rate against that of their first turns; 1 is the same."""

    @property
    def upset(self) -> bool:
        """Strong words said again, or one said in a raised voice, or a voice raised in every way."""
        raised = self.louder_db >= _LOUDER_DB or self.quicker >= _QUICKER
        shouts = self.louder_db >= _MUCH_LOUDER_DB and self.quicker >= _QUICKER
        return bool(self.now and (self.strong > 1 or raised)) or shouts


@dataclass
class Mood:
    """One caller's, as it changes."""

    strong_words: Sequence[str]
    _levels: list[float] = field(default_factory=list)
    _rates: list[float] = field(default_factory=list)
    _strong: int = 0

    def hear(self, text: str, level: float, voiced_s: float) -> Evidence:
        """Another turn of theirs: its words, active level in dBov, seconds of voice."""
        said = utterance(text)
        words = map(prepared, self.strong_words)
        now = _apart(span for word in words for span in said.find(word, _SOUNDS_RIGHT, even_denied=True))
        self._strong += now
        syllables = len(said.text)
        rate = syllables / voiced_s if syllables >= _TOO_SHORT and voiced_s else 0.0
        evidence = Evidence(
            self._strong,
            now,
            louder_db=level - _mean(self._levels, level),
            quicker=rate / _mean(self._rates, rate) if rate else 1.0,
        )
        if len(self._levels) < _START:
            self._levels.append(level)
        if rate and len(self._rates) < _START:
            self._rates.append(rate)
        return evidence


def _apart(spans: Iterable[Span]) -> int:
    """How many of them there are beside one another; one word may be found in more than one stretch."""
    count, end = 0, 0
    for span in sorted(spans, key=lambda span: span.end):
        if span.start >= end:
            count, end = count + 1, span.end
    return count


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
