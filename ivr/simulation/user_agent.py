"""A software telephone: one UDP port that calls and is called, any number of times at once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from ivr.simulation.dialog import ALLOW, Dialog, Identity, Peers
from ivr.simulation.rtp import Packet
from ivr.simulation.sip import Request, Response, parameters, reply
from ivr.simulation.transactions import TransactionLayer
from ivr.simulation.udp import Address


class UserAgent:
    """Use as an asynchronous context manager: it holds a port and, for each call, two more."""

    def __init__(self, identity: Identity, host: str = "127.0.0.1", port: int = 0) -> None:
        self.identity = identity
        self._dialogs: dict[str, Dialog] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.layer = TransactionLayer(host, port, self._request, self._stray)
        self.received: asyncio.Queue[Dialog] = asyncio.Queue()
        """Calls that came in."""

    async def __aenter__(self) -> UserAgent:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> Address:
        """Where we receive SIP."""
        return self.layer.address

    def dialog(self, uri: str, on_packet: Callable[[Packet], None] = lambda _: None) -> Dialog:
        """A new call to `uri`; nothing is sent before its `invite`."""
        tag = secrets.token_hex(6)
        local = f"<sip:{self.identity.number}@{self.address[0]}>;tag={tag}"
        return self._add(Peers(local, f"<{uri}>", uri, f"{secrets.token_hex(10)}@{self.address[0]}", tag), on_packet)

    def close(self) -> None:
        """End everything without a word."""
        for task in self._tasks:
            task.cancel()
        for dialog in self._dialogs.values():
            dialog.close()
        self.layer.close()

    def _callee(self, request: Request) -> Identity:
        """Whose telephone rings."""
        return self.identity

    def _came(self, request: Request, dialog: Dialog) -> None:
        """A call came in, and rings."""
        self.received.put_nowait(dialog)

    def _add(self, peers: Peers, on_packet: Callable[[Packet], None], identity: Identity | None = None) -> Dialog:
        dialog = Dialog(self.layer, identity or self.identity, peers, on_packet)
        dialog.elsewhere = self.dialog
        self._dialogs[peers.call_id] = dialog
        return dialog

    def _request(self, request: Request, sender: Address, arrival: float) -> None:
        dialog = self._dialogs.get(request.get("Call-ID"))
        if dialog:
            dialog.incoming(request, sender, arrival)
        elif request.verb == "INVITE":
            self._invited(request, sender, arrival)
        elif request.verb == "OPTIONS":
            answer = reply(request, 200, "OK", secrets.token_hex(6))
            answer.headers.append(("Allow", ALLOW))
            self.layer.answer(request, answer, sender)
        elif request.verb != "ACK":
            self.layer.answer(request, reply(request, 481, "Call/Transaction Does Not Exist"), sender)

    def _invited(self, request: Request, sender: Address, arrival: float) -> None:
        tag = secrets.token_hex(6)
        contact = request.get("Contact").strip()
        local = f"{request.get('To')};tag={tag}" if "tag" not in parameters(request.get("To")) else request.get("To")
        target = contact.partition("<")[2].partition(">")[0] or contact
        routes = request.all("Record-Route")
        peers = Peers(local, request.get("From"), target, request.get("Call-ID"), tag, routes)
        replaced = self._dialogs.get(request.get("Replaces").partition(";")[0])
        if request.get("Replaces") and (replaced is None or replaced.state != "confirmed"):
            self.layer.answer(request, reply(request, 481, "Call/Transaction Does Not Exist", tag), sender)
            return
        dialog = self._add(peers, lambda _: None, replaced.identity if replaced else self._callee(request))
        if replaced:
            replaced.successor = dialog
            taken = dialog.take_over(replaced, request, sender, arrival)
        else:
            self._came(request, dialog)
            taken = dialog.receive(request, sender, arrival)
        task = asyncio.get_running_loop().create_task(taken)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _stray(self, response: Response, _arrival: float) -> None:
        dialog = self._dialogs.get(response.get("Call-ID"))
        if dialog and response.method == "INVITE" and 200 <= response.status < 300:
            dialog.acknowledge(response)
