"""Calls through a real Asterisk: the service registers, and everything a caller may do passes through the PBX."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.callers import call, write_scenario
from ivr.files import data_folder
from ivr.quality.oracle import Transfer
from ivr.simulation.dialog import Answering, Dialog, Identity
from ivr.simulation.rehearsal import Place, Rehearsal, rehearse_over_sip, with_user
from ivr.simulation.scenario import Line, Scenario, load_scenarios
from ivr.simulation.stage import distinct, lines_of
from ivr.simulation.user_agent import UserAgent
from tests.asterisk.house import House, eventually, house

pytestmark = [pytest.mark.asterisk, pytest.mark.sip, pytest.mark.timeout(300)]


def _pass_through_the_pbx(scenario: Scenario) -> bool:
    """Without those that see a REFER, a header or a lost line of their own: the PBX stands in between."""
    refers = any(isinstance(line, Transfer) for line in scenario.expect)
    drops = any(act.do == "drop" for act in scenario.script)
    return not (scenario.clock or refers or drops or scenario.caller.headers or scenario.caller.media == "never")


WAITING = """
name = "waiting"
inherits = "general"
title = "Asks at once whether the caller will wait"
sources = ["ours"]
[menu.greeting]
keys = { 0 = "transfer operator", 1 = "record message", 2 = "menu supervisor_consent", 9 = "menu anything_else" }
"""
SCENARIOS = [s for s in distinct(load_scenarios([data_folder("scenarios") / "line"])) if _pass_through_the_pbx(s)]


@pytest.fixture(scope="module")
def place(chroot: Path, tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    standard = folder / "waiting.toml"
    standard.write_text(WAITING, encoding="utf-8")
    lines = [*lines_of(SCENARIOS), Line(number="4990", name=str(standard))]
    with house(chroot, folder, lines, free_port) as whole:
        yield whole


@pytest.fixture(scope="module")
def rehearsals(place: House) -> dict[str, Rehearsal]:
    """All scenarios side by side; what was late there, once more by itself.

    A machine that others use too stands still now and then for a third of a second, and every call of that moment is
    late: a caller who speaks half a second before a prompt is due then finds it begun. What the service does too late
    by itself it does so twice, and what was wrong but not late is not asked again.
    """

    def rehearsed(scenarios: list[Scenario]) -> dict[str, Rehearsal]:
        done = asyncio.run(rehearse_over_sip(scenarios, Place(place.uri, {})))
        return {rehearsal.scenario.name: rehearsal for rehearsal in done}

    found = rehearsed(SCENARIOS)
    for rehearsal in list(found.values()):
        if any(fault.seconds is not None for fault in rehearsal.faults):
            found |= rehearsed([rehearsal.scenario])
    return found


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_robot_caller_through_the_pbx(rehearsals: dict[str, Rehearsal], name: str) -> None:
    assert not rehearsals[name].faults


def test_sipp_caller_down_the_silent_ladder(place: House, tmp_path: Path) -> None:
    outcome = call(
        write_scenario("silent", tmp_path, dialled="4001"), place.target, simultaneous=2, calls=2, timeout_s=60
    )
    assert (outcome.calls, outcome.failed) == (2, 0)
    reasons = [entry["reason"] for entry in place.journal("13800138000") if entry.get("command") == "HangUp"]
    assert reasons == ["silence", "silence"]


# ---------------------------------------------------------------- transfer


def ringing_operator(place: House, status: int = 200) -> UserAgent:
    """The operator's telephone: answers, or refuses, after half a second."""
    reason = "OK" if status == 200 else "Busy Here"
    return UserAgent(Identity("operator", answering=Answering(0.5, status, reason)), port=place.operator_port)


async def caller_presses_zero(agent: UserAgent, place: House) -> Dialog:
    """A caller who interrupts the greeting with key 0."""
    dialog = agent.dialog(with_user(place.uri, "4001"))
    assert await dialog.invite() == 200
    await asyncio.sleep(1.0)  # a person does not press a key in the instant of the answer
    dialog.rtp.key("0", 0.12)
    return dialog


async def noted(place: House, caller: str, what: Callable[[dict[str, object]], bool], within_s: float) -> bool:
    """Whether the service's journal of the caller's calls gets such an entry."""
    return await asyncio.to_thread(eventually, lambda: any(map(what, place.journal(caller))), within_s)


def invitations(place: House, caller: str) -> list[dict[str, object]]:
    """The calls that the service got from a number."""
    return [entry for entry in place.journal(caller) if entry.get("event") == "Invited"]


@pytest.mark.req("D8")
def test_key_zero_reaches_the_operator_who_hears_the_caller(place: House) -> None:
    number = "13900000001"

    async def scene() -> None:
        async with ringing_operator(place) as operator, UserAgent(Identity(number)) as agent:
            caller = await caller_presses_zero(agent, place)
            connected = await asyncio.wait_for(operator.received.get(), 10)
            await asyncio.to_thread(eventually, lambda: connected.state == "confirmed", 5.0)
            heard = len(connected.rtp.packets)
            assert await asyncio.to_thread(eventually, lambda: len(connected.rtp.packets) > heard + 25, 5.0)
            assert await noted(place, number, lambda e: e.get("event") == "RemoteHangup", 10.0), "we stayed on the line"
            assert caller.state == "confirmed"
            await connected.bye()
            await asyncio.wait_for(caller.over.wait(), 5)

    asyncio.run(scene())
    progress = [e["code"] for e in place.journal(number) if e.get("event") == "TransferProgress"]
    assert progress[-1] == 200


