"""The writer: a thread that writes for those who must not wait.

What is put comes into the database in the order in which it was put, many at a time, one transaction for all that
came in within 50 ms. A database that cannot be had is tried again until it can; what cannot be written at all, for
it is wrong in itself, is logged and left out.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from itertools import count, groupby
from typing import NamedTuple

import structlog
from sqlalchemy import Connection

from ivr.records.calls import Calls, Entry
from ivr.records.database import Database, RecordsError

GATHER_S = 0.05
"""How long the first of a batch waits for others."""
BATCH = 500
ROOM = 100_000
"""Items that may wait; beyond it the oldest events are dropped."""
LONGEST_WAIT_S = 2.0
"""Between two attempts at a database that cannot be had."""
LOG_EVERY = 1000
"""Items lost between two lines of the log."""

Work = Callable[[Connection], object]
log = structlog.get_logger(__name__)


class _Line(NamedTuple):
    """A line of a call's journal."""

    call_id: str
    entry: Entry


class _Item(NamedTuple):
    work: Work | _Line
    is_event: bool


class Writer:
    """Its thread starts with the first item. `pending` and `lost` are for whoever watches.

    `put` never waits and never fails; the work is done in the writer's thread, on the writer's connection.
    """

    def __init__(self, database: Database, *, room: int = ROOM, gather_s: float = GATHER_S) -> None:
        self.lost = 0
        """Events dropped for want of room, work that could not be done at all, and what came after `close`."""
        self._database, self._room, self._gather_s = database, room, gather_s
        self._queue: OrderedDict[int, _Item] = OrderedDict()
        self._events: deque[int] = deque()  # those of the queue that may be dropped, oldest first
        self._writing: deque[int] = deque()
        self._numbers = count()
        self._changed = threading.Condition()
        self._closing, self._abandoned = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="records", daemon=True)

    # ---------------------------------------------------------------- for those who must not wait

    def put(self, work: Work, *, event: bool = False) -> None:
        """Do this on the database, after what was put before. An `event` may be dropped where there is no room."""
        self._put(_Item(work, event))

    def note(self, call_id: str, entries: Iterable[Entry]) -> None:
        """`Calls.note`, as events; quicker than `put`, for lines that stand in a row are written in one go."""
        for entry in entries:
            self._put(_Item(_Line(call_id, entry), is_event=True))

    def _put(self, item: _Item) -> None:
        with self._changed:
            if self._abandoned.is_set():
                self._lose(1, "the writer is closed")
                return
            number = next(self._numbers)
            self._queue[number] = item
            if item.is_event:
                self._events.append(number)
            if len(self._queue) > self._room and self._events:
                del self._queue[self._events.popleft()]
                self._lose(1, "too much waits to be written, the oldest events go")
            if self._thread.ident is None:
                self._thread.start()
            self._changed.notify_all()

    @property
    def pending(self) -> int:
        """Items that are not in the database yet."""
        return len(self._queue) + len(self._writing)

    # ---------------------------------------------------------------- for those who may

    def flush(self, timeout: float) -> bool:
        """Wait until all that was put before is written; False where so many seconds were not enough."""
        with self._changed:
            last = next(self._numbers)
            return self._changed.wait_for(lambda: self._oldest() > last, timeout)

    def _oldest(self) -> float:
        return next(iter(self._writing or self._queue), math.inf)

    def close(self, timeout: float) -> bool:
        """Write what there is, for so many seconds at most, and end. False: some is left unwritten, and is lost."""
        self._closing.set()
        written = self.flush(timeout)
        self._abandoned.set()
        with self._changed:
            self._changed.notify_all()
            if self.pending:
                self._lose(self.pending, "the writer was closed before it could write them")
        if self._thread.ident is not None:
            self._thread.join(1.0)  # it may be waiting for a lock
        return written

    def _lose(self, number: int, why: str) -> None:
        if not self.lost or self.lost // LOG_EVERY != (self.lost + number) // LOG_EVERY:
            log.error("records are lost", reason=why, items=self.lost + number)
        self.lost += number

    # ---------------------------------------------------------------- the thread

    def _run(self) -> None:
        while batch := self._take():
            self._write(batch)

    def _take(self) -> list[_Item]:
        """What has come in, gathered for a moment; empty when it is time to end."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._abandoned.is_set())
            is_full = len(self._queue) >= BATCH
        if not is_full:
            self._closing.wait(self._gather_s)
        with self._changed:
            return [] if self._abandoned.is_set() else [self._pop() for _ in range(min(BATCH, len(self._queue)))]

    def _pop(self) -> _Item:
        number, item = self._queue.popitem(last=False)
        if item.is_event:
            self._events.popleft()
        self._writing.append(number)
        return item

    def _write(self, batch: Sequence[_Item]) -> None:
        """All together; where what is in them forbids that, one by one. Tries until it is done, or abandoned."""
        attempt = _Attempt(self._database, batch)
        for failures in count():
            try:
                attempt.run()
            except RecordsError as error:
                if failures == 0:
                    log.warning("records cannot be written, they wait", reason=str(error), items=self.pending)
                if self._abandoned.wait(min(0.05 * 2.0 ** min(failures, 10), LONGEST_WAIT_S)):
                    return
            except Exception as error:
                self._write_singly(batch, error)
                return
            else:
                self._written(len(batch))
                if failures:
                    log.warning("records are written again", items=self.pending)
                return

    def _write_singly(self, batch: Sequence[_Item], error: Exception) -> None:
        if len(batch) == 1:
            reason = f"{type(error).__name__}: {error}".split("\n", 1)[0]  # a traceback would tell callers' data
            log.error("work on the records went wrong and is left out", work=_name(batch[0].work), reason=reason)
            self._lose(1, reason)
            self._written(1)
            return
        for item in batch:
            if not self._abandoned.is_set():
                self._write([item])

    def _written(self, number: int) -> None:
        with self._changed:
            for _ in range(number):
                self._writing.popleft()
            self._changed.notify_all()


def _do(works: Sequence[Work | _Line], tx: Connection) -> None:
    lines = [work for work in works if isinstance(work, _Line)]
    if lines:
        Calls(tx).note_all(lines)
    for work in works:
        if not isinstance(work, _Line):
            work(tx)
            time.sleep(0)  # those who must not wait have the interpreter between any two


def _name(work: Work | _Line) -> str:
    return "note" if isinstance(work, _Line) else str(getattr(work, "__qualname__", type(work)))


class _Attempt:
    """A batch on its way; knows whether it arrived, even if the answer to its commit never did."""

    def __init__(self, database: Database, batch: Sequence[_Item]) -> None:
        self._database, self._batch = database, batch
        self._mark = ""

    def run(self) -> None:
        """Raises RecordsError where the database cannot be had, and whatever the work raises."""
        if self._mark and self._database.happened(self._mark):
            return
        self._mark = ""
        with self._database.transaction() as tx:
            for _, works in groupby((item.work for item in self._batch), type):
                _do(list(works), tx)
            self._mark = self._database.mark(tx)
