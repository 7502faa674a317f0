from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ivr.config import Settings
from ivr.records import Calls, Database, NewCall, NewTicket, Tickets
from ivr.service.pruning import DAY_S, Pruned, prune, prune_daily

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    records = {"url": f"sqlite:///{tmp_path}/ivr.db", "recordings": str(tmp_path / "rec"), "retention_days": 30}
    return Settings.model_validate({"records": records})


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.records.url)
    database.upgrade()
    yield database
    database.close()


def happened(settings: Settings, database: Database, days_ago: float, suffix: str = "1a") -> str:
    """A call so long ago, its recording, its originals and a message; returns its name."""
    at = NOW - timedelta(days=days_ago)
    name = f"{at:%Y%m%dT%H%M%S}-{suffix}"
    with database.transaction() as tx:
        Calls(tx).opened(NewCall(id=name), at)
        Calls(tx).closed(name, "goodbye", at)
    folder = settings.records.recordings
    for path in (folder / f"{at:%Y-%m-%d}" / f"{name}.wav", folder / f"{at:%Y-%m-%d}" / f"{name}.sealed"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    (folder / f"{name}-1.wav").write_bytes(b"x")
    return name


def left(settings: Settings) -> set[str]:
    return {path.name.split(".")[0].removesuffix("-1") for path in settings.records.recordings.rglob("*.*")}


@pytest.mark.req("G3")
def test_what_is_too_old_goes_with_all_its_files(settings: Settings, database: Database) -> None:
    happened(settings, database, 32)
    recent = happened(settings, database, 29)
    assert prune(settings, NOW) == Pruned(calls=1, files=3)
    assert left(settings) == {recent}
    assert prune(settings, NOW) == Pruned()


@pytest.mark.req("G3")
def test_what_an_open_ticket_speaks_of_stays(settings: Settings, database: Database) -> None:
    name = happened(settings, database, 60)
    with database.transaction() as tx:
        ticket = Tickets(tx).open(NewTicket(kind="inquiry", call_id=name, summary="查件"), NOW)
    assert prune(settings, NOW) == Pruned()
    assert left(settings) == {name}
    with database.transaction() as tx:
        Tickets(tx).close(ticket, "ivr", "", NOW - timedelta(days=31))
    assert prune(settings, NOW) == Pruned(calls=1, tickets=1, files=3)


def test_recordings_go_without_a_database_too(settings: Settings, database: Database) -> None:
    happened(settings, database, 60)
    records = settings.records.model_copy(update={"url": ""})
    assert prune(settings.model_copy(update={"records": records}), NOW).files == 3


async def test_it_is_done_every_day(settings: Settings, database: Database) -> None:
    names = [happened(settings, database, days, f"{days}a") for days in (31, 30, 29)]
    now, seen = NOW, list[set[str]]()

    async def a_day_passes(seconds: float) -> None:
        nonlocal now
        assert seconds == DAY_S
        now += timedelta(seconds=seconds)
        seen.append(left(settings))
        if len(seen) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await prune_daily(settings, lambda: now, a_day_passes)
    assert seen == [set(names[1:]), set(names[2:]), set()]


async def test_a_database_that_is_away_is_asked_again(tmp_path: Path) -> None:
    records = {"url": f"sqlite:///{tmp_path}/none/ivr.db", "recordings": str(tmp_path)}
    waits = []

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        raise asyncio.CancelledError

    with capture_logs() as logged, pytest.raises(asyncio.CancelledError):
        await prune_daily(Settings.model_validate({"records": records}), lambda: NOW, wait)
    assert waits == [600.0]
    assert [entry["event"] for entry in logged] == ["what is too old cannot be removed now"]
