"""pjsua2's side of a call. Everything here runs in the thread that polls."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Protocol

import structlog

from ivr.telephony.invitation import headers
from ivr.telephony.pjsua import Foreign, lib

_DECLINE = 603
_KEY_MS = 160
"""Length of a key that we send; RFC 4733 asks for 40 ms at least."""
_UNQUOTABLE = re.compile(r"[^\w -]", re.ASCII)

log = structlog.get_logger(__name__)


class Listener(Protocol):
    """What a dialog tells its leg."""

    def rings(self) -> None:
        """The telephone that we dialled rings."""

    def confirmed(self) -> None:
        """The 200 was acknowledged."""

    def media_flows(self, media: Foreign) -> None:
        """There is a stream both ways, new or as before; `media` is its place on the bridge."""

    def media_held(self, media: Foreign) -> None:
        """There is a stream from us only: we hold."""

    def media_rests(self) -> None:
        """There is no stream to us, or none from us: the far side holds."""

    def redirected(self, code: int) -> None:
        """An INVITE of ours within the dialog got its final answer."""

    def key_pressed(self, key: str, stamp: int) -> None:
        """A packet of a key came in, by RFC 4733 or INFO; `stamp` tells presses apart."""

    def transfer_progressed(self, code: int) -> None:
        """A NOTIFY or an answer to REFER came in."""

    def gone(self, code: int, reason: str) -> None:
        """The dialog is over."""


def _guarded(callback: Callable[[Dialog, Foreign], None]) -> Callable[[Dialog, Foreign], None]:
    """A fault in a callback is logged and ends there: pjsua2 would print it and go on with half a call."""

    @wraps(callback)
    def safe(self: Dialog, what: Foreign) -> None:
        try:
            callback(self, what)
        except Exception:
            log.exception("fault in a SIP callback", callback=callback.__name__)

    return safe


class Dialog(lib.Call):  # type: ignore[misc]  # pjsua2 carries no types
    """A SIP dialog. Without a listener it is a refusal on its way out."""

    def __init__(self, account: Foreign, call_id: int | None, listener: Listener | None) -> None:
        """`call_id` is that of an INVITE that came in; None where we are to send one."""
        super().__init__(account, lib.PJSUA_INVALID_ID if call_id is None else call_id)
        self._listener = listener
        self.refusal = listener is None
        """It only turns somebody away."""
        self.over = False
        """The library is done with it, and it may be let go of, but not from a callback."""

    # ------------------------------------------------------------ what we ask for; all raise lib.Error

    def dial(self, uri: str, fields: Mapping[str, str]) -> None:
        """Send an INVITE with these header fields besides the usual."""
        self.makeCall(uri, _operation(0, fields))

    def respond(self, code: int, fields: Mapping[str, str] | None = None) -> None:
        """Answer the INVITE."""
        self.answer(_operation(code, fields or {}))

    def end(self, code: int, reason: str) -> None:
        """BYE with a Reason (RFC 3326), or this final answer where the INVITE has none yet."""
        why = f'SIP;cause=200;text="{_UNQUOTABLE.sub("", reason)}"'
        self.hangup(_operation(code, {"Reason": why}))

    def refer(self, uri: str) -> None:
        """Blind transfer (RFC 3515, RFC 5589)."""
        self.xfer(uri, lib.CallOpParam())

    def refer_to(self, other: Dialog) -> None:
        """Attended transfer: the far side is to take our place in `other` (RFC 3891, RFC 5589)."""
        self.xferReplaces(other, lib.CallOpParam(True))

    def redirect(self, hold: bool) -> None:
        """Re-INVITE that puts the far side on hold, by sendonly, or takes it off it (RFC 3264, section 8.4)."""
        operation = _operation(0, {})
        if hold:
            self.setHold(operation)
        else:
            operation.opt.flag = lib.PJSUA_CALL_UNHOLD
            self.reinvite(operation)

    def press(self, keys: str) -> None:
        """Send keys as RFC 4733 events."""
        digits = lib.CallSendDtmfParam()
        digits.digits, digits.method, digits.duration = keys, lib.PJSUA_DTMF_METHOD_RFC2833, _KEY_MS
        self.sendDtmf(digits)

    def counters(self) -> tuple[int, int]:
        """RTP packets and RTCP reports received on the present stream."""
        statistics = self.getStreamStat(0)  # must outlive what is read from it: the wrapper hands out bare pointers
        rtcp = statistics.rtcp
        return rtcp.rxStat.pkt, rtcp.txStat.updateCount

    # ------------------------------------------------------------ what the library tells

    @_guarded
    def onCallState(self, event: Foreign) -> None:  # noqa: N802 - pjsua2's name
        """The dialog moved on."""
        info = self.getInfo()
        if info.state == lib.PJSIP_INV_STATE_DISCONNECTED:
            self.over = True
            if self._listener:
                self._listener.gone(info.lastStatusCode, _reason(event) or info.lastReason)
        elif info.state == lib.PJSIP_INV_STATE_CONFIRMED and self._listener:
            self._listener.confirmed()
        elif info.state == lib.PJSIP_INV_STATE_EARLY and info.role == lib.PJSIP_ROLE_UAC and self._listener:
            self._listener.rings()

    @_guarded
    def onCallMediaState(self, _: Foreign) -> None:  # noqa: N802 - pjsua2's name
        """An offer was answered: the first, or one that puts on hold or takes off it."""
        if self._listener is None:
            return
        info = self.getInfo()  # must outlive what is read from it, as above
        for index, media in enumerate(info.media):
            if media.type == lib.PJMEDIA_TYPE_AUDIO and media.status == lib.PJSUA_CALL_MEDIA_ACTIVE:
                self._listener.media_flows(self.getAudioMedia(index))
                return
            if media.type == lib.PJMEDIA_TYPE_AUDIO and media.status == lib.PJSUA_CALL_MEDIA_LOCAL_HOLD:
                self._listener.media_held(self.getAudioMedia(index))
                return
        self._listener.media_rests()

    @_guarded
    def onCallTsxState(self, progress: Foreign) -> None:  # noqa: N802 - pjsua2's name
        """A transaction moved on."""
        if progress.e.type != lib.PJSIP_EVENT_TSX_STATE or self._listener is None:
            return
        transaction = progress.e.body.tsxState.tsx
        if transaction.method == "INVITE" and transaction.role == lib.PJSIP_ROLE_UAC:
            refused = transaction.statusCode >= 300
            if transaction.state == (lib.PJSIP_TSX_STATE_COMPLETED if refused else lib.PJSIP_TSX_STATE_TERMINATED):
                self._listener.redirected(transaction.statusCode)

    @_guarded
    def onDtmfEvent(self, key: Foreign) -> None:  # noqa: N802 - pjsua2's name
        """One packet of a key."""
        if self._listener:
            self._listener.key_pressed(key.digit, key.timestamp)

    @_guarded
    def onCallTransferStatus(self, progress: Foreign) -> None:  # noqa: N802 - pjsua2's name
        """Our REFER was answered, or a NOTIFY came."""
        if self._listener:
            self._listener.transfer_progressed(progress.statusCode)

    @_guarded
    def onCallTransferRequest(self, request: Foreign) -> None:  # noqa: N802 - pjsua2's name
        """The far side sends us elsewhere: whom we call is for us to decide, pjsua2 would just go."""
        request.statusCode = _DECLINE

    @_guarded
    def onCallReplaceRequest(self, request: Foreign) -> None:  # noqa: N802 - pjsua2's name
        """An INVITE wants to take this call over: it would get in past the allow list."""
        request.statusCode = _DECLINE


def _operation(code: int, fields: Mapping[str, str]) -> Foreign:
    operation = lib.CallOpParam(True)
    operation.statusCode = code
    operation.opt.videoCount = operation.opt.textCount = 0
    for name, value in fields.items():
        header = lib.SipHeader()
        header.hName, header.hValue = name, value
        operation.txOption.headers.append(header)
    return operation


def _reason(event: Foreign) -> str:
    """The Reason header (RFC 3326) of the BYE or CANCEL that ended a dialog."""
    if event.e.type != lib.PJSIP_EVENT_TSX_STATE or event.e.body.tsxState.type != lib.PJSIP_EVENT_RX_MSG:
        return ""
    return headers(event.e.body.tsxState.src.rdata.wholeMsg).get("reason", "")
