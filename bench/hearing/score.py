"""How right an answer is: edit distances, counts with their uncertainty, who was taken for whom."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from pypinyin import lazy_pinyin

from ivr.understanding.plain import plain

_DIGITS = str.maketrans("0123456789", "零一二三四五六七八九")
_SAME = str.maketrans("幺〇", "一零")
_NOT_SAID = re.compile(r"[^\w]|_")
_Z_95 = 1.96


def edits(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Insertions, deletions and substitutions from one to the other (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for i, wanted in enumerate(reference, 1):
        before, row[0] = row[0], i
        for j, got in enumerate(heard, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (wanted != got))
    return row[-1]


def characters(text: str) -> list[str]:
    """What is said, character by character: simplified, no punctuation, digits as they are spoken."""
    return list(_NOT_SAID.sub("", plain(text)).lower().translate(_DIGITS).translate(_SAME))


def syllables(text: str) -> list[str]:
    """The same without tones, in pinyin: 「是」 and 「事」 are one sound."""
    return lazy_pinyin("".join(characters(text)))


@dataclass
class ErrorRate:
    """Edits over the length of what was said, summed over utterances."""

    wrong: int = 0
    of: int = 0
    utterances: int = 0

    def add(self, reference: Sequence[str], heard: Sequence[str]) -> None:
        """Count one utterance."""
        self.wrong += edits(reference, heard)
        self.of += len(reference)
        self.utterances += 1

    @property
    def rate(self) -> float:
        """May exceed 1, where more is heard than was said; NaN of nothing."""
        return self.wrong / self.of if self.of else math.nan


@dataclass
class Hits:
    """How often something was right."""

    hits: int = 0
    of: int = 0

    def add(self, hit: bool) -> None:
        """Count one."""
        self.hits += hit
        self.of += 1

    @property
    def rate(self) -> float:
        """0-1; NaN of nothing."""
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        if not self.of:
            return math.nan, math.nan
        z2 = _Z_95**2 / self.of
        middle = (self.rate + z2 / 2) / (1 + z2)
        reach = _Z_95 * math.sqrt(self.rate * (1 - self.rate) / self.of + z2 / self.of / 4) / (1 + z2)
        return middle - reach, middle + reach


@dataclass
class Confusion:
    """What was there, and what it was taken for."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, truth: str, taken_for: str) -> None:
        """Count one."""
        self.counts[truth, taken_for] += 1

    def row(self, truth: str, columns: Iterable[str]) -> list[int]:
        """How often `truth` was taken for each of `columns`."""
        return [self.counts[truth, column] for column in columns]

    @property
    def truths(self) -> list[str]:
        """What was there at all."""
        return list(dict.fromkeys(truth for truth, _ in self.counts))

    def hits(self, truth: str, also: Iterable[str] = ()) -> Hits:
        """Of one truth; `also` are other names for it that count as right."""
        right = {truth, *also}
        found = [(taken_for, n) for (t, taken_for), n in self.counts.items() if t == truth]
        return Hits(sum(n for taken_for, n in found if taken_for in right), sum(n for _, n in found))


def percentiles(values: Sequence[float], *percents: float) -> list[float]:
    """Nearest above; NaN of nothing."""
    if not values:
        return [math.nan] * len(percents)
    found: list[float] = np.percentile(values, percents, method="higher").tolist()
    return found
