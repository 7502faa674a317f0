"""Logs of the service: one line an event on stderr, JSON where no person is looking.

At info level and above no telephone number appears in clear: the middle digits of every long run of digits are
masked, whatever field or text it stands in; numbers that are private (`ivr.understanding.sensitive`) are masked
wholly, at every level. The call's own id (`call`) is left alone, so that lines can be matched.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import TextIO

import structlog

from ivr.understanding.numerals import DIGIT
from ivr.understanding.sensitive import find, masked

_NUMBER = re.compile(r"\d{7,}")
_DIGITS = re.compile(f"(?:[\\d{''.join(DIGIT)}][^\\w]*){{4}}")
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
    """`13800138000` -> `138****8000`; shorter numbers keep two digits at each end, private ones none."""
    return _NUMBER.sub(lambda number: _masked(number[0]), _without_private(text))


def _without_private(text: str) -> str:
    return masked(text, spans) if _DIGITS.search(text) and (spans := find(text)) else text


def _masked(digits: str) -> str:
    head, tail = (3, 4) if len(digits) >= 11 else (2, 2)
    return digits[:head] + "*" * (len(digits) - head - tail) + digits[-tail:]


def mask_numbers(_logger: object, method: str, event: MutableMapping[str, object]) -> MutableMapping[str, object]:
    """A structlog processor; telephone numbers stay in debug lines."""
    hide = _without_private if method == "debug" else mask
    return {key: hide(value) if isinstance(value, str) and key not in _CLEAR else value for key, value in event.items()}
