"""Calls as they happen: opened at the first ring, noted as they go, closed when they end, or found lost (F1, F6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, update
from sqlalchemy.sql import ColumnElement

from ivr.records.schema import calls, events, turns

Entry = Mapping[str, object]
"""A line of a call's journal: ``t`` (seconds on the sample clock), ``time`` (ISO 8601), and what happened, flat."""
NOBODY_SPOKE = "silent"


@dataclass(frozen=True, kw_only=True)
class NewCall:
    """What is known of a call at its first ring. `id` is the journal's name of it."""

    id: str
    line: str = ""
    standard: str = ""
    direction: str = "in"
    """in, out"""
    caller: str = ""
    dialled: str = ""
    instance: str = ""
    """The process that has it: `Calls.lost` asks by it."""
    promise_id: int | None = None
    """The promise that this call is to keep."""
    drops: int = 0
    """How often the connection has dropped over this matter."""
    known: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LostCall(NewCall):
    """A call whose process died in it, and where it stood."""

    began_at: datetime
    answered_at: datetime | None
    last_at: datetime
    """The last thing that is known to have happened."""
    matter: str
    menu: str
    goodbye: bool
    """Goodbye had been said."""


class Calls:
    """Calls, on a transaction."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def opened(self, call: NewCall, now: datetime) -> None:
        """It rings, at our end or theirs. Raises IntegrityError for a name that a call has already."""
        self._tx.execute(calls.insert(), {**asdict(call), "known": dict(call.known), "state": "open", "began_at": now})

    def answered(self, call_id: str, now: datetime) -> None:
        """Somebody speaks with us."""
        self._set(call_id, answered_at=now)

    def note(self, call_id: str, entries: Iterable[Entry]) -> None:
        """Lines of its journal, masked where they have to be; what was said is kept as turns besides."""
        self.note_all([(call_id, entry) for entry in entries])

    def note_all(self, lines: Iterable[tuple[str, Entry]]) -> None:
        """Lines of several calls' journals at once, which is quicker."""
        noted = [(_row(call_id, entry), entry) for call_id, entry in lines]
        rows = [row | {"entry": dict(entry)} for row, entry in noted]
        said = [row | turn for row, entry in noted if (turn := _turn(entry))]
        for table, new in ((events, rows), (turns, said)):
            if new:
                self._tx.execute(table.insert(), new)

    def stands(  # noqa: PLR0913 - each is independent of the others
        self,
        call_id: str,
        menu: str,
        known: Mapping[str, object],
        *,
        matter: str | None = None,
        goodbye: bool | None = None,
        drops: int | None = None,
    ) -> None:
        """Where it stands: the menu, the slots and what was confirmed. What is None stays as it was."""
        values = {"matter": matter, "goodbye": goodbye, "drops": drops}
        changed = {name: value for name, value in values.items() if value is not None}
        self._set(call_id, menu=menu, known=dict(known), **changed)

    def recorded(self, call_id: str, path: str) -> None:
        """Where its recording is; `retention` tells when that has to go."""
        self._set(call_id, recording=path)

    def goes_on_with(self, call_id: str, promise_id: int) -> None:
        """Of its own accord it does what that promise was made for."""
        self._set(call_id, promise_id=promise_id)

    def closed(self, call_id: str, outcome: str, now: datetime) -> None:
        """It has ended."""
        self._set(call_id, state="closed", outcome=outcome, ended_at=now)

    def lost(self, instance: str, now: datetime, alive: Collection[str] = ()) -> Sequence[LostCall]:
        """Closes as lost what a process that is dead had open; one of several who ask at once gets each call.

        `alive` are calls that the successor has taken meanwhile. A call ended, as far as anyone knows, with the last
        thing that was noted of it, and not after `now`.
        """
        is_open = (calls.c.state == "open") & (calls.c.instance == instance)
        rows = self._tx.execute(select(calls).where(is_open).with_for_update(skip_locked=True)).all()
        found = [self._lost(row._mapping, now) for row in rows if row.id not in alive]
        for call in found:
            self._set(call.id, state="lost", outcome="lost", ended_at=call.last_at)
        return found

    def _lost(self, row: Mapping[Any, Any], now: datetime) -> LostCall:
        last = self._tx.execute(select(func.max(events.c.at)).where(events.c.call_id == row["id"])).scalar_one()
        last_at = min(max(row["began_at"], last or row["began_at"]), max(now, row["began_at"]))
        return LostCall(
            last_at=last_at, **{name: row[name] for name in LostCall.__dataclass_fields__ if name != "last_at"}
        )

    def _set(self, call_id: str, **values: object) -> None:
        self._tx.execute(update(calls).where(calls.c.id == call_id).values(values))

    # ---------------------------------------------------------------- looking

    def get(self, call_id: str) -> dict[str, Any] | None:
        """The call's row by column, with `turns` and `events` in order; None where there is none."""
        row = self.row(call_id)
        if row is None:
            return None
        return {**row, "turns": self._of(call_id, turns), "events": self._of(call_id, events)}

    def row(self, call_id: str) -> dict[str, Any] | None:
        """The call's row alone; None where there is none."""
        row = self._tx.execute(select(calls).where(calls.c.id == call_id)).first()
        return dict(row._mapping) if row else None

    def _of(self, call_id: str, table: Table) -> list[dict[str, Any]]:
        rows = self._tx.execute(select(table).where(table.c.call_id == call_id).order_by(table.c.seq))
        return [{name: value for name, value in row._mapping.items() if name not in ("seq", "call_id")} for row in rows]

    def list(
        self, *, since: datetime | None = None, number: str | None = None, states: Sequence[str] = ()
    ) -> Sequence[dict[str, Any]]:
        """Rows by column, in the order in which calls began. `number`: caller or dialled. No states: all of them."""
        wanted: list[ColumnElement[bool]] = []
        if since is not None:
            wanted.append(calls.c.began_at >= since)
        if number is not None:
            wanted.append((calls.c.caller == number) | (calls.c.dialled == number))
        if states:
            wanted.append(calls.c.state.in_(states))
        query = select(calls).where(*wanted).order_by(calls.c.began_at, calls.c.id)
        return [dict(row._mapping) for row in self._tx.execute(query)]

    def began_before(self, moment: datetime) -> set[str]:
        """Names of the calls that did."""
        return set(self._tx.execute(select(calls.c.id).where(calls.c.began_at < moment)).scalars())


def _row(call_id: str, entry: Entry) -> dict[str, object]:
    return {"call_id": call_id, "t": _seconds(entry.get("t")), "at": _instant(entry.get("time"))}


def _seconds(t: object) -> float:
    return float(t) if isinstance(t, int | float) else 0.0


def _instant(time: object) -> datetime | None:
    if isinstance(time, datetime):
        return time
    try:
        found = datetime.fromisoformat(str(time))
    except ValueError:
        return None
    return found if found.tzinfo else None


def _turn(entry: Entry) -> dict[str, object] | None:
    """What was said, where the entry tells it: a prompt of ours, or a turn of the caller's with its verdict."""
    match entry:
        case {"command": "Play", "text": str(text)}:
            return {"who": "us", "text": text, "verdict": ""}
        case {"note": "verdict", "verdict": str(verdict)} if verdict != NOBODY_SPOKE:
            return {"who": "caller", "text": str(entry.get("text") or ""), "verdict": verdict}
    return None
