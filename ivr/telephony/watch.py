"""Is the far side still sending? (requirement B13)."""

from __future__ import annotations


class MediaWatch:
    """Packets had arrived, then neither RTP nor RTCP for `timeout_s`: the media is lost, and told once.

    RTP that never arrived is a silent caller, not a lost one. Comfort noise (RFC 3389), which would let a far side that
    hears nothing send nothing, is not in our answers, so packets are owed as long as the call stands. `now` is in
    seconds of any steady clock.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._seen = (0, 0)
        self._moved_at: float | None = None
        self._told = False

    def restart(self, now: float) -> None:
        """A pause that was meant to be, such as a hold, has ended."""
        if self._moved_at is not None:
            self._moved_at = now

    def lost(self, now: float, packets: int, reports: int) -> bool:
        """Take the counts of RTP packets and RTCP reports received so far; they begin anew with a new stream."""
        if (packets, reports) != self._seen:
            self._seen = packets, reports
            if packets or self._moved_at is not None:
                self._moved_at = now
        if self._told or self._moved_at is None or now - self._moved_at < self._timeout_s:
            return False
        self._told = True
        return True
