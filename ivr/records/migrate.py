"""Versions of the tables, as steps in `migrations/versions` (Alembic)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from ivr.records.database import RecordsError
from ivr.records.schema import metadata


def upgrade(tx: Connection, name: str) -> str:
    """Take every step that is missing; returns the revision.

    Raises RecordsError for tables of a later program, or another.
    """
    config = _config()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = current(tx)
    if found and found not in known:
        raise RecordsError(f"{name}: its tables are of a later version, {found} → update this program")
    if not found and not metadata.tables.keys().isdisjoint(inspect(tx).get_table_names()):
        raise RecordsError(f"{name}: holds another program's tables → set [records] url to a database of its own")
    config.attributes["connection"] = tx
    command.upgrade(config, "head")
    return expected()


def current(tx: Connection) -> str | None:
    """The revision of the tables; None without any."""
    return MigrationContext.configure(tx).get_current_revision()


def expected() -> str:
    """The latest revision there is."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head, "the wheel carries migrations"
    return head


def _config() -> Config:
    config = Config()
    folder = Path(__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config
