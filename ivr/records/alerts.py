"""Alerts: what somebody has to be told at once, in the same transaction as the ticket that says it (requirement F5).

A row waits here until somebody outside has taken it; whoever sends it takes it for a while, so that no two do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, select, update
from sqlalchemy.sql import ColumnElement

from ivr.records.schema import alerts

AT_ONCE = 10
LONGEST_PAUSE_S = 600.0
"""Between two tries, and longest lease."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One that is to be sent."""

    id: int
    what: str
    """opened, urgent, approval; reload, of the service itself"""
    said: Mapping[str, object]
    """Of the ticket: `ticket`, `kind`, `summary`, `owner`, `number`, `call`, `due`; of an approval `approval` instead
    of `ticket`; of the service itself `summary` alone."""
    created_at: datetime
    attempts: int
    """How often it was sent, this time included."""


class Alerts:
    """Alerts, on a transaction."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def put(self, what: str, said: Mapping[str, object], now: datetime) -> None:
        """Somebody is to be told."""
        row = {"what": what, "said": dict(said), "created_at": now, "next_at": now, "state": "waiting"}
        self._tx.execute(alerts.insert().values(row))

    def waiting(self, now: datetime) -> bool:
        """Whether any is due; asked often, and disturbs nobody."""
        return self._tx.execute(select(alerts.c.id).where(*_due(now)).limit(1)).first() is not None

    def take(self, now: datetime, lease_s: float) -> Sequence[Alert]:
        """Those that are due, oldest first; nobody else gets them for so many seconds, LONGEST_PAUSE_S at most."""
        rows = select(alerts.c.id).where(*_due(now)).order_by(alerts.c.id).limit(AT_ONCE)
        found = list(self._tx.execute(rows.with_for_update(skip_locked=True)).scalars())
        if not found:
            return []
        lease = {"next_at": now + timedelta(seconds=lease_s), "attempts": alerts.c.attempts + 1}
        columns = alerts.c.id, alerts.c.what, alerts.c.said, alerts.c.created_at, alerts.c.attempts
        taken = update(alerts).where(alerts.c.id.in_(found)).values(lease).returning(*columns)
        return sorted((Alert(**row._mapping) for row in self._tx.execute(taken)), key=lambda alert: alert.id)

    def sent(self, alert_id: int, now: datetime) -> None:
        """It arrived."""
        self._close(alert_id, "sent", "", now)

    def failed(self, alert_id: int, why: str, again_at: datetime) -> None:
        """It did not arrive, and is tried again then."""
        self._tx.execute(update(alerts).where(alerts.c.id == alert_id).values(next_at=again_at, error=why))

    def given_up(self, alert_id: int, why: str, now: datetime) -> None:
        """It is too old to be told."""
        self._close(alert_id, "given_up", why, now)

    def _close(self, alert_id: int, state: str, error: str, now: datetime) -> None:
        closed = {"state": state, "error": error, "closed_at": now}
        self._tx.execute(update(alerts).where(alerts.c.id == alert_id).values(closed))


def _due(now: datetime) -> Sequence[ColumnElement[bool]]:
    """One that waits longer than any may has been put off before the clock was put back."""
    impossible = alerts.c.next_at > now + timedelta(seconds=LONGEST_PAUSE_S)
    return alerts.c.state == "waiting", or_(alerts.c.next_at <= now, impossible)
