"""A worker process: `python -m ivr.service.process FD`, started by the parent with its end of a socket pair.

One event loop does everything: the worker's tick loop, the reports to the parent, the parent's commands. If the loop
stands still so do the reports, and that is how the parent knows.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial

import structlog

from ivr.backends import opened
from ivr.config import Settings
from ivr.dialog.meaning import interpreter
from ivr.errors import JobError, UserError
from ivr.service import logs
from ivr.service.callbacks import Callbacks
from ivr.service.inquiries import Inquiries
from ivr.service.journal import Journal
from ivr.service.keeping import Keeper
from ivr.service.metrics import Metrics
from ivr.service.neighbours import Neighbours
from ivr.service.pipe import DRAIN, LONGEST_LINE, RELOAD, REPORT_S, Job, Report, line
from ivr.service.pruning import prune_daily
from ivr.service.shelf import shelf_of
from ivr.service.taping import Taping
from ivr.service.voices import Voices, prepare
from ivr.service.words import ready_soon, start_recogniser
from ivr.speech.houses import refresh
from ivr.speech.recognition import Recognition
from ivr.speech.wording import check_phrases
from ivr.standards.model import Standard
from ivr.telephony.presence import Presences

_NOT_RELOADED = "standards not reloaded, the old ones stay"
_NOT_RECOVERED = "recordings of an earlier process could not be completed"

log = structlog.get_logger(__name__)


def main() -> None:
    """Work until the parent says otherwise."""
    faulthandler.enable()  # the parent's SIGABRT to a stuck worker shows where it stood
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole terminal; the parent drains us
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    asyncio.run(_work(socket.socket(fileno=int(sys.argv[1]))))


async def _work(pipe: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=pipe, limit=LONGEST_LINE)
    job = Job.model_validate_json(await reader.readline())
    logs.configure(logging.DEBUG if job.debug else logging.INFO)
    structlog.contextvars.bind_contextvars(worker=job.index)
    try:
        await _serve(job, reader, writer)
    except (UserError, JobError) as error:
        writer.write(line(Report(error=str(error), code=2 if isinstance(error, UserError) else 1)))
        await writer.drain()
        sys.exit(2 if isinstance(error, UserError) else 1)
    finally:
        writer.close()


async def _serve(job: Job, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    from ivr.service.worker import Worker  # noqa: PLC0415 - brings pjsua2, which only a worker process may load

    settings = job.settings.for_worker(job.index)
    stop, metrics, journal = asyncio.Event(), Metrics(), Journal(job.journal)
    standards, voices = shelf_of(settings), Voices(settings)
    recogniser = start_recogniser(settings, job.settings.sip.workers)  # loads in a process of its own meanwhile
    get_ready = partial(_get_ready, settings, voices, recogniser)
    get_ready(standards)
    keeper, taping = Keeper(settings, instance_of(settings)), Taping(settings, standards)
    presences = Presences(settings.telephony)
    inquiries = Inquiries(opened(settings.backends), keeper, metrics, voices)
    worker = Worker(
        settings,
        voices,
        standards,
        journal,
        metrics,
        recogniser=recogniser,
        keeper=keeper,
        taping=taping,
        presence=presences.of,
        inquiries=inquiries,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    beside = [
        asyncio.create_task(_report(writer, metrics, recogniser, keeper, stop)),
        asyncio.create_task(_obey(reader, stop, lambda: standards.reload(get_ready))),
    ]
    if job.index == 0:
        beside.append(asyncio.create_task(prune_daily(settings, keeper.clock)))
    try:
        await ready_soon(recogniser, stop.is_set)
        async with presences.running(), inquiries.running():
            worker.listen()  # this place is ours: what was left behind here is nobody else's
            beside.append(asyncio.create_task(_beside_the_calls(lambda: taping.recover(keeper), _NOT_RECOVERED)))
            beside.append(asyncio.create_task(Neighbours(keeper, standards).run()))
            async with Callbacks(keeper, worker, standards).running(stop):
                await worker.run(stop)
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        taping.close()
        keeper.close()
        worker.hearing.close()
        voices.close()
        journal.close()


def _get_ready(settings: Settings, voices: Voices, recogniser: Recognition, standards: Mapping[str, Standard]) -> None:
    """All that a call would hold up the others for: its prompts, and what its standard makes of words."""
    for served in settings.served:
        refresh(served)
    check_phrases(standards.values())
    prepare(settings, standards, voices)
    voices.start()
    if recogniser.name != "none":
        for standard in standards.values():
            interpreter(standard)


def instance_of(settings: Settings) -> str:
    """A worker's place, the same after a restart: this machine, and where it listens."""
    return f"{socket.gethostname()} {settings.sip.bind}"


async def _report(
    writer: asyncio.StreamWriter, metrics: Metrics, recogniser: Recognition, keeper: Keeper, stop: asyncio.Event
) -> None:
    while True:
        metrics.records(keeper.waiting, keeper.lost)
        report = Report(
            ticks=metrics.ticks,
            active=metrics.active,
            registered=metrics.registered,
            recognizer=recogniser.name,
            recognizer_ready=recogniser.ready,
            draining=stop.is_set(),
            records_waiting=keeper.waiting,
            families=metrics.snapshot(),
        )
        writer.write(line(report))
        await asyncio.sleep(REPORT_S)


async def _obey(reader: asyncio.StreamReader, stop: asyncio.Event, reload: Callable[[], object]) -> None:
    """Reads on while standards are read anew, one time after the other: who is told to drain takes no more calls."""
    turn, reloads = asyncio.Lock(), list[asyncio.Task[None]]()

    async def reload_once() -> None:
        async with turn:
            await _beside_the_calls(reload, _NOT_RELOADED)

    try:
        while command := await reader.readline():
            if command == DRAIN:
                stop.set()
            elif command == RELOAD:
                reloads = [*(task for task in reloads if not task.done()), asyncio.create_task(reload_once())]
    finally:
        stop.set()  # the parent is gone


async def _beside_the_calls(work: Callable[[], object], otherwise: str) -> None:
    try:
        await asyncio.to_thread(work)
    except Exception:  # a fault of ours, and no call's
        log.exception(otherwise)


if __name__ == "__main__":
    main()
