"""Whether people can be rung just now, as Asterisk sees their telephones (ARI, device states; requirement D4).

It is asked in the background, and a call only ever reads what was answered last: an Asterisk that is slow, gone, or
has no such telephone makes presence unknown, and then we simply ring.
"""

from __future__ import annotations

import asyncio
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Literal
from urllib.parse import quote

import aiohttp
import structlog

from ivr.config.settings import TelephonySettings

Presence = Literal["available", "busy", "away", "unknown"]

_OF_DEVICE: Mapping[str, Presence] = {
    "NOT_INUSE": "available",
    "INUSE": "busy",
    "BUSY": "busy",
    "RINGING": "busy",
    "RINGINUSE": "busy",
    "ONHOLD": "busy",
    "UNAVAILABLE": "away",
}
"""Asterisk's device states; any other tells nothing."""
_EVERY_S = 1.0
_ANSWER_S = 1.0
"""An answer that takes longer is none."""
_WANTED_S = 60.0
FRESH_S = 5.0
"""What was answered longer ago counts no more."""

log = structlog.get_logger(__name__)


class Presences:
    """Of the targets that `[telephony] devices` names, while it is `running`."""

    def __init__(self, settings: TelephonySettings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._known: dict[str, tuple[float, Presence]] = {}
        self._agents: dict[str, float] = {}
        self._fault = ""

    def of(self, target: str, number: str = "") -> Presence:
        """Of ``operator``, ``supervisor``, or the ``agent`` of that number; never waits.

        There are many agents: Asterisk is asked about those only whom somebody has asked for within the last minute.
        """
        named = (device for name, device in self._settings.devices.items() if name == target)
        device = next(named, "").replace("{agent}", number)
        if number and device:
            self._agents[device] = self._clock()
        asked_at, presence = self._known.get(device, (0.0, "unknown"))
        return presence if self._clock() - asked_at <= FRESH_S else "unknown"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Meanwhile Asterisk is asked once a second. Raises UserError for a password that cannot be read."""
        if not self._settings.ari_url:
            yield
            return
        login = f"{self._settings.ari_username}:{self._settings.ari_password()}".encode()
        headers = {"Authorization": f"Basic {b64encode(login).decode()}"}
        timeout = aiohttp.ClientTimeout(total=_ANSWER_S)
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as http:
            asking = asyncio.create_task(self._ask_on(http))
            try:
                yield
            finally:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)

    async def _ask_on(self, http: aiohttp.ClientSession) -> None:
        while True:
            await asyncio.gather(*(self._ask(http, device) for device in self._wanted()))
            await asyncio.sleep(_EVERY_S)

    def _wanted(self) -> set[str]:
        now = self._clock()
        self._agents = {device: at for device, at in self._agents.items() if now - at <= _WANTED_S}
        self._known = {device: known for device, known in self._known.items() if now - known[0] <= FRESH_S}
        return {device for device in self._settings.devices.values() if "{agent}" not in device} | set(self._agents)

    async def _ask(self, http: aiohttp.ClientSession, device: str) -> None:
        url = f"{self._settings.ari_url.rstrip('/')}/ari/deviceStates/{quote(device, safe='')}"
        try:
            async with http.get(url) as response:
                response.raise_for_status()
                state = str((await response.json())["state"])
        except (aiohttp.ClientError, TimeoutError, ValueError, KeyError, TypeError) as error:
            self._tell(f"{type(error).__name__}: {error}".rstrip(": "))
            return
        self._tell("")
        self._known[device] = self._clock(), _OF_DEVICE.get(state, "unknown")

    def _tell(self, fault: str) -> None:
        """Once, not every second."""
        if fault and not self._fault:
            log.warning(
                "Asterisk does not tell who is there; everybody is rung", reason=fault, todo="[telephony] ari_url"
            )
        elif self._fault and not fault:
            log.info("Asterisk tells who is there")
        self._fault = fault
