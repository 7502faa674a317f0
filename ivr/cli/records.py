"""`ivr records`: what stays of calls. Who opens a call stands in the audit trail before it is shown."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ivr.cli import recordings
from ivr.cli.house import House, as_user
from ivr.cli.options import Command, config_option, json_option
from ivr.cli.show import as_json_text, table
from ivr.cli.times import past
from ivr.errors import JobError, printable

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


Row = Mapping[str, Any]


@click.group()
def command() -> None:
    """Calls, tickets and promises: list, show, export."""


for each in recordings.COMMANDS:
    command.add_command(each)


def _filters(command: Command) -> Command:
    """Which calls; passes `since`, `number`, `is_open`, `lost`."""
    for option in (
        click.option("--lost", is_flag=True, help="Calls that ended with our process."),
        click.option("--open", "is_open", is_flag=True, help="Calls that go on."),
        click.option("--number", help="Caller or number dialled."),
        click.option("--since", metavar="WHEN", help="A date, a time, or how long ago: 2026-11-22, 30m, 24h, 7d."),
    ):
        command = option(command)
    return command


# ---------------------------------------------------------------- commands


@command.command("list")
@_filters
@config_option
@json_option
def list_(config: Path | None, as_json: bool, **filters: Any) -> None:  # noqa: ANN401 - of four kinds, see _chosen
    """One line a call."""
    house = House(config)
    house.allow("list")
    with house.database.reading() as tx:
        rows = _chosen(tx, house, **filters)
    click.echo(as_json_text([house.local(row) for row in rows]) if as_json else table([_line(house, r) for r in rows]))


def _line(house: House, row: Row) -> dict[str, object]:
    ended = row["ended_at"]
    return {
        "call": row["id"],
        "began": house.wall_time(row["began_at"]),
        "s": round((ended - row["began_at"]).total_seconds()) if ended else "…",
        "line": printable(row["line"]),
        "": "→" if row["direction"] == "out" else "←",
        "number": printable(row["dialled"] if row["direction"] == "out" else row["caller"]) or "anonymous",
        "state": row["state"],
        "outcome": printable(row["outcome"]),
        "matter": printable(row["matter"]),
    }


@command.command()
@click.argument("call")
@as_user
@config_option
@json_option
def show(config: Path | None, as_json: bool, call: str, who: str | None) -> None:
    """What was said in a call, what was understood, and what came of it."""
    from ivr.records import Calls, Promises, Tickets

    house = House(config)
    house.allow("show", who)
    with house.database.transaction() as tx:
        row = Calls(tx).get(call)
        if row is None:
            raise JobError(f'there is no call "{printable(call)}" → ivr records list')
        house.open(tx, who, "show", [call])
        row["tickets"] = [asdict(ticket) for ticket in Tickets(tx).list(status=None, call_id=call)]
        row["promises"] = [asdict(promise) for promise in Promises(tx).list(states=None, call_id=call)]
    click.echo(as_json_text(house.local(row)) if as_json else _page(house, row))


def _page(house: House, row: Row) -> str:
    head = {key: value for key, value in house.local(row).items() if value not in ("", None, {}, False)}
    shown = [
        f"{key}: {_text(value)}" for key, value in head.items() if key not in ("turns", "events", "tickets", "promises")
    ]
    turns = [
        {"t": f"{turn['t']:.2f}", "who": turn["who"], "said": printable(turn["text"]), "verdict": turn["verdict"]}
        for turn in row["turns"]
    ]
    told = [
        f"ticket {each['id']}: {each['status']}{_due(house, each['due_at'])}, {printable(each['summary'])}"
        for each in row["tickets"]
    ]
    owed = [
        f"promise {each['id']}: {each['kind']}, {each['state']}, due {each['due_at'].astimezone(house.zone)}"
        for each in row["promises"]
    ]
    return "\n".join([*shown, "", table(turns), "", *told, *owed]).rstrip()


def _due(house: House, at: datetime | None) -> str:
    return f", due {house.wall_time(at)}" if at else ""


def _text(value: object) -> str:
    return printable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))


@command.command()
@_filters
@as_user
@config_option
@json_option
def export(config: Path | None, as_json: bool, who: str | None, **filters: Any) -> None:  # noqa: ANN401 - as above
    """Calls as CSV, a row each; with --json everything, one JSON object a line, turns and events included."""
    from ivr.records import Calls

    house = House(config)
    with house.database.transaction() as tx:
        rows = _chosen(tx, house, **filters)
        house.open(tx, who, "export", [row["id"] for row in rows])
    if not as_json:
        click.echo(_csv([house.local(row) for row in rows]), nl=False)
        return
    for row in rows:
        with house.database.reading() as tx:
            whole = Calls(tx).get(row["id"])
        if whole:
            click.echo(json.dumps(house.local(whole), ensure_ascii=False, default=str))


def _csv(rows: Sequence[Row]) -> str:
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    """A caller's name must not be a formula in whoever's spreadsheet."""
    text = (
        "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    )
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


# ---------------------------------------------------------------- what they share


def _chosen(  # noqa: PLR0913 - the filters of the command line
    tx: Connection, house: House, *, since: str | None, number: str | None, is_open: bool, lost: bool
) -> Sequence[dict[str, Any]]:
    from ivr.records import Calls

    states = [state for state, wanted in (("open", is_open), ("lost", lost)) if wanted]
    return Calls(tx).list(since=past(since, house.now) if since else None, number=number, states=states)
