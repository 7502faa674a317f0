"""The first tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _id(name: str = "id") -> sa.Column[Any]:
    return sa.Column(name, _NUMBER, primary_key=True, autoincrement=True)


def _text(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False, server_default="") for name in names]


def _count(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in names]


def _at(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=False) for name in names]


def _at_last(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.DateTime(timezone=True)) for name in names]


def _number(name: str, *more: SchemaItem, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, _NUMBER, *more, nullable=nullable)


def _known(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(none_as_null=True), nullable=False)


def _of(name: str, key: str, constraint: str) -> sa.Column[Any]:
    return _number(name, sa.ForeignKey(key, ondelete="CASCADE", name=constraint), nullable=False)


def _key(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def _index(name: str, table: str, *columns: str, unique: bool = False, where: str = "") -> None:
    some = sa.text(where) if where else None
    op.create_index(name, table, list(columns), unique=unique, sqlite_where=some, postgresql_where=some)


def upgrade() -> None:
    """Make them."""
    _calls()
    _tickets()
    _promises()
    _incidents()
    _people()


def _calls() -> None:
    op.create_table(
        "calls",
        *_key("id"),
        *_text("line", "standard", "direction", "caller", "dialled"),
        *_at("began_at"),
        *_at_last("answered_at", "ended_at"),
        *_text("outcome", "state", "matter", "menu"),
        _known("known"),
        sa.Column("goodbye", sa.Boolean, nullable=False, server_default=sa.false()),
        *_count("drops"),
        _number("promise_id"),
        *_text("instance", "recording"),
    )
    _index("calls_began", "calls", "began_at")
    _index("calls_open", "calls", "instance", where="state = 'open'")
    _index("calls_caller", "calls", "caller")
    _index("calls_dialled", "calls", "dialled")

    turn = _text("who", "text", "verdict")
    op.create_table("turns", *_place(), *turn, sqlite_autoincrement=True)
    op.create_table("events", *_place(), _known("entry"), sqlite_autoincrement=True)
    _index("turns_of", "turns", "call_id", "seq")
    _index("events_of", "events", "call_id", "seq")


def _place() -> list[sa.Column[Any]]:
    call, t = sa.Column("call_id", sa.Text, nullable=False), sa.Column("t", sa.Float, nullable=False)
    return [_id("seq"), call, t, *_at_last("at")]


def _tickets() -> None:
    op.create_table(
        "tickets",
        _id(),
        *_text("kind", "urgency", "owner"),
        *_at_last("due_at"),
        *_text("status", "number", "call_id", "summary"),
        *_count("drops"),
        *_at("created_at"),
        *_at_last("closed_at"),
        sqlite_autoincrement=True,
    )
    _index("tickets_due", "tickets", "due_at", where="status = 'open'")
    _index("tickets_call", "tickets", "call_id")
    _index("tickets_number", "tickets", "number")

    ticket = _of("ticket_id", "tickets.id", "ticket_history_ticket_id_fk")
    happened = [*_at("at"), *_text("who", "what", "detail")]
    op.create_table("ticket_history", _id(), ticket, *happened, sqlite_autoincrement=True)
    _index("ticket_history_of", "ticket_history", "ticket_id", "id")


def _promises() -> None:
    op.create_table(
        "promises",
        _id(),
        *_text("kind"),
        sa.Column("key", sa.Text),
        *_at("due_at", "not_before"),
        *_text("owner", "line", "number", "call_id"),
        _number("ticket_id"),
        _known("say"),
        *_text("state"),
        *_count("attempts"),
        sa.Column("max_attempts", sa.Integer),
        *_text("claimed_by"),
        *_at_last("lease_until"),
        *_count("epoch"),
        *_at("created_at"),
        *_at_last("closed_at"),
        sa.UniqueConstraint("key", name="promises_key_unique"),
        sqlite_autoincrement=True,
    )
    _index("promises_ready", "promises", "not_before", "due_at", where="state = 'pending'")
    _index("promises_leased", "promises", "lease_until", where="state in ('claimed', 'dialling')")
    _index("promises_number", "promises", "number")

    op.create_table(
        "attempts",
        _id(),
        _of("promise_id", "promises.id", "attempts_promise_id_fk"),
        sa.Column("epoch", sa.Integer, nullable=False),
        *_text("number"),
        *_at("claimed_at"),
        *_at_last("dialled_at", "ended_at"),
        *_text("outcome", "call_id"),
        sqlite_autoincrement=True,
    )
    _index("attempts_of", "attempts", "promise_id", "epoch", unique=True)
    _index("attempts_one_a_number", "attempts", "number", unique=True, where="ended_at is null and number <> ''")


def _incidents() -> None:
    op.create_table(
        "incidents",
        _id(),
        *_text("kind", "line"),
        *_at("opened_at", "last_at"),
        *_count("callers"),
        *_text("state"),
        _number("promise_id"),
        sqlite_autoincrement=True,
    )
    _index("incidents_open", "incidents", "kind", "line", unique=True, where="state = 'open'")
    op.create_table("reports", *_key("kind", "line", "caller"), *_at("at"))


def _people() -> None:
    op.create_table("agents", *_key("number"), *_text("name", "role", "presence"), *_at_last("seen_at"))
    op.create_table(
        "approvals",
        _id(),
        *_text("call_id", "kind"),
        *_at("asked_at"),
        *_at_last("decided_at"),
        *_text("by", "decision"),
        sqlite_autoincrement=True,
    )
    _index("approvals_call", "approvals", "call_id")
    op.create_table(
        "audit",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
        *_at("at"),
        *_text("who", "what", "subject", "detail", "previous", "hash"),
    )
