"""Promises and records, when processes die and fight: nothing lost, nothing twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.records import Calls, Database, Promise, Promises, Tickets
from tests.records.databases import MakeDatabase
from tests.records.labour import LEASE_S, at_work
from tests.records.postgres import Cluster

ALL = ("pending", "claimed", "dialling", "kept", "failed", "unknown", "cancelled")


@pytest.fixture
def network(tmp_path: Path) -> Path:
    return tmp_path / "network"


def owe(database: Database, promises: int, numbers: int) -> None:
    now = datetime.now(UTC)
    with database.transaction() as tx:
        for each in range(promises):
            due = now + timedelta(seconds=each % 7)
            Promises(tx).make(Promise(kind="call_back", due_at=due, number=f"138{each % numbers:08}"), now)


def states(database: Database) -> Counter[str]:
    with database.reading() as tx:
        return Counter(promise.state for promise in Promises(tx).list(states=ALL))


def dialled(network: Path) -> Counter[str]:
    """How often each promise was dialled; fails where a number was called while it was in a call already."""
    found, busy = Counter[str](), set[str]()
    for line in network.read_text(encoding="ascii").splitlines() if network.exists() else []:
        what, number, promise = line.split()
        if what == "dials":
            assert number not in busy, f"two calls to {number} at once"
            found[promise] += 1
        (busy.add if what == "dials" else busy.discard)(number)
    return found


def after_the_lease() -> datetime:
    return datetime.now(UTC) + timedelta(seconds=LEASE_S)


# ---------------------------------------------------------------- kill -9


@pytest.mark.req("B9")
def test_killed_between_claim_and_dial_it_is_owed_as_before(url: str, database: Database, network: Path) -> None:
    owe(database, 1, 1)
    with at_work(url, network, "claim") as (process,):
        process.hears("claimed")
    with database.transaction() as tx:
        later = after_the_lease()
        (expired,) = Promises(tx).expire(later)
        assert expired.state == "pending"
        (claim,) = Promises(tx).claim(later, "another", 30, 10)
        assert Promises(tx).dialling(claim, later)
    assert not dialled(network)


@pytest.mark.req("B9")
def test_killed_in_mid_dial_it_is_never_dialled_again(url: str, database: Database, network: Path) -> None:
    owe(database, 1, 1)
    with at_work(url, network, "dial") as (process,):
        process.hears("dialled")
    with at_work(url, network, "keep") as (heir,):  # waits for the lease, and finds nothing that may be dialled
        assert heir.finish() == 0
    assert states(database) == {"unknown": 1}
    assert dialled(network).total() == 1
    with database.transaction() as tx:
        assert [ticket.kind for ticket in Tickets(tx).list()] == ["promise_unknown"]


@pytest.mark.req("F1", "B9")
def test_killed_in_a_call_its_record_stands(url: str, database: Database, network: Path) -> None:
    with at_work(url, network, "write") as (process,):
        process.hears("written 100")
        told = int(process.hears("written").split()[1])
    with database.transaction() as tx:
        (lost,) = Calls(tx).lost("box:0", datetime.now(UTC))
        call = Calls(tx).get("c1")
    assert call
    numbers = [event["entry"]["number"] for event in call["events"]]
    assert numbers == list(range(1, len(numbers) + 1)), "in order, without a gap"
    assert len(numbers) >= told
    assert (lost.caller, lost.last_at, call["state"]) == ("13800000001", call["events"][-1]["at"], "lost")


# ---------------------------------------------------------------- several at once


@pytest.mark.req("B9")
def test_two_processes_share_the_work_and_do_nothing_twice(url: str, database: Database, network: Path) -> None:
    owe(database, 120, 60)
    with at_work(url, network, "keep", "keep") as (one, other):
        one.hears("kept")
        other.hears("kept")
        assert (one.finish(), other.finish()) == (0, 0)
    times = dialled(network)
    assert set(times.values()) == {1}
    done = states(database)
    assert done.total() == 120
    assert done["kept"] == len(times) - done["unknown"], "a machine that stood still may have lost a lease"
    assert set(done) <= {"kept", "unknown"}


@pytest.mark.req("B9")
def test_processes_are_killed_again_and_again_while_they_work(url: str, database: Database, network: Path) -> None:
    for kills in range(3):
        owe(database, 30, 15)  # due over seven seconds: neither has done it all before the other has begun
        with at_work(url, network, "keep", "keep") as (one, _):
            for _ in range(3 + kills):
                one.hears("kept")
    with at_work(url, network, "keep") as (last,):
        assert last.finish() == 0
    assert_nothing_lost_or_twice(database, network, 90)


@pytest.mark.req("B9")
def test_postgresql_dies_while_they_work(cluster: Cluster, make_cluster_database: MakeDatabase, network: Path) -> None:
    url = make_cluster_database()
    database = Database(url)
    owe(database, 90, 45)
    with at_work(url, network, "keep", "keep") as (one, other):
        one.hears("kept")
        for _ in range(2):
            cluster.crash()
            cluster.start()
            one.hears("kept")
        cluster.restart()
        assert (one.finish(), other.finish()) == (0, 0)
    assert_nothing_lost_or_twice(database, network, 90)
    database.close()


def assert_nothing_lost_or_twice(database: Database, network: Path, owed: int) -> None:
    times, done = dialled_at_most_once(network), states(database)
    assert set(done) <= {"kept", "unknown"}
    assert done.total() == owed
    with database.transaction() as tx:
        kept = {str(promise.id) for promise in Promises(tx).list(states=("kept",))}
        assert kept <= times, "what counts as kept was dialled"
        assert len(Tickets(tx).list()) == done["unknown"], "what nobody knows of is a ticket each"


def dialled_at_most_once(network: Path) -> set[str]:
    """Of processes that were killed in a call nobody wrote that they left."""
    found = Counter(line.split()[2] for line in network.read_text(encoding="ascii").splitlines() if line[0] == "d")
    assert set(found.values()) == {1}
    return set(found)
