"""One worker's place in the service: the process in it now, and what it last said."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from ivr.errors import JobError, UserError
from ivr.service.pipe import DRAIN, LONGEST_LINE, RELOAD, Job, Report, line

T = TypeVar("T")
LAST_WORDS_S = 2.0
"""From SIGABRT, on which a stuck worker shows where it stands, to SIGKILL."""


class WorkerLostError(JobError):
    """A worker ended without having been told to, or stood still."""


@dataclass(frozen=True)
class Watch:
    """How a worker is started, and how long it may stand still, seconds, before it counts as stuck."""

    start_s: float = 60.0
    """Until its first tick: models and prompts are being read."""
    stall_s: float = 10.0
    """Between two ticks."""
    program: Sequence[str] = (sys.executable, "-m", "ivr.service.process")
    """Gets the number of its end of the socket pair as last argument."""


class Child:
    """Starts a worker process and follows it to its end."""

    def __init__(self, job: Job, watch: Watch) -> None:
        self.job = job
        self.ready = asyncio.Event()
        """It has ticked at least once since the service was started."""
        self.report: Report | None = None
        """The latest; None while no process is ticking."""
        self._watch = watch
        self._draining = False
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    def drain(self) -> None:
        """Take no new calls, let running ones finish, end; a process that is only starting learns it with its job."""
        self._draining = True
        self._send(DRAIN)

    def reload(self) -> None:
        """Read the standards anew, for calls to come."""
        self._send(RELOAD)

    def _send(self, message: bytes) -> None:
        if self._writer and not self._writer.is_closing():
            self._writer.write(message)

    def kill(self) -> None:
        """End the process at once."""
        if self._process and self._process.returncode is None:
            self._process.kill()

    async def run(self) -> None:
        """Live through one process. Returns when it ends in good order.

        Raises:
            UserError, JobError: the worker's own words why it cannot work.
            WorkerLostError: it crashed, or stood still and was killed.
        """
        try:
            await self._follow(await self._start())
            await self._end()
        finally:
            self.report = None
            self.kill()
            if self._writer:
                self._writer.close()
            if self._process:
                await _to_its_end(self._process.wait())

    async def _start(self) -> asyncio.StreamReader:
        ours, theirs = socket.socketpair()
        with theirs:  # called off half-way there is a connection, or a process, all the same, and it is ours to end
            await _to_its_end(asyncio.open_unix_connection(sock=ours, limit=LONGEST_LINE), self._connected)
            starting = asyncio.create_subprocess_exec(
                *self._watch.program,
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=asyncio.subprocess.DEVNULL,
                stdout=2,  # what native libraries print belongs to the log
            )
            await _to_its_end(starting, self._started)
        self._send(line(self.job))
        if self._draining:
            self._send(DRAIN)
        assert self._reader
        return self._reader

    def _connected(self, ends: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self._reader, self._writer = ends

    def _started(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def _follow(self, reader: asyncio.StreamReader) -> None:
        now = asyncio.get_running_loop().time
        ticks, moved = 0, now()
        while True:
            patience = self._watch.stall_s if ticks else self._watch.start_s
            try:
                report = await asyncio.wait_for(_read(reader), moved + patience - now())
            except TimeoutError:
                await self._show_where_it_stands()
                raise WorkerLostError(f"worker {self.job.index} stood still for {patience:g} s") from None
            if report is None:
                return
            if report.ticks > ticks:
                ticks, moved, self.report = report.ticks, now(), report
                self.ready.set()

    async def _show_where_it_stands(self) -> None:
        process = self._process
        assert process
        with contextlib.suppress(ProcessLookupError, TimeoutError):
            process.send_signal(signal.SIGABRT)
            await asyncio.wait_for(process.wait(), LAST_WORDS_S)

    async def _end(self) -> None:
        assert self._process
        code = await self._process.wait()
        if code:
            how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
            raise WorkerLostError(f"worker {self.job.index} ended {how}")


async def _to_its_end(work: Coroutine[Any, Any, T], then: Callable[[T], object] = lambda _: None) -> None:
    """Await what does not take long and must not be left half done, however often we are called off meanwhile."""
    task, called_off = asyncio.ensure_future(work), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            called_off = error
    then(task.result())
    if called_off:
        raise called_off


async def _read(reader: asyncio.StreamReader) -> Report | None:
    try:
        text = await reader.readline()
    except ConnectionError:  # it died with our command unread
        return None
    if not text.endswith(b"\n"):  # nothing more, or half a line of one that died
        return None
    report = Report.model_validate_json(text)
    if report.error:
        raise (UserError if report.code == 2 else JobError)(report.error)
    return report
