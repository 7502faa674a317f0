"""The robot caller against a telephone that speaks two prompts and hangs up: what it reports is what was done."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ivr.audio import FRAME, FRAME_S
from ivr.errors import UserError
from ivr.quality.likeness import Beginnings, KnownPrompt
from ivr.quality.measure import audible
from ivr.simulation.dialog import Answering, Dialog, Identity
from ivr.simulation.rehearsal import with_user
from ivr.simulation.robot import Line, Recording, RobotCaller
from ivr.simulation.rtp import Frame, keys_heard
from ivr.simulation.scenario import Scenario
from ivr.simulation.sounds import Sounds
from ivr.simulation.user_agent import UserAgent
from ivr.speech.g711 import alaw_decode

_noise = np.random.default_rng(3).normal(size=(2, 30 * FRAME)) * 3000
GREETING, CLOSING = (
    KnownPrompt(name, name, pcm.astype(np.int16)) for name, pcm in zip(("greeting", "closing"), _noise, strict=True)
)
GAP_S = 0.6
PLAYED = np.concatenate((GREETING.pcm, np.zeros(round(GAP_S * 8000), np.int16), CLOSING.pcm))


def rehearse(service: Callable[[Dialog], Awaitable[None]], *script: dict[str, object], **more: object) -> Recording:
    """One call of a robot to a service; `service` acts once the call is up."""
    data = {"title": "t", "proves": ["B1"], "expect": [{"rings": 1}], "script": list(script)} | more
    scenario = Scenario.model_validate({"name": "one", "group": "test", "file": Path("one.yaml")} | data)

    async def run() -> Recording:
        async with UserAgent(Identity(answering=Answering(0.1))) as agent:
            host, port = agent.address
            line = Line(f"sip:4001@{host}:{port}", Beginnings([GREETING, CLOSING]), {"sip:0@pbx": "operator"})
            calling = asyncio.ensure_future(RobotCaller(scenario, line, Sounds()).call())
            dialog = await agent.received.get()
            while dialog.state == "early":  # noqa: ASYNC110 - until the robot is through
                await asyncio.sleep(0.005)
            await service(dialog)
            return await calling

    return asyncio.run(run())


async def _speak_and_hang_up(dialog: Dialog) -> None:
    dialog.rtp.play(PLAYED)
    await asyncio.sleep(len(PLAYED) / 8000 + 0.3)
    await dialog.bye()


def test_what_is_played_is_reported_with_its_times() -> None:
    sent: list[Frame] = []

    async def service(dialog: Dialog) -> None:
        await _speak_and_hang_up(dialog)
        sent.extend(dialog.rtp.sent)

    seen = rehearse(service).seen
    assert [(p.name, p.complete) for p in seen.heard] == [("greeting", True), ("closing", True)]
    assert (seen.status, seen.ended_by) == (200, "us")
    loud = [frame.at for frame in sent if audible(alaw_decode(frame.payload))]
    gap = next(b - a for a, b in pairwise(loud) if b - a > 0.3) - FRAME_S
    assert seen.heard[1].start - seen.heard[0].end == pytest.approx(gap, abs=0.005)  # the kernel's stamps, not ours


def test_an_act_follows_the_end_of_a_prompt() -> None:
    async def service(dialog: Dialog) -> None:
        dialog.rtp.play(PLAYED)
        await dialog.over.wait()

    seen = rehearse(service, {"after": {"prompt": "greeting", "delay": 0.2}, "do": "hang_up"}).seen
    assert seen.ended_by == "caller"
    assert seen.ended is not None
    assert 0.2 <= seen.ended - seen.heard[0].end < GAP_S
    assert [p.name for p in seen.heard] == ["greeting"]


def test_an_act_during_a_prompt_and_the_next_at_once_after_it() -> None:
    keys: list[str] = []

    async def service(dialog: Dialog) -> None:
        dialog.rtp.play(PLAYED)
        await dialog.over.wait()
        keys.append(keys_heard(dialog.rtp.packets, 101))

    script: list[dict[str, object]] = [
        {"during": {"prompt": "greeting", "delay": 0.4}, "key": "1"},
        {"key": "#"},
        {"do": "hang_up"},
    ]
    seen = rehearse(service, *script).seen
    assert keys == ["1#"]
    first = next(act for act in seen.caller if act.kind == "key")
    assert first.start - seen.heard[0].start >= 0.4


def test_both_directions_are_recorded_on_one_time_line() -> None:
    recording = rehearse(_speak_and_hang_up, {"at": 0.3, "key": "5", "inband": True})
    heard, said = recording.heard.astype(float), recording.said.astype(float)
    place = int(np.correlate(heard, GREETING.pcm.astype(float)).argmax()) / 8000
    assert place == pytest.approx(recording.seen.heard[0].start, abs=0.06)
    key = next(act for act in recording.seen.caller if act.kind == "key")
    assert np.abs(said[round(key.start * 8000) + FRAME : round(key.end * 8000)]).max() > 5000
    assert np.abs(said[: round(key.start * 8000) - FRAME]).max() < 100


def test_a_transfer_is_named_by_its_target() -> None:
    async def service(dialog: Dialog) -> None:
        await dialog._transact(dialog._request("REFER", [("Refer-To", "<sip:0@pbx>")]))
        await asyncio.sleep(0.1)
        await dialog.bye()

    seen = rehearse(service).seen
    assert seen.transfer == "operator"
    assert seen.transferred is not None


def test_an_act_that_never_came_is_reported() -> None:
    recording = rehearse(_speak_and_hang_up, {"after": {"prompt": "nothing"}, "key": "1"})
    assert [act.key for act in recording.undone] == ["1"]


def test_a_caller_without_media_sends_none() -> None:
    packets: list[int] = []

    async def service(dialog: Dialog) -> None:
        await asyncio.sleep(0.2)
        packets.append(len(dialog.rtp.packets))
        await dialog.bye()

    rehearse(service, caller={"media": "never"})
    assert packets == [0]


def test_the_user_part_is_the_number_dialled() -> None:
    assert with_user("sip:127.0.0.1:5070", "4001") == "sip:4001@127.0.0.1:5070"
    assert with_user("sip:x@pbx;transport=udp", "4001") == "sip:4001@pbx;transport=udp"
    with pytest.raises(UserError, match="sip:127"):
        with_user("127.0.0.1", "4001")
