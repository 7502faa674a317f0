"""The database: where it is, how it is opened, what is wrong when it cannot be had.

SQLite (WAL, every commit on the disk, writers in turn) unless a URL names PostgreSQL. Only `upgrade` makes a
database: a file that has gone is missed, and not replaced by an empty one.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.schema import Table

from ivr.errors import JobError, UserError, printable
from ivr.files import OURS_ALONE
from ivr.records.columns import as_json

_TURN_S = 0.002
"""Between two looks whether it is our turn to write."""
PATIENCE_S = 5.0
"""How long a transaction waits for another's lock, and for a server to answer."""
_SQLITE_UNAVAILABLE = {
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}
_SERVER_UNAVAILABLE = {"42P01", "42703", "42501", "3F000"}
"""No such table, no such column, not permitted, no schema (PostgreSQL, appendix A): for the administrator to mend."""
_COMMITTED = text("select coalesce(pg_xact_status(cast(:mark as xid8)) = 'committed', false)")
_ABORTED = "25P02"
_OTHER_TABLES = r"no such (table|column)|has no column named|(relation|column) .* does not exist"
_REMEDIES = {
    _OTHER_TABLES: "ivr db upgrade",
    "unable to open": "bring it back, or make one: ivr db upgrade",
    "locked|lock timeout": "another program holds it",
    "full": "make room on its disk",
    "readonly|permission denied": "give this user the right to write it",
    "": "is it whole, is its server running, is [records] url right?",
}
"""What to do, by what the database says."""


class RecordsError(JobError):
    """The database cannot be had just now: gone, locked, full, or without our tables. What was begun is undone."""


class Database:
    """`sqlite:///var/lib/ivr/ivr.db` is the file /var/lib/ivr/ivr.db; `postgresql://user@host/name` a server's.

    One for a process, for any thread; connections are made when they are needed. A password belongs into ~/.pgpass,
    not into the URL. Raises UserError for a URL of another kind.
    """

    def __init__(self, url: str, patience_s: float = PATIENCE_S) -> None:
        where = _parsed(url)
        self.path = where if isinstance(where, Path) else None
        self.name = str(where) if isinstance(where, Path) else where.render_as_string(hide_password=True)
        self._engine = _sqlite(where, patience_s) if isinstance(where, Path) else _postgresql(where, patience_s)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose work is kept when the block ends, and undone where it raises.

        On SQLite it is the only writer while it lasts. Raises RecordsError, one line.
        """
        with self._begun(self._engine) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """As `transaction`, for looking only: no writer waits for it, it waits for no writer. Raises RecordsError."""
        with self._begun(self._engine.execution_options(ivr_reading=True)) as connection:
            yield connection

    @contextmanager
    def _begun(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except (exc.SQLAlchemyError, sqlite3.Error) as error:
            reason = _why_unavailable(error)
            if not reason:
                raise
            remedy = next(remedy for sign, remedy in _REMEDIES.items() if re.search(sign, reason))
            raise RecordsError(f"{self.name}: {printable(reason)} → {remedy}") from error

    def close(self) -> None:
        """Close what is not in use; the database can be used again."""
        self._engine.dispose()

    # ---------------------------------------------------------------- versions

    def upgrade(self) -> str:
        """Make the database where there is none, bring its tables up to date; returns the revision.

        Several at once wait for each other. Raises RecordsError.
        """
        from ivr.records import migrate  # noqa: PLC0415 - Alembic is for the few who look at versions

        if self.path:
            _make(self.path)
        with self.transaction() as tx:
            serialise(tx, "upgrade")
            return migrate.upgrade(tx, self.name)

    def current(self) -> str | None:
        """The revision of its tables; None without any. Raises RecordsError."""
        from ivr.records import migrate  # noqa: PLC0415 - as above

        with self.reading() as tx:
            return migrate.current(tx)

    @staticmethod
    def expected() -> str:
        """The revision that this program works with."""
        from ivr.records import migrate  # noqa: PLC0415 - as above

        return migrate.expected()

    # ---------------------------------------------------------------- commits whose answer was lost

    @staticmethod
    def mark(tx: Connection) -> str:
        """What `happened` knows this transaction by; empty on SQLite, where a commit that failed did not happen."""
        if tx.dialect.name == "sqlite":
            return ""
        return str(tx.execute(select(func.pg_current_xact_id())).scalar_one())

    def happened(self, mark: str) -> bool:
        """Whether a marked transaction was committed, though we never heard so. Raises RecordsError."""
        if not mark:
            return False
        with self.reading() as tx:
            return bool(tx.execute(_COMMITTED, {"mark": mark}).scalar_one())


def serialise(tx: Connection, what: str) -> None:
    """Those who do the same at once wait for each other, until their transactions end."""
    if tx.dialect.name == "postgresql":
        tx.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"ivr {what}"))))


def insert(tx: Connection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that may say what to do on conflict; both databases say it alike."""
    return postgresql.insert(table) if tx.dialect.name == "postgresql" else sqlite.insert(table)


