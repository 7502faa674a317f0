"""Asks others on behalf of calls: the house's own systems, and a supervisor (requirements B12, E6, F10).

A call says what it wants to know and goes on; whoever answers does so beside the loop, and the worker hands their
replies to its calls when it next turns. What cannot be asked, or does not answer, has failed, and the standard says
what then. A supervisor is asked by a row in the database, which the outbox tells them of and `ivr approvals` decides.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from ivr.backends import FAILED, Backend, Reply
from ivr.config.backends import RESERVED as SUPERVISOR
from ivr.dialog import events as ev
from ivr.dialog.inquiring import NOBODY
from ivr.dialog.known import spoken
from ivr.errors import UserError
from ivr.records import Approvals, NewApproval, RecordsError
from ivr.service.keeping import Keeper, Origin, Record
from ivr.service.metrics import Metrics
from ivr.service.voices import Voices
from ivr.telephony.numbers import listed

if TYPE_CHECKING:
    from ivr.standards.model import Standard

POLL_S = 1.0
"""How often the database is asked about approvals, while any is open."""
_EXEMPT = "exempt customer"

log = structlog.get_logger(__name__)


class Inquiries:
    """One a worker, in its event loop."""

    def __init__(
        self, backends: Mapping[str, Backend], keeper: Keeper, metrics: Metrics, voices: Voices | None = None
    ) -> None:
        self._backends, self._keeper, self._metrics, self._voices = backends, keeper, metrics, voices
        self._replies: list[tuple[Desk, ev.Replied]] = []
        self._open: dict[tuple[str, int], Desk] = {}
        self._asking = asyncio.Event()
        self._available = True

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Meanwhile supervisors' decisions are looked for; at the end nobody is asked any more."""
        polling = asyncio.create_task(self._poll())
        try:
            yield
        finally:
            polling.cancel()
            await asyncio.gather(
                polling, *(backend.close() for backend in self._backends.values()), return_exceptions=True
            )

    def desk(self, leg: int, record: Record) -> Desk:
        """Where the call on that leg asks."""
        return Desk(self, leg, record)

    def replies(self) -> Iterable[tuple[int, ev.Replied]]:
        """What came in since the last time, in order, and for which leg."""
        taken, self._replies = self._replies, []
        return [(desk.leg, reply) for desk, reply in taken if not desk.closed]

    # ---------------------------------------------------------------- the house's systems

    async def ask(self, desk: Desk, inquiry: int, of: str, about: Mapping[str, str]) -> None:
        """Put the question to a backend, and its answer to the others that came in."""
        began = time.monotonic()
        try:
            reply = await self._backends[of].ask(about)
            await self._warm(desk.record.origin, reply)
        except Exception as error:  # a fault of ours, whose text would tell callers' data
            reply = Reply(FAILED, why=f"a fault of ours: {type(error).__name__}")
        if reply.outcome == FAILED:
            log.warning("an inquiry has failed", of=of, call=desk.record.name, reason=reply.why)
        self._answered(desk, inquiry, of, reply, time.monotonic() - began)

    async def _warm(self, origin: Origin, reply: Reply) -> None:
        """What is going to be said of it is spoken beside the loop: a long text would hold up every call."""
        if self._voices:
            today = self._keeper.clock().astimezone(ZoneInfo(origin.served.timezone)).date()
            with suppress(UserError):  # told where it cannot be said
                await self._voices.warm(origin.served, spoken(origin.standard, reply.values, today))

    def fail(self, desk: Desk, inquiry: int, of: str) -> None:
        """There is nobody to be asked."""
        log.warning(
            "nobody can be asked",
            of=of,
            call=desk.record.name,
            todo="set records.url" if of == SUPERVISOR else f"[backends.{of}]",
        )
        self._answered(desk, inquiry, of, Reply(FAILED if of == SUPERVISOR else NOBODY), 0.0)

    def _answered(self, desk: Desk, inquiry: int, of: str, reply: Reply, seconds: float) -> None:
        self._metrics.inquiry(of, reply.outcome, seconds)
        self._replies.append((desk, ev.Replied(inquiry, reply.outcome, dict(reply.values))))

    def knows(self, of: str) -> bool:
        """Whether there is anybody of that name to be asked."""
        return of == SUPERVISOR or of in self._backends

    # ---------------------------------------------------------------- the supervisor

    def approve(self, desk: Desk, inquiry: int, about: Mapping[str, str]) -> None:
        """Ask a supervisor, unless the caller is one whom they are not asked about."""
        record, now = desk.record, self._keeper.clock()
        menu = record.call.snapshot.menu
        within_s = record.origin.standard.menu[menu].within_s
        new = NewApproval(
            call_id=record.name,
            inquiry=inquiry,
            kind=menu,
            caller=record.origin.number or "",
            evidence=record.discretion.told(about) if record.discretion else {},
            deadline_at=now + timedelta(seconds=within_s),
            instance=self._keeper.instance,
        )
        if listed(record.origin.number, self._keeper.settings.numbers.exempt):  # whether anybody could be asked or not
            self._keeper.put(lambda tx: Approvals(tx).refuse_unasked(new, _EXEMPT, now))
            self._answered(desk, inquiry, SUPERVISOR, Reply("refused"), 0.0)
            return
        if self._keeper.database is None:
            self.fail(desk, inquiry, SUPERVISOR)
            return
        self._keeper.put(lambda tx: Approvals(tx).ask(new, now))
        desk.asked_at[inquiry] = time.monotonic()
        self._open[record.name, inquiry] = desk
        self._asking.set()

    def expire(self, desk: Desk, inquiry: int, why: str) -> None:
        """Nobody waits for that approval any more, if it is still open."""
        name, now = desk.record.name, self._keeper.clock()
        if self._open.pop((name, inquiry), None):
            self._keeper.put(lambda tx: Approvals(tx).expire(name, inquiry, why, now))

    async def _poll(self) -> None:
        while True:
            await self._asking.wait()
            await asyncio.sleep(POLL_S)
            try:
                decided = await asyncio.to_thread(self._decided, list(self._open))
            except RecordsError as error:
                if self._available:
                    log.warning("supervisors' decisions cannot be read; calls wait", reason=str(error))
                self._available = False
            except Exception:  # a fault of ours: the next decision is read all the same
                log.exception("supervisors' decisions could not be read")
            else:
                self._available = True
                for (name, inquiry), decision in decided.items():
                    self._decide(name, inquiry, decision)
            if not self._open:
                self._asking.clear()

    def _decided(self, asked: list[tuple[str, int]]) -> dict[tuple[str, int], str]:
        if not asked or self._keeper.database is None:
            return {}
        with self._keeper.database.reading() as tx:
            return Approvals(tx).decided(asked)

    def _decide(self, name: str, inquiry: int, decision: str) -> None:
        if desk := self._open.pop((name, inquiry), None):
            log.info("approval", call=name, decision=decision)
            outcome = decision if decision in {"granted", "refused"} else FAILED
            self._answered(desk, inquiry, SUPERVISOR, Reply(outcome), time.monotonic() - desk.asked_at[inquiry])


