"""The SIP endpoint of one worker process, on pjsua2.

One thread owns it: the one that calls `start`, `poll` and `close`, and that talks to the legs. pjsua2 runs no SIP
thread of its own (``threadCnt = 0``); its callbacks come out of `poll`. Only two of its threads remain: one reads RTP
and knows no Python; one is the bridge's clock, and meets Python in `ports.Port` alone.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from ivr.audio import RATE
from ivr.config import REFUSED_AT_ONCE, Address, SipSettings
from ivr.config.settings import NumbersSettings
from ivr.config.values import host_port_of
from ivr.errors import UserError
from ivr.telephony import invitation, pjsua
from ivr.telephony.admission import Admission, host_and_port
from ivr.telephony.damper import Damper, one_line
from ivr.telephony.dialogs import Dialog, Listener
from ivr.telephony.legs import Happening, SipLeg
from ivr.telephony.names import nameservers, route_to
from ivr.telephony.pjsua import Foreign, lib
from ivr.telephony.ports import Ports

USER_AGENT = "sanling"
REGISTRATION_S = 60
"""Short, so that a PBX that came back without its memory hears from us within a minute."""
RETRY_S = 5
"""After a failed registration; the first retry comes sooner, each is shaken by two seconds."""
_WATCH_POLLS = 20
"""Polls between two looks at a call's packet counters: 0.4 s, at the pace of the worker; so late is a loss told."""
_EVENTS_PER_POLL = 256
_GOODBYE_S = 2.0
_LAST_ANSWERS_S = 0.6
_CODECS = {"PCMA/8000": 255, "PCMU/8000": 254}
"""Priorities; everything else is switched off (requirement: 488 without a common codec)."""
_ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not listened on

log = structlog.get_logger(__name__)


