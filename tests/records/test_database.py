from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import exc, insert, select, text

from ivr.errors import UserError
from ivr.records import Calls, Database, NewCall, Promises, RecordsError
from ivr.records.schema import agents, metadata
from tests.records.databases import MakeDatabase
from tests.records.postgres import Cluster


def name_somebody(database: Database, number: str = "8001") -> None:
    with database.transaction() as tx:
        tx.execute(insert(agents).values(number=number))


def everybody(database: Database) -> list[str]:
    with database.reading() as tx:
        return list(tx.execute(select(agents.c.number).order_by(agents.c.number)).scalars())


# ---------------------------------------------------------------- where it is


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:///var/lib/ivr/ivr.db", "/var/lib/ivr/ivr.db"),
        ("sqlite:////var/lib/ivr/ivr.db", "/var/lib/ivr/ivr.db"),
        ("postgresql://ivr:secret@db.example/ivr", "postgresql+psycopg://ivr:***@db.example/ivr"),
        ("postgresql+psycopg://ivr@db.example/ivr", "postgresql+psycopg://ivr@db.example/ivr"),
    ],
)
def test_a_url_names_a_file_or_a_server(url: str, name: str) -> None:
    assert Database(url).name == name


@pytest.mark.parametrize(
    "url",
    ["", "ivr.db", "sqlite://", "sqlite:///:memory:", "mysql://ivr@db/ivr", "sqlite", "postgresql://a:b@h:port/x"],
)
def test_another_url_is_refused_in_one_line(url: str) -> None:
    with pytest.raises(UserError, match=r"^\[records\] url .*→.*sqlite:///var/lib/ivr/ivr\.db") as error:
        Database(url)
    assert "\n" not in str(error.value)


def test_a_path_with_odd_characters_is_that_path(tmp_path: Path) -> None:
    folder = tmp_path / "100% 王芳 #1"
    folder.mkdir()
    database = Database(f"sqlite://{folder}/ivr.db")
    database.upgrade()
    name_somebody(database)
    database.close()
    assert (folder / "ivr.db").exists()


# ---------------------------------------------------------------- tables


def test_the_steps_lead_to_the_tables_that_the_code_knows(database: Database) -> None:
    with database.reading() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True, "compare_server_default": False})
        assert compare_metadata(context, metadata) == []


def test_a_database_of_a_later_program_is_left_alone(database: Database) -> None:
    with database.transaction() as tx:
        tx.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(RecordsError, match="of a later version, 9999 → update this program"):
        database.upgrade()
    assert database.current() == "9999"


def test_only_the_service_may_read_the_file(tmp_path: Path) -> None:
    database = Database(f"sqlite://{tmp_path}/ivr.db")
    database.upgrade()
    name_somebody(database)
    assert {path.stat().st_mode & 0o077 for path in tmp_path.glob("ivr.db*")} == {0}
    database.close()


def test_a_folder_that_is_not_there_is_made(tmp_path: Path) -> None:
    Database(f"sqlite://{tmp_path}/none/ivr.db").upgrade()
    assert (tmp_path / "none").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("a file")
    with pytest.raises(RecordsError, match=r"none/ivr\.db: .* → make its folder one that this user can write"):
        Database(f"sqlite://{tmp_path}/none/ivr.db").upgrade()


def test_commits_are_on_the_disk_and_writers_do_not_stop_readers(database: Database) -> None:
    if database.path is None:
        with database.reading() as tx:
            assert tx.execute(text("show synchronous_commit")).scalar_one() == "on"
        return
    with database.reading() as tx:
        pragmas = [
            tx.execute(text(f"pragma {name}")).scalar_one() for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]


# ---------------------------------------------------------------- transactions


def test_what_belongs_together_is_written_together_or_not_at_all(database: Database, now: datetime) -> None:
    def twice() -> None:
        with database.transaction() as tx:
            Calls(tx).opened(NewCall(id="c1"), now)
            Calls(tx).opened(NewCall(id="c1"), now)

    with pytest.raises(exc.IntegrityError):
        twice()
    with database.reading() as tx:
        assert Calls(tx).list() == []


def test_an_error_tells_nothing_of_callers(database: Database, now: datetime) -> None:
    call = NewCall(id="c1", caller="13800000001")
    with database.transaction() as tx:
        Calls(tx).opened(call, now)
    with pytest.raises(exc.IntegrityError) as error, database.transaction() as tx:
        Calls(tx).opened(call, now)
    assert "13800000001" not in str(error.value)


def test_a_time_without_a_zone_is_no_instant(database: Database) -> None:
    with pytest.raises(exc.StatementError, match="a time without a zone"), database.transaction() as tx:
        Promises(tx).claim(datetime(2026, 11, 22), "box:0", 30, 1)  # the mistake that is tested


