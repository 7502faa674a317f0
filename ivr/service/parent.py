"""The parent of the workers: starts them, restarts what is lost, drains them, tells systemd and Prometheus.

It takes no calls itself and holds nothing a call needs, so that whatever happens to one worker stays there.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry, Gauge

from ivr.config import Settings
from ivr.errors import JobError, UserError
from ivr.service.alerting import Alerting
from ivr.service.child import Child, Watch
from ivr.service.http import Health, WorkerHealth, listening
from ivr.service.metrics import SideBySide
from ivr.service.notify import notify, watchdog_interval
from ivr.service.pipe import REPORT_S, Job, Report

STEADY_S = 60.0
"""A worker that ran for so long starts again without back-off."""
GRACE_S = 5.0
"""Beyond the drain time-out, before workers are killed."""

_NOT_RELOADED = "standards not reloaded, the old ones stay"

log = structlog.get_logger(__name__)


def backoff(failures: int) -> float:
    """Seconds before the next start, after so many failures in a row: 1, 2, 4 … 30."""
    return min(2.0 ** (failures - 1), 30.0)


class Parent:
    """Runs the service from start to drained.

    `announce` gets one line when calls can be taken; `recheck` is asked before standards are reloaded and raises
    UserError where they cannot be used.
    """

    def __init__(  # noqa: PLR0913 - each is independent of the others and has a default
        self,
        settings: Settings,
        journal: Path | None = None,
        *,
        debug: bool = False,
        announce: Callable[[str], None] = lambda line: None,
        recheck: Callable[[], None] = lambda: None,
        watch: Watch | None = None,
    ) -> None:
        self.settings = settings
        self._announce, self._recheck = announce, recheck
        self.children = [
            Child(Job(index=index, settings=settings, journal=journal, debug=debug), watch or Watch())
            for index in range(settings.sip.workers)
        ]
        self._restarts = Counter[int]()
        self._draining = asyncio.Event()
        self._beside: set[asyncio.Task[None]] = set()
        self._born = time.monotonic()
        alerts = settings.alerts.wanted and settings.records.url
        self._alerting = Alerting(settings) if alerts else None

    # ------------------------------------------------------------ running

    async def run(self) -> None:
        """Serve until drained. Raises UserError or JobError if a worker cannot even start."""
        with self._obeying_signals():
            async with listening(self.settings.metrics.bind, self.registry(), self.health):
                self._start(self._say_when_ready())
                self._start(self._tell_systemd())
                if self._alerting:
                    self._start(self._alerting.run())
                keepers = [asyncio.create_task(self._keep(child)) for child in self.children]
                try:
                    await asyncio.gather(*keepers)
                finally:
                    await _cancel([*keepers, *self._beside])

    async def _keep(self, child: Child) -> None:
        """A worker in its place, for as long as the service is not draining."""
        failures, clock = 0, asyncio.get_running_loop().time
        while not self._draining.is_set():
            started = clock()
            reason = await self._one_life(child)
            if not self._draining.is_set():
                failures = 1 if clock() - started > STEADY_S else failures + 1
                log.error("worker lost", worker=child.job.index, reason=reason, again_in_s=backoff(failures))
                self._restarts[child.job.index] += 1
                await self._pause(backoff(failures))

    async def _one_life(self, child: Child) -> str:
        """Returns why it ended; what ends a worker before it ever ticked ends the service."""
        try:
            await child.run()
        except (UserError, JobError) as error:
            if not child.ready.is_set():
                raise
            return str(error)
        except Exception as error:  # whatever becomes of one worker, the others have callers
            if not child.ready.is_set():
                raise
            log.exception("a worker could not be followed", worker=child.job.index)
            return f"{type(error).__name__}: {error}"
        return "it ended by itself"

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._draining.wait(), seconds)

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._beside.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("fault beside the workers", exc_info=error)

    # ------------------------------------------------------------ commands

    @contextmanager
    def _obeying_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        handlers = {signal.SIGTERM: self.drain, signal.SIGINT: self.drain, signal.SIGHUP: self.reload}
        for number, handler in handlers.items():
            loop.add_signal_handler(number, handler)
        try:
            yield
        finally:
            for number in handlers:
                loop.remove_signal_handler(number)

    def drain(self) -> None:
        """No new calls; running ones finish, within the drain time-out. Asked a second time: end at once."""
        if self._draining.is_set():
            self._kill("asked twice")
            return
        log.info("draining", calls=self.calls, at_most_s=self.settings.sip.drain_timeout_s)
        notify(STOPPING=1)
        self._draining.set()
        for child in self.children:
            child.drain()
        self._start(self._bound_the_drain())

    async def _bound_the_drain(self) -> None:
        await asyncio.sleep(self.settings.sip.drain_timeout_s + GRACE_S)
        self._kill("drain time-out")

    def _kill(self, reason: str) -> None:
        log.warning("ending workers at once", reason=reason, calls=self.calls)
        for child in self.children:
            child.kill()

    def reload(self) -> None:
        """Read the standards anew for calls to come; if they have a mistake, everything stays as it is."""
        self._start(self._reload())

    async def _reload(self) -> None:
        try:
            await asyncio.to_thread(self._recheck)
        except UserError as error:
            log.warning(_NOT_RELOADED, reason=str(error))
            await self._alert(f"话术没有更新，仍用原来的：{error}")
            return
        except Exception as error:  # a fault of ours: workers keep what they have, and whoever asked is told
            log.exception(_NOT_RELOADED)
            await self._alert(f"话术没有更新，仍用原来的：{type(error).__name__}")
            return
        for child in self.children:
            child.reload()

    async def _alert(self, summary: str) -> None:
        if self._alerting:
            await asyncio.to_thread(self._alerting.put, "reload", summary)

    # ------------------------------------------------------------ telling

    @property
    def calls(self) -> int:
        """Calls in progress, of all workers."""
        return sum(child.report.active for child in self.children if child.report)

    def health(self) -> Health:
        """Ready if every worker ticks, is registered where there is a registrar, and nothing is draining."""
        workers = [self._worker_health(child) for child in self.children]
        reason = self._why_not_ready(workers)
        return Health(not reason, reason or "ready", round(time.monotonic() - self._born, 1), workers)

    def _worker_health(self, child: Child) -> WorkerHealth:
        index, report = child.job.index, child.report or Report()
        return WorkerHealth(
            index,
            ticking=child.report is not None,
            registered=report.registered,
            recognizer=report.recognizer,
            recognizer_ready=report.recognizer_ready,
            calls=report.active,
            restarts=self._restarts[index],
            records_waiting=report.records_waiting,
        )

    def _why_not_ready(self, workers: Sequence[WorkerHealth]) -> str:
        if self._draining.is_set():
            return "draining"
        if not all(worker.ticking for worker in workers):
            return "a worker is not running"
        if self.settings.sip.registrar and not all(worker.registered for worker in workers):
            return f"not registered with {self.settings.sip.registrar}"
        return ""

    def registry(self) -> CollectorRegistry:
        """The service's own metrics and those of its workers."""
        registry = CollectorRegistry()
        uptime = Gauge("ivr_uptime_seconds", "Since the service was started", registry=registry)
        uptime.set_function(lambda: time.monotonic() - self._born)
        restarts = Gauge("ivr_worker_restarts", "Workers lost and started again", registry=registry)
        restarts.set_function(self._restarts.total)
        registry.register(SideBySide(lambda: {c.job.index: c.report.families for c in self.children if c.report}))
        return registry

    async def _say_when_ready(self) -> None:
        for child in self.children:
            await child.ready.wait()
        self._announce(ready_line(self.settings, self.health().workers))
        notify(READY=1)

    async def _tell_systemd(self) -> None:
        """WATCHDOG=1 says that the parent itself is alive; it looks after the workers."""
        pause = min(REPORT_S, watchdog_interval() or REPORT_S)
        while True:
            notify(WATCHDOG=1, STATUS=f"{self.calls} calls, {self.health().reason}")
            await asyncio.sleep(pause)


def ready_line(settings: Settings, workers: Sequence[WorkerHealth]) -> str:
    """What a person sees when calls can be taken."""
    sip, metrics = settings.sip, settings.metrics.bind
    last = f"-{sip.bind.port + sip.workers - 1}" if sip.workers > 1 else ""
    standards = ", ".join(dict.fromkeys(served.name for served in settings.served))
    health = f", http://{metrics}/health" if metrics else ""
    served = f"up to {sip.max_calls} calls, standards: {standards}, {_hears(workers)}"
    return f"ready: SIP on {sip.bind}{last}, {served}{health}"


def _hears(workers: Sequence[WorkerHealth]) -> str:
    name = next((worker.recognizer for worker in workers if worker.recognizer != "none"), "")
    later = "" if all(worker.recognizer_ready for worker in workers) else " as soon as it is ready"
    return f"words by {name}{later}" if name else "keys only"


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
