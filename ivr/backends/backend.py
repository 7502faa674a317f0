"""A backend as the service has it: a source behind its limits. It answers in time, whatever becomes of the source."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from ivr.backends.breaker import Breaker
from ivr.backends.reply import FAILED, NoAnswerError, Reply, Source


class Backend:
    """`timeout_s`, `at_once`, `failures`, `rest_s` as in `ivr.config.backends`. Lives in one event loop."""

    def __init__(  # noqa: PLR0913 - four independent limits
        self,
        source: Source,
        *,
        timeout_s: float,
        at_once: int,
        failures: int,
        rest_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.source = source
        self._timeout_s, self._room = timeout_s, asyncio.Semaphore(at_once)
        self._breaker = Breaker(failures, rest_s, clock)

    async def ask(self, about: Mapping[str, str]) -> Reply:
        """What it has on that; ``failed`` where it does not say in time, or is left alone for having failed."""
        if not self._breaker.admit():
            return Reply(FAILED, why="it has failed again and again, and is not asked for a while")
        try:
            async with asyncio.timeout(self._timeout_s), self._room:
                reply = await self.source.fetch(about)
        except TimeoutError:
            self._breaker.failed()
            return Reply(FAILED, why=f"no answer within {self._timeout_s:g} s")
        except NoAnswerError as error:
            self._tell(error)
            return Reply(FAILED, why=str(error))
        except BaseException:
            self._breaker.leave()
            raise
        self._breaker.worked()
        return reply

    def _tell(self, error: NoAnswerError) -> None:
        if not error.asked:
            self._breaker.leave()
        elif error.down:
            self._breaker.failed()
        else:
            self._breaker.worked()

    async def trouble(self) -> str:
        """Why it would not answer right now, one line; empty where it would."""
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self.source.trouble()
        except TimeoutError:
            return f"no answer within {self._timeout_s:g} s"

    async def close(self) -> None:
        """Let go of it."""
        await self.source.close()
