"""Instants as people type them at a command, by the house's clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ivr.errors import UserError, printable

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def past(text: str, now: datetime) -> datetime:
    """From `24h`, or a date or time in ISO 8601, local where it names no zone. Raises UserError."""
    if (ago := _span(text)) is not None:
        return now - ago
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=now.tzinfo)).astimezone(UTC)
    except (ValueError, OverflowError):  # the first and the last day begin or end outside of time somewhere
        raise UserError(f'--since "{printable(text)}" is no time → write e.g. 2026-11-22, 30m, 24h or 7d') from None


def to_come(text: str, now: datetime) -> datetime:
    """From `15:30`, today or tomorrow, or `+2h`; nothing is now. Raises UserError."""
    if not text:
        return now
    if text.startswith("+") and (ahead := _span(text[1:])) is not None:
        return now + ahead
    if match := re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text):
        at = now.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
        return at if at >= now else at + timedelta(days=1)
    raise UserError(f'--at "{printable(text)}" is no time; write 15:30, +30m or +2h')


def _span(text: str) -> timedelta | None:
    """How long `30m`, `24h` or `7d` is."""
    match = re.fullmatch(r"(\d{1,5})([mhd])", text)
    return timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else None
