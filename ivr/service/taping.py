"""The recordings of a process: every call, in two channels, below ``[records] recordings`` (requirement G3).

A line switches them off with ``record = false``. Callers' messages are kept all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog

from ivr.config import Settings
from ivr.config.settings import StandardSettings
from ivr.errors import UserError
from ivr.recording.recorder import Masked
from ivr.recording.seal import Key, read_key
from ivr.recording.shelf import Shelf
from ivr.recording.wav import recover
from ivr.service.keeping import Keeper, Record
from ivr.standards.model import Standard
from ivr.telephony.session import Entry
from ivr.telephony.tape import Tape

CUT = "recording_cut"
"""Note in the record of a call whose recording ended with its process."""

log = structlog.get_logger(__name__)


class Taping:
    """One a worker; `clock` tells the day under which a recording is filed."""

    def __init__(
        self,
        settings: Settings,
        standards: Mapping[str, Standard],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder, self._clock = settings.records.recordings, clock
        wanted = any(served.record for served in settings.served)
        self._shelf = Shelf(self._folder, _key(settings, standards)) if wanted else None

    def tape(self, name: str, served: StandardSettings, record: Record, write: Callable[[Entry], None]) -> Tape:
        """The recording of a call that begins; what is masked in it is told to `write`."""
        if self._shelf is None or not served.record:
            return Tape(name)
        reel = self._shelf.begin(name, self._clock())
        return Tape(
            name,
            reel,
            began=lambda: record.recorded(str(reel.path)),
            told=lambda masked: write(_entry(masked)),
        )

    def recover(self, keeper: Keeper) -> None:
        """Complete what an earlier process left; the record of such a call says when its recording ended. Blocks."""
        found = recover(self._folder)
        for each in found:
            until = datetime.fromtimestamp(each.until, UTC)
            told = {"time": until.isoformat(), "note": CUT, "file": str(each.path)}
            keeper.note(each.call, {"t": each.seconds, **told})
        if found:
            log.warning("recordings end before their calls did, with a process", calls=[each.call for each in found])

    def close(self) -> None:
        """Write what is left."""
        if self._shelf:
            self._shelf.close()


def _entry(masked: Masked) -> Entry:
    span = {"from": masked.from_s, "until": masked.until_s, "why": masked.why, "sealed": masked.kept}
    return {"t": masked.from_s, "note": "masked"} | span | ({"missed": masked.missed_s} if masked.missed_s else {})


def _key(settings: Settings, standards: Mapping[str, Standard]) -> Key | None:
    """What originals are sealed with, if a standard keeps any."""
    if not any(standard.keeps_originals for standard in standards.values()):
        return None
    try:
        return read_key(settings.records.key_file)
    except UserError as error:
        log.warning("originals of what is masked are not kept", reason=str(error))
        return None