@dataclass(eq=False)
class Desk:
    """One call's; `ivr.telephony.session.Desk`."""

    inquiries: Inquiries
    leg: int
    record: Record
    closed: bool = False
    """The call is over."""
    asked_at: dict[int, float] = field(default_factory=dict)
    _tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    def inquire(self, inquiry: int, of: str, about: Mapping[str, str]) -> None:
        """Ask, without waiting."""
        if not self.inquiries.knows(of):
            self.inquiries.fail(self, inquiry, of)
        elif of == SUPERVISOR:
            self.inquiries.approve(self, inquiry, about)
        else:
            whose = {"caller": self.record.origin.number or ""}
            asking = self.inquiries.ask(self, inquiry, of, whose | dict(about))
            task = self._tasks[inquiry] = asyncio.get_running_loop().create_task(asking)
            task.add_done_callback(lambda _: self._tasks.pop(inquiry, None))

    def withdraw(self, inquiry: int) -> None:
        """Nobody waits for it any more."""
        why = "the call ended" if self.closed or self.record.call.outcome else "the call went on without it"
        if task := self._tasks.pop(inquiry, None):
            task.cancel()
        self.inquiries.expire(self, inquiry, why)

    def close(self) -> None:
        """The call is over, and so is all that it asked."""
        self.closed = True
        for inquiry in [*self._tasks, *self.asked_at]:
            self.withdraw(inquiry)


def unanswered(standards: Iterable[Standard], known: Iterable[str]) -> list[str]:
    """Whom standards ask without there being anybody of that name, and without saying what follows from that."""
    menus = [menu for standard in standards for menu in standard.menu.values() if NOBODY not in menu.answers]
    asked = {menu.inquires for menu in menus}
    return sorted(asked - {"", SUPERVISOR, *known})
