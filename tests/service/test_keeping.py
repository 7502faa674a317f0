"""What a worker keeps, without a wire; the clock is the test's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from ivr.config import Settings, load
from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.call import Call
from ivr.dialog.events import Remembered
from ivr.dialog.known import Known
from ivr.errors import UserError
from ivr.records import (
    Alerts,
    Calls,
    Claim,
    Database,
    Incident,
    Incidents,
    NewCall,
    Policy,
    Promise,
    Promises,
    RecordsError,
    Ticket,
    Tickets,
)
from ivr.records.promises import Kept
from ivr.service.callbacks import Callbacks, Order
from ivr.service.keeping import Keeper, Origin, Owed, Record
from ivr.standards.house import House
from ivr.standards.load import load_standard
from tests.dialog.helpers import Driver
from tests.service.running import until

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # in Shanghai
NUMBER = "13800138000"
ALL = ("pending", "claimed", "dialling", "kept", "failed", "unknown", "cancelled")


@dataclass
class Clock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Telephones:
    """Makes calls, as a worker does; the test says what comes of them."""

    orders: list[Order] = field(default_factory=list)
    full: bool = False
    given_up: list[int] = field(default_factory=list)
    broken: bool = False
    dumb: Exception | None = None

    def new_name(self) -> str:
        return f"out-{len(self.orders)}"

    async def prepare(self, origin: Origin) -> None:
        """What has to be spoken by machine."""
        if self.dumb:
            raise self.dumb

    def dial(self, name: str, order: Order) -> None:
        if self.full:
            raise UserError("no line free")
        if self.broken:
            raise ValueError("a fault of ours")
        self.orders.append(order)

    def give_up(self, promise_id: int) -> None:
        self.given_up.append(promise_id)


class Place:
    def __init__(self, settings: Settings) -> None:
        self.clock, self.telephones = Clock(), Telephones()
        self.settings, self.standards = settings, {"general": load_standard("general")}
        self.database = Database(settings.records.url)
        self.database.upgrade()
        self.keeper = Keeper(settings, "here", self.clock)
        self.callbacks = Callbacks(self.keeper, self.telephones, self.standards)

    @asynccontextmanager
    async def ringing(self) -> AsyncIterator[None]:
        """Meanwhile whoever is due is rung."""
        stop = asyncio.Event()
        async with self.callbacks.running(stop):
            yield
            stop.set()

    def owe(self, due_s: float = 0.0, number: str = NUMBER) -> None:
        now = self.clock()
        with self.database.transaction() as tx:
            Promises(tx).make(Promise(kind="dropped", due_at=now + timedelta(seconds=due_s), number=number), now)

    def promises(self) -> list[Kept]:
        with self.database.reading() as tx:
            return list(Promises(tx).list(states=ALL))

    def close(self) -> None:
        self.keeper.close()
        self.database.close()


def _place(folder: Path, more: str) -> Place:
    config = folder / "ivr.toml"
    config.write_text(f'[records]\nurl = "sqlite:///{folder / "ivr.db"}"\n{more}\n', "utf-8")
    return Place(load(config, {}))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = _place(tmp_path, "[numbers]\ncalls_an_hour = 2\ncalls_a_day = 3")
    yield place
    place.close()


# ---------------------------------------------------------------- clocks


@pytest.mark.req("B9")
@pytest.mark.parametrize("hours", [1, -1])
async def test_a_clock_stepped_while_it_rings_changes_nothing(place: Place, hours: int) -> None:
    place.owe()
    async with place.ringing():
        await until(lambda: place.telephones.orders)
        place.clock.now += timedelta(hours=hours)
        await asyncio.sleep(2.5)  # longer than it takes to look for claims that ran out
        assert [promise.state for promise in place.promises()] == ["dialling"]
        place.telephones.orders[0].kept()
        await until(lambda: place.promises()[0].state == "kept")
        place.telephones.orders[0].ended("caller_hung_up")
    assert (len(place.telephones.orders), place.promises()[0].state) == (1, "kept")


@pytest.mark.req("B9")
async def test_a_clock_put_back_keeps_nobody_waiting_for_an_hour(place: Place) -> None:
    place.clock.now += timedelta(hours=1)
    place.owe()
    place.clock.now -= timedelta(hours=1)
    async with place.ringing():
        await until(lambda: place.telephones.orders, 10)


@pytest.mark.req("B9")
async def test_who_was_reached_is_not_rung_again_though_the_database_takes_it_late(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, outcomes = place.callbacks._settle, list[str]()

    def away_at_first(claim: Claim, outcome: str, policy: Policy) -> None:
        outcomes.append(outcome)
        if len(outcomes) == 1:
            raise RecordsError("away")
        settle(claim, outcome, policy)

    monkeypatch.setattr(place.callbacks, "_settle", away_at_first)
    place.owe()
    async with place.ringing():
        await until(lambda: place.telephones.orders)
        place.telephones.orders[0].kept()
        place.telephones.orders[0].ended("caller_hung_up")
        await until(lambda: place.promises()[0].state != "dialling")
    assert (outcomes, place.promises()[0].state) == (["kept", "kept"], "kept")


# ---------------------------------------------------------------- a call-back that is cut off itself


@pytest.mark.req("B9")
@pytest.mark.parametrize(("notes", "owed"), [(["owed"], 1), (["kept", "owed"], 2)])
async def test_a_call_back_that_is_cut_off_is_owed_once(place: Place, notes: list[str], owed: int) -> None:
    place.owe()
    origin = Origin(place.settings.standard, place.standards["general"], "4001", "out", NUMBER, promise_id=1)
    record = place.keeper.record("out-1", Call(origin.standard, House()), origin)
    for note in notes:
        record({"t": 1.0, "note": note, "promise": "dropped"})
    record({"t": 2.0, "note": "reported", "incident": "system"})
    await until(lambda: count_reports(place) == 1)
    assert len(place.promises()) == owed


@pytest.mark.req("B9")
async def test_while_all_lines_are_busy_no_attempt_is_lost_until_it_is_due(place: Place) -> None:
    place.telephones.full = True
    place.owe(due_s=30)
    async with place.ringing():
        for _ in range(3):
            place.clock.now += timedelta(seconds=2)
            await asyncio.sleep(0.3)  # several looks at what is due
        assert (place.promises()[0].attempts, place.telephones.orders) == (0, [])
        place.telephones.full = False
        place.clock.now += timedelta(seconds=2)
        await until(lambda: place.telephones.orders)
        assert place.promises()[0].attempts == 1


# ---------------------------------------------------------------- who is not rung


@pytest.mark.req("B9")
async def test_in_quiet_hours_a_person_is_told_instead(place: Place) -> None:
    place.clock.now = NOON + timedelta(hours=11)  # 23:00
    place.owe()
    async with place.ringing():
        await until(lambda: place.promises()[0].state == "failed")
    with place.database.reading() as tx:
        (ticket,) = Tickets(tx).list()
        assert Alerts(tx).waiting(place.clock())
    assert "quiet hours" in ticket.summary
    assert place.telephones.orders == []


@pytest.mark.req("B9")
async def test_who_was_cut_off_twice_and_has_been_reached_is_not_rung_once_more(place: Place) -> None:
    async with place.ringing():
        place.owe()
        await until(lambda: len(place.telephones.orders) == 1)
        place.owe()
        place.telephones.orders[0].ended("no_answer")
        await until(lambda: len(place.telephones.orders) == 2)
        place.telephones.orders[1].kept()
        await until(lambda: [promise.state for promise in place.promises()] == ["cancelled", "kept"])


@pytest.mark.req("B9")
async def test_who_ends_like_somebody_who_speaks_with_us_is_rung_all_the_same(tmp_path: Path) -> None:
    place = _place(tmp_path, '[telephony]\noutbound_allow = ["^10086$"]')
    with place.database.transaction() as tx:
        Calls(tx).opened(NewCall(id="in-1", caller="8613800010086", instance="there"), NOON)
    place.owe(number="10086")
    async with place.ringing():
        await until(lambda: place.telephones.orders, 10)
    place.close()


@pytest.mark.req("B9")
@pytest.mark.parametrize("number", ["110", "13800138000@example.org", "１３８００１３８０００"])
async def test_whom_we_may_not_ring_is_not_rung_whoever_promised_it(place: Place, number: str) -> None:
    place.owe(number=number)
    async with place.ringing():
        await until(lambda: place.promises()[0].state == "failed")
    with place.database.reading() as tx:
        (ticket,) = Tickets(tx).list()
    assert "not allowed" in ticket.summary
    assert place.telephones.orders == []


@pytest.mark.req("B9")
async def test_a_fault_of_ours_while_dialling_is_an_attempt_and_not_held_for_ever(place: Place) -> None:
    place.telephones.broken = True
    place.owe()
    async with place.ringing():
        await until(lambda: (place.promises()[0].state, place.promises()[0].attempts) == ("pending", 1))


@pytest.mark.req("B9")
@pytest.mark.parametrize("error", [UserError("no voice"), ValueError("a fault of ours")])
async def test_what_cannot_be_spoken_is_not_tried_for_ever(place: Place, error: Exception) -> None:
    place.telephones.dumb = error
    place.owe()
    async with place.ringing():
        await until(lambda: place.promises()[0].attempts == 1)
        place.clock.now += timedelta(seconds=120)
        await until(lambda: place.promises()[0].attempts == 2)
        place.clock.now += timedelta(seconds=120)
        await until(lambda: place.promises()[0].state == "failed")
    with place.database.reading() as tx:
        assert [ticket.urgency for ticket in Tickets(tx).list()] == ["urgent"]


@pytest.mark.req("B9")
@pytest.mark.parametrize(("attempts", "becomes"), [(1, "pending"), (3, "failed")])
def test_a_call_back_lost_after_the_answer_is_tried_again_at_once(place: Place, attempts: int, becomes: str) -> None:
    for n in range(attempts):
        if n == 0:
            place.owe()
        with place.database.transaction() as tx:
            (claim,) = Promises(tx).claim(place.clock(), "here", 30, 1)
            assert Promises(tx).dialling(claim, place.clock(), f"out-{n}")
            lost = NewCall(id=f"out-{n}", direction="out", dialled=NUMBER, instance="here", promise_id=claim.id)
            Calls(tx).opened(lost, place.clock())
            Calls(tx).answered(f"out-{n}", place.clock())
        place.keeper.find_lost(place.standards)
    (promise,) = place.promises()
    assert (promise.state, promise.attempts) == (becomes, attempts)
    with place.database.reading() as tx:
        tickets = Tickets(tx).list()
    assert [ticket.summary for ticket in tickets] == ["dropped: lost, the last of 3 attempts"] * (becomes == "failed")


@pytest.mark.req("B9")
async def test_one_number_is_not_rung_for_ever(place: Place) -> None:
    async with place.ringing():
        for _ in range(2):
            place.owe()
            await until(lambda: len(place.telephones.orders) == len(place.promises()))
            place.telephones.orders[-1].kept()
            await until(lambda: place.promises()[-1].state == "kept")
        place.owe()
        await until(lambda: place.promises()[-1].state == "failed")
        place.clock.now += timedelta(minutes=61)
        place.owe()
        await until(lambda: len(place.telephones.orders) == 3)
        place.telephones.orders[-1].kept()
        await until(lambda: place.promises()[-1].state == "kept")
        place.clock.now += timedelta(minutes=61)
        place.owe()
        await until(lambda: place.promises()[-1].state == "failed")
    assert len(place.telephones.orders) == 3
    with place.database.reading() as tx:
        assert ["rung too often" in ticket.summary for ticket in Tickets(tx).list()] == [True, True]


# ---------------------------------------------------------------- incidents


@pytest.mark.req("F7")
async def test_the_fifth_caller_makes_an_incident_of_which_the_supervisor_is_told(place: Place) -> None:
    general = place.standards["general"]

    def told_by(number: int) -> None:
        origin = Origin(place.settings.standard, general, "4001", "in", f"861380013800{number}")
        record = place.keeper.record(f"call-{number}", Call(general, House()), origin)
        record({"t": 1.0, "note": "reported", "incident": "system"})

    async with place.ringing():
        for number in (1, 2, 3, 4, 4, 4):
            told_by(number)
        await until(lambda: count_reports(place) == 4)
        assert place.keeper.incidents("4001") == ()
        told_by(5)
        await until(lambda: place.keeper.incidents("4001") == ("system",))
        told_by(6)
        await until(lambda: incident(place).callers == 6)
        assert place.keeper.incidents("4002") == ()
        with place.database.transaction() as tx:
            (ticket,) = Tickets(tx).list()
            assert (ticket.urgency, ticket.owner, ticket.kind) == ("urgent", "supervisor", "incident")
            assert ticket.summary == "多位客人反映系统故障（5 位客人，4001）"
            assert len(Alerts(tx).take(place.clock(), 60)) == 1
            Incidents(tx).close(1, place.clock())
            assert Tickets(tx).list() == []
        await until(lambda: place.keeper.incidents("4001") == ())


def incident(place: Place) -> Incident:
    with place.database.reading() as tx:
        return Incidents(tx).all_open()[0]


def count_reports(place: Place) -> int:
    with place.database.reading() as tx:
        return len(tx.exec_driver_sql("select caller from reports").all())


# ---------------------------------------------------------------- callers who ring again


CALLER = "86" + NUMBER


def ring(place: Place, name: str, number: str | None = CALLER, line: str = "4001") -> tuple[Record, list[Remembered]]:
    """A call, and what the records know of its caller once they have been asked."""
    origin = Origin(place.settings.standard, place.standards["general"], line, "in", number)
    record = place.keeper.record(name, Call(origin.standard, House()), origin)
    record.note({"t": 0.0, "event": "Invited"})
    known: list[Remembered] = []
    place.keeper.recall(origin, known.append)
    return record, known


async def cut_off(place: Place, name: str, number: str = CALLER) -> None:
    record, _ = ring(place, name, number)
    place.keeper.owe(Owed("dropped"), name, record.origin, number, CUT_OFF)
    asked: list[Remembered] = []
    place.keeper.recall(record.origin, asked.append)
    await until(lambda: asked)  # what was put before is written


CUT_OFF = Known("track.waybill.read", {"waybill": "773012345678"}, 1)


@pytest.mark.req("F6", "B9")
async def test_who_was_cut_off_and_rings_again_is_known_and_rung_no_more(place: Place) -> None:
    await cut_off(place, "first")
    record, known = ring(place, "second")
    await until(lambda: known)
    assert known == [Remembered(CUT_OFF)]
    record({"t": 1.0, "note": "came_back"})
    await until(lambda: [promise.state for promise in place.promises()] == ["cancelled"])
    _, known = ring(place, "third")
    await until(lambda: known)
    assert known == [Remembered()]
    with place.database.reading() as tx:
        (second,) = [call for call in Calls(tx).list() if call["id"] == "second"]
    assert second["promise_id"] == place.promises()[0].id


@pytest.mark.req("F6")
async def test_nobody_rings_on_who_has_come_back(place: Place) -> None:
    await cut_off(place, "first")
    async with place.ringing():
        await until(lambda: place.telephones.orders)
        record, known = ring(place, "second")
        await until(lambda: known)
        record({"t": 1.0, "note": "came_back"})
        await until(lambda: place.telephones.given_up == [1])
        place.telephones.orders[0].ended("no_answer")
    assert [promise.state for promise in place.promises()] == ["cancelled"]


@pytest.mark.req("F6")
async def test_who_could_not_be_rung_is_known_as_well_and_their_ticket_is_closed(place: Place) -> None:
    await cut_off(place, "first", "85212345678")  # abroad: people are told
    record, known = ring(place, "second", "85212345678")
    await until(lambda: known)
    assert known[0].owed == ("dropped",)
    assert known[0].known.drops == 1
    record({"t": 1.0, "note": "came_back"})
    place.keeper.close()
    with place.database.reading() as tx:
        assert Tickets(tx).list() == []
        (ticket,) = Tickets(tx).list(status="closed")
        found = Tickets(tx).get(ticket.id)
    assert found
    assert found.history[-1].detail == "the caller rang: second"


@pytest.mark.req("F6", "G7")
@pytest.mark.parametrize(("number", "line"), [("8613800138001", "4001"), (None, "4001"), (CALLER, "4002")])
async def test_nobody_else_learns_of_it(place: Place, number: str | None, line: str) -> None:
    await cut_off(place, "first")
    _, known = ring(place, "second", number, line)
    _, last = ring(place, "third")
    await until(lambda: last)
    assert known in ([], [Remembered()])


@pytest.mark.req("F6")
async def test_after_half_an_hour_a_call_is_a_new_one(place: Place) -> None:
    await cut_off(place, "first")
    place.clock.now += timedelta(minutes=31)
    _, known = ring(place, "second")
    await until(lambda: known)
    assert known == [Remembered()]


@pytest.mark.req("F8")
async def test_a_fault_that_is_urged_again_has_one_ticket(place: Place) -> None:
    for name in ("first", "second"):
        record, _ = ring(place, name)
        record({"t": 1.0, "note": "owed", "promise": "fault"})
    _, known = ring(place, "third")
    await until(lambda: known)
    assert known == [Remembered(owed=("fault",))]
    place.keeper.close()  # what was told is in the database when the batch is
    with place.database.reading() as tx:
        (ticket,) = Tickets(tx).list()
    assert (ticket.kind, ticket.urgency, ticket.call_id) == ("fault", "urgent", "first")


@pytest.mark.req("F4")
async def test_what_is_due_at_a_time_is_neither_due_nor_dialled_before(place: Place) -> None:
    at = (place.clock() + timedelta(hours=2)).isoformat()
    record, _ = ring(place, "first")
    record({"t": 1.0, "note": "owed", "promise": "courier", "due": at})
    record({"t": 1.0, "note": "owed", "promise": "branch", "due": at, "summary": "快递单号773012345678"})
    place.keeper.close()
    (promise,) = place.promises()
    assert promise.not_before == datetime.fromisoformat(at)
    assert promise.due_at == datetime.fromisoformat(at) + timedelta(minutes=15)
    with place.database.reading() as tx:
        (ticket,) = Tickets(tx).list()
    assert ticket.due_at == datetime.fromisoformat(at)
    assert ticket.summary.endswith("；快递单号773012345678")


@pytest.mark.req("E3")
async def test_what_is_overdue_for_a_caller_is_known_whatever_number_they_left(place: Place) -> None:
    record, _ = ring(place, "first")
    record.call._filling.told["phone"] = "13905718826"
    record.call._filling.spoken["phone"] = ("13905718826",)
    record({"t": 1.0, "note": "owed", "promise": "complaint"})
    _, known = ring(place, "second")
    await until(lambda: known)
    assert known == [Remembered(owed=("complaint",))]
    place.clock.now += timedelta(hours=25)
    record, known = ring(place, "third")
    await until(lambda: known)
    assert known == [Remembered(owed=("complaint",), overdue=("complaint",))]
    record({"t": 1.0, "note": "owed", "promise": "complaint"})
    _, known = ring(place, "fourth")
    await until(lambda: known)

    def ticket() -> Ticket:
        with place.database.reading() as tx:
            (found,) = Tickets(tx).list()
        return found

    await until(lambda: ticket().urgency == "urgent")
    assert ticket().number == "13905718826"


@pytest.mark.req("D2", "F9")
async def test_a_number_confirmed_after_the_promise_was_made_is_that_of_its_ticket(place: Place) -> None:
    call = on_hold_too_long(place)
    place.keeper.close()
    with place.database.reading() as tx:
        (ticket,) = [each for each in Tickets(tx).list() if each.kind == "call_back"]
        found = Tickets(tx).get(ticket.id)
    assert found
    assert found.number == call.standing.slots["phone"] == "13905718826"
    assert [line.what for line in found.history] == ["opened", "number"]


def on_hold_too_long(place: Place) -> Call:
    """After a minute the call-back is promised; then they give another number, and confirm it."""
    driver = Driver(words=True).greeted()
    origin = Origin(place.settings.standard, place.standards["general"], "4001", "in", CALLER)
    record, told = place.keeper.record("first", driver.call, origin), 0
    record.note({"t": 0.0, "event": "Invited"})
    for step in (
        partial(driver.say, "找你们领导"),
        driver.said,
        partial(driver.key, "1"),
        driver.said,
        partial(driver.key, "1"),
        driver.said,
        driver.due,
        partial(driver.tell, ev.TakenBack()),
        driver.said,
        partial(driver.tell, ev.DeadlineReached(), driver.now + 120.0),
        partial(driver.say, "幺三九零五七幺八八二六"),
        driver.said,
        partial(driver.key, "1"),
    ):
        step()
        notes = [command for command in driver.asked[told:] if isinstance(command, do.Note)]
        told = len(driver.asked)
        for note in notes:
            record({"t": driver.now, "note": note.kind, **note.fields})
    assert driver.prompts[-2] == "phone_noted"
    return driver.call


# ---------------------------------------------------------------- handing over


@pytest.mark.req("D3", "F5")
async def test_whoever_is_to_take_a_caller_over_finds_a_ticket(place: Place) -> None:
    origin = Origin(place.settings.standard, place.standards["general"], "4001", "in", NUMBER)
    record = place.keeper.record("first", Call(origin.standard, House()), origin)
    record({"t": 0.0, "event": "Invited"})
    record({"t": 9.0, "note": "consulted", "target": "supervisor", "summary": "快递单号773"})
    place.keeper.close()
    with place.database.reading() as tx:
        (ticket,) = Tickets(tx).list()
    assert (ticket.kind, ticket.owner, ticket.number) == ("handed_over", "supervisor", NUMBER)
    assert (ticket.summary, ticket.call_id, ticket.due_at) == ("快递单号773", "first", NOON + timedelta(hours=24))
