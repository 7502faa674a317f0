"""Places that nobody comes back to: who had calls and gives no sign of life, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from ivr.config import Settings
from ivr.records import Calls, Database, NewCall, Places, Promises
from ivr.records.schema import places
from ivr.service.keeping import Keeper
from ivr.service.neighbours import BLIND_S, DEAD_S, LOOK_S, Neighbours
from ivr.standards.load import load_standard
from tests.records.databases import MakeDatabase
from tests.service.running import Service, until

NOON = datetime(2026, 1, 2, 4, 0, tzinfo=UTC)
NUMBER = "13800138000"
THERE = "the other machine 10.0.0.2:5070"


class House:
    """A worker that looks, and a place that it looks at."""

    def __init__(self, url: str) -> None:
        self.url, self.database, self.passed = url, Database(url), 0.0
        self.keepers = list[Keeper]()
        self.neighbours = self.worker("here")

    def worker(self, name: str) -> Neighbours:
        settings = Settings.model_validate({"records": {"url": self.url}})
        self.keepers.append(keeper := Keeper(settings, name, self.now))
        return Neighbours(keeper, {"general": load_standard("general")}, lambda: self.passed)

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.passed)

    def has_a_call(self, place: str, call: str) -> None:
        with self.database.transaction() as tx:
            Calls(tx).opened(NewCall(id=call, standard="general", caller=NUMBER, instance=place), NOON)
            Calls(tx).answered(call, NOON)

    def lives(self, place: str) -> None:
        with self.database.transaction() as tx:
            Places(tx).lives(place, self.now())

    def watch(self, seconds: float, meanwhile: Callable[[], None] = lambda: None) -> None:
        for _ in range(round(seconds / LOOK_S)):
            self.passed += LOOK_S
            meanwhile()
            self.neighbours.look()

    def states(self) -> dict[str, str]:
        with self.database.reading() as tx:
            return {row["id"]: row["state"] for row in Calls(tx).list()}

    def rung_back(self) -> list[str]:
        with self.database.reading() as tx:
            return [promise.call_id for promise in Promises(tx).list() if promise.kind == "dropped"]


@pytest.fixture
def house(make_database: MakeDatabase) -> Iterator[House]:
    house = House(make_database())
    yield house
    house.database.close()
    for keeper in house.keepers:
        keeper.close()
        assert keeper.database
        keeper.database.close()


@pytest.mark.req("B9", "F1")
def test_the_calls_of_a_place_that_is_gone_are_lost_and_rung_back(house: House) -> None:
    house.has_a_call(THERE, "theirs")
    house.has_a_call("here", "ours")
    house.lives(THERE)
    house.watch(DEAD_S)
    assert house.states() == {"theirs": "open", "ours": "open"}
    with capture_logs() as logged:
        house.watch(2 * LOOK_S)
    assert house.states() == {"theirs": "lost", "ours": "open"}
    assert house.rung_back() == ["theirs"]
    assert [(entry["place"], entry["calls"]) for entry in logged] == [(THERE, ["theirs"])]


def test_who_lives_keeps_its_calls_whatever_its_clock_says(house: House) -> None:
    house.has_a_call(THERE, "theirs")
    signs = iter(range(100))
    clock = NOON - timedelta(days=1)

    def beat() -> None:
        with house.database.transaction() as tx:
            Places(tx).lives(THERE, clock + timedelta(seconds=next(signs)))

    house.watch(3 * DEAD_S, beat)
    assert house.states() == {"theirs": "open"}


def test_who_did_not_see_the_database_judges_nobody(house: House) -> None:
    house.has_a_call(THERE, "theirs")
    house.lives(THERE)
    for _ in range(3):
        house.watch(DEAD_S)
        house.passed += BLIND_S
    assert house.states() == {"theirs": "open"}


def test_who_never_gave_a_sign_is_left_alone(house: House) -> None:
    house.has_a_call("of an older release", "theirs")
    house.watch(3 * DEAD_S)
    assert house.states() == {"theirs": "open"}


def test_two_who_find_the_same_ring_back_once(house: House) -> None:
    house.has_a_call(THERE, "theirs")
    house.lives(THERE)
    other = house.worker("here as well")
    house.watch(DEAD_S + 2 * LOOK_S, other.look)
    assert house.rung_back() == ["theirs"]


@pytest.mark.sip
async def test_the_service_says_that_it_lives(service: Service, make_database: MakeDatabase) -> None:
    database = Database(url := make_database())
    service.start(url=url)

    def signs() -> list[str]:
        with database.reading() as tx:
            return list(tx.execute(select(places.c.name)).scalars())

    await until(signs)
    assert [sign.endswith(f" 127.0.0.1:{service.port}") for sign in signs()] == [True]
    assert service.daemon.stop() == 0
    database.close()
