from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from structlog.testing import capture_logs

from ivr.records import Calls, Database, NewCall, RecordsError, Writer
from ivr.records.writer import BATCH
from tests.records.databases import MakeDatabase
from tests.records.postgres import Cluster

AMPLE_S = 30.0
MOMENT_S = 0.2


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    writer = Writer(database, gather_s=0.0)
    yield writer
    writer.close(AMPLE_S)


def note(number: int, **more: object) -> Callable[[Connection], object]:
    return lambda tx: Calls(tx).note("c1", [{"t": float(number), **more}])


def noted(database: Database) -> list[int]:
    with database.transaction() as tx:
        return [int(t) for t in tx.execute(text("select t from events order by seq")).scalars()]


# ---------------------------------------------------------------- in good times


def test_everything_is_written_in_its_order(writer: Writer, database: Database, now: datetime) -> None:
    writer.put(lambda tx: Calls(tx).opened(NewCall(id="c1"), now))
    for number in range(3 * BATCH):
        writer.put(note(number), event=number % 2 == 0)
    writer.put(lambda tx: Calls(tx).closed("c1", "helped", now))
    assert writer.flush(AMPLE_S)
    assert (writer.pending, writer.lost) == (0, 0)
    assert noted(database) == list(range(3 * BATCH))


def test_lines_of_journals_keep_their_place_among_other_work(writer: Writer) -> None:
    held, seen = threading.Event(), list[int]()
    writer.put(lambda tx: held.wait(AMPLE_S))
    for _ in range(3):
        writer.note("c1", [{"t": 1.0}] * 10)
        writer.put(lambda tx: seen.append(tx.execute(text("select count(*) from events")).scalar_one()))
    held.set()
    assert writer.flush(AMPLE_S)
    assert seen == [10, 20, 30]


def test_a_line_that_cannot_be_written_takes_no_other_with_it(writer: Writer, database: Database) -> None:
    held, loop = threading.Event(), dict[str, object](t=1.0)
    loop["itself"] = loop
    writer.put(lambda tx: held.wait(AMPLE_S))
    with capture_logs() as logged:
        writer.note("c1", [{"t": 0.0}, loop, {"t": 2.0}])
        held.set()
        assert writer.flush(AMPLE_S)
    assert (noted(database), writer.lost) == ([0, 2], 1)
    assert logged[0]["work"] == "note"


def test_what_comes_in_together_is_one_transaction(database: Database) -> None:
    writer, held, seen = Writer(database, gather_s=0.0), threading.Event(), list[Connection]()
    writer.put(lambda tx: held.wait(AMPLE_S))
    for _ in range(20):
        writer.put(seen.append)
    held.set()
    assert writer.close(AMPLE_S)
    assert len(set(map(id, seen))) <= 2, "the first may have gone along with who held it up"


def test_many_threads_may_put(writer: Writer, database: Database) -> None:
    def put() -> None:
        for number in range(50):
            writer.put(note(number))

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writer.flush(AMPLE_S)
    assert sorted(noted(database)) == sorted(list(range(50)) * 8)


def test_a_writer_that_had_nothing_to_do_ends(database: Database) -> None:
    writer = Writer(database)
    assert writer.flush(AMPLE_S)
    assert writer.close(AMPLE_S)


def test_what_comes_after_the_end_is_counted(database: Database) -> None:
    writer = Writer(database, gather_s=0.0)
    writer.put(note(1))
    assert writer.close(AMPLE_S)
    with capture_logs() as logged:
        writer.put(note(2))
    assert (writer.lost, noted(database)) == (1, [1])
    assert [line["reason"] for line in logged] == ["the writer is closed"]


def test_flush_waits_for_what_was_put_before_it(writer: Writer) -> None:
    held = threading.Event()
    writer.put(lambda tx: held.wait(AMPLE_S))
    assert not writer.flush(MOMENT_S)
    held.set()
    assert writer.flush(AMPLE_S)


# ---------------------------------------------------------------- work that goes wrong


def test_what_cannot_be_written_is_left_out_and_nothing_else(writer: Writer, database: Database, now: datetime) -> None:
    held = threading.Event()
    writer.put(lambda tx: held.wait(AMPLE_S))
    with capture_logs() as logged:
        writer.put(lambda tx: Calls(tx).opened(NewCall(id="c1", caller="13800000001"), now))
        writer.put(note(1))
        writer.put(lambda tx: Calls(tx).opened(NewCall(id="c1", caller="13800000001"), now))
        writer.put(note(2))
        held.set()
        assert writer.flush(AMPLE_S)
    assert (writer.lost, noted(database)) == (1, [1, 2])
    assert [line["event"] for line in logged] == ["work on the records went wrong and is left out", "records are lost"]
    assert "13800000001" not in str(logged)


# ---------------------------------------------------------------- a database that cannot be had


Trouble = Callable[[], Any]


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "ivr.db"
    path.write_bytes(sqlite_template.read_bytes())
    return path


@contextmanager
def locked(file: Path) -> Iterator[None]:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def gone(file: Path) -> Iterator[None]:
    away = file.rename(file.with_name("away.db"))
    yield
    away.rename(file)


