"""Callers who were cut off are rung back by the running service (requirement B9)."""

from __future__ import annotations

import asyncio
import signal

import psutil
import pytest
from sqlalchemy import select

from ivr.records import Calls, Database
from ivr.records.schema import attempts, promises, tickets
from ivr.simulation.dialog import Answering, Dialog, Identity
from ivr.simulation.user_agent import UserAgent
from tests.service.running import Service, spoken_to, until

pytestmark = [pytest.mark.sip, pytest.mark.req("B9")]
NUMBER = "13800138000"
CUT = "Q.850;cause=38"
WITHIN_S = 30.0


class Place:
    """A service, and the telephone of one caller who can be rung back."""

    def __init__(self, service: Service, telephone: UserAgent) -> None:
        self.service, self.telephone = service, telephone
        host, port = telephone.address
        service.start(telephony=f'outbound = "sip:{{number}}@{host}:{port}"')
        self.database = Database(f"sqlite:///{service.config.parent / 'ivr.db'}")

    async def call(self) -> Dialog:
        """Connected, and the greeting has begun."""
        call = self.telephone.dialog(self.service.uri)
        assert await call.invite() == 200
        await until(lambda: call.rtp.packets)
        return call

    async def rung_back(self) -> Dialog:
        return await asyncio.wait_for(self.telephone.received.get(), WITHIN_S)

    def promise(self) -> dict[str, object]:
        with self.database.reading() as tx:
            return dict(tx.execute(select(promises)).mappings().one())

    def count(self, table: object) -> int:
        with self.database.reading() as tx:
            return len(tx.execute(select(table)).all())  # type: ignore[call-overload]  # any table


async def test_who_is_cut_off_is_rung_back_and_the_promise_is_kept(service: Service) -> None:
    async with UserAgent(Identity(NUMBER, answering=Answering(0.2))) as telephone:
        place = Place(service, telephone)
        call = await place.call()
        await call.bye(CUT)
        again = await place.rung_back()
        await spoken_to(again)
        again.rtp.key("1")  # yes, it is me
        await until(lambda: place.promise()["state"] == "kept")
        await again.bye()
        assert service.daemon.stop() == 0
        with place.database.reading() as tx:
            first, second = Calls(tx).list()
        assert (first["outcome"], second["direction"], second["dialled"]) == ("caller_hung_up", "out", NUMBER)
        assert place.count(tickets) == 0


async def test_a_telephone_that_is_busy_is_rung_again_and_then_a_person_is_told(service: Service) -> None:
    async with UserAgent(Identity(NUMBER, answering=Answering(0.0, 486, "Busy Here"))) as telephone:
        place = Place(service, telephone)
        await (await place.call()).bye(CUT)
        await place.rung_back()
        await until(lambda: place.promise()["state"] == "pending" and place.promise()["attempts"] == 1)
        assert service.daemon.stop() == 0


async def test_a_worker_killed_in_mid_call_leaves_a_lost_call_whose_caller_is_rung_back(service: Service) -> None:
    async with UserAgent(Identity(NUMBER, answering=Answering(0.2))) as telephone:
        place = Place(service, telephone)
        await place.call()
        await until(lambda: place.count(promises) == 0 and _open(place))
        (worker,) = [each for each in service.workers() if "ivr.service.process" in each.cmdline()]
        worker.send_signal(signal.SIGKILL)
        again = await place.rung_back()
        await until(lambda: again.rtp.packets)
        await again.bye()
        with place.database.reading() as tx:
            assert Calls(tx).list()[0]["state"] == "lost"
        assert service.daemon.stop() == 0


async def test_a_worker_killed_while_it_rings_dials_no_second_time(service: Service) -> None:
    async with UserAgent(Identity(NUMBER, answering=Answering(60.0))) as telephone:
        place = Place(service, telephone)
        await (await place.call()).bye(CUT)
        await place.rung_back()
        (worker,) = [each for each in service.workers() if "ivr.service.process" in each.cmdline()]
        worker.send_signal(signal.SIGKILL)
        await until(lambda: _back(service, worker))
        assert telephone.received.empty()
        assert place.count(attempts) == 1
        assert service.daemon.stop() == 0


@pytest.mark.req("F6")
async def test_who_rings_again_while_we_ring_them_is_known_and_their_telephone_falls_silent(service: Service) -> None:
    async with UserAgent(Identity(NUMBER, answering=Answering(60.0))) as telephone:
        place = Place(service, telephone)
        call = await place.call()
        call.rtp.key("0")
        await until(lambda: _said(service, "transfer_operator"))
        await call.bye(CUT)
        ours = await place.rung_back()
        again = telephone.dialog(service.uri)
        assert await again.invite() == 200
        await until(lambda: _said(service, "came_back"))
        await asyncio.wait_for(ours.over.wait(), 5.0)
        assert place.promise()["state"] == "cancelled"
        again.rtp.key("9")  # something else
        await until(lambda: _said(service, "ask_help"))
        again.rtp.key("9")
        await until(lambda: _said(service, "anything_else"))
        again.rtp.key("9")
        await until(lambda: _said(service, "goodbye"))
        await again.bye()
        assert service.daemon.stop() == 0
        assert place.count(promises) == 1


def _said(service: Service, prompt: str) -> bool:
    return any(prompt in entry.get("utterances", ()) for entry in service.entries())


def _open(place: Place) -> bool:
    with place.database.reading() as tx:
        return any(call["answered_at"] for call in Calls(tx).list(states=("open",)))


def _back(service: Service, killed: psutil.Process) -> bool:
    return any(each.pid != killed.pid and "ivr.service.process" in each.cmdline() for each in service.workers())
