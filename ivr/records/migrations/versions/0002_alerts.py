"""Alerts that wait to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make their table."""
    op.create_table(
        "alerts",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("what", sa.Text, nullable=False, server_default=""),
        sa.Column("said", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("state", sa.Text, nullable=False, server_default=""),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sqlite_autoincrement=True,
    )
    some = sa.text("state = 'waiting'")
    op.create_index("alerts_waiting", "alerts", ["next_at"], sqlite_where=some, postgresql_where=some)
