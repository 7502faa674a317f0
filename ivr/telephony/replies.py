"""How long a caller waits for our answer: from their last audible sample to our first (design figure "reply time").

It is taken where both ends are known on one clock, at the session. What made the caller wait stands beside it: the
pause after which their turn counted as over, and the recogniser's words.
"""

from __future__ import annotations

from typing import NamedTuple

from ivr.dialog import events as ev

_CALLERS_TURN = frozenset({"listening", "pausing"})
"""Last part of the names of states in which the caller has the floor."""
_UNANSWERED = frozenset({"silent", "noise", "side_talk"})
"""Verdicts that are nobody speaking to us: what we say after them is the ladder's next step, in its own time."""
_SAME_S = 0.04
"""Two instants of received audio may come out a frame apart on the sample clock (`ivr.telephony.received`)."""


class Reply(NamedTuple):
    """One answer of ours; seconds from the caller's last voiced sample."""

    turn: int
    """Number of the `Listen` in which the caller spoke."""
    reply_s: float
    """To the first audible sample of our answer."""
    pause_s: float
    """To the moment at which the turn counted as over."""
    words_s: float | None
    """To the words that cover that sample; None where none came."""


class ReplyClock:
    """Takes the reply times of one call. All instants are seconds on the sample clock."""

    def __init__(self) -> None:
        self._turn = self._spoken_in = 0
        self._floor_is_theirs = False
        self._forget()

    def _forget(self) -> None:
        self._last_voiced: float | None = None
        self._over_at: float | None = None
        self._words: list[tuple[float, float]] = []  # up to which instant, and when they came

    def turn_begins(self, turn: int) -> None:
        """`Listen` was asked for."""
        self._turn = turn

    def heard(self, event: ev.Event, at: float) -> None:
        """An event, before the core deals with it."""
        match event:
            case ev.SpeechConfirmed() | ev.KeyPressed() | ev.RemoteHold():
                self._forget()
            case ev.SpeechEnded(last_voiced=instant):
                self._spoken_in, self._last_voiced = self._turn, instant
            case ev.Recognized(final=True, until=until):
                self._words.append((until, at))

    def moved(self, state: str, at: float) -> None:
        """The core has dealt with an event and is in this state."""
        had, self._floor_is_theirs = self._floor_is_theirs, state.rpartition("_")[2] in _CALLERS_TURN
        if self._floor_is_theirs:
            self._over_at = None
        elif had:
            self._over_at = at

    def judged(self, verdict: object) -> None:
        """What the core makes of the turn."""
        if verdict in _UNANSWERED:
            self._forget()

    def answered(self, start: float) -> Reply | None:
        """We speak from `start` on; None unless that answers a turn of the caller."""
        last = self._last_voiced
        if last is None or self._over_at is None:
            return None
        came = next((at for until, at in self._words if until >= last - _SAME_S), None)
        words_s = None if came is None else round(came - last, 3)
        reply = Reply(self._spoken_in, round(start - last, 3), round(self._over_at - last, 3), words_s)
        self._forget()
        return reply
