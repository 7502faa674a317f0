"""Our hold of the far side: one re-INVITE at a time, asked again where two crossed (RFC 3261, section 14; RFC 3264)."""

from __future__ import annotations

import random
from collections.abc import Callable

_GLARE = 491
_GLARE_S = (0.2, 1.0)
"""Before another try after glare, seconds at random. RFC 3261 gives up to 2 s to one side and up to 4 s to the other,
so that they do not meet again; a caller who waits for our voice is better served by the shorter end of it."""
_TRIES = 4


class Holding:
    """What we want the far side to be, and what it is. Instants are seconds of any steady clock."""

    def __init__(self, ask: Callable[[bool], bool]) -> None:
        """`ask` sends the re-INVITE, True for hold, and returns False where it cannot be sent now."""
        self._ask = ask
        self.wanted = False
        """We want the far side on hold."""
        self.held = False
        """It is."""
        self._asked: bool | None = None
        self._again_at = 0.0
        self._tries = 0

    @property
    def settled(self) -> bool:
        """No re-INVITE is under way, nor will one be sent again."""
        return self._asked is None and (self.held == self.wanted or self._tries >= _TRIES)

    def want(self, held: bool) -> None:
        """From now on."""
        self.wanted, self._tries, self._again_at = held, 0, 0.0

    def turn(self, now: float) -> bool:
        """Send what is to be sent; False where it was given up just now."""
        if self._asked is not None or self.held == self.wanted or self._tries >= _TRIES or now < self._again_at:
            return True
        self._tries += 1
        self._asked = self.wanted
        if not self._ask(self.wanted):
            return self._refused(_GLARE, now)
        return True

    def answered(self, code: int, now: float) -> bool:
        """The far side's final answer to what was asked last; False where that is its last word."""
        if self._asked is None:
            return True
        if code >= 300:
            return self._refused(code, now)
        self.held, self._asked = self._asked, None
        return True

    def _refused(self, code: int, now: float) -> bool:
        self._asked, self._again_at = None, now + random.uniform(*_GLARE_S)
        if code != _GLARE and not self.wanted:  # whoever is on hold must come off it: 488 may pass
            code = _GLARE
        self._tries = self._tries if code == _GLARE else _TRIES
        return self._tries < _TRIES
