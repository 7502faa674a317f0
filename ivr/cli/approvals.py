"""`ivr approvals`: what calls ask a supervisor while the caller waits, e.g. to end an abusive call (requirement E6)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ivr.cli.house import House, as_user
from ivr.cli.options import ROW, Command, config_option, json_option
from ivr.cli.show import as_json_text, table
from ivr.errors import JobError, UserError, printable

if TYPE_CHECKING:
    from ivr.records import Approval

_OFFICE = "supervisor"


@click.group()
def command() -> None:
    """What calls ask a supervisor: list, grant, refuse."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Those as well that are decided, or waited for no more.")
@config_option
@json_option
def list_(config: Path | None, as_json: bool, everything: bool) -> None:
    """One line an approval, in the order in which they were asked."""
    from ivr.records import Approvals

    house = House(config)
    house.allow("list")
    with house.database.reading() as tx:
        found = Approvals(tx).list(everything=everything)
    click.echo(
        as_json_text([_full(each, house) for each in found]) if as_json else table([_row(e, house) for e in found])
    )


def _row(approval: Approval, house: House) -> dict[str, object]:
    return {
        "id": approval.id,
        "what": printable(approval.kind),
        "caller": printable(approval.caller),
        "asked": house.wall_time(approval.asked_at),
        "until": f"{approval.deadline_at.astimezone(house.zone):%H:%M:%S}",
        "decision": approval.decision or "open",
        "by": printable(approval.by),
        "call": approval.call_id,
        "evidence": printable("，".join(f"{name} {value}" for name, value in approval.evidence.items())),
    }


def _full(approval: Approval, house: House) -> object:
    from dataclasses import asdict

    return house.local(asdict(approval))


def _decision(command: Command) -> Command:
    """The options of whoever decides."""
    for option in (
        json_option,
        config_option,
        as_user,
        click.option("--role", required=True, help="In which office you decide: supervisor."),
        click.argument("approval", type=ROW),
    ):
        command = option(command)
    return command


@command.command()
@_decision
def grant(config: Path | None, approval: int, role: str, who: str | None, as_json: bool) -> None:
    """Yes: the call does what it asked for."""
    _decide(config, approval, "granted", role, who, as_json=as_json)


@command.command()
@_decision
def refuse(config: Path | None, approval: int, role: str, who: str | None, as_json: bool) -> None:
    """No: the call goes on as its standard says."""
    _decide(config, approval, "refused", role, who, as_json=as_json)


def _decide(  # noqa: PLR0913 - the options of the command line
    config: Path | None,
    number: int,
    decision: Literal["granted", "refused"],
    role: str,
    who: str | None,
    *,
    as_json: bool,
) -> None:
    from ivr.records import Approvals

    if role != _OFFICE:
        raise UserError(f'"{printable(role)}" may not decide this → --role {_OFFICE}, if that is your office')
    house = House(config)
    house.allow("approval", who, role)
    user = house.user(who)
    with house.database.transaction() as tx:
        decided = Approvals(tx).decide(number, decision, user, house.now)
        found = Approvals(tx).get(number)
        if decided and found:
            house.open(tx, who, f"approval {decision}", [found.call_id], f"{role}: approval {number}, {found.kind}")
    if found is None:
        raise JobError(f"there is no approval {number} → ivr approvals list")
    if not decided:
        raise JobError(f"approval {number}: {_closed(found, house)}")
    click.echo(as_json_text(_full(found, house)) if as_json else f"approval {number}: {decision}")


def _closed(approval: Approval, house: House) -> str:
    """Why nothing can be decided any more."""
    if approval.decided_at is None:
        return f"nobody waits for it since {approval.deadline_at.astimezone(house.zone):%H:%M:%S}: time ran out"
    at = f"{approval.decided_at.astimezone(house.zone):%H:%M:%S}"
    if approval.decision == "expired":
        return f"nobody waits for it since {at}: {approval.why}"
    why = f", {approval.why}" if approval.why else ""
    return f"{approval.decision} by {printable(approval.by)} at {at}{why}"