def test_readers_see_what_is_whole_while_somebody_writes(database: Database) -> None:
    name_somebody(database)
    with database.transaction() as tx:
        tx.execute(insert(agents).values(number="8002"))
        assert everybody(database) == ["8001"]
    assert everybody(database) == ["8001", "8002"]


# ---------------------------------------------------------------- when it cannot be had


@pytest.fixture
def file(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "ivr.db"
    path.write_bytes(sqlite_template.read_bytes())
    return path


@pytest.fixture
def hasty(file: Path) -> Iterator[Database]:
    database = Database(f"sqlite://{file}", patience_s=0.05)
    yield database
    database.close()


def test_locked(hasty: Database, file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RecordsError, match=r"ivr\.db: database is locked → another program holds it$"):
            name_somebody(hasty)
        assert everybody(hasty) == [], "looking is possible all the same"
    name_somebody(hasty)


def test_gone_and_back(hasty: Database, file: Path) -> None:
    name_somebody(hasty, "8001")
    away = file.rename(file.with_name("away.db"))
    for _ in range(2):
        with pytest.raises(RecordsError, match="unable to open database file → bring it back"):
            name_somebody(hasty, "8002")
    assert not file.exists(), "and nobody makes an empty one instead"
    away.rename(file)
    name_somebody(hasty, "8003")
    assert everybody(hasty) == ["8001", "8003"]


def test_another_file_under_its_name(hasty: Database, file: Path) -> None:
    name_somebody(hasty)
    for old in file.parent.glob("ivr.db*"):
        old.unlink()
    other = Database(f"sqlite://{file}")
    other.upgrade()
    other.close()
    assert everybody(hasty) == [], "what is written now must not go into a file without a name"


def test_damaged(file: Path) -> None:
    file.write_bytes(b"this is no database, and never was one. " * 200)
    with pytest.raises(RecordsError, match="file is not a database → is it whole"):
        everybody(Database(f"sqlite://{file}"))


def test_not_ours_to_write(hasty: Database, file: Path) -> None:
    name_somebody(hasty)
    with hasty.transaction() as tx:
        tx.exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(exc.OperationalError, match="readonly"):
            tx.execute(insert(agents).values(number="8002"))


def test_full(hasty: Database, now: datetime) -> None:
    with hasty.reading() as tx:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with (
        pytest.raises(RecordsError, match="database or disk is full → make room on its disk"),
        hasty.transaction() as tx,
    ):
        Calls(tx).note("c1", [{"t": 1.0, "text": "x" * 100_000}])
    with hasty.reading() as tx:
        tx.exec_driver_sql("PRAGMA max_page_count = 1000000")
        assert Calls(tx).get("c1") is None


def test_a_mistake_of_ours_is_not_taken_for_the_databases(database: Database) -> None:
    with pytest.raises(exc.SQLAlchemyError) as error, database.transaction() as tx:
        tx.execute(text("selekt 1"))
    assert not isinstance(error.value, RecordsError)


def test_tables_that_are_not_there(database: Database) -> None:
    with pytest.raises(RecordsError, match=r"→ ivr db upgrade$"), database.transaction() as tx:
        tx.execute(text("select * from none_such"))


# ---------------------------------------------------------------- PostgreSQL's own troubles


@pytest.fixture
def server(make_cluster_database: MakeDatabase) -> Iterator[Database]:
    database = Database(make_cluster_database(), patience_s=0.2)
    yield database
    database.close()


def test_a_server_that_restarts_is_used_again_without_a_word(server: Database, cluster: Cluster) -> None:
    name_somebody(server, "8001")
    cluster.restart()
    name_somebody(server, "8002")
    assert everybody(server) == ["8001", "8002"]


def test_a_server_that_dies_keeps_what_was_committed(server: Database, cluster: Cluster) -> None:
    name_somebody(server, "8001")

    def crash_within() -> None:
        with server.transaction() as tx:
            tx.execute(insert(agents).values(number="8002"))
            cluster.crash()

    with pytest.raises(RecordsError, match="→ is it whole, is its server running"):
        crash_within()
    with pytest.raises(RecordsError, match="→ is it whole, is its server running"):
        everybody(server)
    cluster.start()
    assert everybody(server) == ["8001"]


def test_whoever_holds_a_lock_is_not_waited_for_for_ever(server: Database) -> None:
    name_somebody(server)
    with server.transaction() as tx:
        tx.execute(text("lock table agents"))
        with pytest.raises(RecordsError, match="lock timeout → another program holds it"):
            name_somebody(server, "8002")


def test_a_commit_is_known_by_its_mark(server: Database) -> None:
    with server.transaction() as tx:
        kept = server.mark(tx)
    with server.reading() as tx:
        undone = server.mark(tx)
        tx.rollback()
    assert (server.happened(kept), server.happened(undone)) == (True, False)
