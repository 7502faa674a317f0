"""Who can be rung, by what Asterisk tells, or does not tell."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from ivr.config.settings import TelephonySettings
from ivr.telephony.presence import FRESH_S, Presences

pytestmark = pytest.mark.req("D4")

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def ari(answer: Answer):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a fixture of this file
    """An HTTP server in Asterisk's place."""
    app = web.Application()
    app.router.add_get("/ari/deviceStates/{device}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def until(condition: Callable[[], object], limit_s: float = 5.0) -> None:
    async with asyncio.timeout(limit_s):
        while not condition():  # noqa: ASYNC110 - it is another program that is waited for
            await asyncio.sleep(0.01)


def settings(url: str, folder: Path) -> TelephonySettings:
    secret = folder / "ari"
    secret.write_text("sesame\n", encoding="utf-8")
    return TelephonySettings(ari_url=url, ari_username="ivr", ari_password_file=secret)


@pytest.mark.parametrize(
    ("state", "presence"),
    [
        ("NOT_INUSE", "available"),
        ("INUSE", "busy"),
        ("RINGING", "busy"),
        ("UNAVAILABLE", "away"),
        ("INVALID", "unknown"),
    ],
)
def test_a_telephone_is_asked_about_by_its_name(tmp_path: Path, state: str, presence: str) -> None:
    asked: list[tuple[str, str]] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.match_info["device"], request.headers["Authorization"]))
        return web.json_response({"name": request.match_info["device"], "state": state})

    async def scene() -> str:
        async with ari(answer) as url:
            presences = Presences(settings(url, tmp_path))
            async with presences.running():
                await until(lambda: presences._known)
                return presences.of("supervisor")

    assert asyncio.run(scene()) == presence
    assert asked[0] == ("PJSIP/supervisor", "Basic aXZyOnNlc2FtZQ==")


def test_agents_are_asked_about_by_their_number_and_only_when_somebody_asks_for_them(tmp_path: Path) -> None:
    asked: list[str] = []
    now = 0.0

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.match_info["device"])
        return web.json_response({"state": "INUSE" if asked[-1] == "PJSIP/8002" else "NOT_INUSE"})

    async def scene() -> None:
        nonlocal now
        async with ari(answer) as url:
            agents = {"devices": {"agent": "PJSIP/{agent}"}}
            presences = Presences(settings(url, tmp_path).model_copy(update=agents), clock=lambda: now)
            async with presences.running():
                await asyncio.sleep(0.1)
                assert asked == []
                assert presences.of("agent", "8002") == "unknown", "nobody waits"
                await until(lambda: presences.of("agent", "8002") == "busy")
                assert presences.of("agent", "8003") == "unknown"
                await until(lambda: presences.of("agent", "8003") == "available")
                assert presences.of("supervisor") == "unknown"
                now = 61.0
                await asyncio.sleep(1.5)
                forgotten = len(asked)
                await asyncio.sleep(1.5)
                assert len(asked) == forgotten

    asyncio.run(scene())
    assert set(asked) == {"PJSIP/8002", "PJSIP/8003"}


def test_what_was_answered_long_ago_counts_no_more(tmp_path: Path) -> None:
    now = 0.0

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"state": "BUSY"})

    async def scene() -> Presences:
        async with ari(answer) as url:
            presences = Presences(settings(url, tmp_path), clock=lambda: now)
            async with presences.running():
                await until(lambda: presences.of("supervisor") == "busy")
            return presences

    presences = asyncio.run(scene())
    now = FRESH_S + 0.1
    assert presences.of("supervisor") == "unknown"


@pytest.mark.parametrize("fault", ["slow", "refused", "nonsense", "list"])
def test_an_asterisk_that_does_not_tell_makes_nobody_wait(tmp_path: Path, fault: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        if fault == "slow":
            await asyncio.sleep(30)
        if fault == "refused":
            raise web.HTTPUnauthorized
        return web.json_response([1]) if fault == "list" else web.Response(text="{", content_type="application/json")

    async def scene() -> str:
        async with ari(answer) as url:
            presences = Presences(settings(url, tmp_path))
            async with presences.running():
                await until(lambda: presences._fault)
                return presences.of("supervisor")

    with capture_logs() as logged:
        assert asyncio.run(scene()) == "unknown"
    assert len(logged) == 1, "told once"


def test_without_ari_everybody_is_rung() -> None:
    async def scene() -> str:
        presences = Presences(TelephonySettings())
        async with presences.running():
            return presences.of("supervisor")

    assert asyncio.run(scene()) == "unknown"
