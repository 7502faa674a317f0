"""The service as it is run: `ivr serve` with its workers, real SIP on loopback, signals, and what a crash leaves."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import aiohttp
import pytest

from ivr.simulation.dialog import Identity
from ivr.simulation.user_agent import UserAgent
from ivr.speech.recognizers import installed
from tests.service.running import Service, until

pytestmark = pytest.mark.sip


async def health(service: Service) -> dict[str, Any]:
    async with aiohttp.ClientSession() as client, client.get(f"http://127.0.0.1:{service.pages}/health") as answer:
        state: dict[str, Any] = await answer.json()
        return state


async def test_it_takes_a_call_and_tells_of_it(service: Service) -> None:
    service.start()
    assert "ready: SIP on 127.0.0.1:" in service.daemon.output
    async with UserAgent(Identity(number="13800138000")) as caller:
        call = caller.dialog(service.uri)
        assert await call.invite() == 200
        await until(lambda: any(entry.get("command") == "Play" for entry in service.entries()))
        await call.bye()
    await until(lambda: any("outcome" in entry for entry in service.entries()))
    assert len({entry["call"] for entry in service.entries()}) == 1
    assert service.daemon.stop() == 0
    assert "13800138000" not in service.daemon.output


async def test_drained_it_lets_a_running_call_finish_and_takes_no_other(service: Service) -> None:
    service.start()
    async with UserAgent(Identity(number="13800138000")) as caller:
        running = caller.dialog(service.uri)
        assert await running.invite() == 200
        service.signal(signal.SIGTERM)
        await until(lambda: "draining" in service.events())
        assert await caller.dialog(service.uri).invite() == 486
        assert service.daemon.process.poll() is None
        await running.bye()
        await until(lambda: service.daemon.process.poll() is not None)
    assert service.daemon.process.poll() == 0


async def test_drained_it_ends_calls_that_outlast_the_time_out(service: Service) -> None:
    service.start("drain_timeout_s = 0.2")
    async with UserAgent(Identity()) as caller:
        running = caller.dialog(service.uri)
        assert await running.invite() == 200
        service.signal(signal.SIGTERM)
        await asyncio.wait_for(running.over.wait(), 20)
        assert running.milestones[-1].by == "them"
        await until(lambda: service.daemon.process.poll() is not None)
    assert service.daemon.process.poll() == 0


async def test_a_worker_that_crashes_is_replaced_and_the_other_goes_on(service: Service) -> None:
    service.start("workers = 2")
    async with UserAgent(Identity()) as caller:
        running = caller.dialog(service.uri)
        assert await running.invite() == 200
        first, second = service.workers()
        second.kill()
        await until(lambda: len(service.workers()) == 2 and second not in service.workers())
        await until(lambda: service.events().count("worker lost") == 1)
        assert first.is_running()
        assert running.state == "confirmed"
        while not (await health(service))["ready"]:  # noqa: ASYNC110 - as in `until`
            await asyncio.sleep(0.1)
        other = caller.dialog(f"sip:4008@127.0.0.1:{service.port + 1}")
        assert await other.invite() == 200
        await other.bye()
        await running.bye()
    assert service.daemon.stop() == 0


async def test_a_worker_whose_parent_is_gone_ends_too(service: Service) -> None:
    service.start()
    workers = service.workers()
    service.daemon.kill()
    await until(lambda: not any(worker.is_running() for worker in workers))


@pytest.mark.parametrize("end", ["in good order", "by a crash"])
async def test_a_recogniser_ends_with_its_worker(service: Service, end: str) -> None:
    if not installed():
        pytest.skip("no recogniser is installed: ivr models pull")
    service.start(recognizer="auto")
    (decoder,) = service.decoders()
    assert "recogniser ready" in service.events(), "calls wait for it"
    assert decoder.nice() > 0, "calls go first"
    if end == "in good order":
        assert service.daemon.stop() == 0
    else:
        service.workers()[0].kill()
    await until(lambda: not decoder.is_running())


async def test_standards_are_read_anew_for_the_next_call(service: Service) -> None:
    house = service.config.parent / "house.toml"

    def write(greeting: str) -> None:
        wording = f'greeting = {{ req = "A4", text = "{greeting}" }}'
        house.write_text(f'name = "house"\ninherits = "general"\n[wording]\n{wording}\n', encoding="utf-8")

    async def greeting() -> str:
        async with UserAgent(Identity()) as caller:
            call, seen = caller.dialog(service.uri), len(service.entries()) if service.journal.exists() else 0
            assert await call.invite() == 200
            await until(lambda: any(entry.get("command") == "Play" for entry in service.entries()[seen:]))
            await call.bye()
        return str(next(entry["text"] for entry in service.entries()[seen:] if entry.get("command") == "Play"))

    write("您好，旧的问候。")
    service.start(standard="house.toml")
    assert await greeting() == "您好，旧的问候。"
    write("您好，新的问候。")
    service.signal(signal.SIGHUP)
    await until(lambda: "standards reloaded" in service.events())
    assert await greeting() == "您好，新的问候。"
    write('"')
    service.signal(signal.SIGHUP)
    await until(lambda: "standards not reloaded, the old ones stay" in service.events())
    assert await greeting() == "您好，新的问候。"
    assert service.daemon.stop() == 0
