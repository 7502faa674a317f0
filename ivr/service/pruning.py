"""What is older than ``[records] retention_days`` goes: calls and their journals, recordings, messages, originals."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from ivr.config import Settings
from ivr.recording.retention import old, remove
from ivr.records import Calls, Database, RecordsError, retention

DAY_S = 24 * 3600.0
_AGAIN_S = 600.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Pruned:
    """How much went."""

    calls: int = 0
    tickets: int = 0
    promises: int = 0
    files: int = 0


def prune(settings: Settings, now: datetime) -> Pruned:
    """Remove what is too old, but nothing of a call that an open ticket or promise speaks of.

    Raises RecordsError; what was removed until then stays removed.
    """
    before = now - timedelta(days=settings.records.retention_days)
    calls = tickets = promises = 0
    kept: set[str] = set()
    if settings.records.url:
        database = Database(settings.records.url)
        try:
            removed = retention(database, now, settings.records.retention_days)
            with database.reading() as tx:
                kept = Calls(tx).began_before(before + timedelta(days=1))
        finally:
            database.close()
        calls, tickets, promises = removed.calls, removed.tickets, removed.promises
    files = [path for path in old(settings.records.recordings, before.date()) if _call_of(path) not in kept]
    return Pruned(calls, tickets, promises, len(remove(files)))


def _call_of(path: Path) -> str:
    """A message is called ``<call>-<n>``, everything else ``<call>``; a call's own name has one dash."""
    return "-".join(path.name.split(".")[0].split("-")[:2])


async def prune_daily(
    settings: Settings,
    clock: Callable[[], datetime],
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """At once, and then every day, in a thread; a database that is away is tried again before."""
    while True:
        await sleep(await asyncio.to_thread(_pruned, settings, clock()))


def _pruned(settings: Settings, now: datetime) -> float:
    """Returns the seconds until it is to be done again."""
    try:
        pruned = prune(settings, now)
    except RecordsError as error:
        log.warning("what is too old cannot be removed now", reason=str(error))
        return _AGAIN_S
    except Exception:  # a disk that cannot be read, a fault of ours: retention goes on for months all the same
        log.exception("what is too old cannot be removed now")
        return _AGAIN_S
    if pruned != Pruned():
        log.info("what was too old is removed", calls=pruned.calls, files=pruned.files)
    return DAY_S
