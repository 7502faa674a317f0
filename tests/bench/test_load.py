from __future__ import annotations

from bench.callers import Outcome
from bench.capture import HeardCall
from bench.cost import Cost
from bench.load import header, row
from bench.report import Run
from bench.words import Words
from ivr.quality.measure import Interval

PROMPTS = [Interval(100.1, 102.0), Interval(104.03, 105.0)]
SPOKEN = [Interval(101.9, 103.0)]


def test_waits_are_the_silent_callers_and_interruptions_the_others() -> None:
    calls = [HeardCall(100.0, PROMPTS, 10.0, []), HeardCall(100.0, PROMPTS, 10.0, SPOKEN)]
    words = Words([0.4, 0.6], [0.9], {"late": 2})
    run = Run("service", "8 speak, whisper", 100, Outcome(2, 0), Cost(1.0, 1 << 20), calls, [], words)
    cells = row(run).split("  ")
    assert [cell.strip() for cell in cells if " / " in cell] == [
        "100 / 100 ms",
        "30 / 30 / 30 ms",
        "100 / 100 / 100 ms",
        "600 / 600 ms",
        "900 / 900 ms",
    ]
    title, columns, rule = header().strip().splitlines()
    assert title.startswith("100 callers")
    assert len(columns) == len(rule)
