"""Alembic's entry: takes the steps on the connection that `ivr.records.migrate` gives, in its transaction."""

from __future__ import annotations

from alembic import context

from ivr.records.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
context.run_migrations()
