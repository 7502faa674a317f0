"""The disk of the database is full while calls go on, and free again: nothing lost, nothing forgotten (F1, B9)."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest

from ivr.simulation.dialog import Answering, Identity
from ivr.simulation.user_agent import UserAgent
from tests.service.running import Service, until
from tests.service.test_callbacks import CUT, NUMBER
from tests.service.test_promises_under_fire import Place
from tests.service.test_service import health

pytestmark = [pytest.mark.sip, pytest.mark.req("F1", "B9")]
WAIT, AGAIN = "records cannot be written, they wait", "records are written again"


def fill(disk: Path) -> Path:
    with (disk / "filler").open("ab", buffering=0) as out:
        for size in (4096, 1):
            with suppress(OSError):
                while True:
                    out.write(bytes(size))
    return disk / "filler"


async def until_waiting(service: Service, is_enough: Callable[[int], bool]) -> None:
    """Records wait, as /health and Prometheus have it."""
    for _ in range(600):
        (worker,) = (await health(service))["workers"]
        if worker["ticking"] and is_enough(worker["records_waiting"]):
            break
        await asyncio.sleep(0.05)
    else:
        raise AssertionError(worker)
    pages = f"http://127.0.0.1:{service.pages}/metrics"
    async with aiohttp.ClientSession() as client, client.get(pages) as answer:
        lines = (await answer.text()).splitlines()
    (shown,) = [float(line.split()[-1]) for line in lines if line.startswith("ivr_records_waiting{")]
    assert is_enough(int(shown))


async def test_calls_go_on_and_what_was_promised_is_kept_when_there_is_room_again(
    service: Service, small_disk: Callable[[str, str], Path]
) -> None:
    disk = small_disk("disk", "1m")
    url = f"sqlite:///{disk / 'ivr.db'}"
    async with (
        UserAgent(Identity(NUMBER, answering=Answering(0.2))) as telephone,
        UserAgent(Identity("13800138001")) as other,
        Place(service, telephone, url) as place,
    ):
        place.start()
        call = await place.call()
        filler = fill(disk)
        await call.bye(CUT)
        later = other.dialog(service.uri)
        assert await later.invite() == 200, "a full disk keeps nobody out"
        await until(lambda: later.rtp.packets)
        await until_waiting(service, lambda waiting: waiting > 0)
        await later.bye()
        assert telephone.received.empty(), "a claim stands before anything is dialled"
        filler.unlink()
        await place.rung_back_and_kept()
        await until_waiting(service, lambda waiting: waiting == 0)
        await until(lambda: [call["state"] for call in place.calls()] == ["closed"] * 3)
        assert (service.events().count(WAIT), service.events().count(AGAIN)) == (1, 1)
        place.database.close()
        assert service.daemon.stop() == 0


async def test_a_worker_killed_while_there_is_no_room(service: Service, small_disk: Callable[[str, str], Path]) -> None:
    disk = small_disk("disk", "1m")
    url = f"sqlite:///{disk / 'ivr.db'}"
    async with (
        UserAgent(Identity(NUMBER, answering=Answering(0.2))) as telephone,
        Place(service, telephone, url) as place,
    ):
        place.start()
        await place.call()
        filler = fill(disk)
        place.worker().send_signal(signal.SIGKILL)
        await until(lambda: "promises cannot be read; they wait" in service.events())
        filler.unlink()
        await place.rung_back_and_kept()
        place.database.close()
        assert service.daemon.stop() == 0
