"""Keeps a library that strangers can make talk from filling our log."""

from __future__ import annotations

import re
from collections.abc import Callable

from ivr.errors import printable

PAUSE_S = 10.0
"""Between two lines of one kind."""
KINDS = 32
"""Kinds told apart at one time; whatever comes on top is one kind more."""
LONGEST = 200
"""Characters of a line."""
_PREFIX = 24
"""Characters that make a kind, numbers apart: what comes behind them is often the stranger's own."""
_NUMBER = re.compile(r"\d+")
_OTHERS = ""


class Damper:
    """Lets one message of each kind through in `PAUSE_S`, so that at most `KINDS` + 1 lines come of any flood."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives seconds."""
        self._clock = clock
        self._told: dict[str, tuple[float, int]] = {}  # by kind: when the last was let through, how many since

    def admit(self, message: str) -> int | None:
        """How many of its kind were held back since the last one; None: hold this one back, too."""
        now = self._clock()
        kind = self._kind(message, now)
        last, held_back = self._told.get(kind, (float("-inf"), 0))
        if now - last < PAUSE_S:
            self._told[kind] = last, held_back + 1
            return None
        self._told[kind] = now, 0
        return held_back

    def _kind(self, message: str, now: float) -> str:
        kind = _NUMBER.sub("#", message[:LONGEST])[:_PREFIX]
        return kind if kind in self._told or self._has_room(now) else _OTHERS

    def _has_room(self, now: float) -> bool:
        """Kinds that fell silent are forgotten for those that speak."""
        if len(self._told) >= KINDS:
            self._told = {kind: told for kind, told in self._told.items() if now - told[0] < PAUSE_S}
        return len(self._told) < KINDS


def one_line(message: str) -> str:
    """At most `LONGEST` characters, none of which a terminal or a reader of logs could take for anything but text."""
    shown = printable(message.strip()[: LONGEST + 1])
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"
