"""SIP transactions over UDP (RFC 3261 section 17): retransmission, time-outs, and answers given twice alike."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from ivr.simulation.sip import VERSION, MalformedMessageError, Message, Request, Response, parse
from ivr.simulation.udp import Address, TimedSocket, bind

T1, T2 = 0.5, 4.0
"""Round-trip estimate and longest retransmission interval, seconds (RFC 3261 section 17.1.1.1)."""
TIMEOUT_S = 64 * T1
OnResponse = Callable[[Response, float], None]
OnRequest = Callable[[Request, Address, float], None]
"""A request or response with its arrival, seconds of the loop's clock."""


class ClientTransaction:
    """One request of ours until its final response, or for want of it a 408 that we make up."""

    def __init__(self, layer: TransactionLayer, request: Request, to: Address, on_response: OnResponse) -> None:
        self.request, self.to = request, to
        self._layer, self._on_response = layer, on_response
        self._interval = T1
        self._loop = asyncio.get_running_loop()
        self._resend = self._loop.call_later(T1, self._again)
        self._give_up = self._loop.call_later(TIMEOUT_S, self._timed_out)
        self.final: asyncio.Future[Response] = self._loop.create_future()
        layer.send(request, to)

    def arrived(self, response: Response, arrival: float) -> None:
        """A response; provisional ones end the retransmission of an INVITE, a refusal of one is acknowledged."""
        invite = self.request.verb == "INVITE"
        if invite or response.status >= 200:
            self._resend.cancel()
        if invite:
            self._give_up.cancel()
        if response.status >= 300 and invite:
            self._layer.send(self._ack(response), self.to)
        if self.final.done():
            return
        self._on_response(response, arrival)
        if response.status >= 200:
            self._finish(response)

    def cancel(self) -> Request:
        """The CANCEL that belongs to this INVITE (RFC 3261 section 9.1)."""
        kept = ("via", "from", "to", "call-id", "max-forwards", "route")
        headers = [(name, value) for name, value in self.request.headers if name.lower() in kept]
        return Request("CANCEL", self.request.uri, headers=[*headers, ("CSeq", f"{self.request.sequence} CANCEL")])

    def close(self) -> None:
        """No more timers."""
        self._resend.cancel()
        self._give_up.cancel()

    def _ack(self, response: Response) -> Request:
        ack = self.cancel()
        headers = [(n, response.get("To") if n == "To" else v) for n, v in ack.headers if n != "CSeq"]
        return Request("ACK", ack.uri, headers=[*headers, ("CSeq", f"{self.request.sequence} ACK")])

    def _again(self) -> None:
        self._layer.send(self.request, self.to)
        self._interval *= 2
        wait = self._interval if self.request.verb == "INVITE" else min(self._interval, T2)
        self._resend = self._loop.call_later(wait, self._again)

    def _timed_out(self) -> None:
        self._resend.cancel()
        if not self.final.done():
            response = Response(408, "Request Timeout", headers=list(self.request.headers))
            self._on_response(response, self._loop.time())
            self._finish(response)

    def _finish(self, response: Response) -> None:
        self._give_up.cancel()
        self.final.set_result(response)


class TransactionLayer:
    """Sends and receives SIP on one UDP port. Needs a running asyncio loop."""

    def __init__(self, host: str, port: int, on_request: OnRequest, on_stray: OnResponse) -> None:
        self._socket = TimedSocket(bind(host, port), self._datagram)
        self._on_request, self._on_stray = on_request, on_stray
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._answers: dict[tuple[str, str], Response] = {}
        self.malformed = 0
        """Datagrams that were no SIP."""

    @property
    def address(self) -> Address:
        """Where we receive."""
        return self._socket.address

    def request(self, request: Request, to: Address, on_response: OnResponse) -> ClientTransaction:
        """Send a request; a Via is put on top of it unless it has one (a CANCEL has its INVITE's)."""
        if not request.all("Via"):
            self.stamp(request)
        transaction = ClientTransaction(self, request, to, on_response)
        self._clients[(request.branch, request.verb)] = transaction
        return transaction

    def stamp(self, request: Request) -> Request:
        """Put our Via with a new branch on a request, and return it."""
        host, port = self.address
        via = f"{VERSION}/UDP {host}:{port};rport;branch=z9hG4bK{secrets.token_hex(10)}"
        request.headers.insert(0, ("Via", via))
        return request

    def answer(self, request: Request, response: Response, to: Address) -> None:
        """Answer a request, and the same again should it be retransmitted."""
        self._answers[(request.branch, request.verb)] = response
        self.send(response, to)

    def send(self, message: Message, to: Address) -> None:
        """Send once, outside any transaction."""
        self._socket.send(message.encode(), to)

    def close(self) -> None:
        """Give the port back; what is under way is forgotten."""
        for transaction in self._clients.values():
            transaction.close()
        self._socket.close()

    def _datagram(self, data: bytes, sender: Address, arrival: float) -> None:
        if not data.strip():
            return  # keep-alive, RFC 5626 section 3.5.1
        try:
            message = parse(data)
        except MalformedMessageError:
            self.malformed += 1
            return
        if isinstance(message, Response):
            self._response(message, arrival)
        elif (known := self._answers.get((message.branch, message.verb))) and message.verb != "ACK":
            self.send(known, sender)
        else:
            self._on_request(message, sender, arrival)

    def _response(self, response: Response, arrival: float) -> None:
        transaction = self._clients.get((response.branch, response.method))
        if transaction and not (transaction.final.done() and 200 <= response.status < 300):
            transaction.arrived(response, arrival)
        else:
            self._on_stray(response, arrival)  # a 200 repeated because our ACK was lost
