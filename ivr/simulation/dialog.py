"""One call of a software telephone: dialog, offer and answer, transfer (RFC 3261, 3264, 3515), and its audio.

Everything that happens is noted as a `Milestone` with its time of arrival, because the robot caller measures; nothing
is decided here beyond what the protocol demands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from urllib.parse import unquote

from ivr.simulation import sdp
from ivr.simulation.rtp import PERFECT, Impairments, Packet, RtpStream
from ivr.simulation.sip import Request, Response, address, credentials, reply
from ivr.simulation.transactions import T1, T2, TIMEOUT_S, ClientTransaction, TransactionLayer
from ivr.simulation.udp import Address, resolve

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, REFER, NOTIFY, UPDATE, INFO"
_CHALLENGES = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}


class Milestone(NamedTuple):
    """Something that happened in SIP."""

    at: float
    """Seconds of the loop's clock; for what arrived, the kernel's receive time."""
    what: str
    """``invite``, ``180``, ``200``, ``bye``, ``refer``, ``reinvite``…"""
    by: Literal["us", "them"]
    detail: str = ""


class Progress(NamedTuple):
    """One NOTIFY about a transfer (RFC 3515 section 2.4.4)."""

    after_s: float
    """Seconds after the one before."""
    status: str
    """Status line of the sipfrag body without the version, e.g. ``180 Ringing``."""
    last: bool = False


TRANSFER_OUTCOMES: dict[str, tuple[Progress, ...]] = {
    "answers": (Progress(0.0, "100 Trying"), Progress(0.3, "180 Ringing"), Progress(0.7, "200 OK", last=True)),
    "busy": (Progress(0.0, "100 Trying"), Progress(0.5, "486 Busy Here", last=True)),
    "no_answer": (Progress(0.0, "100 Trying"), Progress(0.3, "180 Ringing")),
    "refuses": (),
}


class Answering(NamedTuple):
    """What a telephone does that is called."""

    ring_s: float = 1.0
    """Seconds from INVITE to the final response."""
    status: int = 200
    reason: str = "OK"
    leaves_s: float | None = None
    """Seconds from the answer until they hang up; None: they do not."""


PICK_UP = Answering()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a telephone is, and how it behaves."""

    number: str = "anonymous"
    username: str = ""
    """For digest authentication; `number` where empty."""
    password: str = ""
    codecs: tuple[int, ...] = (8, 0)
    """Payload types offered, in order of preference."""
    keys: bool = True
    """Whether RFC 4733 events are offered."""
    impairments: Impairments = PERFECT
    transfer: str = "answers"
    """Key of `TRANSFER_OUTCOMES`."""
    answering: Answering = PICK_UP
    redirections: tuple[int, ...] = ()
    """Status of each re-INVITE that comes in, the first ones first; those that follow are accepted."""


@dataclass(slots=True)
class Peers:
    """Names of the two ends of a dialog, and where its requests go."""

    local: str
    """From of our requests, tag included."""
    remote: str
    target: str
    """Request URI."""
    call_id: str
    tag: str
    routes: list[str] = field(default_factory=list)


