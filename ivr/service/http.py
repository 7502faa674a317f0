"""`/metrics` for Prometheus, `/health` for whoever decides whether calls may be sent here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from ivr.config import Address
from ivr.errors import UserError


@dataclass(frozen=True)
class WorkerHealth:
    """How one worker is doing."""

    index: int
    ticking: bool
    registered: bool | None
    """None: there is no registrar, or no answer of it yet."""
    recognizer: str
    """Who turns speech into words; ``none``: callers have keys and voice activity."""
    recognizer_ready: bool
    """False: it is being started, or started anew; calls go on with keys meanwhile."""
    calls: int
    restarts: int
    records_waiting: int = 0
    """Items that are not in the database yet; they wait where it is away, or its disk full, and calls go on."""


@dataclass(frozen=True)
class Health:
    """Whether calls may be sent here, and why (not)."""

    ready: bool
    reason: str
    uptime_s: float
    workers: list[WorkerHealth]


@asynccontextmanager
async def listening(
    address: Address | None, registry: CollectorRegistry, health: Callable[[], Health]
) -> AsyncIterator[None]:
    """Answer on `address` meanwhile; None: do not listen. Raises UserError if the address cannot be had."""
    if address is None:
        yield
        return
    runner = web.AppRunner(application(registry, health), access_log=None)
    await runner.setup()
    try:
        await _bind(runner, address)
        yield
    finally:
        await runner.cleanup()


async def _bind(runner: web.AppRunner, address: Address) -> None:
    try:
        await web.TCPSite(runner, *address).start()
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"metrics.bind: {address} cannot be had: {reason} → free it, or bind elsewhere") from None


def application(registry: CollectorRegistry, health: Callable[[], Health]) -> web.Application:
    """The two pages."""

    async def show_metrics(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def show_health(_: web.Request) -> web.Response:
        state = health()
        return web.json_response(asdict(state), status=200 if state.ready else 503)

    app = web.Application()
    app.add_routes([web.get("/metrics", show_metrics), web.get("/health", show_health)])
    return app