@pytest.mark.req("D8")
def test_a_busy_operator_sends_the_caller_back_to_the_service(place: House) -> None:
    number = "13900000002"

    async def scene() -> None:
        async with ringing_operator(place, 486), UserAgent(Identity(number)) as agent:
            caller = await caller_presses_zero(agent, place)
            assert await noted(place, number, lambda e: e.get("command") == "Transfer", 10.0)
            assert await asyncio.to_thread(eventually, lambda: len(invitations(place, number)) == 2, 10.0)
            assert caller.state == "confirmed"
            await caller.bye()

    asyncio.run(scene())
    assert [invitation["dialled"] for invitation in invitations(place, number)] == ["4001", "4001"]


# ---------------------------------------------------------------- hold, and a supervisor who takes the call over


async def caller_waits_for_the_supervisor(agent: UserAgent, place: House) -> Dialog:
    """A caller who asks for the supervisor and says yes to the wait, both by key."""
    dialog = agent.dialog(with_user(place.uri, "4990"))
    assert await dialog.invite() == 200
    await asyncio.sleep(1.0)
    dialog.rtp.key("2", 0.12)
    await asyncio.sleep(1.0)
    dialog.rtp.key("1", 0.12)
    return dialog


@pytest.mark.req("D3")
def test_a_supervisor_takes_over_a_caller_on_hold(place: House) -> None:
    number = "13900000011"

    async def scene() -> None:
        supervisor = UserAgent(Identity("supervisor", answering=Answering(1.0)), port=place.operator_port)
        async with supervisor, UserAgent(Identity(number)) as agent:
            caller = await caller_waits_for_the_supervisor(agent, place)
            rung = await asyncio.wait_for(supervisor.received.get(), 15)
            assert await noted(place, number, lambda e: e.get("outcome") == "transferred", 15.0)
            heard = len(caller.rtp.packets), len(rung.rtp.packets)
            await asyncio.sleep(1.0)
            assert caller.state == rung.state == "confirmed"
            assert len(caller.rtp.packets) > heard[0] + 25
            assert len(rung.rtp.packets) > heard[1] + 25
            await caller.bye()
            await asyncio.wait_for(rung.over.wait(), 5)

    asyncio.run(scene())
    events = [entry["event"] for entry in place.journal(number) if "event" in entry]
    assert "Held" in events
    assert "RemoteHold" not in events, "our own hold is not the far side's"


@pytest.mark.req("D4")
def test_a_supervisor_on_the_telephone_is_not_rung(place: House) -> None:
    number = "13900000012"

    async def scene() -> None:
        supervisor = UserAgent(Identity("supervisor"), port=place.operator_port)
        async with supervisor, UserAgent(Identity("13900000013")) as first, UserAgent(Identity(number)) as agent:
            busy_with = await caller_waits_for_the_supervisor(first, place)
            assert await noted(place, "13900000013", lambda e: e.get("outcome") == "transferred", 20.0)
            await asyncio.sleep(2.5)  # until Asterisk was asked again
            caller = await caller_waits_for_the_supervisor(agent, place)
            assert await noted(place, number, lambda e: "supervisor_busy" in str(e.get("utterances")), 15.0)
            assert supervisor.received.qsize() == 1, "rung once, for the first caller"
            await caller.bye()
            await busy_with.bye()

    asyncio.run(scene())
    codes = [entry["code"] for entry in place.journal(number) if entry.get("event") == "TargetProgress"]
    assert codes == [486]


# ---------------------------------------------------------------- the queue before us


@pytest.mark.req("A2", "A5")
def test_people_first_and_then_the_service_which_knows_how_long_it_took(place: House) -> None:
    number = "13900000003"

    async def scene() -> None:
        async with ringing_operator(place, 486), UserAgent(Identity(number)) as agent:
            dialog = agent.dialog(with_user(place.uri, "5001"))
            assert await dialog.invite() == 200
            await dialog.bye()

    asyncio.run(scene())
    (invited,) = invitations(place, number)
    assert invited["dialled"] == "4001"
    assert invited["rings_before"] == 1
    assert 6.0 <= float(str(invited["waited_s"])) <= 8.0


# ---------------------------------------------------------------- when one of the two goes away; last, for what they do


def test_registers_again_after_the_pbx_lost_everything(place: House) -> None:
    place.pbx.stop()
    place.pbx.forget()
    place.pbx.start()
    assert not place.registered
    assert eventually(lambda: place.registered, 30.0)


def test_calls_go_to_the_operator_while_the_service_is_away(place: House) -> None:
    place.service.stop()

    async def scene() -> None:
        async with ringing_operator(place) as operator, UserAgent(Identity("13900000004")) as agent:
            dialog = agent.dialog(with_user(place.uri, "4001"))
            assert await dialog.invite() == 200
            assert operator.received.qsize() == 1
            await dialog.bye()

    asyncio.run(scene())
