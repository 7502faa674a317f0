"""The house's own systems that are asked during a call: shipments, accounts, tickets (requirements B12, F2, F10, G8).

One protocol, `Source`: slots in, an outcome and values out. `Backend` puts limits around any of them, so that whoever
asks gets an answer in time whatever has become of the system. A system of another kind is a source more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import date

from ivr.backends.backend import Backend
from ivr.backends.http import HttpSource
from ivr.backends.reply import FAILED, FOUND, MISSING, NoAnswerError, Reply, Source
from ivr.backends.sqlite import SampleSource, SqliteSource, file_source
from ivr.config.backends import AnyBackend, HttpBackend, SqliteBackend

__all__ = [
    "FAILED",
    "FOUND",
    "MISSING",
    "Backend",
    "NoAnswerError",
    "Reply",
    "SampleSource",
    "Source",
    "SqliteSource",
    "opened",
    "troubles_of",
]


def opened(settings: Mapping[str, AnyBackend], today: Callable[[], date] = date.today) -> dict[str, Backend]:
    """Each of `[backends]`, by name; nothing is asked or connected yet. Raises UserError."""
    return {name: _backend(name, each, today) for name, each in settings.items()}


async def troubles_of(backends: Mapping[str, Backend]) -> dict[str, str]:
    """Of each, why it would not answer right now, empty where it would; all are closed then."""
    try:
        found = await asyncio.gather(*(each.trouble() for each in backends.values()))
    finally:
        for each in backends.values():
            await each.close()
    return dict(zip(backends, found, strict=True))


def _backend(name: str, settings: AnyBackend, today: Callable[[], date]) -> Backend:
    limits = settings.model_dump(include={"timeout_s", "at_once", "failures", "rest_s"})
    return Backend(_source(name, settings, today), **limits)


def _source(name: str, settings: AnyBackend, today: Callable[[], date]) -> Source:
    match settings:
        case HttpBackend():
            return HttpSource(settings)
        case SqliteBackend(file=file, query=query, timeout_s=timeout_s):
            return file_source(file, query, timeout_s, today)
    return SampleSource(settings.like or name, settings.timeout_s, today)
