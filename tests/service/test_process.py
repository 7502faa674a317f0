from __future__ import annotations

import asyncio
import threading

import pytest
from structlog.testing import capture_logs

from ivr.service.pipe import DRAIN, RELOAD
from ivr.service.process import _obey


class Standards:
    """Counts how often they were read anew, and fails as told."""

    def __init__(self, *faults: Exception) -> None:
        self.reloads = 0
        self._faults = list(faults)

    def reload(self) -> None:
        self.reloads += 1
        if self._faults:
            raise self._faults.pop(0)


def commands(*lines: bytes) -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    for line in lines:
        reader.feed_data(line)
    return reader


async def test_it_drains_when_the_parent_is_gone() -> None:
    stop, reader = asyncio.Event(), commands()
    reader.feed_eof()
    await _obey(reader, stop, Standards().reload)
    assert stop.is_set()


async def test_a_fault_in_one_command_leaves_an_ear_for_the_next() -> None:
    stop, standards = asyncio.Event(), Standards(ZeroDivisionError("ours"))
    with capture_logs() as logged:
        obeying = asyncio.create_task(_obey(commands(RELOAD, RELOAD, DRAIN), stop, standards.reload))
        await asyncio.wait_for(stop.wait(), 20)
        async with asyncio.timeout(20):
            while standards.reloads < 2:  # noqa: ASYNC110 - a thread sets no event here
                await asyncio.sleep(0.005)
    obeying.cancel()
    assert [(entry["log_level"], entry["event"]) for entry in logged] == [
        ("error", "standards not reloaded, the old ones stay")
    ]


async def test_who_reads_standards_anew_hears_that_it_is_to_drain() -> None:
    stop, ready = asyncio.Event(), threading.Event()
    obeying = asyncio.create_task(_obey(commands(RELOAD, DRAIN), stop, lambda: ready.wait(20)))
    await asyncio.wait_for(stop.wait(), 10)
    assert not ready.is_set()
    ready.set()
    obeying.cancel()


async def test_a_pipe_that_breaks_drains_too() -> None:
    stop, reader = asyncio.Event(), commands()
    reader.set_exception(ConnectionResetError())
    with pytest.raises(ConnectionResetError):
        await _obey(reader, stop, Standards().reload)
    assert stop.is_set()
