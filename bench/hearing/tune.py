"""Proposes thresholds of the verdict, by half A alone: a walk along one threshold after the other, to the best place.

What is looked for is the share of right verdicts, each kind of case counting the same and each condition too. A
threshold is moved only where that gains `_WORTHWHILE`, and then to the middle of the best plateau: it has room to
either side. What is proposed is where to look, not what to ship: a number must still mean what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from bench.hearing import cases
from bench.hearing.conditions import CLEAN, NOISY
from bench.hearing.report import Report
from bench.hearing.score import Confusion
from bench.hearing.scribe import Scribe
from bench.hearing.tables import percent, table
from bench.hearing.verdict import balanced
from ivr.understanding.verdict import THRESHOLDS, Evidence, Kind, Thresholds, judge

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Table = TypeVar("Table", bound="DataclassInstance")
Judged = Sequence[tuple[Kind, Evidence]]
"""What was there, and what is known of it; a sequence a condition."""

_PASSES = 3
_STEPS = np.arange(-8, 9)
_WORTHWHILE = 0.0025


def run(report: Report) -> None:
    """Print how good the thresholds in use are on half A, and better ones."""
    scribe = Scribe()
    chosen = cases.of_half(cases.cases(report.voices), "A")
    judged = []
    for condition in (CLEAN, *NOISY):
        there = cases.silent_only_clean(chosen, condition)
        found = cases.heard(there, condition, scribe)
        judged.append([(cases.truth(case, each), each.evidence) for case, each in zip(there, found, strict=True)])
    best = walk(THRESHOLDS, lambda thresholds: score(thresholds, judged))
    rows = [
        (field.name, [f"{getattr(THRESHOLDS, field.name):g}", f"{getattr(best, field.name):g}"])
        for field in fields(Thresholds)
    ]
    scores = [percent(score(thresholds, judged)) for thresholds in (THRESHOLDS, best)]
    report.say(table("threshold, half A", ["in use", "proposed"], [*rows, ("right", scores)]))


def score(thresholds: Thresholds, judged: Sequence[Judged]) -> float:
    """Share of right verdicts: the mean over conditions and kinds."""
    try:
        return float(np.mean([balanced(_confusion(thresholds, each)) for each in judged]))
    except ArithmeticError:  # two thresholds have met that may not
        return 0.0


def _confusion(thresholds: Thresholds, judged: Judged) -> Confusion:
    confusion = Confusion()
    for truth, evidence in judged:
        confusion.add(truth, judge(evidence, thresholds).kind)
    return confusion


def walk(start: Table, worth: Callable[[Table], float]) -> Table:
    """The best place found from `start`, one of its numbers moved at a time."""
    best = start
    for _ in range(_PASSES):
        before = best
        for field in fields(start):
            best = _best_of(
                [replace(best, **{field.name: value}) for value in around(getattr(best, field.name))], worth
            )
        if best == before:
            break
    return best


def around(value: float) -> list[float]:
    """Values to try: decibels in whole steps, shares and seconds in parts of themselves."""
    step = 1.0 if abs(value) > 2 else max(abs(value), 0.1) / 10
    return [round(float(value + n * step), 3) for n in _STEPS]


def _best_of(tried: Sequence[Table], worth: Callable[[Table], float]) -> Table:
    worths = [worth(each) for each in tried]
    here = len(tried) // 2
    if worths[here] >= max(worths) - _WORTHWHILE:
        return tried[here]
    plateau = [n for n, found in enumerate(worths) if found >= max(worths) - 1e-9]
    return tried[min(plateau, key=lambda n: abs(n - float(np.mean(plateau))))]
