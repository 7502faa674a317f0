"""What parent and worker say to each other: JSON lines over a socket pair, nothing else.

The parent sends a `Job`, then `DRAIN` or `RELOAD`; that the socket closes means the parent is gone, and drains
too. The worker sends a `Report` every second; a worker that cannot do its job says so in `error` and ends.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from ivr.config import Settings
from ivr.service.metrics import Family

DRAIN = b"drain\n"
RELOAD = b"reload\n"
REPORT_S = 1.0
"""Seconds between two reports."""
LONGEST_LINE = 1 << 20
"""Bytes; a report has a few kilobytes."""


class Job(BaseModel):
    """What a worker is to do."""

    index: int
    settings: Settings
    journal: Path | None
    debug: bool = False


class Report(BaseModel):
    """How a worker is doing."""

    ticks: int = 0
    """Turns of its tick loop; a worker whose number stands still is stuck."""
    active: int = 0
    """Calls in progress."""
    registered: bool | None = None
    recognizer: str = "none"
    """Name of what turns speech into words."""
    recognizer_ready: bool = False
    draining: bool = False
    records_waiting: int = 0
    """Items that are not in the database yet."""
    families: list[Family] = []
    error: str = ""
    """One line: why it cannot work."""
    code: Literal[0, 1, 2] = 0
    """Exit code that goes with `error`: 2 for the user's fault, 1 for a job that failed."""


def line(message: BaseModel) -> bytes:
    """The message as it goes over the wire."""
    return message.model_dump_json().encode() + b"\n"
