"""The journal: one JSON line for everything that happens in a call, on disk as soon as it happened.

Every worker appends to the same file. A line is one `write` to a file opened for appending, so lines of several
processes never mix, and a crash loses nothing that was reported before it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import structlog

from ivr.errors import UserError
from ivr.files import OURS_ALONE

Entry = Mapping[str, object]
log = structlog.get_logger(__name__)


class Journal:
    """Appends entries to a file, or to nothing where there is no file.

    A disk that is full disturbs no call: it is logged once, entries are dropped until there is room again.
    Raises UserError if the file cannot be opened.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._file = _open(path) if path else None
        self._torn = False  # the last line is incomplete
        self._dropped = 0

    def of(self, call: str) -> Callable[[Entry], None]:
        """What a session of that call writes with: `{"call": …, "time": …}` is put in front of each entry."""
        return lambda entry: self.write({"call": call, "time": datetime.now(UTC).isoformat(), **entry})

    def write(self, entry: Entry) -> None:
        """Append one line; never raises for want of room."""
        if self._file is None:
            return
        line = json.dumps(entry, ensure_ascii=False, default=str, separators=(",", ":")) + "\n"
        try:
            self._append(self._file, line.encode(errors="backslashreplace"))
        except OSError as error:
            self._drop(error)
        else:
            self._recovered()

    def _append(self, file: int, line: bytes) -> None:
        line = b"\n" + line if self._torn else line
        written = os.write(file, line)
        if written < len(line):
            self._torn = True
            raise OSError("no room for a whole line")
        self._torn = False

    def _drop(self, error: OSError) -> None:
        if not self._dropped:
            log.error("journal cannot be written; calls go on without it", file=str(self.path), reason=str(error))
        self._dropped += 1

    def _recovered(self) -> None:
        if self._dropped:
            log.warning("journal is written again", file=str(self.path), entries_lost=self._dropped)
        self._dropped = 0

    def close(self) -> None:
        """Close the file; what is written afterwards goes nowhere."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _open(path: Path) -> int:
    try:
        # callers' numbers stand in it: for the service's user alone
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, OURS_ALONE)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror} → name a file that can be written with --journal") from None