class Dialog:
    """One call and its RTP stream. Needs a running asyncio loop."""

    def __init__(
        self, layer: TransactionLayer, identity: Identity, peers: Peers, on_packet: Callable[[Packet], None]
    ) -> None:
        self._layer, self._identity, self._peers = layer, identity, peers
        self._loop = asyncio.get_running_loop()
        self._sequence = 0
        self._version = 1
        self._invite: ClientTransaction | None = None
        self._acks: dict[int, Request] = {}
        self._acknowledged, self._cancelled = asyncio.Event(), asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._direction: sdp.Direction = "sendrecv"
        self.rtp = RtpStream(layer.address[0], identity.impairments, on_packet)
        self.state: Literal["early", "confirmed", "over"] = "early"
        self.milestones: list[Milestone] = []
        self.refer_to = ""
        """Target of the last REFER received."""
        self.fields: dict[str, str] = {}
        """``X-`` header fields of the INVITE that came in, as they were sent."""
        self.elsewhere: Callable[[str], Dialog] | None = None
        """Makes another call from the same telephone, for a REFER that says so."""
        self.successor: Dialog | None = None
        """The call that a REFER with Replaces led to (RFC 3891)."""
        self._refusals = list(identity.redirections)
        self.event_type: int | None = None
        """Payload type of the far side's RFC 4733 events."""
        self.over = asyncio.Event()
        """Set when the dialog has ended, one way or another."""

    @property
    def identity(self) -> Identity:
        """Whose telephone this is."""
        return self._identity

    # ------------------------------------------------------------------ what a person does

    async def invite(self, headers: Sequence[tuple[str, str]] = ()) -> int:
        """Call; returns the final status once it is there and, for a 200, acknowledged."""
        self._note("invite", "us")
        response = await self._send_invite(headers)
        if response.status in _CHALLENGES and self._identity.password:
            response = await self._send_invite([*headers], response)
        if response.status >= 300:
            self._end()
        return response.status

    def cancel(self) -> None:
        """Give up a call that was not answered yet."""
        if self._invite and self.state == "early":
            self._note("cancel", "us")
            self._layer.request(self._invite.cancel(), self._invite.to, lambda *_: None)

    async def bye(self, reason: str = "") -> None:
        """Hang up; returns when the far side has confirmed it."""
        if self.state != "confirmed":
            return
        self._note("bye", "us", reason)
        self.state = "over"
        self.rtp.muted = True
        await self._transact(self._request("BYE", [("Reason", reason)] if reason else []))
        self._end()

    async def hold(self) -> int:
        """Put the far side on hold: re-INVITE with sendonly, and no packets from us. Returns its status."""
        self.rtp.muted = True
        return await self._redirect("hold", "sendonly")

    async def resume(self) -> int:
        """Take the far side off hold. Returns the status of the re-INVITE."""
        self.rtp.muted = False
        return await self._redirect("resume", "sendrecv")

    def close(self) -> None:
        """Forget the call without a word, as a telephone does whose battery is empty."""
        self._end()

    # ------------------------------------------------------------------ requests of ours

    async def _redirect(self, what: str, direction: sdp.Direction) -> int:
        self._note(what, "us")
        self._direction, self._version = direction, self._version + 1
        return (await self._send_invite()).status

    async def _send_invite(
        self, headers: Sequence[tuple[str, str]] = (), challenge: Response | None = None
    ) -> Response:
        request = self._request("INVITE", [*headers, ("Content-Type", "application/sdp")], self._description())
        if challenge:
            asked, answered = _CHALLENGES[challenge.status]
            user = self._identity.username or self._identity.number
            value = credentials(challenge.get(asked), request, user, self._identity.password)
            request.headers.append((answered, value))
        self._invite = self._layer.request(request, self._hop(), self._invite_response)
        return await self._invite.final

    def _invite_response(self, response: Response, arrival: float) -> None:
        if response.status not in (100, *_CHALLENGES):
            self._note(str(response.status), "them", response.reason, arrival)
        if not 200 <= response.status < 300:
            return
        self._peers.remote = response.get("To")
        self._peers.target = address(response.get("Contact")) or self._peers.target
        if self.state == "early":  # the route is set once, by the response that makes the dialog
            self._peers.routes = list(reversed(response.all("Record-Route")))
        self.acknowledge(response)
        self._start_audio(response.body)

    def acknowledge(self, response: Response) -> None:
        """ACK a 200 to our INVITE; the same ACK again if the 200 is repeated."""
        number = response.sequence
        if number not in self._acks:
            self._acks[number] = self._layer.stamp(self._request("ACK", sequence=number))
        self._layer.send(self._acks[number], self._hop())

    async def _transact(self, request: Request) -> Response:
        return await self._layer.request(request, self._hop(), lambda *_: None).final

    def _request(
        self, verb: str, headers: Sequence[tuple[str, str]] = (), body: str = "", sequence: int | None = None
    ) -> Request:
        if sequence is None:
            self._sequence = sequence = self._sequence + 1
        peers = self._peers
        named = [
            ("Max-Forwards", "70"),
            *(("Route", route) for route in peers.routes),
            ("From", peers.local),
            ("To", peers.remote),
            ("Call-ID", peers.call_id),
            ("CSeq", f"{sequence} {verb}"),
            *self._about_us(),
        ]
        return Request(verb, peers.target, headers=[*named, *headers], body=body)

    def _about_us(self) -> list[tuple[str, str]]:
        host, port = self._layer.address
        return [("Contact", f"<sip:{self._identity.number}@{host}:{port}>"), ("Allow", ALLOW)]

    def _hop(self) -> Address:
        return resolve(address(self._peers.routes[0]) if self._peers.routes else self._peers.target)

    # ------------------------------------------------------------------ media

    def _description(self) -> str:
        host, port = self.rtp.address
        event = sdp.TELEPHONE_EVENT if self._identity.keys else None
        return sdp.write(sdp.Session(host, port, self._identity.codecs, self._direction, event), self._version)

    def _start_audio(self, description: str) -> None:
        session = sdp.read(description)
        if session and session.codec_type is not None:
            self.event_type = session.event_type
            self.rtp.start((session.host, session.port), session.codec_type, session.event_type)
        if self.state == "early":
            self.state = "confirmed"

    # ------------------------------------------------------------------ requests of theirs

    def incoming(self, request: Request, sender: Address, arrival: float) -> None:
        """A request within the dialog."""
        match request.verb:
            case "ACK":
                self._acknowledged.set()
            case "BYE" | "CANCEL" as verb:
                self._ended_by_them(verb.lower(), request, sender, arrival)
            case "INVITE":
                self._redirected(request, sender, arrival)
            case "REFER":
                self._referred(request, sender, arrival)
            case "OPTIONS" | "NOTIFY" | "UPDATE" | "INFO":
                self._answer(request, sender, 200, "OK")
            case _:
                self._answer(request, sender, 501, "Not Implemented")

    async def receive(self, request: Request, sender: Address, arrival: float) -> None:
        """Be called: ring, then answer or refuse as `Identity.answering` says."""
        self._note("invite", "them", "", arrival)
        self.fields = {name: value for name, value in request.headers if name.startswith("X-")}
        self._note("180", "us")
        self._answer(request, sender, 180, "Ringing")
        answering = self._identity.answering
        with suppress(TimeoutError):
            await asyncio.wait_for(self._cancelled.wait(), answering.ring_s)
        if self._cancelled.is_set():
            self._answer(request, sender, 487, "Request Terminated")
            self._end()
        elif answering.status >= 300:
            self._note(str(answering.status), "us")
            self._answer(request, sender, answering.status, answering.reason)
            self._end()
        else:
            self._accept(request, sender)
            if answering.leaves_s is not None:
                self._spawn(self._leave(answering.leaves_s))

    async def _leave(self, after_s: float) -> None:
        await self._acknowledged.wait()
        await asyncio.sleep(after_s)
        await self.bye()

    async def take_over(self, other: Dialog, request: Request, sender: Address, arrival: float) -> None:
        """Be called with Replaces: this call takes the place of `other`, without ringing (RFC 3891)."""
        self._note("invite", "them", "replaces", arrival)
        self._accept(request, sender)
        await other.bye()

    def _answer(
        self,
        request: Request,
        to: Address,
        status: int,
        reason: str,
        body: str = "",
    ) -> Response:
        response = reply(request, status, reason, self._peers.tag)
        response.headers += self._about_us()
        response.body = body
        if body:
            response.headers.append(("Content-Type", "application/sdp"))
        self._layer.answer(request, response, to)
        return response

    def _accept(self, request: Request, sender: Address) -> None:
        self._note("200", "us")
        self._acknowledged.clear()
        response = self._answer(request, sender, 200, "OK", self._description())
        self._start_audio(request.body)
        self._spawn(self._insist(response, sender))

    async def _insist(self, response: Response, to: Address) -> None:
        """Repeat a 200 until it is acknowledged (RFC 3261 section 13.3.1.4)."""
        interval, waited = T1, 0.0
        while waited < TIMEOUT_S:
            try:
                await asyncio.wait_for(self._acknowledged.wait(), interval)
            except TimeoutError:
                self._layer.send(response, to)
            else:
                return
            waited, interval = waited + interval, min(2 * interval, T2)

    def _ended_by_them(self, how: str, request: Request, sender: Address, arrival: float) -> None:
        self._answer(request, sender, 200, "OK")
        if self.state != "over":
            self._note(how, "them", request.get("Reason"), arrival)
        if how == "cancel":
            self._cancelled.set()  # `receive` answers the INVITE itself
        else:
            self._end()

    def _redirected(self, request: Request, sender: Address, arrival: float) -> None:
        offered = sdp.read(request.body)
        self._note("reinvite", "them", offered.direction if offered else "", arrival)
        if self._refusals:
            status = self._refusals.pop(0)
            self._note(str(status), "us")
            self._answer(request, sender, status, "Request Pending" if status == 491 else "Not Acceptable Here")
            return
        self._direction = sdp.mirrored(offered.direction) if offered else "sendrecv"
        self._version += 1
        self.rtp.muted = self._direction in ("recvonly", "inactive")
        self._accept(request, sender)

    def _referred(self, request: Request, sender: Address, arrival: float) -> None:
        self.refer_to = address(request.get("Refer-To"))
        self._note("refer", "them", self.refer_to, arrival)
        steps = TRANSFER_OUTCOMES[self._identity.transfer]
        uri, replaces = _replacing(self.refer_to)
        if replaces and self.elsewhere:
            self._answer(request, sender, 202, "Accepted")
            self._spawn(self._follow(self.elsewhere(uri), replaces, request.sequence))
        elif steps:
            self._answer(request, sender, 202, "Accepted")
            self._spawn(self._report_transfer(steps, request.sequence))
        else:
            self._answer(request, sender, 603, "Decline")

    async def _follow(self, call: Dialog, replaces: str, subscription: int) -> None:
        """Call whom we were sent to, in the place of whoever sent us."""
        status = await call.invite([("Replaces", replaces)])
        if status < 300:
            self.successor = call
        progress = Progress(0.0, f"{status} {'OK' if status < 300 else 'Failed'}", last=True)
        await self._report_transfer([progress], subscription)

    async def _report_transfer(self, steps: Sequence[Progress], subscription: int) -> None:
        for step in steps:
            await asyncio.sleep(step.after_s)
            headers = [
                ("Event", f"refer;id={subscription}"),
                ("Subscription-State", "terminated;reason=noresource" if step.last else "active;expires=60"),
                ("Content-Type", "message/sipfrag;version=2.0"),
            ]
            self._note("notify", "us", step.status)
            await self._transact(self._request("NOTIFY", headers, f"SIP/2.0 {step.status}\r\n"))

    # ------------------------------------------------------------------ book-keeping

    def _note(self, what: str, by: Literal["us", "them"], detail: str = "", at: float | None = None) -> None:
        self.milestones.append(Milestone(self._loop.time() if at is None else at, what, by, detail))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _end(self) -> None:
        if self.over.is_set():
            return
        self.state = "over"
        self.rtp.close()
        for task in self._tasks:
            task.cancel()
        self.over.set()


def _replacing(refer_to: str) -> tuple[str, str]:
    """A Refer-To without its headers, and the Replaces among them (RFC 3261, section 19.1.1); empty without one."""
    uri, _, fields = refer_to.partition("?")
    pairs = (field.partition("=") for field in fields.split("&"))
    return uri, next((unquote(value) for name, _, value in pairs if name.lower() == "replaces"), "")
