"""Every key once, whichever way it came."""

from __future__ import annotations

from collections import deque

_TWIN_S = 0.5
"""A tone is noticed while the key is down; its event may come when the key is up."""


class Keys:
    """The keys of one call.

    An RFC 4733 event comes in many packets, some late, some twice. And a gateway may send a key both as an event and
    as a tone in the audio, in either order.
    """

    def __init__(self) -> None:
        self._events: deque[tuple[str, int]] = deque(maxlen=16)
        self._unpaired: dict[tuple[str, bool], float] = {}

    def event_is_new(self, key: str, stamp: int) -> bool:
        """Whether this is the first of an event's packets; `stamp` is the time stamp that they all carry."""
        if (key, stamp) in self._events:
            return False
        self._events.append((key, stamp))
        return True

    def press_is_new(self, key: str, at: float, tone: bool) -> bool:
        """Whether a key noticed at `at` seconds, as a tone or as an event, is not the same press noticed otherwise."""
        twin = self._unpaired.pop((key, not tone), None)
        if twin is not None and abs(at - twin) <= _TWIN_S:
            return False
        self._unpaired[key, tone] = at
        return True
