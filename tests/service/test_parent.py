from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from ivr.config import Settings
from ivr.errors import JobError, UserError
from ivr.records import Database, schema
from ivr.service import parent as module
from ivr.service.child import Child, Watch
from ivr.service.http import WorkerHealth
from ivr.service.parent import Parent, backoff, ready_line
from ivr.service.pipe import Job

STAND_IN = Path(__file__).with_name("stand_in.py")


@pytest.fixture(autouse=True)
def _no_waiting_between_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "backoff", lambda _: 0.0)


def watch(mode: str, folder: Path, stall_s: float = 20.0) -> Watch:
    return Watch(start_s=20.0, stall_s=stall_s, program=(sys.executable, str(STAND_IN), mode, str(folder)))


def settings(workers: int = 1, **sip: object) -> Settings:
    return Settings.model_validate({"sip": {"workers": workers, **sip}, "metrics": {"bind": ""}})


@asynccontextmanager
async def running(parent: Parent) -> AsyncIterator[asyncio.Task[None]]:
    """Started and ready; drained at the end."""
    task = asyncio.create_task(parent.run())
    await until(lambda: task.done() or all(child.ready.is_set() for child in parent.children))
    try:
        yield task
    finally:
        if not task.done():
            parent.drain()
        await task


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what other processes do sets no event here
            await asyncio.sleep(0.005)


def starts(folder: Path) -> int:
    return len(list(folder.glob("start-*")))


def pid(folder: Path) -> int:
    return int((folder / "start-0-0").read_text())


async def test_it_says_once_that_calls_can_be_taken(tmp_path: Path) -> None:
    said: list[str] = []
    parent = Parent(settings(workers=2), announce=said.append, watch=watch("steady", tmp_path))
    async with running(parent):
        await until(lambda: said)
    assert said == ["ready: SIP on 0.0.0.0:5070-5071, up to 100 calls, standards: general, keys only"]
    assert starts(tmp_path) == 2


@pytest.mark.parametrize(
    ("recognizer", "is_ready", "told"),
    [
        ("none", False, "keys only"),
        ("whisper", True, "words by whisper"),
        ("vosk", False, "words by vosk as soon as it is ready"),
    ],
)
def test_the_ready_line_says_who_hears(recognizer: str, is_ready: bool, told: str) -> None:
    worker = WorkerHealth(0, True, None, recognizer, is_ready, 0, 0)
    assert told in ready_line(settings(), [worker]).split(", ")


async def test_drained_workers_end_in_good_order(tmp_path: Path) -> None:
    parent = Parent(settings(workers=2), watch=watch("steady", tmp_path))
    async with running(parent) as task:
        parent.drain()
        assert parent.health().reason == "draining"
        await task
    assert (tmp_path / "commands-0").read_bytes() == b"drain\n"
    assert (tmp_path / "commands-1").read_bytes() == b"drain\n"


async def test_sigterm_drains(tmp_path: Path) -> None:
    parent = Parent(settings(), watch=watch("steady", tmp_path))
    async with running(parent) as task:
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(task, 20)
    assert (tmp_path / "commands-0").read_bytes() == b"drain\n"


async def test_a_worker_told_to_drain_while_it_starts(tmp_path: Path) -> None:
    parent = Parent(settings(), watch=watch("steady", tmp_path))
    task = asyncio.create_task(parent.run())
    await asyncio.sleep(0)
    parent.drain()
    await asyncio.wait_for(task, 20)


