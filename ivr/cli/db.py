"""`ivr db`: the database's tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.cli.options import config_option
from ivr.errors import JobError

if TYPE_CHECKING:
    from ivr.records import Database


@click.group()
def command() -> None:
    """The database's tables: bring them up to date."""


@command.command()
@config_option
def upgrade(config: Path | None) -> None:
    """Make the database where there is none, and bring its tables up to date; nothing that stands in it is lost."""
    database = _database(config)
    click.echo(f"{database.name}: {database.upgrade()}")


@command.command()
@config_option
def current(config: Path | None) -> None:
    """The revision of its tables; exit 1 where it is not the one that this program works with."""
    database = _database(config)
    found, expected = database.current(), database.expected()
    click.echo(f"{database.name}: {found or 'no tables'}")
    if found != expected:
        raise JobError(f"{database.name}: we work with {expected} → ivr db upgrade")


def _database(config: Path | None) -> Database:
    from ivr.config import load
    from ivr.records import Database

    database = Database(load(config).records.url)
    click.get_current_context().call_on_close(database.close)
    return database
