"""One run: callers of one kind or several on a system that was just started, and what they heard."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from bench.callers import Outcome, call, write_scenario
from bench.capture import Capture
from bench.cost import Meter
from bench.report import Run
from bench.stalls import StallRecorder
from bench.systems import System
from bench.words import read_words

_LONGEST_CALL_S = 60.0


class Callers(NamedTuple):
    """So many at a time, of a kind that `bench.callers` knows."""

    kind: str
    number: int


def one_run(
    system: str,
    kind: str,
    start: Callable[[], AbstractContextManager[System]],
    callers: Sequence[Callers],
    rounds: int,
) -> Run:
    """All callers at once, `rounds` times as many calls in all. Where some speak, they are captured too."""
    speaking = any(each.kind == "speaking" for each in callers)
    with tempfile.TemporaryDirectory(prefix="bench-") as name, start() as up:
        folder = Path(name)
        capture = Capture(folder / "heard.pcap", up.sip_port, up.rtp_ports, both_ways=speaking)
        with StallRecorder(folder) as recorder, capture, Meter(up.pid) as meter:
            outcome = _calls(callers, up.target, rounds, folder)
        words = read_words(up.journal) if up.journal else None
        heard = capture.calls(up.sip_port)
    number = sum(each.number for each in callers)
    return Run(system, kind, number, outcome, meter.cost, heard, recorder.stalls, words)


def _calls(callers: Sequence[Callers], target: str, rounds: int, folder: Path) -> Outcome:
    def of(each: Callers) -> Outcome:
        scenario = write_scenario(each.kind, folder)
        return call(scenario, target, each.number, each.number * rounds, rounds * _LONGEST_CALL_S)

    with ThreadPoolExecutor(len(callers)) as pool:
        outcomes = list(pool.map(of, callers))
    return Outcome(sum(each.calls for each in outcomes), sum(each.failed for each in outcomes))
