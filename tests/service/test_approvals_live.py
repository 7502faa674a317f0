"""A supervisor decides by the command line while a caller waits on the running service, and while it dies."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from ivr.cli.main import run
from ivr.records import Approval, Approvals, Database
from ivr.simulation.dialog import Dialog, Identity
from ivr.simulation.user_agent import UserAgent
from tests.service.running import Service, until

pytestmark = [pytest.mark.sip, pytest.mark.req("E6")]
STANDARD = Path(__file__).parents[1] / "standards" / "asking.toml"


def approvals(service: Service) -> list[Approval]:
    database = Database(f"sqlite:///{service.config.parent / 'ivr.db'}")
    try:
        with database.reading() as tx:
            return list(Approvals(tx).list(everything=True))
    finally:
        database.close()


async def grant(service: Service, approval: Approval) -> int:
    arguments = ["approvals", "grant", str(approval.id), "--role", "supervisor", "--config", str(service.config)]
    return await asyncio.to_thread(run, arguments)


async def asked(service: Service, telephone: UserAgent) -> tuple[Dialog, Approval]:
    call = telephone.dialog(service.uri)
    assert await call.invite() == 200
    await until(lambda: call.rtp.packets)
    call.rtp.key("5")
    await until(lambda: any(not each.decision for each in approvals(service)))
    return call, approvals(service)[-1]


async def test_what_is_granted_is_done_and_what_a_killed_worker_waited_for_is_closed(
    service: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    service.start(standard=str(STANDARD))
    async with UserAgent(Identity(number="13800138000")) as telephone:
        call, first = await asked(service, telephone)
        assert await grant(service, first) == 0
        await until(lambda: any("leave_given" in str(entry.get("utterances")) for entry in service.entries()))
        await call.bye()
        _, second = await asked(service, telephone)
        (worker,) = [each for each in service.workers() if "ivr.service.process" in each.cmdline()]
        worker.send_signal(signal.SIGKILL)
        await until(lambda: approvals(service)[-1].decision)
        assert await grant(service, second) == 1
    assert approvals(service)[-1].decision == "expired"
    assert "nobody waits for it since" in capsys.readouterr().err
    assert service.daemon.stop() == 0
