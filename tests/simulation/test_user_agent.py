"""Two of our own telephones on loopback, and SIPp as a stranger, call one another."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from itertools import pairwise

import numpy as np
import pytest

from ivr.simulation.dialog import Answering, Dialog, Identity
from ivr.simulation.rtp import COMFORT_NOISE, Impairments, keys_heard
from ivr.simulation.sip import Request
from ivr.simulation.udp import Address, bind
from ivr.simulation.user_agent import UserAgent
from ivr.speech.g711 import alaw_decode

QUICK = Answering(ring_s=0.05)
CALLER, CALLEE = Identity(number="1001"), Identity(answering=QUICK)
Scene = Callable[[Dialog, Dialog], Awaitable[None]]


def call(scene: Scene, caller: Identity = CALLER, callee: Identity = CALLEE) -> None:
    """Connect two telephones and play a scene with (caller's dialog, callee's dialog)."""

    async def run() -> None:
        async with UserAgent(caller) as one, UserAgent(callee) as two:
            mine = one.dialog(_uri(two.address))
            assert await mine.invite() == 200
            await scene(mine, await two.received.get())

    asyncio.run(run())


def _uri(address: Address) -> str:
    return f"sip:4001@{address[0]}:{address[1]}"


def _names(dialog: Dialog) -> list[str]:
    return [milestone.what for milestone in dialog.milestones]


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - what is awaited is the wire, which sets no event
            await asyncio.sleep(0.01)


def test_a_call_rings_is_answered_and_ended_by_the_caller() -> None:
    async def scene(mine: Dialog, theirs: Dialog) -> None:
        await mine.bye("Q.850;cause=16")
        await theirs.over.wait()
        assert _names(mine) == ["invite", "180", "200", "bye"]
        assert theirs.milestones[-1][1:] == ("bye", "them", "Q.850;cause=16")

    call(scene)


def test_the_callee_may_end_the_call() -> None:
    async def scene(mine: Dialog, theirs: Dialog) -> None:
        await theirs.bye()
        await mine.over.wait()
        assert mine.milestones[-1][1:3] == ("bye", "them")

    call(scene)


@pytest.mark.parametrize("codec", [8, 0])
def test_audio_arrives_as_it_was_sent(codec: int) -> None:
    tone = (np.sin(np.arange(1600) / 5) * 8000).astype(np.int16)

    async def scene(mine: Dialog, theirs: Dialog) -> None:
        theirs.rtp.play(tone)
        await _until(lambda: len(mine.rtp.packets) > 15)
        assert {packet.payload_type for packet in mine.rtp.packets} == {codec}
        sent = b"".join(frame.payload for frame in theirs.rtp.sent)
        assert sent.startswith(b"".join(packet.payload for packet in mine.rtp.packets)[:1600])

    call(scene, Identity(codecs=(codec,)))


def test_packets_carry_consecutive_numbers_20_ms_apart() -> None:
    async def scene(mine: Dialog, theirs: Dialog) -> None:
        await _until(lambda: len(theirs.rtp.packets) > 10)
        packets = theirs.rtp.packets
        assert {(b.sequence - a.sequence) % 65536 for a, b in pairwise(packets)} == {1}
        assert {(b.timestamp - a.timestamp) % 2**32 for a, b in pairwise(packets)} == {160}

    call(scene)


def test_keys_travel_as_telephone_events() -> None:
    async def scene(mine: Dialog, theirs: Dialog) -> None:
        for key in "1#1":
            mine.rtp.key(key, 0.06)
        await _until(lambda: keys_heard(theirs.rtp.packets, 101) == "1#1")

    call(scene)


def test_keys_travel_as_tones_where_no_events_were_agreed() -> None:
    async def scene(mine: Dialog, theirs: Dialog) -> None:
        mine.rtp.key("5", 0.06)
        await _until(lambda: len(theirs.rtp.packets) > 8)
        assert {packet.payload_type for packet in theirs.rtp.packets} == {8}
        assert len({packet.payload for packet in theirs.rtp.packets}) > 2

    call(scene, callee=Identity(answering=QUICK, keys=False))


def test_a_hold_stops_our_packets_and_a_resume_brings_them_back() -> None:
    async def scene(mine: Dialog, theirs: Dialog) -> None:
        assert await mine.hold() == 200
        held = len(theirs.rtp.packets)
        assert [m.detail for m in theirs.milestones if m.what == "reinvite"] == ["sendonly"]
        assert await mine.resume() == 200
        assert [m.detail for m in theirs.milestones if m.what == "reinvite"] == ["sendonly", "sendrecv"]
        await _until(lambda: len(theirs.rtp.packets) > held + 3)

    call(scene)


def test_a_lossy_line_loses_packets() -> None:
    async def scene(mine: Dialog, theirs: Dialog) -> None:
        await _until(lambda: len(mine.rtp.sent) > 20)
        assert len(theirs.rtp.packets) < len(mine.rtp.sent)

    call(scene, Identity(impairments=Impairments(loss=0.5)))


def test_a_jumbled_line_swaps_packets() -> None:
    async def scene(mine: Dialog, theirs: Dialog) -> None:
        await _until(lambda: len(theirs.rtp.packets) > 25)
        numbers = [packet.sequence for packet in theirs.rtp.packets]
        assert numbers != sorted(numbers)

    call(scene, Identity(impairments=Impairments(reorder=0.3, seed=4)))


def test_a_telephone_may_tell_of_its_silence_instead_of_sending_it() -> None:
    async def scene(mine: Dialog, theirs: Dialog) -> None:
        mine.rtp.comfort_noise = True
        before = len(theirs.rtp.packets)
        await _until(lambda: len(mine.rtp.sent) > 50)
        told = theirs.rtp.packets[before + 2 :]
        assert 1 <= len(told) <= 6
        assert {packet.payload_type for packet in told} == {COMFORT_NOISE}
        mine.rtp.play(np.zeros(160, np.int16))
        await _until(lambda: theirs.rtp.packets[-1].payload_type == 8)

    call(scene)


def test_a_broken_telephone_adds_a_constant_to_all_it_sends() -> None:
    async def scene(mine: Dialog, theirs: Dialog) -> None:
        mine.rtp.offset = 8000
        mine.rtp.play(np.full(160, 30000, np.int16))
        before = len(theirs.rtp.packets)
        await _until(lambda: len(theirs.rtp.packets) > before + 5)
        heard = [round(float(alaw_decode(packet.payload).mean()), -3) for packet in theirs.rtp.packets]
        assert {8000, 32000} <= set(heard)  # silence, and what was played, clipped

    call(scene)


def test_a_silenced_telephone_sends_nothing() -> None:
    async def scene(mine: Dialog, theirs: Dialog) -> None:
        mine.rtp.muted = True
        before = len(mine.rtp.sent)
        await _until(lambda: len(mine.rtp.packets) > 8)
        assert len(mine.rtp.sent) == before

    call(scene)


def _dial(callee: Identity, scene: Callable[[Dialog], Awaitable[None]]) -> None:
    async def run() -> None:
        async with UserAgent(Identity(number="1001", password="geheim")) as one, UserAgent(callee) as two:
            await scene(one.dialog(_uri(two.address)))

    asyncio.run(run())


def test_a_busy_telephone_refuses() -> None:
    async def scene(mine: Dialog) -> None:
        assert await mine.invite() == 486
        assert mine.over.is_set()

    _dial(Identity(answering=Answering(0.0, 486, "Busy Here")), scene)


def test_a_call_can_be_cancelled_while_it_rings() -> None:
    async def scene(mine: Dialog) -> None:
        inviting = asyncio.ensure_future(mine.invite())
        await _until(lambda: "180" in _names(mine))
        mine.cancel()
        assert await inviting == 487

    _dial(Identity(answering=Answering(ring_s=0.3)), scene)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [("answers", ["100 Trying", "180 Ringing", "200 OK"]), ("busy", ["100 Trying", "486 Busy Here"]), ("refuses", [])],
)
def test_a_transfer_is_accepted_and_reported(outcome: str, told: list[str]) -> None:
    answers: list[int] = []

    async def scene(mine: Dialog, theirs: Dialog) -> None:
        refer = theirs._request("REFER", [("Refer-To", "<sip:0@127.0.0.1>")])
        answers.append((await theirs._transact(refer)).status)
        await _until(lambda: [m.detail for m in mine.milestones if m.what == "notify"] == told)
        assert mine.refer_to == "sip:0@127.0.0.1"

    call(scene, Identity(transfer=outcome))
    assert answers == [603 if outcome == "refuses" else 202]


def test_a_request_of_an_unknown_call_is_refused() -> None:
    async def run() -> None:
        async with UserAgent(Identity()) as one, UserAgent(Identity()) as two:
            stranger = one.dialog(_uri(two.address))
            answer = await stranger._transact(stranger._request("BYE"))
            assert answer.status == 481

    asyncio.run(run())


def test_garbage_disturbs_nobody() -> None:
    async def run() -> None:
        async with UserAgent(Identity(number="1001")) as one, UserAgent(Identity(answering=QUICK)) as two:
            with bind("127.0.0.1") as stranger:
                for garbage in (b"\x00\xff", b"INVITE\r\n\r\n", b"\r\n", b"SIP/2.0 200 OK\r\nno colon\r\n\r\n"):
                    stranger.sendto(garbage, two.address)
            assert await one.dialog(_uri(two.address)).invite() == 200
            assert two.layer.malformed == 3

    asyncio.run(run())


def test_a_lost_acknowledgement_is_sent_again() -> None:
    async def run() -> None:
        async with UserAgent(Identity(number="1001")) as one, UserAgent(Identity(answering=QUICK)) as two:
            mine = one.dialog(_uri(two.address))
            lose_one(mine)
            assert await mine.invite() == 200
            theirs = await two.received.get()
            await _until(theirs._acknowledged.is_set)

    def lose_one(dialog: Dialog) -> None:
        send = dialog._layer.send
        lost: list[object] = []

        def lossy(message: object, to: Address) -> None:
            if isinstance(message, Request) and message.verb == "ACK" and not lost:
                lost.append(message)
            else:
                send(message, to)  # type: ignore[arg-type]  # handed through as it came

        dialog._layer.send = lossy  # type: ignore[method-assign]  # the loss under test

    asyncio.run(run())


sipp = pytest.mark.skipif(not shutil.which("sipp"), reason="sipp is not installed (apt-get install sip-tester)")


async def _sipp(*arguments: str) -> asyncio.subprocess.Process:
    quiet = ["-i", "127.0.0.1", "-m", "1", "-nostdin", "-timeout", "20s"]
    return await asyncio.create_subprocess_exec("sipp", *quiet, *arguments, stdout=subprocess.DEVNULL)


@sipp
def test_a_stranger_takes_our_call() -> None:
    async def run() -> None:
        with bind("127.0.0.1") as free:
            port = free.getsockname()[1]
        stranger = await _sipp("-sn", "uas", "-p", str(port))
        async with UserAgent(Identity(number="1001")) as one:
            mine = one.dialog(f"sip:4001@127.0.0.1:{port}")
            assert await mine.invite() == 200
            await mine.bye()
            assert _names(mine) == ["invite", "180", "200", "bye"]
        stranger.terminate()  # it would linger for four seconds
        await stranger.wait()

    asyncio.run(run())


@sipp
def test_we_take_a_stranger_s_call() -> None:
    async def run() -> None:
        async with UserAgent(Identity(answering=QUICK)) as one:
            host, port = one.address
            stranger = await _sipp("-sn", "uac", f"{host}:{port}", "-d", "200")
            theirs = await one.received.get()
            await theirs.over.wait()
            assert [m.what for m in theirs.milestones] == ["invite", "180", "200", "bye"]
            assert await stranger.wait() == 0

    asyncio.run(run())