class Endpoint:
    """Takes calls as `[sip]` says, and reports what happens to them.

    `poll` returns `Happening`s; the first of a leg is always `Invited`, the last always `RemoteHangup`.
    """

    def __init__(
        self,
        settings: SipSettings,
        refused: Callable[[int], None] = lambda code: None,
        numbers: NumbersSettings | None = None,
    ) -> None:
        """`refused` is called with the status of each INVITE that is turned away."""
        self._settings = settings
        self._refused = refused
        self._admission = Admission(settings.allow, settings.registrar, settings.max_calls, numbers)
        self.legs: set[SipLeg] = set()
        """Legs that are not over."""
        self.port = 0
        """Where SIP is spoken, UDP and TCP; known after `start`."""
        self.registered: bool | None = None
        """Whether the registrar knows us; None where there is none, or no answer yet."""
        self._lib: Foreign = None
        self._account: _Account | None = None
        self._happenings: list[Happening] = []
        self._dialogs: dict[Dialog, SipLeg | None] = {}
        self._ports: Ports | None = None
        self._count = 0
        self._polls = 0

    # ------------------------------------------------------------ life

    def start(self) -> None:
        """Listen, and register where there is a registrar. Raises UserError, e.g. for a port in use."""
        self._check_room()
        pjsua.warn_of_fallback()
        pjsua.hush()
        self._lib = lib.Endpoint()
        try:
            self._lib.libCreate()
            self._lib.libInit(self._library())
            self._listen()
            self._audio()
            self._lib.libStart()
            self._ports = Ports()
            self._account = _Account(self, self._account_settings())
        except lib.Error as error:
            self.close()
            raise UserError(f"the SIP endpoint cannot start: {error.reason}  →  see [sip] in ivr.toml") from None
        except UserError:
            self.close()
            raise

    def poll(self) -> list[Happening]:
        """Let pjsua2 do all that is due, without waiting; returns what happened since the last time, in order."""
        for _ in range(_EVENTS_PER_POLL):
            if self._lib.libHandleEvents(0) <= 0:
                break
        self._watch_media()
        self._tidy()
        happenings = self._happenings.copy()
        self._happenings.clear()
        return happenings

    def drain(self) -> None:
        """Take no further calls: 486 with Retry-After from now on."""
        self._admission.draining = True

    def close(self) -> None:
        """Hang up what is left, unregister, and leave nothing behind."""
        if self._lib is None:
            return
        try:
            self._say_goodbye()
        except lib.Error as error:
            log.warning("left without a goodbye", reason=error.reason)
        if self._ports is not None:
            self._lib.audDevManager().setNoDev()  # the clock stops: nobody calls a port any more
        self._forget()
        gc.collect()  # pjsua2's objects must be gone before the library is
        self._lib.libDestroy(lib.PJSUA_DESTROY_NO_NETWORK)  # all is said; otherwise it waits a second for nothing
        self._lib = None

    # ------------------------------------------------------------ starting

    def _check_room(self) -> None:
        most = pjsua.MAX_CALLS - REFUSED_AT_ONCE
        if self._settings.max_calls > most and pjsua.FULL_BUILD:
            raise UserError(f"one worker carries at most {most} calls  →  raise [sip] workers, or lower max_calls")

    def _library(self) -> Foreign:
        config = lib.EpConfig()
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.uaConfig.maxCalls = min(self._settings.max_calls + REFUSED_AT_ONCE, pjsua.MAX_CALLS)
        config.uaConfig.userAgent = USER_AGENT
        for server in nameservers():
            config.uaConfig.nameserver.append(server)
        config.logConfig.level = config.logConfig.consoleLevel = 2
        config.logConfig.msgLogging = config.logConfig.decor = 0
        writer = _LogWriter()
        config.logConfig.writer = writer
        writer.__disown__()  # the library deletes it when it is destroyed
        media = config.medConfig
        media.clockRate = media.sndClockRate = RATE
        media.audioFramePtime = media.ptime = 20
        media.noVad = True  # silence is sent as packets: a caller's PBX must not take us for dead
        media.ecTailLen = 0
        media.maxMediaPorts = 2 * config.uaConfig.maxCalls + 8
        return config

    def _listen(self) -> None:
        self.port = self._transport(lib.PJSIP_TRANSPORT_UDP, self._settings.bind)
        self._transport(lib.PJSIP_TRANSPORT_TCP, self._settings.bind._replace(port=self.port))
        if self._settings.tls_bind:
            self._transport(lib.PJSIP_TRANSPORT_TLS, self._settings.tls_bind)

    def _transport(self, kind: int, address: Address) -> int:
        """Opens one; returns its port."""
        config = lib.TransportConfig()
        _place(config, address.host, address.port, self._settings.public_address)
        if kind == lib.PJSIP_TRANSPORT_TLS:
            config.tlsConfig.certFile = str(self._settings.tls_certificate)
            config.tlsConfig.privKeyFile = str(self._settings.tls_key)
        try:
            transport = self._lib.transportCreate(kind, config)
        except lib.Error as error:
            raise UserError(f"cannot listen on {address}: {error.reason}  →  choose another [sip] bind") from None
        return host_and_port(self._lib.transportGetInfo(transport).localName)[1]

    def _audio(self) -> None:
        for codec in self._lib.codecEnum2():
            self._lib.codecSetPriority(
                codec.codecId, next((p for c, p in _CODECS.items() if codec.codecId.startswith(c)), 0)
            )
        self._lib.audDevManager().setNullDev()

    def _account_settings(self) -> Foreign:
        settings, config = self._settings, lib.AccountConfig()
        registrar = host_port_of(settings.registrar)
        config.idUri = f"sip:{settings.username}@{registrar or self._own_host()}"
        if registrar:
            config.regConfig.registrarUri = settings.registrar
            config.sipConfig.proxies.append(route_to(settings.registrar))
            config.regConfig.timeoutSec = REGISTRATION_S
            config.regConfig.retryIntervalSec = RETRY_S
            config.regConfig.firstRetryIntervalSec = config.regConfig.randomRetryIntervalSec = 2
            config.sipConfig.authCreds.append(
                lib.AuthCredInfo("digest", "*", settings.username, 0, settings.password())
            )
        config.mediaConfig.lockCodecEnabled = False  # would re-INVITE a caller who answers with both of ours
        first, last = settings.rtp_ports
        rtp = config.mediaConfig.transportConfig
        _place(rtp, settings.bind.host, first, settings.public_address)
        rtp.portRange = last - first
        return config

    def _own_host(self) -> str:
        host = self._settings.public_address or self._settings.bind.host
        return "localhost" if host in _ANY else f"[{host}]" if ":" in host else host

    # ------------------------------------------------------------ running

    def dial(self, uri: str, fields: Mapping[str, str] | None = None) -> SipLeg:
        """Send an INVITE to `uri`; `Ringing`, `Connected` and `RemoteHangup` of the leg follow from `poll`.

        Raises:
            UserError: it cannot be sent: no SIP URI, no line free, or we are about to end.
        """
        self._need_line(uri)
        leg = self._new_leg()
        self._attend(self._dialled(uri, fields or {}, leg), leg)
        return leg

    def _need_line(self, uri: str) -> None:
        refusal = self._admission.no_line(self._lines)
        if refusal:
            raise UserError(f"{uri} was not dialled: {refusal.reason}")

    @property
    def _lines(self) -> int:
        """Lines in use: those of callers, and those on which somebody is consulted for one."""
        return sum(1 for dialog in self._dialogs if not dialog.refusal)

    def _dialled(self, uri: str, fields: Mapping[str, str], listener: Listener) -> Dialog:
        dialog = Dialog(self._account, None, listener)
        try:
            dialog.dial(uri, fields)
        except lib.Error as error:
            raise UserError(f"{uri} was not dialled: {error.reason}  →  see [telephony]") from None
        return dialog

    def _consult(self, uri: str, fields: Mapping[str, str], listener: Listener) -> Dialog:
        self._need_line(uri)
        dialog = self._dialled(uri, fields, listener)
        self._dialogs[dialog] = None
        return dialog

    def _new_leg(self) -> SipLeg:
        self._count += 1
        assert self._ports is not None
        return SipLeg(self._count, self._happenings.append, self._ports, self._settings.media_timeout_s, self._consult)

    def _attend(self, dialog: Dialog, leg: SipLeg) -> None:
        leg.adopt(dialog)
        self._dialogs[dialog] = leg
        self.legs.add(leg)

    def invited(self, account: Foreign, call_id: int, source: str, message: str) -> None:
        """An INVITE came in (called by the account)."""
        invited = invitation.read(message, own={self._settings.username})
        calls, door = self._lines, self._admission
        refusal = door.refusal(source, calls) or door.turned_away(invited.caller, calls)
        if refusal:
            log.warning("call refused", code=refusal.code, reason=refusal.reason, source=source)
            self._refused(refusal.code)
            dialog = Dialog(account, call_id, None)
            self._dialogs[dialog] = None
            dialog.respond(refusal.code, refusal.headers)
            return
        leg = self._new_leg()
        self._attend(Dialog(account, call_id, leg), leg)
        first = replace(invited, priority=door.is_priority(invited.caller))
        self._happenings.append(Happening(leg, first, 0.0))

    def registration_changed(self, code: int, reason: str, expires_s: int, source: str) -> None:
        """The registrar answered from `source`, or did not (called by the account)."""
        registered = code // 100 == 2 and expires_s > 0
        if registered:
            self._admission.registrar_is_at(source)
        if registered != self.registered:
            tell = log.info if registered else log.warning
            tell("registered" if registered else "not registered", code=code, reason=reason)
        self.registered = registered

    def _watch_media(self) -> None:
        """Each leg in its turn, so that no poll takes long."""
        self._polls += 1
        now = time.monotonic()
        for leg in self.legs:
            leg.turn(now)
            if (leg.number + self._polls) % _WATCH_POLLS == 0:
                leg.watch_media(now)

    def _tidy(self) -> None:
        """Lets go of dialogs that are over; their own callbacks must not."""
        for dialog in [dialog for dialog in self._dialogs if dialog.over]:
            leg = self._dialogs.pop(dialog)
            if leg:
                self.legs.discard(leg)
                leg.release()

    # ------------------------------------------------------------ ending

    def _say_goodbye(self) -> None:
        if self._account is None:
            return
        busy = bool(self._dialogs)
        self._lib.hangupAllCalls()
        if self.registered:
            self._account.setRegistration(False)
        self._linger(lambda: not self._dialogs and not self.registered, _GOODBYE_S)
        if busy:  # the library calls a dialog over when it has sent the BYE: time for the answer, or to send it again
            self._linger(lambda: False, _LAST_ANSWERS_S)

    def _linger(self, done: Callable[[], bool], limit_s: float) -> None:
        until = time.monotonic() + limit_s
        while not done() and time.monotonic() < until:
            self.poll()
            time.sleep(0.01)

    def _forget(self) -> None:
        for leg in self.legs:
            leg.release()
        self.legs.clear()
        self._dialogs.clear()
        self._happenings.clear()
        if self._account is not None:
            self._account.shutdown()
        if self._ports is not None:
            self._ports.close()
        self._account = self._ports = None


