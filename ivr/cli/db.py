"""`ivr db`: the database's tables."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.cli.house import House
from ivr.cli.options import config_option
from ivr.errors import JobError


@click.group()
def command() -> None:
    """The database's tables: bring them up to date."""


@command.command()
@config_option
def upgrade(config: Path | None) -> None:
    """Make the database where there is none, and bring its tables up to date; nothing that stands in it is lost."""
    database = House(config).database
    click.echo(f"{database.name}: {database.upgrade()}")


@command.command()
@config_option
def current(config: Path | None) -> None:
    """The revision of its tables; exit 1 where it is not the one that this program works with."""
    database = House(config).database
    found, expected = database.current(), database.expected()
    click.echo(f"{database.name}: {found or 'no tables'}")
    if found != expected:
        raise JobError(f"{database.name}: we work with {expected} → ivr db upgrade")
