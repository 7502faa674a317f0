"""The wire of one call, on pjsua2.

Three objects a call. `SipLeg` is what the rest of the product sees. A `Dialog` is pjsua2's call: its callbacks run in
the thread that polls. A `Port` is the leg's place on pjsua2's bridge: its callbacks run in the bridge's clock thread,
50 times a second each way, and only move bytes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import structlog

from ivr.audio import FRAME_S
from ivr.dialog.events import (
    Connected,
    Event,
    KeyPressed,
    MediaLost,
    RemoteHangup,
    RemoteHold,
    RemoteResume,
    Ringing,
    TransferProgress,
)
from ivr.telephony.dialogs import Dialog
from ivr.telephony.keys import Keys
from ivr.telephony.pjsua import Foreign, lib
from ivr.telephony.playout import Playout
from ivr.telephony.ports import Port, Ports
from ivr.telephony.watch import MediaWatch

_LONGEST_STALL_FRAMES = 500
"""Received audio kept for a worker that does not come to fetch it: 10 s."""

log = structlog.get_logger(__name__)


class Happening(NamedTuple):
    """Something that happened to a leg; `at` is on the leg's sample clock, seconds."""

    leg: SipLeg
    event: Event
    at: float


class SipLeg:
    """One call (`ivr.telephony.leg.Leg`); what happens is handed to `tell`, in the polling thread."""

    def __init__(self, number: int, tell: Callable[[Happening], None], ports: Ports, media_timeout_s: float) -> None:
        self.number = number
        """Counts up over the life of the process."""
        self.playout = Playout()
        self.received: deque[bytearray] = deque(maxlen=_LONGEST_STALL_FRAMES)
        """Audio that came in: 20 ms of little-endian 16-bit mono at 8 kHz an item, silence where no packet did."""
        self.running = False
        """Frames are asked for: the sample clock counts them, not the host's time."""
        self.ended = False
        """`RemoteHangup` was told."""
        self._tell = tell
        self._keys = Keys()
        self._watch = MediaWatch(media_timeout_s)
        self._zero = time.monotonic()  # instant of clock 0; counts while no frames run
        self._rang = self._confirmed = self._connected = self._held = False
        self._dialog: Dialog | None = None
        self._ports = ports
        self._port: Port | None = None

    # ------------------------------------------------------------ what a session asks for

    @property
    def clock(self) -> float:
        """Seconds on the sample clock: 0 at the INVITE; once media runs, 20 ms a frame handed to the wire."""
        return self.playout.clock if self.running else time.monotonic() - self._zero

    def take_received(self) -> bytes:
        """What came in since the last time: whole 20 ms frames, oldest first."""
        received = self.received
        if not received:
            return b""
        return b"".join([received.popleft() for _ in range(len(received))])

    def ring(self) -> None:
        """Send 180."""
        self._ask(lambda dialog: dialog.respond(180))

    def answer(self) -> None:
        """Send 200; `Connected` follows when it is acknowledged and media flows. An offer we cannot meet gets 488."""
        if not self._ask(lambda dialog: dialog.respond(200)):
            self._ask(lambda dialog: dialog.end(488, "offer not acceptable"))

    def transfer(self, uri: str) -> None:
        """Send REFER to `uri` (RFC 3515); `TransferProgress` follows, 404 for what is no SIP URI."""
        if lib.Endpoint.instance().utilVerifySipUri(uri) != lib.PJ_SUCCESS:
            self._happened(TransferProgress(404))
        elif not self._ask(lambda dialog: dialog.refer(uri)):
            self._happened(TransferProgress(500))

    def press(self, keys: str) -> None:
        """Send keys, of 0-9 * # A-D, as RFC 4733 events."""
        self._ask(lambda dialog: dialog.press(keys))

    def hang_up(self, reason: str) -> None:
        """Send BYE with a Reason header (RFC 3326), or 480 before the answer; `RemoteHangup` follows."""
        self._ask(lambda dialog: dialog.end(200 if self._confirmed else 480, reason))

    def _ask(self, request: Callable[[Dialog], None]) -> bool:
        """Ask the far side; False where the dialog can no longer do it, which `RemoteHangup` tells as well."""
        if self._dialog is None or self.ended:
            return False
        try:
            request(self._dialog)
        except lib.Error as error:
            log.warning("the far side cannot be asked for this any more", leg=self.number, error=error.reason)
            return False
        return True

    # ------------------------------------------------------------ what the endpoint does

    def adopt(self, dialog: Dialog) -> None:
        """Take charge of pjsua2's side of the call."""
        self._dialog = dialog

    def watch_media(self, now: float) -> None:
        """Look at the packet counters; `MediaLost` once they have stood still too long (requirement B13)."""
        if not self.running or self._dialog is None:
            return
        try:
            packets, reports = self._dialog.counters()
        except lib.Error:
            return  # between two streams of a re-INVITE
        if self._watch.lost(now, packets, reports):
            self._happened(MediaLost())

    def release(self) -> None:
        """Let go of pjsua2's objects; not from within one of their callbacks."""
        self._dialog = None
        if self._port is not None:
            self._ports.give_back(self._port)
            self._port = None

    # ------------------------------------------------------------ what the dialog tells

    def rings(self) -> None:
        """The telephone that we dialled rings; told once, however many responses say so."""
        if not self._rang:
            self._rang = True
            self._happened(Ringing())

    def confirmed(self) -> None:
        """The 200 was acknowledged."""
        self._confirmed = True
        self._connect()

    def media_flows(self, media: Foreign) -> None:
        """There is a stream both ways, new or as before."""
        if self._port is None:
            self._port = self._ports.borrow()
            self._port.attach(self.playout.take, self.received.append)
        self._port.startTransmit(media)
        media.startTransmit(self._port)
        if not self.running:
            self.playout.base = self.clock - self.playout.frames * FRAME_S
            self.running = True
        if self._held:
            self._held = False
            self._watch.restart(time.monotonic())
            self._happened(RemoteResume())
        self._connect()

    def media_rests(self) -> None:
        """There is no stream to us, or none from us: the far side holds."""
        self._stand_still()
        if self._connected and not self._held:
            self._held = True
            self._happened(RemoteHold())

    def key_pressed(self, key: str, stamp: int) -> None:
        """A packet of a key came in, by RFC 4733 or INFO."""
        if self._keys.event_is_new(key, stamp):
            self._happened(KeyPressed(key.upper()))

    def transfer_progressed(self, code: int) -> None:
        """A NOTIFY or an answer to REFER came in."""
        self._happened(TransferProgress(code))

    def gone(self, code: int, reason: str) -> None:
        """The dialog is over."""
        if not self.ended:
            self._stand_still()
            self._happened(RemoteHangup(code, reason))
            self.ended = True

    def _stand_still(self) -> None:
        """No frames are asked for any more: the host's clock takes over."""
        self._zero = time.monotonic() - self.clock
        self.running = False

    def _connect(self) -> None:
        if self._confirmed and self.running and not self._connected:
            self._connected = True
            self._happened(Connected())

    def _happened(self, event: Event) -> None:
        if not self.ended:
            self._tell(Happening(self, event, self.clock))
