"""Our hold, and whom we ring meanwhile: a caller and a colleague on telephones of our own robot's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import unquote

import pytest

from ivr.config import SipSettings
from ivr.dialog.events import (
    Connected,
    Event,
    Held,
    HoldRefused,
    Invited,
    MediaLost,
    RemoteHangup,
    RemoteHold,
    TakenBack,
    TargetProgress,
    TransferProgress,
)
from ivr.simulation.dialog import Answering, Dialog, Identity
from ivr.simulation.user_agent import UserAgent
from ivr.telephony.holding import Holding
from ivr.telephony.session import header_text

E = TypeVar("E", bound=Event)


class Office:
    """An endpoint under test with one caller, polled by the test itself."""

    def __init__(self, endpoint: Any, caller: Dialog, colleague: UserAgent) -> None:  # noqa: ANN401 - pjsua2 may be missing
        self.endpoint, self.caller, self.colleague = endpoint, caller, colleague
        self.events: list[Event] = []
        self.leg: Any = None

    async def until(self, condition: Callable[[], object], limit_s: float = 8.0) -> None:
        async with asyncio.timeout(limit_s):
            while not condition():
                for happening in self.endpoint.poll():
                    self.events.append(happening.event)
                    if isinstance(happening.event, Invited):
                        self.leg = happening.leg
                        self.leg.answer()
                await asyncio.sleep(0.005)

    async def hears(self, kind: type[E], **fields: object) -> E:
        def found() -> list[E]:
            mine = [event for event in self.events if isinstance(event, kind)]
            return [event for event in mine if all(getattr(event, name) == value for name, value in fields.items())]

        await self.until(found)
        return found()[0]

    async def pass_time(self, seconds: float) -> None:
        end = asyncio.get_running_loop().time() + seconds
        await self.until(lambda: asyncio.get_running_loop().time() >= end)

    async def rings_colleague(self, **fields: str) -> Dialog:
        host, port = self.colleague.address
        self.leg.consult(f"sip:supervisor@{host}:{port}", fields)
        await self.hears(TargetProgress, code=180)
        return await self.colleague.received.get()

    def offers(self) -> list[str]:
        """Direction of each re-INVITE that the caller got."""
        return [milestone.detail for milestone in self.caller.milestones if milestone.what == "reinvite"]


Scene = Callable[[Office], Awaitable[None]]
Call = Callable[..., None]


@pytest.fixture
def call(settings: SipSettings) -> Call:
    pytest.importorskip("pjsua2", reason="pjsua2 is not installed: make pjsua2")
    from ivr.telephony.endpoint import Endpoint  # noqa: PLC0415 - needs pjsua2

    async def run(scene: Scene, caller: Identity, colleague: Identity) -> None:
        endpoint = Endpoint(settings)
        endpoint.start()
        try:
            async with UserAgent(caller) as telephone, UserAgent(colleague) as other:
                dialog = telephone.dialog(f"sip:4001@127.0.0.1:{endpoint.port}")
                office = Office(endpoint, dialog, other)
                calling = asyncio.ensure_future(dialog.invite())
                await office.hears(Connected)
                await calling
                await office.until(lambda: office.leg.received)
                await scene(office)
        finally:
            endpoint.close()

    def make(scene: Scene, caller: Identity | None = None, colleague: Identity | None = None) -> None:
        asyncio.run(run(scene, caller or Identity("13800138000"), colleague or Identity("supervisor")))

    return make


pytestmark = pytest.mark.req("D1")


# ---------------------------------------------------------------- hold


@pytest.mark.sip
def test_hold_and_back_and_the_sample_clock_goes_on(call: Call) -> None:
    async def scene(office: Office) -> None:
        office.leg.hold()
        await office.hears(Held)
        assert office.offers() == ["sendonly"]
        before = office.leg.clock
        await office.pass_time(2.0)  # longer than the media time-out: whoever is on hold owes no packets
        assert office.leg.clock - before == pytest.approx(2.0, abs=0.3)
        office.leg.take_back()
        await office.hears(TakenBack)
        assert office.offers() == ["sendonly", "sendrecv"]
        office.leg.received.clear()
        await office.until(lambda: office.leg.received)
        assert not [event for event in office.events if isinstance(event, RemoteHold | MediaLost)]

    call(scene)


@pytest.mark.sip
def test_a_caller_who_will_not_be_held_stays_on_the_line(call: Call) -> None:
    async def scene(office: Office) -> None:
        office.leg.hold()
        assert (await office.hears(HoldRefused)).code == 488
        office.leg.take_back()
        await office.hears(TakenBack)
        assert office.offers() == ["sendonly"]
        assert office.leg.running

    call(scene, Identity("13800138000", redirections=(488,)))


@pytest.mark.sip
def test_glare_is_tried_again(call: Call) -> None:
    async def scene(office: Office) -> None:
        office.leg.hold()
        await office.hears(Held)
        assert office.offers() == ["sendonly"] * 3
        office.leg.take_back()
        await office.hears(TakenBack)

    call(scene, Identity("13800138000", redirections=(491, 491)))


@pytest.mark.sip
def test_a_hold_that_is_no_longer_wanted_before_it_came_about(call: Call) -> None:
    async def scene(office: Office) -> None:
        office.leg.hold()
        office.leg.take_back()
        await office.hears(TakenBack)
        assert office.offers() == ["sendonly", "sendrecv"]

    call(scene)


@pytest.mark.sip
def test_who_hangs_up_on_hold_ends_the_consultation(call: Call) -> None:
    async def scene(office: Office) -> None:
        office.leg.hold()
        colleague = await office.rings_colleague()
        leaving = asyncio.ensure_future(office.caller.bye())
        await office.hears(RemoteHangup)
        await leaving
        await office.until(colleague.over.is_set)
        assert [milestone.what for milestone in colleague.milestones][-1] == "cancel"

    call(scene, colleague=Identity("supervisor", answering=Answering(60.0)))


# ---------------------------------------------------------------- whom we ring


@pytest.mark.sip
@pytest.mark.req("D3")
def test_the_caller_and_whom_we_rang_are_connected(call: Call) -> None:
    async def scene(office: Office) -> None:
        office.leg.hold()
        colleague = await office.rings_colleague(**{"X-Summary": header_text("快递单号773")})
        assert unquote(colleague.fields["X-Summary"]) == "快递单号773"
        await office.hears(TargetProgress, code=200)
        office.leg.hand_over()
        await office.hears(TransferProgress, code=200)
        office.leg.hang_up("transferred")
        await office.hears(RemoteHangup)
        theirs, ours = colleague.successor, office.caller.successor
        assert theirs is not None
        assert ours is not None
        await office.until(lambda: theirs.rtp.packets and ours.rtp.packets)
        await office.until(colleague.over.is_set)

    call(scene, colleague=Identity("supervisor", answering=Answering(0.3)))


@pytest.mark.sip
@pytest.mark.req("D3")
def test_a_refer_waits_for_the_hold(call: Call) -> None:
    async def scene(office: Office) -> None:
        await office.rings_colleague()
        await office.hears(TargetProgress, code=200)
        office.leg.hold()
        office.leg.hand_over()
        await office.hears(TransferProgress, code=200)
        order = [m.what for m in office.caller.milestones if m.what in ("reinvite", "refer")]
        assert order == ["reinvite", "refer"]

    call(scene, colleague=Identity("supervisor", answering=Answering(0.1)))


@pytest.mark.sip
@pytest.mark.req("D4")
@pytest.mark.parametrize(
    ("status", "reason", "told"), [(486, "Busy Here", 486), (480, "Temporarily Unavailable", 480), (302, "Moved", 487)]
)
def test_who_does_not_take_the_call_says_why_and_sends_us_nowhere_else(
    call: Call, status: int, reason: str, told: int
) -> None:
    async def scene(office: Office) -> None:
        await office.rings_colleague()
        await office.hears(TargetProgress, code=told)

    call(scene, colleague=Identity("supervisor", answering=Answering(0.1, status, reason)))


@pytest.mark.sip
@pytest.mark.req("D3")
def test_who_hangs_up_at_that_very_moment_is_not_handed_anybody(call: Call) -> None:
    async def scene(office: Office) -> None:
        office.leg.hold()
        await office.rings_colleague()
        await office.hears(TargetProgress, code=487)
        office.leg.hand_over()
        assert (await office.hears(TransferProgress)).code == 500
        office.leg.take_back()
        await office.hears(TakenBack)

    call(scene, colleague=Identity("supervisor", answering=Answering(0.1, leaves_s=0.0)))


@pytest.mark.sip
def test_who_drains_rings_nobody(call: Call) -> None:
    async def scene(office: Office) -> None:
        office.leg.hold()
        await office.hears(Held)
        office.endpoint.drain()
        host, port = office.colleague.address
        office.leg.consult(f"sip:supervisor@{host}:{port}", {})
        await office.hears(TargetProgress, code=503)
        office.leg.take_back()
        await office.hears(TakenBack)

    call(scene)


# ---------------------------------------------------------------- one re-INVITE at a time


def test_nothing_is_asked_while_an_answer_is_out() -> None:
    asked: list[bool] = []
    holding = Holding(lambda hold: not asked.append(hold))  # type: ignore[func-returns-value]  # sent, and noted
    holding.want(True)
    holding.turn(0.0)
    holding.want(False)
    holding.turn(0.1)
    assert asked == [True]
    assert not holding.settled
    holding.answered(200, 0.2)
    holding.turn(0.2)
    assert asked == [True, False]
    holding.answered(200, 0.3)
    assert holding.settled


def test_glare_is_not_tried_for_ever() -> None:
    asked: list[bool] = []
    holding = Holding(lambda hold: not asked.append(hold))  # type: ignore[func-returns-value]  # sent, and noted
    holding.want(True)
    last_words = []
    for second in range(20):
        holding.turn(2.0 * second)
        last_words.append(holding.answered(491, 2.0 * second + 0.1))
    assert asked == [True] * 4
    assert last_words.count(False) == 1
    assert holding.settled


def test_whoever_is_on_hold_is_asked_again_to_come_off_it() -> None:
    answers = [200, 488, 200]
    holding = Holding(lambda hold: True)
    for held, at in ((True, 0.0), (False, 2.0), (False, 4.0)):
        if holding.wanted != held:
            holding.want(held)
        holding.turn(at)
        holding.answered(answers.pop(0), at + 0.1)
    assert not holding.held


# ---------------------------------------------------------------- what is said in a header


def test_a_summary_is_percent_encoded_and_cut_between_characters() -> None:
    assert unquote(header_text("单号773；王先生")) == "单号773；王先生"
    assert header_text("a b\r\nX-Evil: 1") == "a%20b%0D%0AX-Evil%3A%201"
    cut = header_text("字" * 1000)
    assert len(cut) <= 600
    assert unquote(cut, errors="strict") == "字" * 66
