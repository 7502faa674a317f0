"""Where calls are taken: each place, a worker's, says now and then that it lives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, exists, select

from ivr.records.database import insert
from ivr.records.schema import calls, places


class Places:
    """Places, on a transaction."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def lives(self, name: str, now: datetime) -> None:
        """Somebody is there."""
        new = insert(self._tx, places).values(name=name, seen_at=now)
        self._tx.execute(new.on_conflict_do_update(index_elements=["name"], set_={"seen_at": now}))

    def with_open_calls(self) -> Mapping[str, datetime]:
        """Their last sign of life, by name; whoever never gave one is not told of."""
        has_calls = exists().where(calls.c.state == "open", calls.c.instance == places.c.name)
        return {row.name: row.seen_at for row in self._tx.execute(select(places).where(has_calls))}
