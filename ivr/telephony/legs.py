"""The wire of one call, on pjsua2.

Three objects a call. `SipLeg` is what the rest of the product sees. A `Dialog` is pjsua2's call: its callbacks run in
the thread that polls. A `Port` is the leg's place on pjsua2's bridge: its callbacks run in the bridge's clock thread,
50 times a second each way, and only move bytes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import NamedTuple

import structlog

from ivr.audio import FRAME_S
from ivr.dialog.events import (
    Connected,
    Event,
    Held,
    HoldRefused,
    KeyPressed,
    MediaLost,
    RemoteHangup,
    RemoteHold,
    RemoteResume,
    Ringing,
    TakenBack,
    TransferProgress,
)
from ivr.errors import UserError
from ivr.telephony.consultation import Consultation
from ivr.telephony.dialogs import Dialog, Listener
from ivr.telephony.holding import Holding
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


def _nobody(uri: str, fields: Mapping[str, str], listener: Listener) -> Dialog:
    raise UserError(f"{uri} cannot be rung from here")


class SipLeg:
    """One call (`ivr.telephony.leg.Leg`); what happens is handed to `tell`, in the polling thread."""

    def __init__(
        self,
        number: int,
        tell: Callable[[Happening], None],
        ports: Ports,
        media_timeout_s: float,
        dial: Callable[[str, Mapping[str, str], Listener], Dialog] = _nobody,
    ) -> None:
        """`dial` opens another dialog, for whom we consult; raises UserError where it cannot."""
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
        self._rang = self._confirmed = self._connected = self._held = self._resting = False
        self._dialog: Dialog | None = None
        self._dial = dial
        self._holding = Holding(lambda hold: self._ask(lambda dialog: dialog.redirect(hold)))
        self._refusal = 0
        self._consultation: Consultation | None = None
        self._hands_over = False
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

    def hold(self) -> None:
        """Put the far side on hold; `Held` or `HoldRefused` follows."""
        self._holding.want(True)
        self.turn(time.monotonic())

    def take_back(self) -> None:
        """Take the far side off our hold; `TakenBack` follows when media flows, at once where there was no hold."""
        self._holding.want(False)
        if self._holding.settled:
            self._happened(TakenBack())
        else:
            self.turn(time.monotonic())

    def consult(self, uri: str, fields: Mapping[str, str]) -> None:
        """Ring `uri` on a line of its own, with these header fields; `TargetProgress` follows."""
        self._consultation = Consultation(self._happened)
        self._consultation.begin(lambda listener: self._dial(uri, fields, listener))

    def hand_over(self) -> None:
        """Connect the far side to whom we consult, once no re-INVITE is under way; `TransferProgress` follows."""
        self._hands_over = True
        self.turn(time.monotonic())

    def dismiss(self) -> None:
        """End the call to whom we consult."""
        self._hands_over = False
        if self._consultation:
            self._consultation.end()
            self._consultation = None

    def turn(self, now: float) -> None:
        """Send what waits for its turn: one request within a dialog after the other."""
        if not self._holding.turn(now):
            self._happened(HoldRefused(self._refusal))
        if self._hands_over and self._holding.settled:
            self._hands_over = False
            other = self._consultation.dialog if self._consultation else None
            if other is None or not self._refer_to(other):
                self._happened(TransferProgress(500))

    def _refer_to(self, other: Dialog) -> bool:
        return self._ask(lambda dialog: dialog.refer_to(other))

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
        if not self.running or self._dialog is None or self._resting:
            return
        try:
            packets, reports = self._dialog.counters()
        except lib.Error:
            return  # between two streams of a re-INVITE
        if self._watch.lost(now, packets, reports):
            self._happened(MediaLost())

    def release(self) -> None:
        """Let go of pjsua2's objects; not from within one of their callbacks."""
        self.dismiss()
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
        self._join(media)
        if self._resting:
            self._resting = False
            self._watch.restart(time.monotonic())
            self._happened(TakenBack())
        if self._held:
            self._held = False
            self._watch.restart(time.monotonic())
            self._happened(RemoteResume())
        self._connect()

    def media_held(self, media: Foreign) -> None:
        """We hold: what we say is silence, the sample clock goes on, and packets of theirs are not missed."""
        self._join(media)
        if not self._resting:
            self._resting = True
            self._happened(Held())

    def _join(self, media: Foreign) -> None:
        if self._port is None:
            self._port = self._ports.borrow()
            self._port.attach(self.playout.take, self.received.append)
        self._port.startTransmit(media)
        media.startTransmit(self._port)
        if not self.running:
            self.playout.base = self.clock - self.playout.frames * FRAME_S
            self.running = True

    def redirected(self, code: int) -> None:
        """A re-INVITE of ours got its final answer."""
        self._refusal = code
        if not self._holding.answered(code, time.monotonic()):
            self._happened(HoldRefused(code))

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
            self.dismiss()
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