async def test_what_keeps_a_worker_from_starting_ends_the_service(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is in use"):
        await Parent(settings(workers=2), watch=watch("refuses", tmp_path)).run()


async def test_a_crash_at_the_start_ends_the_service(tmp_path: Path) -> None:
    with pytest.raises(JobError, match="worker 0 ended by SIGSEGV"):
        await Parent(settings(), watch=watch("dies at start", tmp_path)).run()


async def test_a_worker_that_crashes_is_started_again(tmp_path: Path) -> None:
    parent = Parent(settings(), watch=watch("dies once", tmp_path))
    with capture_logs() as logged:
        async with running(parent):
            await until(lambda: starts(tmp_path) == 2 and parent.children[0].report)
            assert parent.health().workers[0].restarts == 1
    assert [entry["reason"] for entry in logged if entry["event"] == "worker lost"] == ["worker 0 ended by SIGKILL"]


async def test_half_a_line_of_a_worker_that_dies_ends_no_other(tmp_path: Path) -> None:
    parent = Parent(settings(workers=2), watch=watch("dies in mid-line once", tmp_path))
    with capture_logs() as logged:
        async with running(parent):
            await until(lambda: starts(tmp_path) == 4 and all(child.report for child in parent.children))
    reasons = [entry["reason"] for entry in logged if entry["event"] == "worker lost"]
    assert sorted(reasons) == ["worker 0 ended by SIGKILL", "worker 1 ended by SIGKILL"]


async def test_words_of_a_worker_that_mean_nothing_end_no_other(tmp_path: Path) -> None:
    parent = Parent(settings(workers=2), watch=watch("talks nonsense once", tmp_path))
    with capture_logs() as logged:
        async with running(parent) as serving:
            await until(lambda: starts(tmp_path) == 4 and all(child.report for child in parent.children))
            assert not serving.done()
    assert [entry["log_level"] for entry in logged].count("error") == 4  # the fault, and the worker lost, of each


@pytest.mark.parametrize("mode", ["stands still once", "repeats itself once"])
async def test_a_worker_that_no_longer_ticks_is_killed_and_started_again(tmp_path: Path, mode: str) -> None:
    parent = Parent(settings(), watch=watch(mode, tmp_path, stall_s=0.3))
    with capture_logs() as logged:
        async with running(parent):
            await until(lambda: starts(tmp_path) >= 2)
    assert "stood still for 0.3 s" in next(entry["reason"] for entry in logged if entry["event"] == "worker lost")
    with pytest.raises(ProcessLookupError):
        os.kill(pid(tmp_path), 0)


async def test_a_worker_that_will_not_end_is_killed_when_the_drain_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "GRACE_S", 0.0)
    parent = Parent(settings(drain_timeout_s=0.05), watch=watch("will not end", tmp_path))
    async with running(parent) as task:
        parent.drain()
        await asyncio.wait_for(task, 20)
    with pytest.raises(ProcessLookupError):
        os.kill(pid(tmp_path), 0)


async def test_asked_twice_it_ends_at_once(tmp_path: Path) -> None:
    parent = Parent(settings(), watch=watch("will not end", tmp_path))
    async with running(parent) as task:
        parent.drain()
        parent.drain()
        await asyncio.wait_for(task, 20)


class TestReload:
    async def test_goes_to_every_worker(self, tmp_path: Path) -> None:
        parent = Parent(settings(workers=2), watch=watch("steady", tmp_path))
        async with running(parent):
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: all((tmp_path / f"commands-{index}").exists() for index in range(2)))
        assert (tmp_path / "commands-0").read_bytes().startswith(b"reload\n")

    async def test_with_a_mistake_changes_nothing_and_is_one_line(self, tmp_path: Path) -> None:
        def recheck() -> None:
            raise UserError("house.toml: menu.greeting.say: no such prompt")

        parent = Parent(settings(), recheck=recheck, watch=watch("steady", tmp_path))
        with capture_logs() as logged:
            async with running(parent):
                parent.reload()
                await until(lambda: logged)
        assert logged[0]["reason"] == "house.toml: menu.greeting.say: no such prompt"
        assert (tmp_path / "commands-0").read_bytes() == b"drain\n"

    async def test_with_a_mistake_somebody_is_told_of_each(self, tmp_path: Path) -> None:
        def recheck() -> None:
            raise UserError("house.toml: menu.greeting.say: no such prompt")

        url = f"sqlite:///{tmp_path / 'ivr.db'}"
        database = Database(url)
        database.upgrade()
        told = Settings.model_validate(
            settings().model_dump() | {"alerts": {"url": "http://127.0.0.1:9/robot"}, "records": {"url": url}}
        )

        def alerts() -> list[tuple[str, object]]:
            with database.reading() as tx:
                return [(row.what, row.said) for row in tx.execute(select(schema.alerts))]

        async with running(parent := Parent(told, recheck=recheck, watch=watch("steady", tmp_path))):
            parent.reload()
            await until(alerts)
        found = alerts()
        database.close()
        assert found == [
            ("reload", {"summary": "话术没有更新，仍用原来的：house.toml: menu.greeting.say: no such prompt"})
        ]


