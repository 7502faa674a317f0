"""The wire of one call, as a session sees it. pjsua2 is one implementation, virtual time another."""

from __future__ import annotations

from typing import Protocol

from ivr.telephony.playout import Playout


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
