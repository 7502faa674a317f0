"""What became of places that nobody comes back to: a machine that is gone or has another name, a worker too many.

The process that comes back to its own place finds what was left there at once (`Keeper.find_lost`). For other places
each worker says that it lives, and looks whether the others do. Clocks are not compared: dead is who had calls and
gave no new sign in front of our eyes, for so long that its callers heard nothing either. Whoever cannot see the
database sees no sign, and begins anew.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from datetime import datetime

import structlog

from ivr.records import Places, RecordsError
from ivr.service.keeping import Keeper
from ivr.standards.model import Standard

LOOK_S = 10.0
BLIND_S = 30.0
"""Who has not looked for longer does not know what happened meanwhile."""
DEAD_S = 60.0

log = structlog.get_logger(__name__)


class Neighbours:
    """One a worker; `ticking` is a clock that nobody sets, in seconds."""

    def __init__(
        self, keeper: Keeper, standards: Mapping[str, Standard], ticking: Callable[[], float] = time.monotonic
    ) -> None:
        self._keeper, self._standards, self._ticking = keeper, standards, ticking
        self._looked_at = -math.inf
        self._signs: dict[str, tuple[datetime, float]] = {}
        """The last of each place, and when we saw it first."""

    async def run(self) -> None:
        """For as long as this place has calls: while it drains, too."""
        while self._keeper.database:
            try:
                await asyncio.to_thread(self.look)
            except RecordsError:
                pass  # who keeps promises tells of it
            except Exception:  # a fault of ours: others must go on hearing that we live
                log.exception("other places could not be looked after")
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Say that we live, and take over from those who do not. Blocks. Raises RecordsError."""
        assert self._keeper.database
        moment, ours = self._ticking(), self._keeper.instance
        with self._keeper.database.transaction() as tx:
            Places(tx).lives(ours, self._keeper.clock())
            signs = Places(tx).with_open_calls()
        known = self._signs if moment - self._looked_at <= BLIND_S else {}
        self._looked_at = moment
        self._signs = {
            name: known[name] if name in known and known[name][0] == sign else (sign, moment)
            for name, sign in signs.items()
            if name != ours
        }
        for name, (_, since) in self._signs.items():
            if moment - since >= DEAD_S:
                self._keeper.find_lost(self._standards, name)
