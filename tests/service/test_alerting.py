"""Urgent tickets reach somebody: a real HTTP server takes them, or does not."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp import web
from structlog.testing import capture_logs

from ivr.config import Settings, load
from ivr.records import Approvals, Database, NewApproval, NewTicket, Promise, Promises, Tickets
from ivr.records.policy import Policy
from ivr.service.alerting import Alerting, backoff, text
from tests.service.running import Service, until

pytestmark = pytest.mark.req("F5")
NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
TICKET = NewTicket(
    kind="incident",
    urgency="urgent",
    owner="supervisor",
    due_at=NOW,
    number="13800138000",
    summary="多位客人反映系统故障",
)


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Robot:
    """Whoever takes alerts: what it answers, one after the other, and what it was told."""

    answers: list[tuple[int, object]] = field(default_factory=list)
    told: list[web.Request] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    url: str = ""

    async def take(self, request: web.Request) -> web.Response:
        self.told.append(request)
        self.bodies.append(await request.json())
        status, body = self.answers.pop(0) if self.answers else (200, {"errcode": 0})
        if isinstance(body, str):
            return web.Response(status=status, text=body)
        return web.json_response(body, status=status)


@asynccontextmanager
async def robot(*answers: tuple[int, object]) -> AsyncIterator[Robot]:
    there = Robot(list(answers))
    app = web.Application()
    app.router.add_post("/robot", there.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}/robot?key=sesame"
    try:
        yield there
    finally:
        await runner.cleanup()


class House:
    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder, self.clock = folder, clock
        self.database = Database(f"sqlite:///{folder / 'ivr.db'}")
        self.database.upgrade()

    def settings(self, url: str, more: str = "") -> Settings:
        config = self.folder / "ivr.toml"
        config.write_text(
            f'[records]\nurl = "sqlite:///{self.folder / "ivr.db"}"\n[alerts]\nurl = "{url}"\n{more}', encoding="utf-8"
        )
        return load(config, {})

    def open(self, ticket: NewTicket = TICKET) -> int:
        with self.database.transaction() as tx:
            return Tickets(tx).open(ticket, self.clock())


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def house(tmp_path: Path, clock: Clock) -> Iterator[House]:
    house = House(tmp_path, clock)
    yield house
    house.database.close()


@asynccontextmanager
async def sending(house: House, settings: Settings) -> AsyncIterator[tuple[Alerting, aiohttp.ClientSession]]:
    async with aiohttp.ClientSession() as client:
        alerting = Alerting(settings, house.clock)
        try:
            yield alerting, client
        finally:
            alerting.close()


@pytest.mark.req("F3")
async def test_what_was_promised_and_not_kept_in_time_is_told_once(house: House) -> None:
    async with robot() as there, sending(house, house.settings(there.url)) as (alerting, client):
        house.open(NewTicket(kind="shipment", due_at=NOW + timedelta(minutes=30), summary="查件"))
        for _ in range(4):
            await alerting.send(client)
            house.clock.forward(900)
    assert [body["summary"] for body in there.bodies] == ["已过时限：查件"]


async def test_an_urgent_ticket_is_told_once_its_number_shortened(house: House) -> None:
    async with robot() as there, sending(house, house.settings(there.url)) as (alerting, client):
        ticket = house.open()
        house.open(NewTicket(kind="call_back", summary="给客人回电话"))  # nobody need know at once
        for _ in range(3):
            await alerting.send(client)
            house.clock.forward(3600)
    (body,) = there.bodies
    assert (body["ticket"], body["kind"], body["what"], body["number"]) == (ticket, "incident", "opened", "138****8000")
    assert (
        body["text"] == "【紧急工单 1】多位客人反映系统故障\n电话：138****8000\n处理人：supervisor\n时限：11-22 09:30"
    )
    assert there.told[0].headers["Idempotency-Key"] == "alert-1"


async def test_what_ails_the_service_itself_is_told_as_that(house: House) -> None:
    async with robot() as there, sending(house, house.settings(there.url)) as (alerting, client):
        alerting.put("reload", "话术没有更新")
        for _ in range(3):
            await alerting.send(client)
            house.clock.forward(3600)
    (body,) = there.bodies
    assert (body["what"], body["text"]) == ("reload", "【系统】话术没有更新")


async def test_what_did_not_arrive_is_sent_again_later_and_later(house: House) -> None:
    async with robot((500, {}), (302, {})) as there, sending(house, house.settings(there.url)) as (alerting, client):
        house.open()
        with capture_logs() as logged:
            await alerting.send(client)
            await alerting.send(client)
            assert len(there.told) == 1, "not before its time"
            house.clock.forward(backoff(1))
            await alerting.send(client)
            house.clock.forward(backoff(2))
            await alerting.send(client)
            house.clock.forward(3600)
            await alerting.send(client)
    assert len(there.told) == 3
    assert {request.headers["Idempotency-Key"] for request in there.told} == {"alert-1"}
    assert [line["event"] for line in logged] == ["an alert did not arrive"] * 2 + ["alert"]
    assert "sesame" not in str(logged)


async def test_nobody_there_is_tried_for_a_day_and_then_given_up(house: House) -> None:
    async with sending(house, house.settings("http://127.0.0.1:9/robot?key=sesame")) as (alerting, client):
        house.open()
        with capture_logs() as logged:
            await alerting.send(client)
        assert "sesame" not in str(logged)
        assert "ClientConnectorError" in str(logged)
    async with robot() as there, sending(house, house.settings(there.url)) as (alerting, client):
        house.clock.forward(86400 + 1)
        with capture_logs() as logged:
            await alerting.send(client)
        assert there.told == []
        assert [line["event"] for line in logged] == ["an alert is given up"]


@pytest.mark.parametrize("form", ["wecom", "dingtalk"])
async def test_a_robot_says_in_its_answer_that_it_took_nothing(house: House, form: str) -> None:
    more = f'format = "{form}"'
    async with (
        robot((200, {"errcode": 45009})) as there,
        sending(house, house.settings(there.url, more)) as (a, client),
    ):
        house.open()
        await a.send(client)
        house.clock.forward(backoff(1))
        await a.send(client)
        house.clock.forward(3600)
        await a.send(client)
    assert len(there.told) == 2
    assert there.bodies[-1]["msgtype"] == "text"
    assert there.bodies[-1]["text"]["content"].startswith("【紧急工单 1】")


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("[" * 60_000, "RecursionError"),
        ("[" * 100_000, "an answer without end"),
        ("no JSON", "JSONDecodeError"),
        ('{"errcode": "0"}', "errcode 0"),
    ],
)
async def test_a_robot_that_talks_nonsense_has_taken_nothing_and_holds_up_nobody(
    house: House, said: str, reason: str
) -> None:
    async with (
        robot((200, said)) as there,
        sending(house, house.settings(there.url, 'format = "wecom"')) as (alerting, client),
    ):
        house.open()
        with capture_logs() as logged:
            await alerting.send(client)
            house.clock.forward(backoff(1))
            await alerting.send(client)
    assert [line.get("reason") for line in logged] == [reason, None]
    assert len(there.told) == 2


async def test_a_clock_put_back_delays_no_alert_for_an_hour(house: House) -> None:
    async with robot((500, {})) as there, sending(house, house.settings(there.url)) as (alerting, client):
        house.open()
        await alerting.send(client)
        house.clock.forward(-3600)
        await alerting.send(client)
    assert len(there.told) == 2


async def test_dingtalk_s_robots_want_it_signed(house: House) -> None:
    (house.folder / "secret").write_text("SECsesame\n", encoding="utf-8")
    more = 'format = "dingtalk"\nsecret_file = "secret"'
    async with robot() as there, sending(house, house.settings(there.url, more)) as (alerting, client):
        house.open()
        await alerting.send(client)
    query = there.told[0].query
    signed = f"{query['timestamp']}\nSECsesame".encode()
    assert query["sign"] == base64.b64encode(hmac.new(b"SECsesame", signed, hashlib.sha256).digest()).decode()
    assert query["key"] == "sesame"
    assert query["timestamp"] == "1795311000000"


async def test_a_promise_that_failed_is_told_of(house: House) -> None:
    async with robot() as there, sending(house, house.settings(there.url)) as (alerting, client):
        with house.database.transaction() as tx:
            promises = Promises(tx)
            promises.make(Promise(kind="dropped", due_at=NOW, number="13800138000"), NOW)
            (claim,) = promises.claim(NOW, "here", 5, 1)
            promises.settle(claim, "busy", NOW, Policy(attempts=1))
        await alerting.send(client)
    assert there.bodies[0]["summary"] == "dropped: busy, the last of 1 attempts"


async def test_two_services_on_one_database_tell_it_once(house: House) -> None:
    async with robot() as there:
        settings = house.settings(there.url)
        async with sending(house, settings) as (one, client), sending(house, settings) as (other, _):
            house.open()
            taken = one._take(), other._take()
            assert [len(each) for each in taken] == [1, 0]
            await one._tell(client, taken[0][0])
            house.clock.forward(3600)
            await other.send(client)
    assert len(there.told) == 1


@pytest.mark.sip
async def test_the_service_sends_them(service: Service) -> None:
    async with robot() as there:
        service.start(more=f'[alerts]\nurl = "{there.url}"')
        database = Database(f"sqlite:///{service.config.parent / 'ivr.db'}")
        with database.transaction() as tx:
            Tickets(tx).open(TICKET, datetime.now(UTC))
        database.close()
        await until(lambda: there.told)
        assert service.daemon.stop() == 0
    assert "sesame" not in service.daemon.output


@pytest.mark.req("E6")
def test_an_approval_says_what_is_asked_and_until_when() -> None:
    said = {
        "approval": 3,
        "kind": "abuse",
        "summary": "abuse：strikes 3",
        "number": "138****8000",
        "due": NOW.isoformat(),
    }
    assert text(said, ZoneInfo("Asia/Shanghai")) == "【请审批 3】abuse：strikes 3\n电话：138****8000\n时限：11-22 09:30"


@pytest.mark.req("E6")
@pytest.mark.parametrize(("late_s", "told"), [(29.0, 1), (31.0, 0)])
async def test_an_approval_that_nobody_waits_for_any_more_is_told_to_nobody(
    house: House, late_s: float, told: int
) -> None:
    asked = NewApproval(call_id="call", inquiry=1, kind="abuse", deadline_at=NOW + timedelta(seconds=30))
    with house.database.transaction() as tx:
        Approvals(tx).ask(asked, NOW)
    house.clock.forward(late_s)
    async with robot() as there, sending(house, house.settings(there.url)) as (alerting, client):
        await alerting.send(client)
        assert len(there.told) == told
