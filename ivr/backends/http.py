"""A house's system behind HTTP that answers in JSON.

Slots go into the URL percent-encoded, one by one; the answer is read by pointers (RFC 6901), numbers exactly as they
are written there (requirement G8). Nothing of the caller's is in any message of ours.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
from yarl import URL

from ivr.backends.pointer import ABSENT, at
from ivr.backends.reply import FOUND, MISSING, NoAnswerError, Reply, text_of
from ivr.config import read_secret
from ivr.config.backends import SLOT, HttpBackend
from ivr.errors import UserError

LARGEST = 64 * 1024
"""Bytes of an answer."""
BACKOFF_S = 0.2
"""Mean wait before the second attempt; before each further one twice as long."""
_OVERLOADED = 429
_Json = Any  # what json.loads gives


class HttpSource:
    """One service; lives in one event loop."""

    def __init__(self, settings: HttpBackend) -> None:
        self._settings = settings
        self._tries = settings.attempts if settings.method == "GET" or settings.idempotent else 1
        self._share_s = settings.timeout_s / (self._tries + 0.5 * (self._tries - 1))  # pauses are at most half as long
        self._client: aiohttp.ClientSession | None = None
        self._connecting = asyncio.Lock()

    @property
    def where(self) -> str:
        """Scheme, host and port."""
        parts = urlsplit(self._settings.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    async def fetch(self, about: Mapping[str, str]) -> Reply:
        """Ask, again where that may be done and may help. Raises NoAnswerError."""
        url, body = self._url(about), self._body(about)
        for attempt in range(1, self._tries):
            try:
                return await self._try(url, body)
            except NoAnswerError as error:
                if not error.down:
                    raise
            await asyncio.sleep(random.uniform(0, min(BACKOFF_S * 2**attempt, self._share_s / 2)))
        return await self._try(url, body)

    async def _try(self, url: URL, body: dict[str, str] | None) -> Reply:
        try:
            async with asyncio.timeout(self._share_s):
                return self._read(*await self._answer(url, body))
        except TimeoutError:
            raise NoAnswerError("no answer in time", down=True) from None

    # ---------------------------------------------------------------- the question

    def _url(self, about: Mapping[str, str]) -> URL:
        filled = SLOT.sub(lambda slot: quote(self._slot(slot[1], about), safe=""), self._settings.url)
        return URL(filled, encoded=True)

    @staticmethod
    def _slot(name: str, about: Mapping[str, str]) -> str:
        value = about.get(name, "")
        if value in {"", ".", ".."}:  # a dot segment would lead elsewhere, encoded or not (RFC 3986, 6.2.2.3)
            raise NoAnswerError(f"it is asked by {name}, and the call has none", asked=False)
        return value

    def _body(self, about: Mapping[str, str]) -> dict[str, str] | None:
        if self._settings.method == "GET":
            return None
        if self._settings.body is None:
            return dict(about)
        return {key: SLOT.sub(lambda slot: about.get(slot[1], ""), text) for key, text in self._settings.body.items()}

    async def _headers(self) -> dict[str, str]:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", **self._settings.headers}
        if self._settings.secret_file:
            try:
                secret = await asyncio.to_thread(read_secret, self._settings.secret_file)
            except UserError as error:
                raise NoAnswerError(str(error), asked=False) from None
            headers[self._settings.secret_header] = self._settings.secret_format.replace("{secret}", secret)
        return headers

    # ---------------------------------------------------------------- on the wire

    async def _http(self) -> aiohttp.ClientSession:
        async with self._connecting:
            if self._client is None:
                connector = aiohttp.TCPConnector(ssl=await self._tls(), limit=self._settings.at_once)
                self._client = aiohttp.ClientSession(
                    connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
                )
        return self._client

    async def _tls(self) -> ssl.SSLContext:
        """In a thread: certificates of all the world are read."""
        return await asyncio.to_thread(ssl.create_default_context, cafile=self._settings.ca_file)

    async def _answer(self, url: URL, body: dict[str, str] | None) -> tuple[int, bytes]:
        headers, method = await self._headers(), self._settings.method
        try:
            request = (await self._http()).request(method, url, json=body, headers=headers, allow_redirects=False)
            async with request as answer:
                return answer.status, await _bounded(answer.content)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # its text may hold the address, slots and all
            raise NoAnswerError(f"{self.where}: {_kind(error)}", down=True) from None

    # ---------------------------------------------------------------- the answer

    def _read(self, status: int, body: bytes) -> Reply:
        if status in self._settings.missing_status:
            return Reply(MISSING)
        if status // 100 == 3:
            raise NoAnswerError(f"HTTP {status}: redirects are not followed; write where it leads into url")
        if status // 100 != 2:
            raise NoAnswerError(f"HTTP {status}", down=status // 100 == 5 or status == _OVERLOADED)
        return self._reply(_parsed(body))

    def _reply(self, answer: _Json) -> Reply:
        there = at(answer, self._settings.found)
        found = there is not ABSENT and there not in (None, False, "", [], {})
        outcome = self._outcome(answer) or (FOUND if found else MISSING)
        return Reply(outcome, {} if outcome == MISSING else self._values(answer, there, whole=outcome == FOUND))

    def _outcome(self, answer: _Json) -> str:
        if self._settings.outcome is None:
            return ""
        said = at(answer, self._settings.outcome)
        name = self._settings.outcomes.get(text_of("outcome", said)) if isinstance(said, str | int) else None
        if name is None:
            raise NoAnswerError(f"what stands at {self._settings.outcome} is none of outcomes")
        return name

    def _values(self, answer: _Json, there: _Json, *, whole: bool) -> dict[str, str]:
        if not self._settings.values:
            members = there.items() if isinstance(there, dict) else ()
            return {name: text_of(name, value) for name, value in members if isinstance(value, str | int | float)}
        found = {name: at(answer, pointer) for name, pointer in self._settings.values.items()}
        absent = [name for name, value in found.items() if value is ABSENT or value is None]
        if whole and (needed := [name for name in absent if name not in self._settings.optional]):
            raise NoAnswerError(f"nothing stands at {self._settings.values[needed[0]]}")
        return {name: text_of(name, value) for name, value in found.items() if name not in absent}

    # ---------------------------------------------------------------- for administrators

    async def trouble(self) -> str:
        """Whether somebody listens there, and the secret can be read."""
        parts = urlsplit(self._settings.url)
        try:
            await self._headers()
            await self._tls()
            port = parts.port or (443 if parts.scheme == "https" else 80)
            _, writer = await asyncio.open_connection(parts.hostname, port)
            writer.close()
        except NoAnswerError as error:
            return str(error)
        except (OSError, ValueError) as error:
            return f"{self.where}: {_kind(error)}"
        return ""

    async def close(self) -> None:
        """Hang up."""
        if self._client:
            await self._client.close()


async def _bounded(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > LARGEST:
            raise NoAnswerError(f"its answer has more than {LARGEST // 1024} KiB")
    return bytes(body)


def _parsed(body: bytes) -> _Json:
    try:
        return json.loads(body, parse_float=str, parse_int=str, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise NoAnswerError("its answer is no JSON") from None


def _no_number(text: str) -> _Json:
    raise ValueError(text)


def _kind(error: Exception) -> str:
    """What went wrong, in the words of the system where they are its own."""
    if isinstance(error, ssl.SSLError | aiohttp.ClientSSLError):  # its number is OpenSSL's
        return f"its certificate or TLS is not accepted ({type(error).__name__}) → ca_file"
    code = getattr(error, "errno", None)
    return os.strerror(code) if isinstance(code, int) and code > 0 else type(error).__name__
