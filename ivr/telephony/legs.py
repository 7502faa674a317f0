"""One SIP dialog and its media, on pjsua2.

Three objects a call. `SipLeg` is what the rest of the product sees. `_Dialog` is pjsua2's call: its callbacks run in
the thread that polls. `_Port` is the leg's place on pjsua2's bridge: its callbacks run in the bridge's clock thread,
50 times a second each way, and only move bytes.
"""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

import structlog

from ivr.dialog.events import (
    Connected,
    Event,
    KeyPressed,
    MediaLost,
    RemoteHangup,
    RemoteHold,
    RemoteResume,
    TransferProgress,
)
from ivr.telephony import pjsua
from ivr.telephony.admission import Refusal
from ivr.telephony.invitation import headers
from ivr.telephony.keys import Keys
from ivr.telephony.leg import RATE
from ivr.telephony.pjsua import Foreign, lib
from ivr.telephony.playout import FRAME_S, SILENCE, Playout
from ivr.telephony.watch import MediaWatch

_LONGEST_STALL_FRAMES = 500
"""Received audio kept for a worker that does not come to fetch it: 10 s."""
_KEY_MS = 160
"""Length of a key that we send (RFC 4733 asks for 40 ms at least; PBXs for 80)."""
_UNQUOTABLE = re.compile(r"[^\w -]", re.ASCII)

log = structlog.get_logger(__name__)


class Happening(NamedTuple):
    """Something that happened to a leg; `at` is on the leg's sample clock, seconds."""

    leg: SipLeg
    event: Event
    at: float


class SipLeg:
    """The wire of one call (`ivr.telephony.leg.Leg`).

    What happens is handed to `tell` in the polling thread. Audio that came in waits in `received`: 20 ms of
    little-endian 16-bit mono at 8 kHz an item, silence where no packet came in time.
    """

    def __init__(self, number: int, tell: Callable[[Happening], None], media_timeout_s: float) -> None:
        self.number = number
        """Counts up over the life of the process."""
        self.playout = Playout()
        self.received: deque[bytearray] = deque(maxlen=_LONGEST_STALL_FRAMES)
        self.ended = False
        """`RemoteHangup` was told."""
        self._tell = tell
        self._keys = Keys()
        self._watch = MediaWatch(media_timeout_s)
        self._zero = time.monotonic()  # instant of clock 0; counts while no frames run
        self.running = False
        """Frames are asked for: the sample clock counts them, not the host's time."""
        self._confirmed = self._connected = self._held = False
        self._dialog: _Dialog | None = None
        self._port: _Port | None = None

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
        self._ask(lambda dialog: dialog.answer(_operation(180)))

    def answer(self) -> None:
        """Send 200; `Connected` follows when it is acknowledged and media flows."""
        self._ask(lambda dialog: dialog.answer(_operation(200)))

    def transfer(self, uri: str) -> None:
        """Send REFER to `uri` (RFC 3515); `TransferProgress` follows, 404 for what is no SIP URI."""
        if lib.Endpoint.instance().utilVerifySipUri(uri) != lib.PJ_SUCCESS:
            self._happened(TransferProgress(404))
        elif not self._ask(lambda dialog: dialog.xfer(uri, lib.CallOpParam())):
            self._happened(TransferProgress(500))

    def press(self, keys: str) -> None:
        """Send keys, of 0-9 * # A-D, as RFC 4733 events."""
        digits = lib.CallSendDtmfParam()
        digits.digits, digits.method, digits.duration = keys, lib.PJSUA_DTMF_METHOD_RFC2833, _KEY_MS
        self._ask(lambda dialog: dialog.sendDtmf(digits))

    def hang_up(self, reason: str) -> None:
        """Send BYE with a Reason header (RFC 3326), or 480 before the answer; `RemoteHangup` follows."""
        why = f'SIP;cause=200;text="{_UNQUOTABLE.sub("", reason)}"'
        code = 200 if self._confirmed else 480
        self._ask(lambda dialog: dialog.hangup(_operation(code, {"Reason": why})))

    # ------------------------------------------------------------ what the endpoint does

    def adopt(self, dialog: _Dialog) -> None:
        """Take charge of pjsua2's side of the call."""
        self._dialog = dialog

    def watch_media(self, now: float) -> None:
        """Look at the packet counters; `MediaLost` once they have stood still too long (requirement B13)."""
        if not self.running or self._dialog is None:
            return
        try:
            statistics = self._dialog.getStreamStat(0)
        except lib.Error:
            return  # between two streams of a re-INVITE
        counters = statistics.rtcp
        if self._watch.lost(now, counters.rxStat.pkt, counters.txStat.updateCount):
            self._happened(MediaLost())

    def release(self) -> None:
        """Let go of pjsua2's objects; not from within one of their callbacks."""
        self._dialog = self._port = None

    # ------------------------------------------------------------ what pjsua2 reports

    def media_flows(self, media: Foreign) -> None:
        """There is a stream both ways, new or as before."""
        if self._port is None:
            self._port = _Port(self)
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

    def confirmed(self) -> None:
        """Our 200 was acknowledged."""
        self._confirmed = True
        self._connect()

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

    # ------------------------------------------------------------ inside

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

    def _ask(self, request: Callable[[Foreign], None]) -> bool:
        """Ask pjsua2 for something; False where the dialog can no longer do it, which `RemoteHangup` tells as well."""
        if self._dialog is None or self.ended:
            return False
        try:
            request(self._dialog)
        except lib.Error as error:
            log.warning("the far side cannot be asked for this any more", leg=self.number, error=error.info())
            return False
        return True


