"""Promises of the running service while processes and databases die: nothing lost, nothing dialled twice (B9).

Real processes and real SIP; the faults that a database can have by itself are those of tests/records.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import psutil
import pytest
from sqlalchemy import select

from ivr.records import Calls, Database, NewCall, Promise, Promises, Tickets
from ivr.records.promises import Kept
from ivr.records.schema import attempts
from ivr.records.tickets import Ticket
from ivr.simulation.dialog import Answering, Dialog, Identity
from ivr.simulation.user_agent import UserAgent
from tests.records.databases import MakeDatabase
from tests.records.postgres import Cluster
from tests.service.running import Service, spoken_to, until
from tests.service.test_callbacks import CUT, NUMBER, WITHIN_S

pytestmark = [pytest.mark.sip, pytest.mark.req("B9")]
ALL = ("pending", "claimed", "dialling", "kept", "failed", "unknown", "cancelled")
SOON = Answering(0.2)
SHORT_DRAIN = "drain_timeout_s = 0.2"


class Place:
    """A service with its database, which whoever calls can ring back at `telephone`."""

    def __init__(self, service: Service, telephone: UserAgent, url: str) -> None:
        self.service, self.telephone, self.url = service, telephone, url
        self.database = Database(url, patience_s=1.0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.database.close()

    def start(self) -> None:
        host, port = self.telephone.address
        self.service.start(SHORT_DRAIN, telephony=f'outbound = "sip:{{number}}@{host}:{port}"', url=self.url)

    async def call(self) -> Dialog:
        """Connected, and on record as that."""
        call = self.telephone.dialog(self.service.uri)
        assert await call.invite() == 200
        await until(lambda: any(each["answered_at"] for each in self.calls("open")))
        return call

    async def rung_back(self) -> Dialog:
        return await asyncio.wait_for(self.telephone.received.get(), WITHIN_S)

    async def rung_back_and_kept(self) -> None:
        again = await self.rung_back()
        await spoken_to(again)
        again.rtp.key("1")  # yes, it is me
        await until(lambda: all(promise.state == "kept" for promise in self.promises()))
        await again.bye()
        assert self.telephone.received.empty(), "rung twice"
        assert self.dialled() == [NUMBER]

    def calls(self, *states: str) -> list[dict[str, object]]:
        with self.database.reading() as tx:
            return list(Calls(tx).list(states=states))

    def promises(self) -> list[Kept]:
        with self.database.reading() as tx:
            return list(Promises(tx).list(states=ALL))

    def tickets(self) -> list[Ticket]:
        with self.database.reading() as tx:
            return list(Tickets(tx).list(status=None))

    def dialled(self) -> list[str]:
        with self.database.reading() as tx:
            return list(tx.execute(select(attempts.c.number).where(attempts.c.dialled_at.is_not(None))).scalars())

    def worker(self) -> psutil.Process:
        (worker,) = [each for each in self.service.workers() if "ivr.service.process" in each.cmdline()]
        return worker

    async def crash(self) -> None:
        """The parent is killed; its workers see that and end."""
        workers = self.service.workers()
        self.service.daemon.kill()
        await until(lambda: not any(worker.is_running() for worker in workers))


@pytest.fixture
def postgresql(make_cluster_database: MakeDatabase) -> str:
    return make_cluster_database()


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'ivr.db'}"
    Database(url).upgrade()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


def caller(answering: Answering = SOON) -> UserAgent:
    return UserAgent(Identity(NUMBER, answering=answering))


# ---------------------------------------------------------------- processes die


async def test_a_worker_killed_in_mid_call(service: Service, url: str) -> None:
    async with caller() as telephone, Place(service, telephone, url) as place:
        place.start()
        await place.call()
        place.worker().send_signal(signal.SIGKILL)
        await place.rung_back_and_kept()
        assert service.daemon.stop() == 0
        assert [call["state"] for call in place.calls()] == ["lost", "closed"]


async def test_a_worker_killed_in_mid_dial(service: Service, url: str) -> None:
    async with caller(Answering(60.0)) as telephone, Place(service, telephone, url) as place:
        place.start()
        await (await place.call()).bye(CUT)
        await place.rung_back()
        place.worker().send_signal(signal.SIGKILL)
        await until(lambda: place.promises()[0].state == "unknown")
        (ticket,) = place.tickets()
        assert (ticket.kind, ticket.urgency, ticket.drops) == ("promise_unknown", "urgent", 1)
        assert service.daemon.stop() == 0
        assert telephone.received.empty()
        assert place.dialled() == [NUMBER]


async def test_a_worker_killed_before_whom_we_ring_has_said_who_they_are(service: Service, sqlite: str) -> None:
    """That they answered is known, and so is what came of it: nothing. It is the same promise, tried again."""
    async with caller() as telephone, Place(service, telephone, sqlite) as place:
        place.start()
        await (await place.call()).bye(CUT)
        await place.rung_back()
        await until(lambda: any(call["direction"] == "out" and call["answered_at"] for call in place.calls("open")))
        place.worker().send_signal(signal.SIGKILL)
        again = await place.rung_back()
        await spoken_to(again)
        again.rtp.key("1")
        await until(lambda: [promise.state for promise in place.promises()] == ["kept"])
        await again.bye()
        assert service.daemon.stop() == 0
        assert telephone.received.empty()
        assert (place.dialled(), place.tickets()) == ([NUMBER, NUMBER], [])


@pytest.mark.parametrize("ring_s", [0.2, 60.0], ids=["answered", "ringing"])
async def test_drained_in_a_call_back_it_is_made_again_at_once(service: Service, sqlite: str, ring_s: float) -> None:
    async with caller(Answering(ring_s)) as telephone, Place(service, telephone, sqlite) as place:
        place.start()
        await (await place.call()).bye(CUT)
        again = await place.rung_back()
        if ring_s < 1.0:
            await until(lambda: again.rtp.packets)
        assert service.daemon.stop() == 0
        (promise,) = place.promises()
        assert (promise.state, promise.attempts, place.tickets()) == ("pending", 1, [])
        assert promise.not_before
        assert promise.not_before <= datetime.now(UTC)


async def test_killed_between_claim_and_dial(service: Service, url: str) -> None:
    async with caller() as telephone, Place(service, telephone, url) as place:
        now = datetime.now(UTC)
        died = f"{socket.gethostname()} 127.0.0.1:{service.port}"
        with place.database.transaction() as tx:
            Promises(tx).make(Promise(kind="dropped", due_at=now, number=NUMBER, line="4008", say={"slots": {}}), now)
            assert Promises(tx).claim(now, died, 900, 1)
        place.start()
        await place.rung_back_and_kept()
        assert service.daemon.stop() == 0


async def test_the_parent_killed_in_mid_call(service: Service, url: str) -> None:
    async with caller() as telephone, Place(service, telephone, url) as place:
        place.start()
        call = await place.call()
        await place.crash()
        await asyncio.wait_for(call.over.wait(), 10)
        place.start()
        await place.rung_back_and_kept()
        assert service.daemon.stop() == 0


# ---------------------------------------------------------------- the database goes, and comes back


async def test_lost_calls_are_found_when_the_database_is_back(
    service: Service, cluster: Cluster, postgresql: str
) -> None:
    async with caller() as telephone, Place(service, telephone, postgresql) as place:
        now = datetime.now(UTC)
        lost = NewCall(
            id="c1",
            line="4008",
            standard="general",
            caller=f"86{NUMBER}",
            instance=f"{socket.gethostname()} 127.0.0.1:{service.port}",
        )
        with place.database.transaction() as tx:
            Calls(tx).opened(lost, now)
            Calls(tx).answered("c1", now)
        cluster.crash()
        place.start()
        running = telephone.dialog(service.uri)
        assert await running.invite() == 200
        cluster.start()
        await until(lambda: any(call["id"] != "c1" and call["answered_at"] for call in place.calls("open")))
        await until(place.promises)
        assert [call["id"] for call in place.calls("lost")] == ["c1"], "who speaks with us is not lost"
        await running.bye()
        assert service.daemon.stop() == 0


async def test_postgresql_is_away_when_the_call_is_cut_off(service: Service, cluster: Cluster, postgresql: str) -> None:
    async with caller() as telephone, Place(service, telephone, postgresql) as place:
        place.start()
        call = await place.call()
        cluster.crash()
        await call.bye(CUT)
        await asyncio.sleep(2.0)  # other programs' time
        assert telephone.received.empty()
        cluster.start()
        await place.rung_back_and_kept()
        cluster.restart()
        assert service.daemon.stop() == 0


async def test_an_outcome_is_not_forgotten_while_postgresql_is_away(
    service: Service, cluster: Cluster, postgresql: str
) -> None:
    async with caller(Answering(2.0, 486, "Busy Here")) as telephone, Place(service, telephone, postgresql) as place:
        place.start()
        await (await place.call()).bye(CUT)
        rung = await place.rung_back()
        cluster.crash()
        await asyncio.wait_for(rung.over.wait(), 10)
        await asyncio.sleep(1.0)  # other programs' time
        cluster.start()
        await until(lambda: place.promises()[0].state == "pending")
        assert (place.promises()[0].attempts, place.dialled()) == (1, [NUMBER])
        assert service.daemon.stop() == 0


async def test_a_file_that_is_locked(service: Service, sqlite: str, tmp_path: Path) -> None:
    async with caller() as telephone, Place(service, telephone, sqlite) as place:
        place.start()
        call = await place.call()
        with closing(sqlite3.connect(tmp_path / "ivr.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await call.bye(CUT)
            await asyncio.sleep(6.0)  # longer than anybody waits for it
            other.execute("ROLLBACK")
        await place.rung_back_and_kept()
        assert service.daemon.stop() == 0


async def test_a_file_that_is_gone_and_back(service: Service, sqlite: str, tmp_path: Path) -> None:
    async with caller() as telephone, Place(service, telephone, sqlite) as place:
        place.start()
        call = await place.call()
        place.database.close()
        files = [file for suffix in ("", "-wal", "-shm") if (file := tmp_path / f"ivr.db{suffix}").exists()]
        for file in files:
            file.rename(file.with_name(f"{file.name}.away"))
        await call.bye(CUT)
        await asyncio.sleep(1.0)  # other programs' time
        for file in files:
            file.with_name(f"{file.name}.away").rename(file)
        await place.rung_back_and_kept()
        assert service.daemon.stop() == 0


# ---------------------------------------------------------------- two services


async def test_two_services_fight_for_the_same_promises(tmp_path: Path, free_port: Callable[[], int], url: str) -> None:
    numbers = [f"138000000{n:02}" for n in range(12)]
    services = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        services.append(Service(tmp_path / name, free_port))
    async with UserAgent(Identity(NUMBER, answering=Answering(0.0, 486, "Busy Here"))) as telephone:
        places = [Place(service, telephone, url) for service in services]
        try:
            for place in places:
                place.start()
            now = datetime.now(UTC)
            with places[0].database.transaction() as tx:
                for number in numbers:
                    Promises(tx).make(
                        Promise(kind="dropped", due_at=now, number=number, line="4008", max_attempts=1), now
                    )
            await until(lambda: all(promise.state == "failed" for promise in places[0].promises()))
            assert sorted(places[0].dialled()) == numbers
            assert telephone.received.qsize() == len(numbers)
            assert [service.daemon.stop() for service in services] == [0, 0]
        finally:
            for place in places:
                place.database.close()
            for service in services:
                if service.daemon.started and service.daemon.process.poll() is None:
                    service.daemon.kill()


# ---------------------------------------------------------------- who is not rung


async def test_who_has_rung_us_meanwhile_is_not_rung(service: Service, url: str) -> None:
    async with caller() as telephone, Place(service, telephone, url) as place:
        place.start()
        first = await place.call()
        second = telephone.dialog(service.uri)
        assert await second.invite() == 200
        await until(lambda: len([each for each in place.calls("open") if each["answered_at"]]) == 2)
        await first.bye(CUT)
        await until(lambda: [promise.state for promise in place.promises()] == ["cancelled"])
        assert telephone.received.empty()
        await second.bye()
        assert service.daemon.stop() == 0


@pytest.mark.parametrize("number", ["anonymous", "10086"])
async def test_who_cannot_be_rung_becomes_a_ticket(service: Service, sqlite: str, number: str) -> None:
    async with UserAgent(Identity(number)) as telephone, Place(service, telephone, sqlite) as place:
        place.start()
        await (await place.call()).bye(CUT)
        await until(place.tickets)
        (ticket,) = place.tickets()
        assert (ticket.kind, ticket.drops) == ("dropped", 1)
        assert not place.promises()
        assert service.daemon.stop() == 0