def _place(config: Foreign, host: str, port: int, public_address: str) -> None:
    config.port = port
    config.boundAddress = "" if host in _ANY else host
    config.publicAddress = public_address


class _Account(lib.Account):  # type: ignore[misc]  # pjsua2 carries no types
    """Whom we register as; every INVITE ends up here."""

    def __init__(self, endpoint: Endpoint, settings: Foreign) -> None:
        super().__init__()
        self._endpoint = endpoint
        self.create(settings, True)

    def onIncomingCall(self, call: Foreign) -> None:  # noqa: N802 - pjsua2's name
        try:
            self._endpoint.invited(self, call.callId, call.rdata.srcAddress, call.rdata.wholeMsg)
        except Exception:
            log.exception("an INVITE could not be taken")

    def onRegState(self, state: Foreign) -> None:  # noqa: N802 - pjsua2's name
        self._endpoint.registration_changed(state.code, state.reason, state.expiration, state.rdata.srcAddress)


class _LogWriter(lib.LogWriter):  # type: ignore[misc]  # pjsua2 carries no types
    """pjsua2's warnings and errors, as lines of our log: what strangers can make it say must not fill the disk."""

    def __init__(self) -> None:
        super().__init__()
        self._damper = Damper(time.monotonic)

    def write(self, entry: Foreign) -> None:
        held_back = self._damper.admit(entry.msg)
        if held_back is not None:
            log.warning("pjsua2", message=one_line(entry.msg), **({"held_back": held_back} if held_back else {}))
