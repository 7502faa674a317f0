"""Houses with all that a call needs of them besides a standard: the phrase gate, and what the house knows (C9, H1)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Protocol

import structlog

from ivr.speech.wording import bars
from ivr.standards.house import Answering, House
from ivr.standards.library import Library, shipped_folders
from ivr.understanding.knowledge import Knowledge

log = structlog.get_logger(__name__)


class Knowing(Answering, Protocol):
    """Whatever says who answers on a line, and from what they answer questions."""

    @property
    def knowledge(self) -> tuple[str, ...]: ...  # noqa: D102 - as in `StandardSettings`


class _Base:
    """What some folders hold, ready to be searched."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.library = Library(*map(_folder, names))
        self.knowledge = self._read()

    def refresh(self) -> None:
        """Read anew what has changed; calls that run go on with what they have."""
        if self.library.refresh():
            self.knowledge = self._read()

    def _read(self) -> Knowledge:
        for fault in self.library.faults:
            log.warning("knowledge", fault=fault)
        return Knowledge(self.library.entries)


_base = cache(_Base)


def house_of(line: Knowing) -> House:
    """The house that answers on a line. Raises UserError where a folder of its knowledge cannot be read."""
    return House.of(line, bars, _base(line.knowledge).knowledge if line.knowledge else None)


def refresh(line: Knowing) -> None:
    """Look for what has changed in a line's knowledge; any thread may ask for it. Raises UserError as `house_of`."""
    if line.knowledge:
        _base(line.knowledge).refresh()


def _folder(name: str) -> Path:
    return Path(name) if "/" in name else shipped_folders(name)[0]
