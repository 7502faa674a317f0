"""What a system costs: processor time and memory of its whole process tree."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass

import psutil

_SAMPLE_S = 2.0


@dataclass(slots=True)
class Cost:
    """Of one run."""

    cpu_s: float = 0.0
    """User and system, seconds."""
    memory: int = 0
    """Growth of the proportional set size from before the first call to its highest, bytes."""


class Meter:
    """Measures the tree below `pid` while the context is open; `cost` is complete afterwards."""

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._done = threading.Event()
        self._sampler = threading.Thread(target=self._sample, name="memory")
        self.cost = Cost()

    def __enter__(self) -> Meter:
        self._cpu, self._memory = self._cpu_s(), self._pss()
        self._sampler.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.cost.cpu_s = self._cpu_s() - self._cpu
        self._done.set()
        self._sampler.join()

    def _sample(self) -> None:
        while not self._done.wait(_SAMPLE_S):
            self.cost.memory = max(self.cost.memory, self._pss() - self._memory)

    def _tree(self) -> list[psutil.Process]:
        return [self._root, *self._root.children(recursive=True)]

    def _cpu_s(self) -> float:
        return sum(times.user + times.system for times in (process.cpu_times() for process in self._tree()))

    def _pss(self) -> int:
        total = 0
        for process in self._tree():
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_full_info().pss
        return total
