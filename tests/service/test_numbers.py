"""Callers' numbers as data, and equipment that fails, by the running service on real SIP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from ivr.records import Database, Incidents, Tickets
from ivr.simulation.dialog import Identity
from ivr.simulation.user_agent import UserAgent
from tests.service.running import Service, until

pytestmark = pytest.mark.sip


def played(service: Service) -> list[str]:
    return [name for entry in service.entries() if "utterances" in entry for name in entry["utterances"]]


async def test_the_blocked_are_refused_and_counted_and_the_last_line_is_kept(service: Service) -> None:
    service.start(
        more='[numbers]\nblocked = ["13800000000"]\npriority = ["13900000000"]\nkept_lines = 3'
    )  # of four lines
    async with (
        UserAgent(Identity("13800000000")) as blocked,
        UserAgent(Identity("13800138000")) as one,
        UserAgent(Identity("13900000000")) as important,
    ):
        assert await blocked.dialog(service.uri).invite() == 603
        running = one.dialog(service.uri)
        assert await running.invite() == 200
        assert await one.dialog(service.uri).invite() == 486
        served = important.dialog(service.uri)
        assert await served.invite() == 200
        await served.bye()
        await running.bye()
        await until(lambda: sum("outcome" in entry for entry in service.entries()) == 2)
        async with aiohttp.ClientSession() as client:
            while 'code="603"' not in (text := await metrics(client, service)):
                pass
        assert 'ivr_calls_refused_total{code="603",worker="0"} 1.0' in text
    assert service.daemon.stop() == 0


async def metrics(client: aiohttp.ClientSession, service: Service) -> str:
    async with client.get(f"http://127.0.0.1:{service.pages}/metrics") as answer:
        return await answer.text()


@pytest.mark.req("F7")
async def test_callers_hear_of_an_incident_until_it_is_closed(service: Service) -> None:
    service.start()
    database = Database(f"sqlite:///{service.config.parent / 'ivr.db'}")
    with database.transaction() as tx:
        for caller in "ab":
            Incidents(tx).report("system", "4008", caller, datetime.now(UTC), 600, 2)
    async with UserAgent(Identity("13800138000")) as telephone:
        while "incident_system" not in played(service):
            call, known = telephone.dialog(service.uri), len(played(service))
            assert await call.invite() == 200
            while len(played(service)) == known:  # noqa: ASYNC110 - as in `until`
                await asyncio.sleep(0.02)
            await call.bye()
        assert played(service)[-2:] == ["incident_system", "greeting"]
    database.close()
    assert service.daemon.stop() == 0


@pytest.mark.req("B12")
async def test_a_disk_that_is_full_while_a_message_is_left(
    service: Service, small_disk: Callable[[str, str], Path]
) -> None:
    disk = small_disk("recordings", "64k")
    service.start()
    async with UserAgent(Identity("13800138000")) as caller:
        call = caller.dialog(service.uri)
        assert await call.invite() == 200
        await until(lambda: "greeting" in played(service))
        call.rtp.key("1")
        await until(lambda: "message_tone" in played(service))
        with (disk / "filler").open("wb", buffering=0) as out, suppress(OSError):
            while True:
                out.write(bytes(512))
        await until(lambda: "message_failed" in played(service))
        database = Database(f"sqlite:///{service.config.parent / 'ivr.db'}")
        await until(lambda: tickets(database))
        assert tickets(database) == [("lost_message", "urgent", "8613800138000")]
        for key in "13905718826#":
            call.rtp.key(key)
        await until(lambda: "read_phone" in played(service))
        call.rtp.key("1")
        await until(lambda: ("call_back", "normal", "13905718826") in tickets(database))
        await call.bye()
        database.close()
    assert service.daemon.stop() == 0


def tickets(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as tx:
        return [(ticket.kind, ticket.urgency, ticket.number) for ticket in Tickets(tx).list()]
