"""`ivr incidents`: faults that many callers have told of. Callers hear of one until it is closed (requirement F7)."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.cli.house import House, as_user
from ivr.cli.options import ROW, config_option, json_option
from ivr.cli.show import as_json_text, table
from ivr.errors import JobError, printable


@click.group()
def command() -> None:
    """Faults that many callers have: list, close."""


@command.command("list")
@config_option
@json_option
def list_(config: Path | None, as_json: bool) -> None:
    """One line an open incident."""
    from ivr.records import Incidents

    house = House(config)
    house.allow("list")
    with house.database.reading() as tx:
        found = Incidents(tx).all_open()
    rows = [
        {
            "id": each.id,
            "kind": printable(each.kind),
            "line": printable(each.line),
            "callers": each.callers,
            "since": house.wall_time(each.opened_at),
            "last": house.wall_time(each.last_at),
        }
        for each in found
    ]
    click.echo(as_json_text(rows) if as_json else table(rows))


@command.command()
@click.argument("incident", type=ROW)
@as_user
@config_option
def close(config: Path | None, incident: int, who: str | None) -> None:
    """The fault is mended: its ticket is closed, callers hear of it no more, who tells of it begins a new count."""
    from ivr.records import Incidents

    house = House(config)
    with house.database.transaction() as tx:
        if not Incidents(tx).close(incident, house.now, house.user(who)):
            raise JobError(f"there is no open incident {incident} → ivr incidents list")
        house.open(tx, who, "incident closed", [f"incident {incident}"])
    click.echo(f"incident {incident}: closed")
