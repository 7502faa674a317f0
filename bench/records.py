"""`make bench-records`: what the records carry, on SQLite, and on PostgreSQL where it is installed.

Promises a second made and kept; how late a promise is dialled while 10,000 others are pending and 100 calls are being
written; what the writer carries; how late a loop of 20 ms is beside that writer. Commits are on the disk in both.
Absolute figures belong to the machine, ratios carry over.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from ivr.records import Calls, Database, NewCall, Policy, Promise, Promises, Writer
from tests.records.postgres import HOW, Cluster, programs

PENDING = 10_000
GOAL_MS = 250
CALLS = 100
EVENTS_A_SECOND = 5
"""Of one call, as the demo's journals have it, rounded up."""
DUE_A_SECOND = 20
TICK_S = 0.02
POLL_S = 0.1
"""How often the dispatcher looks at least."""
BATCH = 16
FAR = timedelta(days=30)
POLICY = Policy(attempts=1)

Line = tuple[str, float, str]
"""What, how much, unit."""
Fresh = Callable[[], str]
"""Gives the URL of a new database with tables."""


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    database: str
    what: str
    value: float
    unit: str


def main() -> int:
    """Exit code 1 where a dispatch goal was missed."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    print(f"{'database':<12}{'what':<58}{'':>10}", flush=True)
    figures = []
    for figure in _figures(options.seconds):
        figures.append(figure)
        print(f"{figure.database:<12}{figure.what:<58}{figure.value:>10,.1f} {figure.unit}", flush=True)
    file = options.out / "records.json"
    file.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n", encoding="utf-8")
    late = [figure for figure in figures if figure.what.startswith("dialled late, p99") and figure.value > GOAL_MS]
    print(f"\ngoal: dialled at most {GOAL_MS} ms late, p99: {'missed' if late else 'reached'}\n{file}")
    return int(bool(late))


def _figures(seconds: float) -> Iterator[Figure]:
    for name, make in _databases():
        with make() as fresh:
            for bench in (_made, _kept, _late, _carried, _beside):
                yield from (Figure(name, *line) for line in bench(fresh(), seconds))


# ---------------------------------------------------------------- databases


def _databases() -> Iterator[tuple[str, Callable[[], AbstractContextManager[Fresh]]]]:
    yield "sqlite", _sqlite
    if programs():
        yield "postgresql", _postgresql
    else:
        print(HOW, file=sys.stderr)


@contextmanager
def _sqlite() -> Iterator[Fresh]:
    with tempfile.TemporaryDirectory(prefix="ivr-bench-") as folder:
        names = (f"sqlite://{folder}/{number}.db" for number in count())
        yield lambda: _upgraded(next(names))


@contextmanager
def _postgresql() -> Iterator[Fresh]:
    folder = programs()
    assert folder
    with closing(Cluster(folder, safe=True)) as cluster:
        cluster.start()
        names = (f"bench{number}" for number in count())
        yield lambda: _upgraded(cluster.create(next(names)))


def _upgraded(url: str) -> str:
    with closing(Database(url)) as database:
        database.upgrade()
    return url


def _owe(database: Database, number: int, ready: datetime) -> None:
    with database.transaction() as tx:
        promises, now = Promises(tx), _now()
        for each in range(number):
            due = ready + timedelta(seconds=each % 3600)
            promises.make(Promise(kind="call_back", due_at=due, not_before=ready, number=f"139{each:08}"), now)


def _now() -> datetime:
    return datetime.now(UTC)


# ---------------------------------------------------------------- promises


def _made(url: str, seconds: float) -> Iterator[Line]:
    """One a transaction, as calls make them."""
    with closing(Database(url)) as database:
        _owe(database, PENDING, _now() + FAR)
        began, made = time.monotonic(), 0
        while time.monotonic() < began + seconds / 2:
            with database.transaction() as tx:
                Promises(tx).make(Promise(kind="call_back", key=f"k{made}", due_at=_now() + FAR), _now())
            made += 1
        yield f"promises made, one by one, {PENDING:,} pending", made / (time.monotonic() - began), "/s"


def _kept(url: str, seconds: float) -> Iterator[Line]:
    """Claimed 16 at a time, dialled and settled each in a transaction of its own."""
    with closing(Database(url)) as database:
        _owe(database, PENDING * 2, _now())
    for processes in (1, 4):
        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            list(pool.map(_keep, [url] * processes, [0.0] * processes))  # started, connected
            kept = sum(pool.map(_keep, [url] * processes, [seconds] * processes))
        yield f"promises kept, {processes} process{'es' * (processes > 1)}", kept / seconds, "/s"


def _keep(url: str, seconds: float) -> int:
    with closing(Database(url, patience_s=30)) as database:
        end, kept = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            with database.transaction() as tx:
                claims = Promises(tx).claim(_now(), "bench", 300, BATCH)
            for claim in claims:
                with database.transaction() as tx:
                    assert Promises(tx).dialling(claim, _now())
                with database.transaction() as tx:
                    Promises(tx).settle(claim, "kept", _now(), POLICY)
                kept += 1
        return kept


def _late(url: str, seconds: float) -> Iterator[Line]:
    """From the moment a promise may be dialled to the moment its dialling is committed."""
    with closing(Database(url)) as database, _calls_being_written(database):
        _owe(database, PENDING, _now() + FAR)
        first = _now() + timedelta(seconds=0.5)
        with database.transaction() as tx:
            for each in range(round(DUE_A_SECOND * seconds)):
                ready = first + timedelta(seconds=each / DUE_A_SECOND)
                promise = Promise(kind="call_back", due_at=ready, not_before=ready, number=f"138{each:08}")
                Promises(tx).make(promise, first)
        late = _dispatched(database, first + timedelta(seconds=seconds + 1))
    assert len(late) == round(DUE_A_SECOND * seconds), "some were never dialled"
    for percent in (50, 99, 100):
        yield _percentile(f"dialled late, {{}}, {PENDING:,} pending, {CALLS} calls written", late, percent)


def _dispatched(database: Database, until: datetime) -> list[float]:
    late = []
    while _now() < until:
        with database.transaction() as tx:
            claims = Promises(tx).claim(_now(), "bench", 300, BATCH)
        for claim in claims:
            with database.transaction() as tx:
                assert Promises(tx).dialling(claim, _now())
            assert claim.promise.not_before
            late.append((_now() - claim.promise.not_before).total_seconds())
        if len(claims) < BATCH:
            time.sleep(_until_next(database))
    return late


def _until_next(database: Database) -> float:
    """Other processes may make promises meanwhile: never longer than a poll."""
    with database.reading() as tx:
        ready = Promises(tx).next_at()
    return min(POLL_S, max(0.0, (ready - _now()).total_seconds())) if ready else POLL_S


# ---------------------------------------------------------------- the writer


def _event(number: int) -> dict[str, object]:
    said = {"text": "好的，我听到您说话了。", "start": 1.0}
    return {"t": number / 5, "time": _now().isoformat(), "command": "Play", **said}


@contextmanager
def _calls_being_written(database: Database, calls: int = CALLS) -> Iterator[None]:
    """Each with its events, spread over the second."""
    writer, over = Writer(database), threading.Event()
    for call in range(calls):
        writer.put(lambda tx, call=call: Calls(tx).opened(NewCall(id=f"c{call}"), _now()))  # type: ignore[misc]  # bound now

    def talk() -> None:
        began = time.monotonic()
        for number in count():
            writer.note(f"c{number % calls}", [_event(number)])
            if over.wait(max(0.0, began + (number + 1) / (calls * EVENTS_A_SECOND) - time.monotonic())):
                return

    talking = threading.Thread(target=talk)
    talking.start()
    try:
        yield
    finally:
        over.set()
        talking.join()
        assert writer.close(60)


def _carried(url: str, seconds: float) -> Iterator[Line]:
    with closing(Database(url)) as database:
        writer, number = Writer(database), round(4000 * seconds)
        began = time.monotonic()
        for each in range(number):
            writer.note(f"c{each % CALLS}", [_event(each)])
        assert writer.close(300)
        yield "events written, as many as it can", number / (time.monotonic() - began), "/s"
        assert not writer.lost


def _beside(url: str, seconds: float) -> Iterator[Line]:
    """How late a loop of 20 ms comes round: alone, then beside the writer of 100 calls."""
    yield _percentile("a loop of 20 ms is late, {}, alone", _ticks(seconds), 99)
    with closing(Database(url)) as database, _calls_being_written(database):
        yield _percentile(f"a loop of 20 ms is late, {{}}, {CALLS} calls written beside it", _ticks(seconds), 99)


def _ticks(seconds: float) -> list[float]:
    began, late = time.monotonic(), []
    for number in range(1, round(seconds / TICK_S)):
        due = began + number * TICK_S
        time.sleep(max(0.0, due - time.monotonic()))
        late.append(time.monotonic() - due)
    return late


def _percentile(what: str, seconds: list[float], percent: int) -> Line:
    name = "at most" if percent == 100 else f"p{percent}"
    return what.format(name), float(np.percentile(seconds, percent)) * 1000, "ms"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.records", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out" / "records")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
