"""Approvals: what a call asks a supervisor, and what they decide while it waits (requirement E6).

Open until somebody decides, or nobody waits any more: the caller hung up, time ran out, the process died. Whoever is
first has decided; what is closed stays as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, select, tuple_, update
from sqlalchemy.sql import ColumnElement

from ivr.records.alerts import Alerts
from ivr.records.schema import approvals

Decision = Literal["granted", "refused", "expired"]
_BY_ITSELF = "ivr"


@dataclass(frozen=True, kw_only=True)
class NewApproval:
    """What is asked for. `call_id` and `inquiry` name it for the call, which has it once."""

    call_id: str
    inquiry: int
    kind: str
    """The menu in which the call waits."""
    caller: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    """On what grounds it is asked, as it may be written."""
    deadline_at: datetime
    """When the call goes on without."""
    instance: str = ""
    """The process that has the call."""


@dataclass(frozen=True, kw_only=True)
class Approval(NewApproval):
    """One as it stands."""

    id: int
    asked_at: datetime
    decided_at: datetime | None
    by: str
    decision: str
    """Empty while it is open."""
    why: str


class Approvals:
    """Approvals, on a transaction."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx

    def ask(self, new: NewApproval, now: datetime) -> int:
        """Returns its id; a supervisor is told at once."""
        asked = self._insert(new, now)
        summary = "，".join(f"{name} {value}" for name, value in new.evidence.items() if value)
        said = {
            "approval": asked,
            "kind": new.kind,
            "summary": f"{new.kind}：{summary}" if summary else new.kind,
            "number": new.caller,
            "call": new.call_id,
            "due": new.deadline_at.isoformat(),
        }
        Alerts(self._tx).put("approval", said, now)
        return asked

    def refuse_unasked(self, new: NewApproval, why: str, now: datetime) -> int:
        """For the record: no supervisor is asked this. Returns its id."""
        return self._insert(new, now, decision="refused", by=_BY_ITSELF, why=why, decided_at=now)

    def _insert(self, new: NewApproval, now: datetime, **more: object) -> int:
        values = {**asdict(new), "evidence": dict(new.evidence), "asked_at": now, **more}
        return int(self._tx.execute(approvals.insert().values(values).returning(approvals.c.id)).scalar_one())

    def decide(self, approval_id: int, decision: Decision, by: str, now: datetime) -> bool:
        """False where it is not open, or the call goes on without, and nothing is changed."""
        return bool(self._close([approvals.c.id == approval_id, approvals.c.deadline_at >= now], decision, by, "", now))

    def expire(self, call_id: str, inquiry: int, why: str, now: datetime) -> bool:
        """Nobody waits for it any more; False where it was decided before."""
        here = [approvals.c.call_id == call_id, approvals.c.inquiry == inquiry]
        return bool(self._close(here, "expired", _BY_ITSELF, why, now))

    def lost(self, instance: str, now: datetime, alive: Collection[str] = ()) -> int:
        """Those that a process that is dead waited for; how many. `alive` are calls of its successor."""
        here = [approvals.c.instance == instance, approvals.c.call_id.not_in(alive)]
        return self._close(here, "expired", _BY_ITSELF, "the call was lost", now)

    def _close(self, where: Sequence[ColumnElement[bool]], decision: Decision, by: str, why: str, now: datetime) -> int:
        values = {"decision": decision, "by": by, "why": why, "decided_at": now}
        return self._tx.execute(update(approvals).where(approvals.c.decision == "", *where).values(values)).rowcount

    def decided(self, asked: Collection[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """Of these, each a call and an inquiry, the ones that are closed, and how."""
        these = tuple_(approvals.c.call_id, approvals.c.inquiry).in_(list(asked))
        columns = approvals.c.call_id, approvals.c.inquiry, approvals.c.decision
        rows = self._tx.execute(select(*columns).where(these, approvals.c.decision != ""))
        return {(row.call_id, row.inquiry): row.decision for row in rows}

    def get(self, approval_id: int) -> Approval | None:
        """One; None where there is none."""
        row = self._tx.execute(select(approvals).where(approvals.c.id == approval_id)).first()
        return _approval(row) if row else None

    def list(self, *, everything: bool = False) -> Sequence[Approval]:
        """Open ones, or all, in the order in which they were asked."""
        wanted = [] if everything else [approvals.c.decision == ""]
        return [_approval(row) for row in self._tx.execute(select(approvals).where(*wanted).order_by(approvals.c.id))]


def _approval(row: Row[Any]) -> Approval:
    return Approval(**row._mapping)
