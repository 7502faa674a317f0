"""A house around the service, for robot callers: its systems behind HTTP, and its supervisor at the database.

The service asks for real: over HTTP on loopback, or its own sample; approvals are decided as `ivr approvals` does.
Which scenario a question belongs to is told by the caller's number, of which each scenario has its own. In one that
names no such system there is nobody to be asked, whatever others have.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from aiohttp import web

from ivr.backends import FAILED
from ivr.dialog.inquiring import NOBODY
from ivr.records import Approval, Approvals, Database, RecordsError
from ivr.simulation.scenario import Scenario

_HOST = "127.0.0.1"
_LOOK_S = 0.1
_NEVER_TIRED = 1_000_000  # a system that fails in one scenario answers in another
_LONGEST_S = 60.0


class House:
    """The systems of all the scenarios at once."""

    def __init__(self, scenarios: Sequence[Scenario]) -> None:
        self._scenarios = [scenario for scenario in scenarios if scenario.asks_others]
        self._names = sorted({name for scenario in self._scenarios for name in scenario.backends})
        self._port = 0

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """It answers meanwhile; not opened where no scenario asks anybody."""
        if not self._names:
            yield
            return
        app = web.Application()
        app.router.add_post("/{name}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.TCPSite(runner, _HOST, 0).start()
            self._port = int(runner.addresses[0][1])
            yield
        finally:
            await runner.cleanup()

    @property
    def settings(self) -> str:
        """Tables of an ivr.toml by which the service finds it; to be asked while it is open."""
        return "\n".join(self._table(name) for name in self._names)

    def _table(self, name: str) -> str:
        asked = [scenario.backends[name] for scenario in self._scenarios if name in scenario.backends]
        if all(each.sample and not each.slow_s for each in asked):
            values: dict[str, object] = {"kind": "sample"}
        else:
            outcomes = {"found", "missing", NOBODY} | {answer.outcome for each in asked for answer in each.answers}
            values = {"kind": "http", "url": f"http://{_HOST}:{self._port}/{name}", "method": "POST"}
            values |= {"outcome": "/outcome", "found": "/values", "failures": _NEVER_TIRED, "timeout_s": _LONGEST_S}
            values["outcomes"] = {outcome: outcome for outcome in sorted(outcomes)}
        return f"[backends.{name}]\n" + "\n".join(f"{key} = {_toml(value)}" for key, value in values.items())

    async def _answer(self, request: web.Request) -> web.Response:
        name, about = request.match_info["name"], await request.json()
        scenario = self._scenario_of(str(about.get("caller", "")))
        if scenario is None or name not in scenario.backends:
            return web.json_response({"outcome": NOBODY})
        asked = scenario.backends[name]
        reply, after_s = await asyncio.to_thread(asked.reply, name, about, datetime.now(UTC).date())
        await asyncio.sleep(after_s)
        status = 500 if reply.outcome == FAILED else 200
        return web.json_response({"outcome": reply.outcome, "values": dict(reply.values)}, status=status)

    def _scenario_of(self, caller: str) -> Scenario | None:
        number = caller.removeprefix("86")
        return next((each for each in self._scenarios if (each.caller.number or "") == number), None)

    # ---------------------------------------------------------------- the supervisor

    @contextlib.asynccontextmanager
    async def supervised(self, url: str) -> AsyncIterator[None]:
        """Meanwhile what is asked in that database is decided, as the scenarios say."""
        deciding = asyncio.create_task(self._supervise(url))
        try:
            yield
        finally:
            deciding.cancel()
            await asyncio.gather(deciding, return_exceptions=True)

    async def _supervise(self, url: str) -> None:
        database = Database(url)
        try:
            while any(scenario.approval for scenario in self._scenarios):
                with contextlib.suppress(RecordsError):  # it is not made yet, or busy
                    await asyncio.to_thread(self._decide, database)
                await asyncio.sleep(_LOOK_S)
        finally:
            database.close()

    def _decide(self, database: Database) -> None:
        with database.reading() as tx:
            asked = Approvals(tx).list()
        now = datetime.now(UTC)
        for approval in asked:
            if decision := self._decision(approval, now):
                with database.transaction() as tx:
                    Approvals(tx).decide(approval.id, decision, "supervisor", now)

    def _decision(self, approval: Approval, now: datetime) -> Literal["granted", "refused"] | None:
        scenario = self._scenario_of(approval.caller)
        then = scenario.approval if scenario else None
        if then is None or then.decision == "none" or now < approval.asked_at + timedelta(seconds=then.after_s):
            return None
        return then.decision


def _toml(value: object) -> str:
    """Texts, numbers, and tables of texts."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(each)}" for key, each in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)
