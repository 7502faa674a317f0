"""Who did what to whose data, in a chain: each row's hash covers the row and the hash before it (requirement G7).

A row that was changed, taken out or put in breaks the chain from there on. Rows cut off the end leave no trace in
what remains: who fears that keeps the last hash elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from ivr.records.columns import writable
from ivr.records.database import serialise
from ivr.records.schema import audit


class Line(NamedTuple):
    """A row of the trail."""

    seq: int
    at: datetime
    who: str
    what: str
    subject: str
    detail: str
    previous: str
    hash: str


class Audit:
    """The audit trail, on a transaction."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def append(self, who: str, what: str, subject: str, detail: str, now: datetime) -> int:
        """Returns its number. Those who append at once wait for each other."""
        serialise(self._tx, "audit")
        last = self._tx.execute(select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)).first()
        seq, previous = (last.seq + 1, last.hash) if last else (1, "")
        who, what, subject, detail = map(writable, (who, what, subject, detail))
        line = Line(seq, now.astimezone(UTC), who, what, subject, detail, previous, "")
        self._tx.execute(audit.insert(), line._replace(hash=_hash(line))._asdict())
        return seq

    def verify(self) -> int | None:
        """Number of the first row that is not as it was written or does not follow the last; None: all is well."""
        previous = Line(0, datetime.min.replace(tzinfo=UTC), "", "", "", "", "", "")
        for row in self._tx.execute(select(audit).order_by(audit.c.seq)):
            line = _line(row)
            if (line.seq, line.previous, line.hash) != (previous.seq + 1, previous.hash, _hash(line)):
                return line.seq
            previous = line
        return None

    def list(self, subject: str | None = None) -> list[Line]:
        """In order; of one subject only, where it is named."""
        wanted = [audit.c.subject == subject] if subject is not None else []
        return [_line(row) for row in self._tx.execute(select(audit).where(*wanted).order_by(audit.c.seq))]


def _line(row: Row[Any]) -> Line:
    return Line(**row._mapping)


def _hash(line: Line) -> str:
    """SHA-256 over the row as a JSON list, the hash itself left out."""
    fields = [line.seq, line.at.isoformat(timespec="microseconds"), *line[2:-1]]
    return hashlib.sha256(json.dumps(fields, ensure_ascii=True).encode()).hexdigest()
