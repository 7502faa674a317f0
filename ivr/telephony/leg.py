"""The wire of one call, as a session sees it. pjsua2 is one implementation, virtual time another."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ivr.telephony.playout import Playout

RATE = 8000
"""Samples a second, everywhere: G.711."""
FRAME = 160
"""Samples in 20 ms, one RTP packet."""

Pcm = NDArray[np.int16]
"""Mono linear audio, shape (samples,), 8 kHz, full scale ±32768."""


class Leg(Protocol):
    """One SIP dialog and its media."""

    @property
    def playout(self) -> Playout:
        """What we say into the wire, frame by frame."""

    @property
    def clock(self) -> float:
        """Seconds on the sample clock: 0 at the INVITE; once media runs, 20 ms a frame handed to the wire."""

    def ring(self) -> None:
        """Send 180."""

    def answer(self) -> None:
        """Send 200; `Connected` follows when it is acknowledged and media flows."""

    def transfer(self, uri: str) -> None:
        """Send REFER to `uri`; `TransferProgress` follows."""

    def hang_up(self, reason: str) -> None:
        """Send BYE with a Reason header (RFC 3326); `RemoteHangup` follows when the dialog is gone."""
