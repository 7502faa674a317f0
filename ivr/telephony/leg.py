"""The wire of one call, as a session sees it. pjsua2 is one implementation, virtual time another."""

from __future__ import annotations

from collections.abc import Mapping
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

    def hold(self) -> None:
        """Put the far side on hold; `Held` or `HoldRefused` follows."""

    def take_back(self) -> None:
        """Take the far side off our hold; `TakenBack` follows when media flows."""

    def consult(self, uri: str, fields: Mapping[str, str]) -> None:
        """Ring `uri` on a line of its own, with these header fields; `TargetProgress` follows."""

    def hand_over(self) -> None:
        """Connect the far side to whom we consult: REFER with Replaces; `TransferProgress` follows."""

    def dismiss(self) -> None:
        """End the call to whom we consult."""

    def hang_up(self, reason: str) -> None:
        """Send BYE with a Reason header (RFC 3326); `RemoteHangup` follows when the dialog is gone."""