def _operation(code: int, fields: dict[str, str] | None = None) -> Foreign:
    operation = lib.CallOpParam(True)
    operation.statusCode = code
    operation.opt.videoCount = operation.opt.textCount = 0
    for name, value in (fields or {}).items():
        header = lib.SipHeader()
        header.hName, header.hValue = name, value
        operation.txOption.headers.append(header)
    return operation


def _guarded(callback: Callable[[_Dialog, Foreign], None]) -> Callable[[_Dialog, Foreign], None]:
    """A fault in a callback is logged and ends there: pjsua2 would print it and go on with half a call."""

    @wraps(callback)
    def safe(self: _Dialog, what: Foreign) -> None:
        try:
            callback(self, what)
        except Exception:
            log.exception("fault in a SIP callback", callback=callback.__name__)

    return safe


class _Dialog(lib.Call):  # type: ignore[misc]  # pjsua2 carries no types
    """pjsua2's call; tells its leg what happens. Without a leg it is a refusal on its way out."""

    def __init__(self, account: Foreign, call_id: int, leg: SipLeg | None) -> None:
        super().__init__(account, call_id)
        self._leg = leg
        self.over = False

    def refuse(self, refusal: Refusal) -> None:
        """Send a final answer."""
        self.answer(_operation(refusal.code, refusal.headers))

    @_guarded
    def onCallState(self, event: Foreign) -> None:  # noqa: N802 - pjsua2's name
        info = self.getInfo()
        if info.state == lib.PJSIP_INV_STATE_DISCONNECTED:
            self.over = True
            if self._leg:
                self._leg.gone(info.lastStatusCode, _reason(event) or info.lastReason)
        elif info.state == lib.PJSIP_INV_STATE_CONFIRMED and self._leg:
            self._leg.confirmed()

    @_guarded
    def onCallMediaState(self, _: Foreign) -> None:  # noqa: N802 - pjsua2's name
        if self._leg is None:
            return
        info = self.getInfo()  # must outlive what is read from it: the wrapper hands out bare pointers
        for index, media in enumerate(info.media):
            if media.type == lib.PJMEDIA_TYPE_AUDIO and media.status == lib.PJSUA_CALL_MEDIA_ACTIVE:
                self._leg.media_flows(self.getAudioMedia(index))
                return
        self._leg.media_rests()

    @_guarded
    def onCallTransferRequest(self, request: Foreign) -> None:  # noqa: N802 - pjsua2's name
        request.statusCode = 603  # whom we call is for us to decide; pjsua2 would go wherever it is sent

    @_guarded
    def onCallReplaceRequest(self, request: Foreign) -> None:  # noqa: N802 - pjsua2's name
        request.statusCode = 603  # would let a call in past the allow list

    @_guarded
    def onDtmfEvent(self, key: Foreign) -> None:  # noqa: N802 - pjsua2's name
        if self._leg:
            self._leg.key_pressed(key.digit, key.timestamp)

    @_guarded
    def onCallTransferStatus(self, progress: Foreign) -> None:  # noqa: N802 - pjsua2's name
        if self._leg:
            self._leg.transfer_progressed(progress.statusCode)


def _reason(event: Foreign) -> str:
    """The Reason header (RFC 3326) of the BYE or CANCEL that ended a dialog."""
    if event.e.type != lib.PJSIP_EVENT_TSX_STATE or event.e.body.tsxState.type != lib.PJSIP_EVENT_RX_MSG:
        return ""
    return headers(event.e.body.tsxState.src.rdata.wholeMsg).get("reason", "")


class _Port(lib.AudioMediaPort):  # type: ignore[misc]  # pjsua2 carries no types
    """A leg's place on the bridge."""

    def __init__(self, leg: SipLeg) -> None:
        super().__init__()
        self._requested = pjsua.frame_requested(leg.playout.take, SILENCE)
        self.onFrameRequested: pjsua.Callback = self._first_requested
        self.onFrameReceived = pjsua.frame_received(leg.received.append)
        audio = lib.MediaFormatAudio()
        audio.init(lib.PJMEDIA_FORMAT_PCM, RATE, 1, int(FRAME_S * 1e6), 16)
        self.createPort(f"leg {leg.number}", audio)

    def _first_requested(self, frame: Foreign) -> None:
        pjsua.pin_thread()
        self.onFrameRequested = self._requested  # from now on the bridge meets the bare function
        self._requested(frame)
