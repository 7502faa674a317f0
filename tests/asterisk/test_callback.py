"""Calls that we make through a real Asterisk, which is restarted in the middle of one (requirement B9)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.records import Database, Promise, Promises
from ivr.records.promises import Kept
from ivr.simulation.dialog import Answering, Identity
from ivr.simulation.scenario import Line
from ivr.simulation.user_agent import UserAgent
from tests.asterisk.house import House, eventually, house

pytestmark = [pytest.mark.asterisk, pytest.mark.sip, pytest.mark.timeout(200), pytest.mark.req("B9", "E14")]
NUMBER = "13900000021"
ALL = ("pending", "claimed", "dialling", "kept", "failed", "unknown", "cancelled")
_OUT = "\n[from-ivr-custom](+)\nexten => _1X.,1,Dial(PJSIP/operator,60)\n"


@pytest.fixture
def place(chroot: Path, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[House]:
    with house(chroot, tmp_path, [Line(number="4001")], free_port) as whole:
        extensions = whole.pbx.folder / "etc" / "extensions_custom.conf"
        extensions.write_text(extensions.read_text("utf-8") + _OUT, "utf-8")
        whole.pbx.rx("dialplan reload")
        yield whole


def test_asterisk_is_restarted_while_a_call_back_rings(place: House, tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ivr.db'}")

    def promise() -> Kept:
        with database.reading() as tx:
            (found,) = Promises(tx).list(states=ALL)
        return found

    async def scene() -> None:
        async with UserAgent(Identity("operator", answering=Answering(90.0)), port=place.operator_port) as telephone:
            now = datetime.now(UTC)
            with database.transaction() as tx:
                Promises(tx).make(Promise(kind="dropped", due_at=now, number=NUMBER, line="4001"), now)
            await asyncio.wait_for(telephone.received.get(), 20)
            place.pbx.stop()
            place.pbx.start()
            assert await asyncio.to_thread(eventually, lambda: promise().state == "pending", 90.0)
            assert promise().attempts == 1
            assert telephone.received.empty(), "rung once"
            assert await asyncio.to_thread(eventually, lambda: place.registered, 60.0), "the next attempt gets through"

    asyncio.run(scene())
    database.close()
