"""Approvals say until when they are waited for, on what grounds they are asked, and by which process."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make their table anew: no version wrote to the old one."""
    op.drop_table("approvals")
    op.create_table(
        "approvals",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
        *(sa.Column(name, sa.Text, nullable=False, server_default="") for name in ("call_id", "kind", "caller")),
        sa.Column("inquiry", sa.Integer, nullable=False, server_default="0"),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        *(
            sa.Column(name, sa.Text, nullable=False, server_default="")
            for name in ("by", "decision", "why", "instance")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("approvals_call", "approvals", ["call_id", "inquiry"], unique=True)
    some = sa.text("decision = ''")
    op.create_index("approvals_open", "approvals", ["instance"], sqlite_where=some, postgresql_where=some)
