"""What recognition does to everybody else: 100 callers, eight of whom speak again and again and all at once.

The other 92 are silent, so that each of their waits has a nominal length; the eight interrupt every prompt.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from bench.report import Run, milliseconds
from bench.runs import Callers, one_run
from bench.systems import service

CALLERS = (Callers("silent", 92), Callers("speaking", 8))
_COLUMNS = (
    "recogniser  failed   greeting p50/max  gap error p50/p99/max  by stalls  barge-in p50/p99/max"
    "  words  failures  words p50/max     reply p50/max"
)


def runs(recognizers: Sequence[str], rounds: int) -> Iterator[Run]:
    """One with each recogniser; `none` is what the others are compared with."""
    for recognizer in recognizers:
        yield one_run("service", f"8 speak, {recognizer}", partial(service, recognizer), CALLERS, rounds)


def header() -> str:
    """Above the rows."""
    number = sum(each.number for each in CALLERS)
    return f"\n{number} callers, 8 of whom speak all at once, again and again\n{_COLUMNS}\n{'-' * len(_COLUMNS)}"


def row(run: Run) -> str:
    """One run, milliseconds."""
    errors = [gap.error_s for gap in run.gap_errors]
    assert run.words
    return (
        f"{run.kind.rpartition(' ')[2]:10} {run.failed:7}  {milliseconds(run.greetings_s, 50, 100):>17}  "
        f"{milliseconds(errors, 50, 99, 100):>21}  {sum(gap.by_stall for gap in run.gap_errors):9}  "
        f"{milliseconds(run.barge_ins_s, 50, 99, 100):>20}  {len(run.words.seconds):5}  "
        f"{sum(run.words.failures.values()):8}  {milliseconds(run.words.seconds, 50, 100):>13}  "
        f"{milliseconds(run.words.replies_s, 50, 100):>16}"
    )
