"""A circuit breaker: what has failed again and again is left alone for a while (requirement B12).

Callers are not made to wait for an answer that will not come, nor is a system that is down asked by all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable


class Breaker:
    """Opens after so many failures in a row; when it has rested, one question at a time tries if it works again."""

    def __init__(self, failures: int, rest_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._most, self._rest_s, self._clock = failures, rest_s, clock
        self._failed = 0
        self._again_at = 0.0
        self._probing = False

    @property
    def open(self) -> bool:
        """Nobody is let through but, after the rest, one who tries."""
        return self._failed >= self._most

    def admit(self) -> bool:
        """Whether this question may be asked; whoever was let through tells what came of it, or `leave`s."""
        if not self.open:
            return True
        if self._probing or self._clock() < self._again_at:
            return False
        self._probing = True
        return True

    def worked(self) -> None:
        """There was an answer: all are let through."""
        self._failed, self._probing = 0, False

    def failed(self) -> None:
        """There was none."""
        self._failed += 1
        self._again_at = self._clock() + self._rest_s
        self._probing = False

    def leave(self) -> None:
        """Whoever was let through did not wait for what comes of it."""
        self._probing = False
