"""`ivr promises`: what is owed to callers, and what people promise them in the product's name."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from ivr.cli.house import House, as_user
from ivr.cli.options import ROW, config_option, json_option
from ivr.cli.show import as_json_text, table
from ivr.cli.times import to_come
from ivr.errors import JobError, UserError, printable

if TYPE_CHECKING:
    from ivr.standards.errands import PromiseOf


@click.group()
def command() -> None:
    """What is owed to callers: list, make, cancel."""


@command.command("list")
@click.option("--number", help="Whose.")
@click.option("--all", "everything", is_flag=True, help="Those as well that are kept, failed or cancelled.")
@config_option
@json_option
def list_(config: Path | None, as_json: bool, number: str | None, everything: bool) -> None:
    """One line a promise, by due time."""
    from ivr.records import Promises

    house = House(config)
    house.allow("list")
    with house.database.reading() as tx:
        promises = Promises(tx)
        found = promises.list(number=number, states=None) if everything else promises.list(number=number)
    rows = [
        {
            "id": each.id,
            "kind": each.kind,
            "due": house.wall_time(each.due_at),
            "number": printable(each.number),
            "state": each.state,
            "attempts": each.attempts,
            "call": each.call_id,
        }
        for each in found
    ]
    click.echo(as_json_text(rows) if as_json else table(rows))


@command.command()
@click.argument("kind")
@click.argument("number")
@click.option("--say", "news", required=True, metavar="TEXT", help="What they are told.")
@click.option("--name", default="", help="How they are addressed: 王先生.")
@click.option("--at", "when", default="", metavar="WHEN", help="Not before: 15:30, or +30m, +2h. By default at once.")
@click.option("--line", default="", metavar="NUMBER", help="Line whose standard and voice are used.")
@as_user
@config_option
def make(  # noqa: PLR0913, PLR0917 - one for each option
    config: Path | None, kind: str, number: str, news: str, name: str, when: str, line: str, who: str | None
) -> None:
    """Have somebody rung and told something: KIND is a promise of the standard that is kept by a call, e.g. news."""
    from ivr.records import Promise, Promises
    from ivr.telephony.numbers import dialable, normalised

    house = House(config)
    served = house.settings.line_for(line)
    of = _kind(served.name, kind)
    allowed = dialable(normalised(number), house.settings.telephony.outbound_allow)
    if allowed is None:
        raise UserError(f"{printable(number)} may not be rung → see [telephony] outbound_allow")
    if not news.strip():
        raise UserError("nobody is rung to be told nothing → write what they are told: --say TEXT")
    now = datetime.now(ZoneInfo(served.timezone))
    start = to_come(when, now)
    slots = {"news": news} | ({"name": name} if name else {})
    promise = Promise(
        kind=kind,
        due_at=start + timedelta(seconds=of.due_s),
        not_before=start,
        number=allowed,
        line=line,
        say={"menu": "", "slots": slots, "drops": 0},
    )
    with house.database.transaction() as tx:
        made = Promises(tx).make(promise, now)
        house.open(tx, who, "promise made", [f"promise {made}"])
    click.echo(f"promise {made}: {allowed} is rung from {start:%Y-%m-%d %H:%M:%S} on")


@command.command()
@click.argument("promise", type=ROW)
@click.option("--why", default="cancelled", help="For the record.")
@as_user
@config_option
def cancel(config: Path | None, promise: int, why: str, who: str | None) -> None:
    """It is owed no more."""
    from ivr.records import Promises

    house = House(config)
    with house.database.transaction() as tx:
        if not Promises(tx).cancel(promise, why, house.now):
            raise JobError(f"promise {promise} is being kept just now, or closed, or none → ivr promises list --all")
        house.open(tx, who, "promise cancelled", [f"promise {promise}"], why)
    click.echo(f"promise {promise} is cancelled")


def _kind(standard: str, kind: str) -> PromiseOf:
    from ivr.dialog.dropping import DROPPED
    from ivr.standards.load import load_standard

    promises = load_standard(standard).promise
    by_call = [name for name, each in promises.items() if each.call and name != DROPPED]
    if kind not in by_call:
        raise UserError(f'no call of ours keeps a promise "{printable(kind)}"; there are {", ".join(by_call)}')
    return promises[kind]
