"""The tables. Instants are UTC; JSON columns hold what `ivr.records` documents beside the function that writes them.

A change here is a new step in `migrations/versions`; a test compares the two. Calls are referred to by name and not
by foreign key: what is known of a call may be written before, or outlive, the call's own row.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, Table, text

from ivr.records.columns import Instant, Number, Words

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pk",
        "fk": "%(table_name)s_%(column_0_name)s_fk",
        "uq": "%(table_name)s_%(column_0_name)s_unique",
    }
)


def _id(name: str = "id") -> Column[int]:
    return Column(name, Number, primary_key=True, autoincrement=True)


def _words(name: str) -> Column[str]:
    return Column(name, Words, nullable=False, default="", server_default="")


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, default=0, server_default="0")


def _known(name: str) -> Column[dict[str, object]]:
    return Column(name, JSON(none_as_null=True), nullable=False, default=dict)


def _some(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index of some rows only."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


calls = Table(
    "calls",
    metadata,
    Column("id", Words, primary_key=True),
    _words("line"),  # the number dialled, or the standard's name where lines have none
    _words("standard"),
    _words("direction"),  # in, out
    _words("caller"),
    _words("dialled"),
    Column("began_at", Instant, nullable=False),
    Column("answered_at", Instant),
    Column("ended_at", Instant),
    _words("outcome"),
    _words("state"),  # open, closed, lost
    _words("matter"),
    _words("menu"),
    _known("known"),
    Column("goodbye", Boolean, nullable=False, default=False, server_default=text("false")),
    _count("drops"),
    Column("promise_id", Number),  # the promise that this call keeps
    _words("instance"),
    _words("recording"),  # path, empty without one
    Index("calls_began", "began_at"),
    _some("calls_open", "instance", where="state = 'open'"),
    Index("calls_caller", "caller"),
    Index("calls_dialled", "dialled"),
)

turns = Table(
    "turns",
    metadata,
    _id("seq"),  # grows as things are written
    Column("call_id", Words, nullable=False),
    Column("t", Float, nullable=False),
    Column("at", Instant),
    _words("who"),  # caller, us
    _words("text"),
    _words("verdict"),
    Index("turns_of", "call_id", "seq"),
    sqlite_autoincrement=True,
)

events = Table(
    "events",
    metadata,
    _id("seq"),
    Column("call_id", Words, nullable=False),
    Column("t", Float, nullable=False),
    Column("at", Instant),
    _known("entry"),
    Index("events_of", "call_id", "seq"),
    sqlite_autoincrement=True,
)

tickets = Table(
    "tickets",
    metadata,
    _id(),
    _words("kind"),
    _words("urgency"),  # normal, urgent
    _words("owner"),
    Column("due_at", Instant),
    _words("status"),  # open, closed
    _words("number"),
    _words("call_id"),
    _words("summary"),
    _count("drops"),
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),
    _some("tickets_due", "due_at", where="status = 'open'"),
    Index("tickets_call", "call_id"),
    Index("tickets_number", "number"),
    sqlite_autoincrement=True,
)

ticket_history = Table(
    "ticket_history",
    metadata,
    _id(),
    Column("ticket_id", Number, ForeignKey("tickets.id", ondelete="CASCADE"), nullable=False),
    Column("at", Instant, nullable=False),
    _words("who"),
    _words("what"),
    _words("detail"),
    Index("ticket_history_of", "ticket_id", "id"),
    sqlite_autoincrement=True,
)

promises = Table(
    "promises",
    metadata,
    _id(),
    _words("kind"),
    Column("key", Words, unique=True),
    Column("due_at", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    _words("owner"),
    _words("line"),
    _words("number"),
    _words("call_id"),
    Column("ticket_id", Number),
    _known("say"),
    _words("state"),  # pending, claimed, dialling, kept, failed, unknown, cancelled
    _count("attempts"),
    Column("max_attempts", Integer),
    _words("claimed_by"),
    Column("lease_until", Instant),
    _count("epoch"),
    Column("created_at", Instant, nullable=False),
    Column("closed_at", Instant),
    _some("promises_ready", "not_before", "due_at", where="state = 'pending'"),
    _some("promises_leased", "lease_until", where="state in ('claimed', 'dialling')"),
    Index("promises_number", "number"),
    sqlite_autoincrement=True,
)

attempts = Table(
    "attempts",
    metadata,
    _id(),
    Column("promise_id", Number, ForeignKey("promises.id", ondelete="CASCADE"), nullable=False),
    Column("epoch", Integer, nullable=False),
    _words("number"),
    Column("claimed_at", Instant, nullable=False),
    Column("dialled_at", Instant),
    Column("ended_at", Instant),
    _words("outcome"),
    _words("call_id"),
    # two calls to one number at once are not forbidden by our code but by the database
    _some("attempts_one_a_number", "number", where="ended_at is null and number <> ''", unique=True),
    Index("attempts_of", "promise_id", "epoch", unique=True),
    sqlite_autoincrement=True,
)

places = Table(  # workers, by the name that calls have as their instance
    "places",
    metadata,
    Column("name", Words, primary_key=True),
    Column("seen_at", Instant, nullable=False),
)

agents = Table(
    "agents",
    metadata,
    Column("number", Words, primary_key=True),
    _words("name"),
    _words("role"),
    _words("presence"),
    Column("seen_at", Instant),
)

approvals = Table(
    "approvals",
    metadata,
    _id(),
    _words("call_id"),
    _words("kind"),  # the menu in which the call waits for it
    _words("caller"),
    _count("inquiry"),
    _known("evidence"),
    Column("asked_at", Instant, nullable=False),
    Column("deadline_at", Instant, nullable=False),
    Column("decided_at", Instant),
    _words("by"),
    _words("decision"),  # empty: open; granted, refused, expired
    _words("why"),
    _words("instance"),
    Index("approvals_call", "call_id", "inquiry", unique=True),
    _some("approvals_open", "instance", where="decision = ''"),
    sqlite_autoincrement=True,
)

incidents = Table(
    "incidents",
    metadata,
    _id(),
    _words("kind"),
    _words("line"),
    Column("opened_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    _count("callers"),
    _words("state"),  # open, closed
    Column("ticket_id", Number),
    _some("incidents_open", "kind", "line", where="state = 'open'", unique=True),
    sqlite_autoincrement=True,
)

reports = Table(  # who told of which fault last when: what incidents are made of
    "reports",
    metadata,
    Column("kind", Words, primary_key=True),
    Column("line", Words, primary_key=True),
    Column("caller", Words, primary_key=True),
    Column("at", Instant, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    _id(),
    _words("what"),  # opened, urgent, approval, reload
    _known("said"),
    Column("created_at", Instant, nullable=False),
    Column("next_at", Instant, nullable=False),
    _count("attempts"),
    _words("state"),  # waiting, sent, given_up
    _words("error"),
    Column("closed_at", Instant),
    _some("alerts_waiting", "next_at", where="state = 'waiting'"),
    sqlite_autoincrement=True,
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    _words("who"),
    _words("what"),
    _words("subject"),
    _words("detail"),
    _words("previous"),
    _words("hash"),
)
