"""Logs of the service: one line an event on stderr, JSON where no person is looking.

At info level and above no telephone number appears in clear: the middle digits of every long run of digits are
masked, whatever field or text it stands in. The call's own id (`call`) is left alone, so that lines can be matched.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import TextIO

import structlog

_NUMBER = re.compile(r"\d{7,}")
_CLEAR = frozenset({"call", "timestamp", "level"})


def configure(level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Send structlog's lines to `stream` (stderr): key=value on a terminal, JSON elsewhere."""
    stream = stream or sys.stderr
    renderer = (
        structlog.dev.ConsoleRenderer() if stream.isatty() else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            mask_numbers,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Forward()], level=logging.WARNING, force=True)


class _Forward(logging.Handler):
    """What libraries say to `logging` comes out like everything else."""

    def emit(self, record: logging.LogRecord) -> None:
        """Warnings and errors of asyncio, aiohttp and their like."""
        structlog.get_logger().log(record.levelno, record.getMessage(), logger=record.name, exc_info=record.exc_info)


def mask(text: str) -> str:
    """`13800138000` -> `138****8000`; shorter numbers keep two digits at each end."""
    return _NUMBER.sub(lambda number: _masked(number[0]), text)


def _masked(digits: str) -> str:
    head, tail = (3, 4) if len(digits) >= 11 else (2, 2)
    return digits[:head] + "*" * (len(digits) - head - tail) + digits[-tail:]


def mask_numbers(_logger: object, method: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """A structlog processor; debug lines stay as they are."""
    if method == "debug":
        return event
    return {key: mask(value) if isinstance(value, str) and key not in _CLEAR else value for key, value in event.items()}
