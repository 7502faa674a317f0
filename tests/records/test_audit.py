from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Connection, update

from ivr.records import Audit, Database
from ivr.records.schema import audit


@pytest.fixture
def trail(database: Database, now: datetime) -> Database:
    with database.transaction() as tx:
        for number in range(1, 6):
            assert Audit(tx).append("王芳", "show", f"c{number}", "", now + timedelta(seconds=number)) == number
    return database


def verdict(database: Database) -> int | None:
    with database.reading() as tx:
        return Audit(tx).verify()


@pytest.mark.req("G7")
def test_who_opened_what_stands_in_a_chain(trail: Database, now: datetime) -> None:
    assert verdict(trail) is None
    with trail.reading() as tx:
        lines = Audit(tx).list()
        assert [line.subject for line in Audit(tx).list("c3")] == ["c3"]
    assert [line.previous for line in lines[1:]] == [line.hash for line in lines[:-1]]
    fields = [
        2,
        (now + timedelta(seconds=2)).isoformat(timespec="microseconds"),
        "王芳",
        "show",
        "c2",
        "",
        lines[0].hash,
    ]
    assert lines[1].hash == hashlib.sha256(json.dumps(fields).encode()).hexdigest(), "as the documentation has it"


def changed(**values: Any) -> Callable[[Connection], object]:  # noqa: ANN401 - columns of three kinds
    return lambda tx: tx.execute(update(audit).where(audit.c.seq == 3).values(values))


@pytest.mark.req("G7")
@pytest.mark.parametrize(
    ("tamper", "broken"),
    [
        (changed(who="李四"), 3),
        (changed(subject="c9"), 3),
        (changed(hash="0" * 64), 3),
        (lambda tx: tx.execute(audit.delete().where(audit.c.seq == 3)), 4),
        (lambda tx: tx.execute(audit.delete().where(audit.c.seq == 1)), 2),
        (changed(seq=30), 4),
    ],
    ids=["who", "what", "hash", "taken out", "beginning cut off", "moved"],
)
def test_what_was_changed_afterwards_is_found(
    trail: Database, tamper: Callable[[Connection], object], broken: int
) -> None:
    with trail.transaction() as tx:
        tamper(tx)
    assert verdict(trail) == broken


def test_a_row_whose_hash_was_made_to_fit_breaks_the_next(trail: Database) -> None:
    with trail.transaction() as tx:
        third = Audit(tx).list()[2]
        fields = [3, third.at.isoformat(timespec="microseconds"), "李四", *third[3:-1]]
        fits = hashlib.sha256(json.dumps(fields).encode()).hexdigest()
        changed(who="李四", hash=fits)(tx)
    assert verdict(trail) == 4


def test_an_empty_trail_is_whole(database: Database) -> None:
    assert verdict(database) is None


def test_what_no_database_takes_and_any_time_zone_are_hashed_as_they_are_kept(
    database: Database, now: datetime
) -> None:
    with database.transaction() as tx:
        Audit(tx).append("a\0b", "show", "\udc80", "…", now.astimezone(timezone(timedelta(hours=8))))
    assert verdict(database) is None


def test_many_who_append_at_once_make_one_chain(url: str, database: Database, now: datetime) -> None:
    def open_them(who: str) -> None:
        ours = Database(url)  # connections of its own, as another process has
        for _ in range(10):
            with ours.transaction() as tx:
                Audit(tx).append(who, "show", "c1", "", now)
        ours.close()

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(open_them, "abcdef"))
    with database.reading() as tx:
        assert Audit(tx).verify() is None
        assert Counter(line.who for line in Audit(tx).list()) == dict.fromkeys("abcdef", 10)
