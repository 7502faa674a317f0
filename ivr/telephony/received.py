"""When, on the sample clock, something in the received audio was."""

from __future__ import annotations

from ivr.audio import FRAME_S

_BYTES_A_SECOND = 16000


class ReceivedTime:
    """Maps seconds of a leg's received audio to its sample clock.

    Received frames and sent ones come from the same tick of the bridge, so one second of one is one second of the
    other. But they are counted one after the other, so that a look between them is a frame off; and frames stand
    still while the far side holds.
    """

    def __init__(self) -> None:
        self._received_s = 0.0
        self._offset: float | None = None

    def took(self, size: int, clock: float) -> None:
        """`size` bytes of 16-bit audio at 8 kHz were taken from the leg while its clock showed `clock`, seconds."""
        self._received_s += size / _BYTES_A_SECOND
        offset = clock - self._received_s
        if self._offset is None or not self._offset <= offset < self._offset + 1.5 * FRAME_S:
            self._offset = offset

    @property
    def received_s(self) -> float:
        """Seconds of audio that were taken so far."""
        return self._received_s

    def on_clock(self, instant: float) -> float:
        """Sample-clock instant, seconds, of an instant in seconds of received audio."""
        return instant + (self._offset or 0.0)
