"""The service as it is run: `ivr serve` with its workers, real SIP on loopback, signals, and what a crash leaves."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from ivr.simulation.dialog import Identity
from ivr.simulation.user_agent import UserAgent
from ivr.speech.recognizers import installed
from tests.daemon import Daemon

pytestmark = pytest.mark.sip


class Service:
    """`ivr serve` on loopback; not started yet."""

    def __init__(self, folder: Path, free_port: Callable[[], int]) -> None:
        self.port, self.pages = free_port(), free_port()
        self.config, self.journal = folder / "ivr.toml", folder / "journal.jsonl"
        self.daemon = Daemon(folder)
        self._lines: dict[str, str] = {}

    def start(  # noqa: PLR0913, PLR0917 - sections of the configuration
        self,
        sip: str = "",
        standard: str = "general",
        recognizer: str = "none",
        telephony: str = "",
        url: str = "",
        more: str = "",
    ) -> None:
        self.config.write_text(
            f"""
            [sip]
            bind = "127.0.0.1:{self.port}"
            max_calls = 4
            rtp_ports = "38000-38199"
            {sip}
            [standard]
            name = "{standard}"
            [metrics]
            bind = "127.0.0.1:{self.pages}"
            [records]
            url = "{url or f"sqlite:///{self.config.parent / 'ivr.db'}"}"
            recordings = "recordings"
            [telephony]
            {telephony}
            [speech]
            recognizer = "{recognizer}"
            {more}
            """,
            encoding="utf-8",
        )
        serve = [sys.executable, "-m", "ivr.cli.main", "serve"]
        self.daemon.start([*serve, "--config", str(self.config), "--journal", str(self.journal)])

    @property
    def uri(self) -> str:
        return f"sip:4008@127.0.0.1:{self.port}"

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.daemon.process.pid).children()

    def decoders(self) -> list[psutil.Process]:
        children = [child for worker in self.workers() for child in worker.children()]
        return [child for child in children if "ivr.speech.decoder" in child.cmdline()]

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.daemon.process.pid, number)

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_text(encoding="utf-8").splitlines()]

    def events(self) -> list[str]:
        return [line["event"] for line in map(_parsed, self.daemon.output.splitlines()) if line]


def _parsed(line: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
    return found


@pytest.fixture
def service(tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Service]:
    service = Service(tmp_path, free_port)
    yield service
    if service.daemon.process.poll() is None:
        service.daemon.kill()


async def until(condition: Callable[[], object], within_s: float = 30.0) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        await asyncio.sleep(0.02)


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
