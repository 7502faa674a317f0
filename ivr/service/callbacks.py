"""Keeps promises that are kept by a call: rings whoever is due (requirements A7, B9).

Promises are claimed in a thread, dialled in the worker's. A claim row stands before anything is dialled, and a promise
that may have been dialled by somebody who died is never dialled again (`ivr.records.promises`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import ParamSpec, Protocol

import structlog
from sqlalchemy import Connection

from ivr.dialog.dropping import DROPPED
from ivr.errors import UserError
from ivr.records import Calls, Claim, Database, Policy, Promise, Promises, RecordsError
from ivr.service.keeping import Keeper, Origin, policy_of
from ivr.service.recalling import known_of
from ivr.standards.model import Standard
from ivr.telephony.numbers import dialable, normalised

POLL_S = 0.1
EXPIRE_S = 2.0
"""How often claims are looked for whose holder died."""
CLAIM_LEASE_S = 5.0
"""A claim that was not dialled by then goes back."""
DIAL_LEASE_S = 180.0
"""The longest time from dialling until we know whether they are there; then nobody will know."""
_LONGEST_CALL = timedelta(hours=2)
"""What is open for longer was left behind by a process of a place that is no more."""
_ON_ANOTHER_LINE = timedelta(seconds=60)
_NO_LINE = timedelta(seconds=1)
_AGAIN_S = 1.0
_AT_ONCE = 4
_LAST_OUTCOMES_S = 5.0
CUT_OFF = "cut off"
"""Outcome of a call that we had to end ourselves: whoever it was is rung again at once."""

log = structlog.get_logger(__name__)
P = ParamSpec("P")


@dataclass(frozen=True)
class Order:
    """A call to make."""

    number: str
    """As the PBX wants it."""
    reason: str
    """An `outbound` of the standard."""
    origin: Origin
    kept: Callable[[], None]
    """To be called when whoever we ring is there."""
    ended: Callable[[str], None]
    """To be called once, with the outcome of the call."""


class Caller(Protocol):
    """Who makes calls."""

    def new_name(self) -> str:
        """The name of a call to come."""

    async def prepare(self, origin: Origin) -> None:
        """Have ready what will be said of what is known. Raises UserError where that cannot be spoken."""

    def dial(self, name: str, order: Order) -> None:
        """Make it. Raises UserError where it cannot be made."""

    def give_up(self, promise_id: int) -> None:
        """Stop ringing whoever was promised that, where they have not answered."""


class Callbacks:
    """One a worker, in its event loop."""

    def __init__(self, keeper: Keeper, caller: Caller, standards: Mapping[str, Standard]) -> None:
        self._keeper, self._caller, self._standards = keeper, caller, standards
        self._tasks: set[asyncio.Task[None]] = set()
        self._dialled: dict[int, Claim] = {}
        self._available = True
        self._inherited = False

    @asynccontextmanager
    async def running(self, stop: asyncio.Event) -> AsyncIterator[None]:
        """Meanwhile whoever is due is rung, until `stop`; at the end what became of it is written down."""
        keeping = asyncio.create_task(self._run(stop))
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=_LAST_OUTCOMES_S)

    async def _run(self, stop: asyncio.Event) -> None:
        loop, expire_at = asyncio.get_running_loop(), 0.0
        while self._keeper.database and not stop.is_set():
            try:
                if not self._inherited:
                    await self._asked(self._inherit)
                elif loop.time() >= expire_at:
                    expire_at = loop.time() + EXPIRE_S
                    for claim in await self._asked(self._expire) or ():
                        self._caller.give_up(claim.id)
                for claim in await self._asked(self._claim) or ():
                    await self._keep(claim)
            except Exception:  # a fault of ours: promises to come are kept all the same
                log.exception("a promise could not be dealt with")
            await asyncio.sleep(POLL_S if self._available else _AGAIN_S)

    @property
    def _database(self) -> Database:
        assert self._keeper.database
        return self._keeper.database

    async def _asked(self, what: Callable[[], list[Claim] | None]) -> list[Claim] | None:
        try:
            found = await asyncio.to_thread(what)
        except RecordsError as error:
            if self._available:
                log.warning("promises cannot be read; they wait", reason=str(error))
            self._available = False
            return None
        if not self._available:
            log.warning("promises are read again")
        self._available = True
        return found

    # ---------------------------------------------------------------- in a thread

    def _inherit(self) -> None:
        self._keeper.find_lost(self._standards)
        self._inherited = True

    def _expire(self) -> list[Claim]:
        """Returns claims that are ours no more, whoever was to be rung being with us already (requirement F6)."""
        now, ours = self._keeper.clock(), list(self._dialled.values())
        with self._database.transaction() as tx:
            # first: the clock may have been put forward, and these calls go on
            lost = [claim for claim in ours if not Promises(tx).renew(claim, now)]
            for expired in Promises(tx).expire(now):
                log.warning("nobody knows what became of a call", promise=expired.promise.id, state=expired.state)
            self._keeper.look_for_incidents(tx)
        return lost

    def _claim(self) -> list[Claim]:
        now = self._keeper.clock()
        if not self._inherited:
            return []
        with self._database.reading() as tx:
            due = Promises(tx).next_at()
        if due is None or due > now:
            return []
        with self._database.transaction() as tx:
            return list(Promises(tx).claim(now, self._keeper.instance, CLAIM_LEASE_S, _AT_ONCE))

    def _take(self, claim: Claim, name: str) -> bool:
        """The last thing before it is dialled."""
        now, promise = self._keeper.clock(), claim.promise
        with self._database.transaction() as tx:
            if _speaks_with_us(tx, promise, now):
                self._put_off(tx, claim, now)
                return False
            if self._rung_too_often(tx, promise.number, now):
                Promises(tx).settle(claim, "rung too often", now, Policy(attempts=1))
                return False
            return Promises(tx).dialling(claim._replace(lease_s=DIAL_LEASE_S), now, name)

    def _rung_too_often(self, tx: Connection, number: str, now: datetime) -> bool:
        numbers = self._keeper.settings.numbers
        limits = {timedelta(hours=1): numbers.calls_an_hour, timedelta(days=1): numbers.calls_a_day}
        return any(Promises(tx).dialled_since(number, now - span) >= most for span, most in limits.items())

    @staticmethod
    def _put_off(tx: Connection, claim: Claim, now: datetime) -> None:
        """They are on another line with us: who was cut off has rung us, and anybody else is rung later."""
        if claim.promise.kind == DROPPED:
            Promises(tx).cancel(claim.id, "on another line", now)
        else:
            Promises(tx).release(claim, now + _ON_ANOTHER_LINE, "on another line", now)

    def _undo(self, claim: Claim) -> None:
        now = self._keeper.clock()
        with self._database.transaction() as tx:
            Promises(tx).undo(claim, "not dialled", now, now + _NO_LINE)

    def _settle(self, claim: Claim, outcome: str, policy: Policy) -> None:
        with self._database.transaction() as tx:
            settled = Promises(tx).settle(claim, outcome, self._keeper.clock(), policy)
            if settled and settled.state == "kept" and claim.promise.kind == DROPPED:
                self._reached(tx, claim.promise.number)
        if settled:
            log.info("promise", promise=claim.id, outcome=outcome, state=settled.state)

    def _reached(self, tx: Connection, number: str) -> None:
        """Who was cut off several times is rung once."""
        for other in Promises(tx).list(number=number):
            if other.kind == DROPPED:
                Promises(tx).cancel(other.id, "reached by another call", self._keeper.clock())

    # ---------------------------------------------------------------- in the loop

    async def _keep(self, claim: Claim) -> None:
        settings = self._keeper.settings
        served = settings.line_for(claim.promise.line)
        standard = self._standards[served.name]
        of = standard.promise.get(claim.promise.kind)
        if of is None or not of.call:
            self._settle_soon(claim, "not in the standard", Policy(attempts=1))
            return
        if dialable(claim.promise.number, settings.telephony.outbound_allow) is None:
            self._settle_soon(claim, "not allowed", Policy(attempts=1))
            return
        policy = policy_of(of, served.timezone)
        if not policy.allows(self._keeper.clock()):
            self._settle_soon(claim, "quiet hours", policy.model_copy(update={"attempts": 1}))
            return
        name, promise = self._caller.new_name(), claim.promise
        origin = Origin(served, standard, promise.line, "out", promise.number, known_of(promise), claim.id)
        try:
            await self._caller.prepare(origin)
            ours = await asyncio.to_thread(self._take, claim, name)
        except RecordsError as error:
            log.warning("a promise was not dialled", promise=claim.id, reason=str(error))
            self._soon(self._undo, claim)  # whether that was written or not: it may be dialled by the next claim
        except UserError as error:
            self._not_now(claim, policy, error)
        except asyncio.CancelledError:  # we are about to end
            self._soon(self._undo, claim)
            raise
        except Exception:
            self._settle_soon(claim, "fault", policy)
            raise
        else:
            if ours:
                self._dial(claim, name, policy, of.call, origin)

    def _not_now(self, claim: Claim, policy: Policy, error: UserError) -> None:
        """Until it is due a line may become free; then it counts as an attempt, and nobody waits for ever."""
        log.warning("a promise could not be dialled", promise=claim.id, reason=str(error))
        if self._keeper.clock() < claim.promise.due_at:
            self._soon(self._undo, claim)
        else:
            self._settle_soon(claim, "failed", policy)

    def _dial(self, claim: Claim, name: str, policy: Policy, reason: str, origin: Origin) -> None:
        held = self._dialled[claim.id] = claim._replace(lease_s=DIAL_LEASE_S)

        def ended(outcome: str) -> None:
            if self._dialled.get(claim.id) is not held:
                return  # what came first holds, also where the database takes it late: who was told is not rung again
            del self._dialled[claim.id]
            again = policy.model_copy(update={"between_s": (0.0,)}) if outcome == CUT_OFF else policy
            self._settle_soon(claim, outcome, again)

        order = Order(claim.promise.number, reason, origin, lambda: ended("kept"), ended)
        try:
            self._caller.dial(name, order)
        except UserError as error:
            del self._dialled[claim.id]
            self._not_now(claim, policy, error)
        except Exception:
            ended("fault")
            raise

    def _settle_soon(self, claim: Claim, outcome: str, policy: Policy) -> None:
        self._soon(self._settle, claim, outcome, policy)

    def _soon(self, what: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        task = asyncio.get_running_loop().create_task(self._until_done(partial(what, *args, **kwargs)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _until_done(self, what: Callable[[], None]) -> None:
        """What is known is not forgotten for want of a database."""
        while True:
            try:
                return await asyncio.to_thread(what)
            except RecordsError:
                await asyncio.sleep(_AGAIN_S)
            except Exception:  # a fault of ours: the lease runs out, and a person is told
                log.exception("what became of a promise could not be written")
                return None


def _speaks_with_us(tx: Connection, promise: Promise, now: datetime) -> bool:
    """On another line. Callers' numbers are on record in E.164, those that we rang as they were dialled."""
    running = Calls(tx).list(states=("open",), since=now - _LONGEST_CALL)
    others = [
        call["caller" if call["direction"] == "in" else "dialled"] for call in running if call["id"] != promise.call_id
    ]
    return not {promise.number, normalised(promise.number)}.isdisjoint(others)
