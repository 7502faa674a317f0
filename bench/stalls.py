"""The host's own stalls: a real-time process on each processor that sleeps, and notes when it is woken late.

Nothing on this machine can hold such a process up but the machine itself (its kernel, or the host that lends it the
processor), so a gap that goes wrong while it was late is listed as the host's.

    python -m bench.stalls PROCESSOR FILE
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_PERIOD_S = 0.01
_LATE_S = 0.01
_PRIORITY = 50


class Stall(NamedTuple):
    """The processor was gone."""

    at: float
    """Seconds since the epoch, when it came back."""
    late_s: float


class StallRecorder:
    """One watcher a processor while the context is open; `stalls` are there afterwards."""

    def __init__(self, folder: Path) -> None:
        self._files = {processor: folder / f"stalls-{processor}" for processor in sorted(os.sched_getaffinity(0))}
        self.stalls: list[Stall] = []

    def __enter__(self) -> StallRecorder:
        command = [sys.executable, "-m", "bench.stalls"]
        self._watchers = [subprocess.Popen([*command, str(cpu), str(file)]) for cpu, file in self._files.items()]
        return self

    def __exit__(self, *_: object) -> None:
        for watcher in self._watchers:
            watcher.terminate()
            watcher.wait()
        self.stalls = sorted(stall for file in self._files.values() for stall in _read(file))


def explains(stalls: Iterable[Stall], start: float, end: float, excess_s: float) -> bool:
    """Whether a stall of at least `excess_s` seconds touched the time from `start` to `end` (epoch, seconds)."""
    return any(stall.late_s >= excess_s and stall.at > start and stall.at - stall.late_s < end for stall in stalls)


def _read(file: Path) -> list[Stall]:
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return [Stall(*map(float, line.split())) for line in lines]


def _watch(processor: int, file: Path) -> None:
    os.sched_setaffinity(0, {processor})
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_PRIORITY))
    with file.open("w", buffering=1, encoding="utf-8") as out:
        while True:
            before = time.monotonic()
            time.sleep(_PERIOD_S)
            late = time.monotonic() - before - _PERIOD_S
            if late > _LATE_S:
                print(f"{time.time():.6f} {late:.6f}", file=out)


if __name__ == "__main__":
    _watch(int(sys.argv[1]), Path(sys.argv[2]))
