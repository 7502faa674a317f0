"""What came out: one line a run, the comparison, JSON, a plot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from bench.callers import Outcome
from bench.capture import HeardCall
from bench.cost import Cost
from bench.stalls import Stall, explains
from bench.words import Words

NOMINAL_GAP_S = 2.0
"""Wait between the prompts of the silent ladder (requirement B1)."""
TOLERANCE_S = 0.04
_MIB = 1 << 20
_COLUMNS = "system     kind     callers  failed  CPU/call  mem/call  greeting p50/max  gap error p50/p99/max  by stalls"


@dataclass(frozen=True, slots=True)
class GapError:
    """A wait that was too short or too long."""

    at: float
    """End of the wait, seconds since the epoch."""
    error_s: float
    by_stall: bool
    """Beyond the tolerance, and the host itself stood still at the time."""


@dataclass(frozen=True, slots=True)
class Run:
    """One system under one load."""

    system: str
    kind: str
    callers: int
    outcome: Outcome
    cost: Cost
    calls: list[HeardCall]
    stalls: list[Stall]
    words: Words | None = None
    """What the recogniser did; None for a system that has no journal."""

    @property
    def failed(self) -> int:
        """Calls that SIPp counts as failed."""
        return self.outcome.failed

    @property
    def cpu_per_call(self) -> float:
        """Part of one processor that a call takes while it lasts, set-up and end included."""
        return self.cost.cpu_s / sum(call.lasted_s for call in self.calls) if self.calls else float("nan")

    @property
    def memory_per_call(self) -> float:
        """Bytes."""
        return self.cost.memory / self.callers

    @property
    def greetings_s(self) -> list[float]:
        """Of every call."""
        return [call.greeting_s for call in self.calls]

    @property
    def gap_errors(self) -> list[GapError]:
        """Of every wait of silent callers; those who speak have no nominal gap."""
        silent = [call for call in self.calls if not call.spoken and self.kind != "talking"]
        return [error for call in silent for error in self._errors(call)]

    @property
    def barge_ins_s(self) -> list[float]:
        """From the onset of somebody who speaks into a prompt to its last audible packet."""
        return [seconds for call in self.calls for seconds in call.barge_ins_s]

    def _errors(self, call: HeardCall) -> list[GapError]:
        found = []
        for before, after in pairwise(call.sounds):
            error = abs(after.start - before.end - NOMINAL_GAP_S)
            stalled = error > TOLERANCE_S and explains(self.stalls, before.end, after.start, error - TOLERANCE_S)
            found.append(GapError(after.start, error, stalled))
        return found

    def figures(self) -> dict[str, object]:
        """For machines: seconds, bytes, parts of one processor."""
        errors = [gap.error_s for gap in self.gap_errors]
        return {
            "system": self.system,
            "kind": self.kind,
            "callers": self.callers,
            "calls": self.outcome.calls,
            "failed": self.failed,
            "heard": len(self.calls),
            "cpu_per_call": self.cpu_per_call,
            "memory_per_call": self.memory_per_call,
            "greeting_s": _spread(self.greetings_s),
            "gap_error_s": _spread(errors),
            "barge_in_s": _spread(self.barge_ins_s),
            "words_s": _spread(self.words.seconds if self.words else []),
            "reply_s": _spread(self.words.replies_s if self.words else []),
            "turns_without_words": self.words.failures if self.words else {},
            "gap_error_unexplained_max_s": max(
                (gap.error_s for gap in self.gap_errors if not gap.by_stall), default=None
            ),
            "gaps_by_stall": [gap.error_s for gap in self.gap_errors if gap.by_stall],
            "host_stalls": [stall._asdict() for stall in self.stalls],
        }


def header() -> str:
    """Above the rows."""
    return f"{_COLUMNS}\n{'-' * len(_COLUMNS)}"


def row(run: Run) -> str:
    """One run, milliseconds and mebibytes."""
    errors = [gap.error_s for gap in run.gap_errors]
    return (
        f"{run.system:10} {run.kind:8} {run.callers:7} {run.failed:7} {run.cpu_per_call:9.2%} "
        f"{run.memory_per_call / _MIB:6.2f} MiB  {milliseconds(run.greetings_s, 50, 100):>16}  "
        f"{milliseconds(errors, 50, 99, 100):>21}  {sum(gap.by_stall for gap in run.gap_errors):9}"
    )


def summary(runs: Sequence[Run]) -> str:
    """The service's processor time a call in relation to the dialplan's, for each load that both had."""
    found = {(run.kind, run.callers, run.system): run for run in runs}
    lines = []
    for (kind, callers, system), ours in found.items():
        theirs = found.get((kind, callers, "dialplan"))
        if system == "service" and theirs:
            ratio = ours.cpu_per_call / theirs.cpu_per_call
            lines.append(f"{kind:8} {callers:4} callers: CPU a call {ratio:5.2f} × the dialplan's")
    return "\n".join(["", *lines])


def write_json(runs: Sequence[Run], file: Path) -> None:
    """All figures."""
    file.write_text(json.dumps([run.figures() for run in runs], indent=1), encoding="utf-8")


def plot(runs: Sequence[Run], file: Path) -> None:
    """CPU a call over callers, and the distribution of gap errors at the highest load."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for system, kind in dict.fromkeys((run.system, run.kind) for run in runs):
        chosen = [run for run in runs if (run.system, run.kind) == (system, kind)]
        left.plot([r.callers for r in chosen], [100 * r.cpu_per_call for r in chosen], "o-", label=f"{system}, {kind}")
        errors = sorted(gap.error_s for gap in chosen[-1].gap_errors)
        if errors:
            right.plot(
                np.multiply(errors, 1000), np.linspace(0, 100, len(errors)), label=f"{system}, {chosen[-1].callers}"
            )
    left.set(xlabel="callers at a time", ylabel="% of one processor a call", xscale="log", yscale="log")
    right.set(
        xlabel="error of a 2 s wait at the caller's ear, ms", ylabel="% of waits at most that far off", xscale="symlog"
    )
    for axes in (left, right):
        if axes.lines:
            axes.legend()
        axes.grid(alpha=0.3)
    figure.savefig(file, dpi=120)


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    p50, p99 = np.percentile(values, [50, 99], method="higher")
    return {"p50": float(p50), "p99": float(p99), "max": float(max(values))}


def milliseconds(values: Sequence[float], *percentiles: int) -> str:
    """Percentiles of seconds as a cell of a table."""
    if not values:
        return "-"
    chosen = np.percentile(values, percentiles, method="higher")
    return " / ".join(f"{1000 * value:.0f}" for value in chosen) + " ms"
