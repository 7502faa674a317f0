from __future__ import annotations

from pathlib import Path

import pytest

from bench.callers import Outcome
from bench.capture import HeardCall
from bench.cost import Cost
from bench.report import Run, plot, summary, write_json
from bench.stalls import Stall, explains
from ivr.quality.measure import Interval


def run(system: str, cpu_s: float, gap_s: float = 2.0, stalls: tuple[Stall, ...] = ()) -> Run:
    sounds = [Interval(100.1, 102.0), Interval(102.0 + gap_s, 105.0)]
    calls = [HeardCall(100.0, sounds, 10.0, [])] * 2
    return Run(system, "silent", 2, Outcome(2, 0), Cost(cpu_s, 2 << 20), calls, list(stalls))


def test_cost_is_for_each_second_of_each_call() -> None:
    assert run("service", cpu_s=0.4).cpu_per_call == pytest.approx(0.02)
    assert "0.50 ×" in summary([run("service", 0.4), run("dialplan", 0.8)])


def test_a_gap_is_as_wrong_as_it_is_off() -> None:
    assert [gap.error_s for gap in run("service", 1.0, gap_s=2.07).gap_errors] == pytest.approx([0.07, 0.07])
    assert [gap.error_s for gap in run("service", 1.0, gap_s=1.95).gap_errors] == pytest.approx([0.05, 0.05])


@pytest.mark.parametrize(
    ("stall", "explained"),
    [
        (Stall(at=103.0, late_s=0.05), True),
        (Stall(at=103.0, late_s=0.02), False),
        (Stall(at=99.0, late_s=0.05), False),
        (Stall(at=108.0, late_s=0.05), False),
    ],
    ids=["as long as the excess", "too short", "before", "after"],
)
def test_only_a_stall_of_the_host_at_that_time_explains_a_gap(stall: Stall, explained: bool) -> None:
    assert {gap.by_stall for gap in run("service", 1.0, gap_s=2.08, stalls=(stall,)).gap_errors} == {explained}


def test_a_stall_touches_the_time_before_it_was_noticed() -> None:
    assert explains([Stall(at=10.0, late_s=2.0)], start=8.5, end=9.0, excess_s=1.0)


def test_figures_and_plot_are_written(tmp_path: Path) -> None:
    runs = [run("service", 0.4), run("dialplan", 0.8)]
    write_json(runs, tmp_path / "bench.json")
    plot(runs, tmp_path / "bench.png")
    assert (tmp_path / "bench.json").read_text(encoding="utf-8").count('"system"') == 2
    assert (tmp_path / "bench.png").read_bytes().startswith(b"\x89PNG")