# ---------------------------------------------------------------- opening


def _parsed(url: str) -> Path | URL:
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):  # a port that is no number
        raise UserError('[records] url is none → write e.g. "sqlite:///var/lib/ivr/ivr.db"') from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return Path("/") / parsed.database
        case "postgresql" | "postgres":
            return parsed.set(drivername="postgresql+psycopg")
    raise UserError('[records] url → name a file, "sqlite:///var/lib/ivr/ivr.db", or "postgresql://user@host/name"')


def _make(path: Path) -> None:
    """An empty file for the service's user alone: callers' numbers will stand in it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OURS_ALONE))
    except OSError as error:
        todo = "make its folder one that this user can write, or set [records] url"
        raise RecordsError(f"{path}: {error.strerror} → {todo}") from None


def _sqlite(path: Path, patience_s: float) -> Engine:
    def connect() -> sqlite3.Connection:
        where = f"{path.as_uri()}?mode=rw"
        # isolation_level: transactions are begun below
        return sqlite3.connect(where, patience_s, isolation_level=None, check_same_thread=False, uri=True)

    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, hide_parameters=True, json_serializer=as_json
    )

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, record: ConnectionPoolEntry) -> None:  # noqa: ANN401 - SQLAlchemy's protocol of all drivers
        record.info["file"] = _identity(path)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "checkout")
    def _is_still_there(_: object, record: ConnectionPoolEntry, __: object) -> None:
        """Else SQLite would go on writing into a file that has no name any more."""
        if record.info["file"] != _identity(path):
            raise exc.DisconnectionError(f"{path} is another file now")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        raw = connection.connection.dbapi_connection
        assert isinstance(raw, sqlite3.Connection)
        if connection.get_execution_options().get("ivr_reading"):
            raw.execute("BEGIN")
        else:
            _take_turn(raw, patience_s)

    return engine


def _take_turn(raw: sqlite3.Connection, patience_s: float) -> None:
    """Become the writer. SQLite's own waiting sleeps longer each time, up to 100 ms: others would overtake."""
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        end = time.monotonic() + patience_s
        while not _is_begun(raw, is_last=time.monotonic() >= end):
            time.sleep(_TURN_S)
    finally:
        raw.execute(f"PRAGMA busy_timeout = {patience_s * 1000:.0f}")


def _is_begun(raw: sqlite3.Connection, *, is_last: bool) -> bool:
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if is_last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _postgresql(url: URL, patience_s: float) -> Engine:
    options = f"-c synchronous_commit=on -c lock_timeout={patience_s * 1000:.0f} -c timezone=UTC"
    arguments = {"connect_timeout": max(2, round(patience_s)), "tcp_user_timeout": 10_000, "options": options}
    return create_engine(url, pool_pre_ping=True, connect_args=arguments, hide_parameters=True, json_serializer=as_json)


# ---------------------------------------------------------------- what is wrong


def _why_unavailable(error: exc.SQLAlchemyError | sqlite3.Error) -> str:
    """One line, where trying again may help; empty where the statement itself is wrong."""
    if isinstance(error, exc.TimeoutError):
        return "all connections are in use"
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        is_passing = _is_passing_sqlite(cause)
    else:
        is_passing = isinstance(error, exc.DBAPIError) and _is_passing_postgresql(error)
    return str(cause).strip().split("\n", 1)[0] if is_passing else ""


def _is_passing_sqlite(cause: sqlite3.Error) -> bool:
    code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return code in _SQLITE_UNAVAILABLE or bool(re.search(_OTHER_TABLES, str(cause)))


def _is_passing_postgresql(error: exc.DBAPIError) -> bool:
    code = getattr(error.orig, "sqlstate", None)
    if code in _SERVER_UNAVAILABLE or error.connection_invalidated:
        return True
    passing = isinstance(error, exc.OperationalError | exc.InterfaceError | exc.InternalError)
    return passing and code != _ABORTED  # that follows a mistake in the same transaction
