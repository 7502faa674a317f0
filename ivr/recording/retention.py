"""How long recordings stay."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path

import structlog

from ivr.recording.seal import SUFFIX
from ivr.recording.wav import PART

_OURS = (".wav", SUFFIX, PART)
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)(?=T|$)")

log = structlog.get_logger(__name__)


def old(folder: Path, before: date) -> list[Path]:
    """Recordings, originals and messages below `folder` of the days before `before`, told by their names."""
    files = (path for path in folder.rglob("*") if path.suffix in _OURS and path.is_file())
    return sorted(path for path in files if (day := _day(path)) and day < before)


def _day(path: Path) -> date | None:
    """The day in the name of the file's folder, else in its own name; None if there is none."""
    for name in (path.parent.name, path.name):
        if found := _DAY.match(name):
            with suppress(ValueError):
                return date(*map(int, found.groups()))
    return None


def remove(paths: Iterable[Path]) -> list[Path]:
    """Delete them, and folders of days that are empty then; returns those that are gone, logs those that stay."""
    gone = []
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            log.warning("an old recording cannot be removed", file=str(path), reason=error.strerror)
        else:
            gone.append(path)
    for folder in {path.parent for path in gone if _DAY.fullmatch(path.parent.name)}:
        with suppress(OSError):  # not empty
            folder.rmdir()
    return gone
