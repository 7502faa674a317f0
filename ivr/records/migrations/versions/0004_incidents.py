"""An incident knows the ticket that tells of it."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Nothing was ever kept in the column that it replaces."""
    op.execute("ALTER TABLE incidents RENAME COLUMN promise_id TO ticket_id")