@pytest.mark.req("F1")
@pytest.mark.parametrize("trouble", [locked, gone])
def test_it_waits_and_loses_nothing(file: Path, trouble: Callable[[Path], Any]) -> None:
    database = Database(f"sqlite://{file}", patience_s=0.05)
    writer = Writer(database, gather_s=0.0)
    writer.put(note(0))
    assert writer.flush(AMPLE_S)
    with capture_logs() as logged:
        with trouble(file):
            for number in range(1, 2 * BATCH):
                writer.put(note(number), event=True)
            assert not writer.flush(MOMENT_S)
            assert writer.pending == 2 * BATCH - 1
        assert writer.close(AMPLE_S)
    assert noted(database) == list(range(2 * BATCH))
    assert [(line["log_level"], line["event"]) for line in logged] == [
        ("warning", "records cannot be written, they wait"),
        ("warning", "records are written again"),
    ]
    database.close()


def fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as out, suppress(OSError):
        while True:
            out.write(bytes(4096))


@pytest.mark.req("F1")
def test_a_full_disk_loses_nothing(small_disk: Callable[[str, str], Path], sqlite_template: Path) -> None:
    disk = small_disk("disk", "1m")
    file, filler = disk / "ivr.db", disk / "filler"
    file.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite://{file}")
    writer = Writer(database, gather_s=0.0)
    writer.put(note(0))
    assert writer.flush(AMPLE_S)
    fill(filler)
    with capture_logs() as logged:
        for number in range(1, 20):
            writer.put(note(number, said="您好" * 1000))
        assert not writer.flush(MOMENT_S)
        filler.unlink()
        assert writer.flush(AMPLE_S)
    assert noted(database) == list(range(20))
    assert "full" in logged[0]["reason"]
    assert writer.close(AMPLE_S)
    database.close()


@pytest.mark.req("F1")
def test_no_page_more_loses_nothing(file: Path) -> None:
    """The same without a disk of its own."""
    database, room = Database(f"sqlite://{file}"), threading.Event()
    writer = Writer(database, gather_s=0.0)

    def limited(number: int) -> Callable[[Connection], object]:
        def work(tx: Connection) -> None:
            pages = 1_000_000 if room.is_set() else tx.exec_driver_sql("PRAGMA page_count").scalar_one()
            tx.exec_driver_sql(f"PRAGMA max_page_count = {pages}")  # holds for this connection only
            note(number, said="您好" * 1000)(tx)

        return work

    for number in range(20):
        writer.put(limited(number))
    assert not writer.flush(MOMENT_S)
    assert noted(database) == []
    room.set()
    assert writer.flush(AMPLE_S)
    assert noted(database) == list(range(20))
    assert writer.close(AMPLE_S)
    database.close()


@pytest.mark.req("F1")
def test_a_server_that_dies_loses_nothing_and_writes_nothing_twice(
    cluster: Cluster, make_cluster_database: MakeDatabase
) -> None:
    database = Database(make_cluster_database())
    writer, numbers, dead = Writer(database, gather_s=0.0), count(), threading.Event()

    def put() -> None:
        while not dead.is_set():
            writer.put(note(next(numbers)))
            dead.wait(0.0002)

    busy = threading.Thread(target=put)
    busy.start()
    try:
        for _ in range(3):
            assert writer.flush(AMPLE_S)
            cluster.crash()
            cluster.start()
    finally:
        dead.set()
        busy.join()
    assert writer.close(AMPLE_S)
    assert noted(database) == list(range(next(numbers)))
    database.close()


class Deaf(Database):
    """Its first commit happens, and the answer is lost on the way."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.commits = 0

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with super().transaction() as tx:
            yield tx
        self.commits += 1
        if self.commits == 1:
            raise RecordsError("the connection was lost")


def test_a_commit_whose_answer_was_lost_is_not_done_again(make_cluster_database: MakeDatabase) -> None:
    database = Deaf(make_cluster_database())
    writer = Writer(database, gather_s=0.0)
    writer.put(note(1))
    assert writer.flush(AMPLE_S)
    writer.put(note(2))
    assert writer.close(AMPLE_S)
    assert noted(database) == [1, 2]
    database.close()


def test_without_room_the_oldest_events_go_and_nothing_else(file: Path) -> None:
    database = Database(f"sqlite://{file}", patience_s=0.05)
    writer = Writer(database, room=10, gather_s=0.0)
    with capture_logs() as logged:
        with locked(file):
            writer.put(note(0))
            assert not writer.flush(MOMENT_S)  # that one is under way now, and the queue is empty
            for number in range(1, 31):
                writer.put(note(number), event=number % 3 != 0)
            assert writer.pending == 11
        assert writer.close(AMPLE_S)
    assert noted(database) == [number for number in range(31) if number % 3 == 0]
    assert writer.lost == 20
    assert [line["items"] for line in logged if line["event"] == "records are lost"] == [1]
    database.close()


def test_it_ends_in_time_and_says_what_it_left(file: Path) -> None:
    database = Database(f"sqlite://{file}", patience_s=0.05)
    writer = Writer(database, gather_s=0.0)
    with locked(file), capture_logs() as logged:
        for number in range(7):
            writer.put(note(number))
        assert not writer.close(MOMENT_S)
    assert writer.lost == 7
    assert logged[-1]["items"] == 7
    assert noted(database) == []
    database.close()
