"""Calls that we make, to telephones of our own robot's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pytest

from ivr.config import SipSettings
from ivr.dialog.events import Connected, Event, RemoteHangup, Ringing
from ivr.errors import UserError
from ivr.simulation.dialog import Answering, Identity
from ivr.simulation.user_agent import UserAgent

E = TypeVar("E", bound=Event)

pytestmark = [pytest.mark.sip, pytest.mark.req("A7")]


class Office:
    """An endpoint under test, polled by the test itself."""

    def __init__(self, endpoint: Any) -> None:  # noqa: ANN401 - pjsua2 may be missing
        self.endpoint = endpoint
        self.events: list[Event] = []

    async def until(self, condition: Callable[[], object], limit_s: float = 10.0) -> None:
        async with asyncio.timeout(limit_s):
            while not condition():
                self.events += [happening.event for happening in self.endpoint.poll()]
                await asyncio.sleep(0.005)

    async def hears(self, kind: type[E]) -> E:
        await self.until(lambda: any(isinstance(event, kind) for event in self.events))
        return next(event for event in self.events if isinstance(event, kind))


Scene = Callable[[Office, Any, UserAgent], Awaitable[None]]
Call = Callable[[Identity, Scene], None]


@pytest.fixture
def call(settings: SipSettings) -> Call:
    pytest.importorskip("pjsua2", reason="pjsua2 is not installed: make pjsua2")
    from ivr.telephony.endpoint import Endpoint  # noqa: PLC0415 - needs pjsua2

    async def run(callee: Identity, scene: Scene) -> None:
        endpoint = Endpoint(settings)
        endpoint.start()
        try:
            async with UserAgent(callee) as telephone:
                host, port = telephone.address
                leg = endpoint.dial(f"sip:13800000001@{host}:{port}", {"X-Reason": "dropped"})
                await scene(Office(endpoint), leg, telephone)
        finally:
            endpoint.close()

    return lambda callee, scene: asyncio.run(run(callee, scene))


def test_a_telephone_rings_and_is_answered(call: Call) -> None:
    async def scene(office: Office, leg: Any, telephone: UserAgent) -> None:  # noqa: ANN401 - as above
        await office.hears(Connected)
        assert office.events == [Ringing(), Connected()]
        assert leg.running
        theirs = await telephone.received.get()
        await office.until(lambda: theirs.rtp.packets)
        leg.hang_up("goodbye")
        assert (await office.hears(RemoteHangup)).code == 200

    call(Identity(answering=Answering(0.3)), scene)


@pytest.mark.parametrize(("code", "reason"), [(486, "Busy Here"), (404, "Not Found"), (603, "Decline")])
def test_a_telephone_that_refuses_says_why(call: Call, code: int, reason: str) -> None:
    async def scene(office: Office, leg: Any, telephone: UserAgent) -> None:  # noqa: ANN401 - as above
        assert (await office.hears(RemoteHangup)).code == code
        assert not any(isinstance(event, Connected) for event in office.events)

    call(Identity(answering=Answering(0.0, code, reason)), scene)


def test_ringing_can_be_given_up(call: Call) -> None:
    async def scene(office: Office, leg: Any, telephone: UserAgent) -> None:  # noqa: ANN401 - as above
        await office.hears(Ringing)
        leg.hang_up("no answer")
        assert (await office.hears(RemoteHangup)).code >= 400
        theirs = await telephone.received.get()
        await office.until(theirs.over.is_set)
        assert [milestone.what for milestone in theirs.milestones][-1] == "cancel"

    call(Identity(answering=Answering(30.0)), scene)


def test_who_is_draining_calls_nobody(settings: SipSettings) -> None:
    pytest.importorskip("pjsua2", reason="pjsua2 is not installed: make pjsua2")
    from ivr.telephony.endpoint import Endpoint  # noqa: PLC0415 - needs pjsua2

    endpoint = Endpoint(settings)
    endpoint.start()
    try:
        with pytest.raises(UserError, match="not dialled"):
            endpoint.dial("no address")
        endpoint.drain()
        with pytest.raises(UserError, match="shutting down"):
            endpoint.dial("sip:13800000001@127.0.0.1:9")
    finally:
        endpoint.close()
