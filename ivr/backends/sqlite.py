"""A house's data in SQLite: one SELECT, read only. The sample that comes with the product is such data, in memory."""

from __future__ import annotations

import asyncio
import sqlite3
import time
import tomllib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import quote

from ivr.backends.reply import FOUND, MISSING, NoAnswerError, Reply, outcome_of, text_of
from ivr.errors import UserError, printable
from ivr.understanding.sounds import distance, syllables

_HERE = Path(__file__).parent
_THREADS = 4
_SAME = 0.1
"""Syllables that speakers merge (zh and z, n and l) are no farther apart."""
_EVERY = 1000
"""Steps of SQLite's machine between two looks at the clock."""


class SqliteSource:
    """`connect` gives a connection that nobody else uses; `today` is the day that `today()` means in SQL."""

    def __init__(
        self,
        where: str,
        connect: Callable[[], sqlite3.Connection],
        query: str,
        timeout_s: float,
        today: Callable[[], date] = date.today,
    ) -> None:
        self.where = where
        self._connect, self._query, self._timeout_s, self._today = connect, query, timeout_s, today
        self._pool = ThreadPoolExecutor(_THREADS, "backend")

    async def fetch(self, about: Mapping[str, str]) -> Reply:
        """`look_up` in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self.look_up, about)

    def look_up(self, about: Mapping[str, str]) -> Reply:
        """The first row. Blocks, for `timeout_s` at most. Raises NoAnswerError."""
        slots = _Slots({name: value for name, value in about.items() if value})
        with self._opened() as connection:
            row = connection.execute(self._query, slots).fetchone()
        if row is None:
            return Reply(MISSING)
        values = {name: row[name] for name in row.keys() if row[name] is not None}  # noqa: SIM118 - a Row is no mapping
        outcome = outcome_of(values.pop("outcome", FOUND))
        return Reply(outcome, {name: text_of(name, value) for name, value in values.items()})

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        limit = time.monotonic() + self._timeout_s
        try:
            with closing(self._connect()) as connection:
                connection.row_factory, connection.text_factory = sqlite3.Row, _text
                connection.create_function("national", 1, _national)
                connection.create_function("alike", 2, _alike)
                connection.create_function("today", 0, lambda: self._today().isoformat())
                self._prepare(connection)
                connection.execute("pragma query_only = on")
                connection.set_progress_handler(lambda: time.monotonic() > limit, _EVERY)
                yield connection
        except sqlite3.Error as error:  # a text of SQLite's speaks of tables and columns, never of what was asked
            raise NoAnswerError(printable(f"{self.where}: {error}"), down=True) from None

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """What has to stand in it first."""

    async def trouble(self) -> str:
        """Whether the file is there and the query fits it."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._trouble)

    def _trouble(self) -> str:
        try:
            with self._opened() as connection:
                connection.execute(f"explain {self._query}", _Slots()).fetchone()
        except NoAnswerError as error:
            return str(error)
        return ""

    async def close(self) -> None:
        """What is being looked up ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class SampleSource(SqliteSource):
    """Made-up shipments, accounts and tickets, as ``sample.sql`` has them."""

    def __init__(self, like: str, timeout_s: float, today: Callable[[], date] = date.today) -> None:
        """Raises UserError where the sample has no such question."""
        questions = _questions()
        if like not in questions:
            raise UserError(f'the sample answers no "{printable(like)}" → like = one of {", ".join(questions)}')
        super().__init__("sample data", lambda: sqlite3.connect(":memory:"), questions[like], timeout_s, today)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.executescript((_HERE / "sample.sql").read_text("utf-8"))


def file_source(file: Path, query: str, timeout_s: float, today: Callable[[], date] = date.today) -> SqliteSource:
    """A file that is there; it is opened anew each time, so that it may be replaced."""
    uri = f"file:{quote(str(file))}?mode=ro"
    return SqliteSource(str(file), lambda: sqlite3.connect(uri, uri=True, timeout=timeout_s), query, timeout_s, today)


def _text(raw: bytes) -> str:
    """SQLite's own complaint would tell the text."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise NoAnswerError("a text in it is not UTF-8") from None


def _national(number: str | None) -> str | None:
    """A caller's number as it is dialled within the country: E.164 of China's loses its 86."""
    return number and (number[2:] if number.startswith("86") and len(number) > len("86") + 9 else number)


@cache
def _questions() -> dict[str, str]:
    found: dict[str, str] = tomllib.loads((_HERE / "sample.toml").read_text("utf-8"))
    return found


def _alike(one: str | None, other: str | None) -> bool:
    """Two names sound the same: a recogniser that hears 王小明 may write 王晓明."""
    sounds = [[syllable.sound for syllable in syllables(name or "")] for name in (one, other)]
    same = len(sounds[0]) == len(sounds[1]) > 0
    return same and all(distance(*pair) <= _SAME for pair in zip(*sounds, strict=True))


class _Slots(dict[str, str]):
    """What a question is about; what it says nothing of is null."""

    def __missing__(self, name: str) -> None:
        return None
