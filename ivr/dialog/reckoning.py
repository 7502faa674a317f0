"""Times that follow from times we were told: half an hour after the courier's, and when a promise is due (F4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta

from ivr.standards.errands import PromiseOf
from ivr.standards.model import Standard
from ivr.understanding.answers import read


def reckoned(standard: Standard, told: Mapping[str, str], now: datetime) -> dict[str, str]:
    """Slots that are so much later than one that was told, as ``HH:MM``; those that have passed are left out."""
    found: dict[str, str] = {}
    for name, slot in standard.slot.items():
        if (later := slot.later) and (at := _moment(told.get(later.than, ""), told.get(later.on, ""), now)):
            at += timedelta(seconds=later.by_s)
            if at > now:
                found[name] = f"{at:%H:%M}"
    return found


def due_at(of: PromiseOf, told: Mapping[str, str], now: datetime) -> datetime | None:
    """From when on a promise is to be kept; None: from now on."""
    at = _moment(told.get(of.due_at, of.due_at), told.get(of.due_on, ""), now)
    return at if at and at > now else None


def _moment(clock: str, day: str, now: datetime) -> datetime | None:
    """That time on that day, by default today; None where there is none, whatever a back-end system wrote there."""
    hours, date = read(clock, "time"), read(day, "date", today=now.date())
    if hours is None:
        return None
    on = datetime.fromisoformat(date.value) if date else now
    return datetime.combine(on.date(), time.fromisoformat(hours.value), now.tzinfo)
