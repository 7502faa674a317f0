"""The verdict on a turn: whom it was meant for, and whether it could be heard."""

from __future__ import annotations

from typing import get_args

from bench.hearing import cases
from bench.hearing.conditions import CLEAN, NOISY, Condition
from bench.hearing.report import Report
from bench.hearing.score import Confusion, Hits
from bench.hearing.scribe import Scribe
from bench.hearing.tables import hits, table
from ivr.understanding.verdict import Kind, judge

KINDS: tuple[Kind, ...] = get_args(Kind)
GOALS = {"clean": 0.95, "10 dB SNR": 0.85}
"""Verdicts that are right, of all (issue 3)."""
NOBODY = ("silent", "noise")
"""Taking one for the other is no mistake: the house goes on as if nothing had been."""


def run(report: Report) -> None:
    """A matrix for each condition, on the half that is reported."""
    scribe = Scribe()
    chosen = cases.of_half(cases.cases(report.voices), report.half)
    for condition in (CLEAN, *NOISY):
        there = cases.silent_only_clean(chosen, condition)
        confusion = Confusion()
        for case, each in zip(there, cases.heard(there, condition, scribe), strict=True):
            confusion.add(cases.truth(case, each), judge(each.evidence).kind)
        _tell(report, condition, confusion)


def right(confusion: Confusion) -> Hits:
    """Over every kind, as often as each occurs."""
    found = [confusion.hits(truth, NOBODY if truth in NOBODY else ()) for truth in confusion.truths]
    return Hits(sum(each.hits for each in found), sum(each.of for each in found))


def balanced(confusion: Confusion) -> float:
    """Over every kind, each counting the same."""
    found = [confusion.hits(truth, NOBODY if truth in NOBODY else ()).rate for truth in confusion.truths]
    return sum(found) / len(found)


def _tell(report: Report, condition: Condition, confusion: Confusion) -> None:
    rows = []
    for truth in confusion.truths:
        each = confusion.hits(truth, NOBODY if truth in NOBODY else ())
        rows.append((truth, [*map(str, confusion.row(truth, KINDS)), hits(each)]))
    total = right(confusion)
    undecided = sum(confusion.counts[truth, "undecided"] for truth in confusion.truths)
    low, high = total.interval
    goal = f" (goal {GOALS[condition.name]:.0%})" if condition.name in GOALS else ""
    report.say(table(f"verdicts, {condition.name}, half {report.half}", [*KINDS, "right"], rows))
    report.say(
        f"right: {hits(total)}{goal}, 95 % interval {low:.1%} to {high:.1%}; each kind counting the same "
        f"{balanced(confusion):.1%}; undecided {undecided}"
    )
    counts = {truth: dict(zip(KINDS, confusion.row(truth, KINDS), strict=True)) for truth in confusion.truths}
    figures = {"right": total.rate, "balanced": balanced(confusion), "undecided": undecided, "matrix": counts}
    report.note("verdict", condition.name, figures)
