"""Incidents: the same fault, told by several callers within a while (requirements F7, F8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, update

from ivr.records.database import insert, serialise
from ivr.records.schema import incidents, reports
from ivr.records.tickets import Tickets


@dataclass(frozen=True, kw_only=True)
class Incident:
    """A fault that many have."""

    id: int
    kind: str
    line: str
    opened_at: datetime
    last_at: datetime
    callers: int
    """How many different ones told of it within the window, when last somebody did."""
    state: str
    """open, closed"""
    ticket_id: int | None
    """By which the supervisor is told; closed with it."""
    is_new: bool = False
    """This report made it one: the supervisor has to be told."""


class Incidents:
    """Incidents, on a transaction."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def report(  # noqa: PLR0913, PLR0917 - what, where, who, when, and the rule
        self, kind: str, line: str, caller: str, now: datetime, window_s: float, callers: int
    ) -> Incident | None:
        """A caller tells of a fault. The incident, where one is open or `callers` have told of it within `window_s`.

        One caller counts once; those who withhold their number count as one.
        """
        serialise(self._tx, "incidents")
        told = insert(self._tx, reports).values(kind=kind, line=line, caller=caller, at=now)
        self._tx.execute(told.on_conflict_do_update(index_elements=["kind", "line", "caller"], set_={"at": now}))
        count = self._callers(kind, line, now - timedelta(seconds=window_s))
        found = self.open(kind, line)
        if found:
            return self._joined(found, count, now)
        return self._opened(kind, line, count, now) if count >= callers else None

    def _callers(self, kind: str, line: str, since: datetime) -> int:
        recent = reports.c.kind == kind, reports.c.line == line, reports.c.at >= since
        return int(self._tx.execute(select(func.count()).select_from(reports).where(*recent)).scalar_one())

    def _joined(self, found: Incident, count: int, now: datetime) -> Incident:
        joined = update(incidents).where(incidents.c.id == found.id).values(last_at=now, callers=count)
        return Incident(**self._tx.execute(joined.returning(incidents)).one()._mapping)

    def _opened(self, kind: str, line: str, count: int, now: datetime) -> Incident:
        values = {"kind": kind, "line": line, "opened_at": now, "last_at": now, "callers": count, "state": "open"}
        row = self._tx.execute(incidents.insert().values(values).returning(incidents)).one()
        return Incident(**row._mapping, is_new=True)

    def open(self, kind: str, line: str) -> Incident | None:
        """What later callers hear of: the open incident of that kind on that line."""
        here = incidents.c.kind == kind, incidents.c.line == line, incidents.c.state == "open"
        row = self._tx.execute(select(incidents).where(*here)).first()
        return Incident(**row._mapping) if row else None

    def all_open(self) -> Sequence[Incident]:
        """Every open one, oldest first."""
        rows = self._tx.execute(select(incidents).where(incidents.c.state == "open").order_by(incidents.c.id))
        return [Incident(**row._mapping) for row in rows]

    def told(self, incident_id: int, ticket_id: int) -> None:
        """The supervisor is told, by that ticket."""
        self._tx.execute(update(incidents).where(incidents.c.id == incident_id).values(ticket_id=ticket_id))

    def close(self, incident_id: int, now: datetime, who: str = "ivr") -> bool:
        """It is over, its ticket as well, and what was told of it counts no more; False where it is not open."""
        here = incidents.c.id == incident_id, incidents.c.state == "open"
        over = update(incidents).where(*here).values(state="closed", last_at=now)
        row = self._tx.execute(over.returning(incidents)).first()
        if row is None:
            return False
        if row.ticket_id:
            Tickets(self._tx).close(row.ticket_id, who, f"incident {incident_id} closed", now)
        self._tx.execute(reports.delete().where(reports.c.kind == row.kind, reports.c.line == row.line))
        return True