class TestHealth:
    async def test_is_not_ready_before_the_workers_tick(self, tmp_path: Path) -> None:
        parent = Parent(settings(), watch=watch("steady", tmp_path))
        assert parent.health().reason == "a worker is not running"

    async def test_is_ready_with_calls_counted(self, tmp_path: Path) -> None:
        parent = Parent(settings(workers=2), watch=watch("steady", tmp_path))
        async with running(parent):
            health = parent.health()
        assert (health.ready, health.reason) == (True, "ready")
        assert [worker.calls for worker in health.workers] == [2, 2]

    @pytest.mark.parametrize(("mode", "ready"), [("steady", True), ("unregistered", False)])
    async def test_wants_the_registrar_where_there_is_one(self, tmp_path: Path, mode: str, ready: bool) -> None:
        (tmp_path / "secret").write_text("x")
        sip: dict[str, Any] = {"registrar": "sip:pbx.test", "password_file": str(tmp_path / "secret")}
        parent = Parent(settings(1, **sip), watch=watch(mode, tmp_path))
        async with running(parent):
            assert parent.health().ready is ready


class TestPages:
    async def test_tell_health_and_the_metrics_of_every_worker(
        self, tmp_path: Path, free_port: Callable[[], int]
    ) -> None:
        port = free_port()
        with_pages = Settings.model_validate({"sip": {"workers": 2}, "metrics": {"bind": f"127.0.0.1:{port}"}})
        parent = Parent(with_pages, watch=watch("steady", tmp_path))
        async with running(parent), aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            async with client.get("/health") as health:
                told = await health.json()
                assert (health.status, told["ready"]) == (200, True)
                assert [(each["recognizer"], each["recognizer_ready"]) for each in told["workers"]] == [
                    ("none", False)
                ] * 2
            async with client.get("/metrics") as metrics:
                text = await metrics.text()
            parent.drain()
            async with client.get("/health") as health:
                assert (health.status, (await health.json())["reason"]) == (503, "draining")
        assert 'ivr_tick_lateness_seconds_count{worker="1"} 1.0' in text
        assert "ivr_worker_restarts 0.0" in text
        assert "ivr_uptime_seconds " in text

    async def test_an_address_in_use_is_one_line(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            parent = Parent(Settings.model_validate({"metrics": {"bind": address}}), watch=watch("steady", tmp_path))
            with pytest.raises(UserError, match=f"metrics.bind: {address} cannot be had"):
                await parent.run()
        assert starts(tmp_path) == 0


async def test_systemd_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    monkeypatch.setenv("WATCHDOG_USEC", "20000")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.setblocking(False)
        heard: list[str] = []
        asyncio.get_running_loop().add_reader(systemd, lambda: heard.append(systemd.recv(4096).decode()))
        parent = Parent(settings(), watch=watch("steady", tmp_path))
        async with running(parent):
            await until(lambda: "READY=1" in heard and "WATCHDOG=1\nSTATUS=2 calls, ready" in heard)
            assert "STOPPING=1" not in heard
            parent.drain()
            await until(lambda: "STOPPING=1" in heard)
        asyncio.get_running_loop().remove_reader(systemd)


def test_restarts_come_slower_and_slower() -> None:
    assert [backoff(failures) for failures in (1, 2, 3, 6, 60)] == [1, 2, 4, 30, 30]


async def test_called_off_again_and_again_it_leaves_no_process_behind(tmp_path: Path) -> None:
    """Neither while a worker starts nor while it is being ended."""
    for patience in (0.0, 0.001, 0.01, 0.1):
        child = Child(Job(index=0, settings=settings(), journal=None), watch("will not end", tmp_path))
        running = asyncio.create_task(child.run())
        await asyncio.sleep(patience)
        while not running.done():
            running.cancel()
            await asyncio.sleep(0)
        assert child._process is None or child._process.returncode is not None
