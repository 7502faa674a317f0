"""What calls ask of others: real backends, a real database; the line and its time are the test's."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import pytest
from sqlalchemy import Connection
from structlog.testing import capture_logs

pytest.importorskip("pjsua2", reason="pjsua2 is not installed: make pjsua2")

from ivr.audio import FRAME_S
from ivr.backends import FOUND, Backend, NoAnswerError, Reply, SampleSource
from ivr.dialog.events import KeyPressed, RemoteHangup
from ivr.errors import UserError
from ivr.records import Alert, Alerts, Approval, Approvals, Database
from ivr.service import inquiries
from ivr.service.inquiries import unanswered
from ivr.service.keeping import Keeper
from ivr.service.voices import Voices
from ivr.standards.load import load_standard
from tests.records.databases import MakeDatabase
from tests.service.test_worker import Bench, FakeLeg

STANDARD = Path(__file__).parents[1] / "standards" / "asking.toml"
CALLER = "8613812345678"


class Puppet:
    """A system that answers when, and as, the test says."""

    where = "puppet"

    def __init__(self) -> None:
        self.asked: list[Mapping[str, str]] = []
        self.may_answer = asyncio.Event()
        self.fault: Exception | None = None
        self.left = 0
        self.values = {"place": "上海"}

    async def fetch(self, about: Mapping[str, str]) -> Reply:
        self.asked.append(about)
        try:
            await self.may_answer.wait()
        except asyncio.CancelledError:
            self.left += 1
            raise
        if self.fault:
            raise self.fault
        return Reply(FOUND, self.values)

    async def trouble(self) -> str:
        return ""

    async def close(self) -> None:
        """Nothing is open."""


def behind_limits(source: Puppet | SampleSource) -> Backend:
    return Backend(source, timeout_s=20.0, at_once=4, failures=5, rest_s=30.0)


@dataclass
class House:
    """A worker whose standard asks others, and a caller who has been greeted."""

    bench: Bench
    leg: FakeLeg

    async def passes(self, seconds: float, until: Callable[[], object] = lambda: False) -> None:
        """Time passes on the line, a frame at a time; beside it others have a hundredth of a second for each."""
        for _ in range(round(seconds / FRAME_S)):
            if until():
                return
            self.bench.pass_time(FRAME_S)
            await asyncio.sleep(0.005)

    async def comes(self, condition: Callable[[], object]) -> None:
        """It comes to that, in no time on the line."""
        async with asyncio.timeout(20):
            while not condition():
                self.bench.worker.tick()
                await asyncio.sleep(0.005)

    async def press(self, key: str) -> None:
        self.bench.wire.happened(self.leg, KeyPressed(key))
        await self.passes(0.1)

    def hang_up(self) -> None:
        self.bench.wire.happened(self.leg, RemoteHangup())
        self.bench.worker.tick()

    def said(self, prompt: str) -> bool:
        return prompt in self.bench.said()

    @contextmanager
    def records(self) -> Iterator[Connection]:
        """As somebody else looks into them."""
        database = Database(self.bench.settings.records.url)
        try:
            with database.transaction() as tx:
                yield tx
        finally:
            database.close()

    @property
    def approvals(self) -> list[Approval]:
        with self.records() as tx:
            return list(Approvals(tx).list(everything=True))

    @property
    def alerts(self) -> list[Alert]:
        with self.records() as tx:
            return list(Alerts(tx).take(self.bench.keeper.clock(), 60))

    def decide(self, decision: Literal["granted", "refused"]) -> bool:
        (asked,) = self.approvals
        with self.records() as tx:
            return Approvals(tx).decide(asked.id, decision, "wang", self.bench.keeper.clock())


@asynccontextmanager
async def house(
    folder: Path,
    shipment: Puppet | SampleSource | None = None,
    **settings: Any,  # noqa: ANN401 - sections of ivr.toml
) -> AsyncIterator[House]:
    backends = {"shipment": behind_limits(shipment)} if shipment else {}
    bench = Bench(folder, backends=backends, standard={"name": str(STANDARD)}, **settings)
    assert bench.inquiries
    try:
        async with bench.inquiries.running():
            there = House(bench, bench.answered())
            yield there
            there.hang_up()
    finally:
        closed(bench.keeper)


def closed(keeper: Keeper) -> None:
    keeper.close()
    if keeper.database:
        keeper.database.close()


def kept(url: str, folder: Path) -> dict[str, object]:
    return {"url": url, "recordings": str(folder)}


@pytest.fixture
def url(make_database: MakeDatabase) -> str:
    return make_database()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inquiries, "POLL_S", 0.02)


# ---------------------------------------------------------------- the house's systems


@pytest.mark.req("F2")
async def test_a_call_asks_and_hears_what_was_found(tmp_path: Path) -> None:
    puppet = Puppet()
    async with house(tmp_path, puppet) as there:
        await there.press("4")
        await there.comes(lambda: puppet.asked)
        puppet.may_answer.set()
        await there.passes(10.0, until=lambda: there.said("found_it"))
    assert puppet.asked == [{"caller": CALLER, "waybill": ""}]
    (replied,) = there.bench.entries("event", "Replied")
    assert (replied["outcome"], replied["values"]) == ("found", {"place": "上海"})
    assert there.bench.counts("ivr_inquiries_total") == {("shipment", "found"): 1.0}


class SlowVoices:
    """Speaks when the test says."""

    def __init__(self) -> None:
        self.warmed: list[Mapping[str, tuple[str, ...]]] = []
        self.may_speak = asyncio.Event()

    async def warm(self, _: object, values: Mapping[str, tuple[str, ...]]) -> None:
        self.warmed.append(values)
        await self.may_speak.wait()
        raise UserError("nobody can speak that")


@pytest.mark.req("F2")
async def test_what_a_system_says_is_spoken_beside_the_loop_before_the_call_has_it(tmp_path: Path) -> None:
    puppet, voices = Puppet(), SlowVoices()
    puppet.values = {"news": "快件已经到了上海", "unknown": "x"}
    puppet.may_answer.set()
    async with house(tmp_path, puppet) as there:
        assert there.bench.inquiries
        there.bench.inquiries._voices = cast(Voices, voices)
        await there.press("4")
        await there.comes(lambda: voices.warmed)
        assert voices.warmed == [{"news": ("快件已经到了上海",)}]
        assert not there.bench.entries("event", "Replied")
        voices.may_speak.set()
        await there.passes(10.0, until=lambda: there.said("found_it"))
        assert there.said("found_it")


@pytest.mark.req("F10")
async def test_what_is_not_in_the_sample_is_missing(tmp_path: Path) -> None:
    async with house(tmp_path, SampleSource("shipment", 2.0)) as there:
        await there.press("4")
        await there.passes(10.0, until=lambda: there.said("not_there"))
    assert there.said("not_there")


@pytest.mark.req("B12")
async def test_a_slow_system_holds_up_nobody_and_is_left_when_time_is_out(tmp_path: Path) -> None:
    puppet = Puppet()
    async with house(tmp_path, puppet) as there:
        await there.press("4")
        await there.passes(6.0, until=lambda: there.said("is_down"))
        assert there.said("is_down")
        await there.comes(lambda: puppet.left)
        assert not there.bench.entries("event", "Replied")


@pytest.mark.req("D8")
async def test_whoever_waits_can_still_reach_a_person(tmp_path: Path) -> None:
    puppet = Puppet()
    async with house(tmp_path, puppet) as there:
        await there.press("4")
        await there.press("0")
        await there.passes(5.0, until=lambda: any(each.startswith("transfer") for each in there.leg.asked))
        assert there.leg.asked[-1] == "transfer sip:0@127.0.0.1"
        await there.comes(lambda: puppet.left)


async def test_the_end_of_a_call_ends_what_it_asked(tmp_path: Path) -> None:
    puppet = Puppet()
    async with house(tmp_path, puppet) as there:
        await there.press("4")
        await there.comes(lambda: puppet.asked)
        there.hang_up()
        await there.comes(lambda: puppet.left)
        puppet.may_answer.set()
        await there.passes(0.2)
    assert not there.bench.entries("event", "Replied")


@pytest.mark.req("B12")
@pytest.mark.parametrize("fault", [NoAnswerError("HTTP 500"), ValueError("773012345678")])
async def test_whatever_goes_wrong_is_told_to_the_caller_and_to_the_log(tmp_path: Path, fault: Exception) -> None:
    puppet = Puppet()
    puppet.fault = fault
    puppet.may_answer.set()
    with capture_logs() as logs:
        async with house(tmp_path, puppet) as there:
            await there.press("4")
            await there.passes(10.0, until=lambda: there.said("is_down"))
    assert there.said("is_down")
    warnings = [line["event"] for line in logs if line["log_level"] in {"warning", "error"}]
    assert "an inquiry has failed" in warnings
    assert "773012345678" not in str(logs)


@pytest.mark.req("B12")
async def test_where_nobody_is_to_be_asked_it_fails_at_once(tmp_path: Path) -> None:
    with capture_logs() as logs:
        async with house(tmp_path) as there:
            await there.press("4")
            await there.passes(4.0, until=lambda: there.said("is_down"))
            assert there.said("is_down")
            await there.press("0")
    assert [line["todo"] for line in logs if line["event"] == "nobody can be asked"] == ["[backends.shipment]"]


def test_whom_standards_ask_in_vain_is_found_out() -> None:
    asking = load_standard(STANDARD)
    inherited = unanswered([load_standard("general")], [])
    assert {*unanswered([asking], [])} == {*inherited, "shipment"}
    assert unanswered([asking], ["shipment", *inherited]) == []


# ---------------------------------------------------------------- the supervisor


@pytest.mark.req("E6")
@pytest.mark.parametrize(("decision", "prompt"), [("granted", "leave_given"), ("refused", "leave_refused")])
async def test_a_supervisor_decides_while_the_caller_waits(
    tmp_path: Path, url: str, decision: Literal["granted", "refused"], prompt: str
) -> None:
    async with house(tmp_path, records=kept(url, tmp_path)) as there:
        await there.press("5")
        await there.comes(lambda: there.approvals)
        (asked,) = there.approvals
        assert (asked.kind, asked.caller, asked.evidence, asked.instance) == (
            "leave",
            CALLER,
            {"caller": CALLER},
            "bench",
        )
        assert (asked.deadline_at - asked.asked_at).total_seconds() == 8.0
        (alert,) = there.alerts
        assert (alert.what, alert.said["approval"]) == ("approval", asked.id)
        assert there.decide(decision)
        await there.comes(lambda: there.bench.entries("event", "Replied"))
        await there.passes(10.0, until=lambda: there.said(prompt))
    assert there.said(prompt)
    assert not there.decide("granted")


@pytest.mark.req("E6")
async def test_nobody_is_waited_for_longer_than_the_standard_says(tmp_path: Path, url: str) -> None:
    async with house(tmp_path, records=kept(url, tmp_path)) as there:
        await there.press("5")
        await there.comes(lambda: there.approvals)
        await there.passes(12.0, until=lambda: there.said("leave_refused"))
        assert there.said("leave_refused")
        await there.comes(lambda: there.approvals[0].decision)
    assert (there.approvals[0].decision, there.approvals[0].why) == ("expired", "the call went on without it")
    assert not there.decide("granted")


@pytest.mark.req("E6")
async def test_a_caller_who_hangs_up_waits_for_nothing(tmp_path: Path, url: str) -> None:
    async with house(tmp_path, records=kept(url, tmp_path)) as there:
        await there.press("5")
        await there.comes(lambda: there.approvals)
        there.hang_up()
        await there.comes(lambda: there.approvals[0].decision)
    assert (there.approvals[0].decision, there.approvals[0].why) == ("expired", "the call ended")


@pytest.mark.req("E6")
async def test_about_some_callers_no_supervisor_is_asked(tmp_path: Path, url: str) -> None:
    exempt = {"exempt": ["^13812345678$"]}
    async with house(tmp_path, records=kept(url, tmp_path), numbers=exempt) as there:
        await there.press("5")
        await there.passes(6.0, until=lambda: there.said("leave_refused"))
        assert there.said("leave_refused")
        await there.comes(lambda: there.approvals)
        assert not there.alerts
    (asked,) = there.approvals
    assert (asked.decision, asked.why, asked.by) == ("refused", "exempt customer", "ivr")


@pytest.mark.req("E6")
async def test_whoever_is_exempt_is_so_without_records_too(tmp_path: Path) -> None:
    async with house(tmp_path, numbers={"exempt": ["^13812345678$"]}) as there:
        await there.press("5")
        await there.passes(6.0, until=lambda: there.said("leave_refused"))
    (replied,) = there.bench.entries("event", "Replied")
    assert replied["outcome"] == "refused"


async def test_without_records_no_supervisor_can_be_asked(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.press("5")
        await there.passes(6.0, until=lambda: there.said("leave_refused"))
        assert there.said("leave_refused")
    (replied,) = there.bench.entries("event", "Replied")
    assert replied["outcome"] == "failed"


async def test_a_database_that_is_away_for_a_while_makes_nobody_lose_a_decision(
    tmp_path: Path, make_file: MakeDatabase
) -> None:
    url = make_file()
    with capture_logs() as logs:
        async with house(tmp_path, records=kept(url, tmp_path)) as there:
            await there.press("5")
            await there.comes(lambda: there.approvals)
            assert there.decide("granted")
            assert there.bench.keeper.database
            there.bench.keeper.database.close()
            shutil.move(url.removeprefix("sqlite://"), tmp_path / "away")
            await there.comes(lambda: any("decisions cannot be read" in line["event"] for line in logs))
            shutil.move(tmp_path / "away", url.removeprefix("sqlite://"))
            await there.comes(lambda: there.bench.entries("event", "Replied"))
    assert there.bench.entries("event", "Replied")[0]["outcome"] == "granted"


async def test_what_a_killed_process_waited_for_is_closed_by_its_successor(tmp_path: Path, url: str) -> None:
    async with house(tmp_path, records=kept(url, tmp_path)) as there:
        await there.press("5")
        await there.comes(lambda: there.approvals)
        successor = Bench(tmp_path, backends={}, records=kept(url, tmp_path)).keeper
        await asyncio.to_thread(successor.find_lost, {})
        assert (there.approvals[0].decision, there.approvals[0].why) == ("expired", "the call was lost")
        closed(successor)
