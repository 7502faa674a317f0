"""`ivr rehearse`: scenarios, in virtual time or over real SIP, one line each."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.cli.options import config_option, json_option
from ivr.cli.show import as_json_text, pad
from ivr.errors import JobError, UserError

if TYPE_CHECKING:
    from ivr.simulation.rehearsal import Place, Rehearsal
    from ivr.simulation.scenario import Scenario


_OTHERS = "asks others, and only ivr demo and virtual time have these"


@click.command()
@click.argument("files", metavar="[FILE]…", nargs=-1, type=click.Path(path_type=Path))
@click.option("--virtual", is_flag=True, help="In virtual time, in no time at all (the default).")
@click.option("--sip", "uri", metavar="URI", help="Call a service, e.g. sip:127.0.0.1:5070, with robot callers.")
@config_option
@json_option
def command(files: tuple[Path, ...], virtual: bool, uri: str | None, config: Path | None, as_json: bool) -> None:
    """Run scenarios (all of the catalogue without FILE); exit 1 if one fails.

    Over SIP the service must serve each number as its scenario says; the configuration names its transfer targets and
    its own prompts. What the service understood is judged in virtual time and by `ivr demo`, which have its journal.
    """
    from ivr.simulation.scenario import load_scenarios

    if virtual and uri:
        raise UserError("--virtual and --sip exclude each other → keep one")
    failed, shown = 0, []
    scenarios = load_scenarios(files)
    for rehearsal in _over_sip(scenarios, uri, config) if uri else _virtually(scenarios):
        failed += not rehearsal.passed
        if as_json:
            shown.append(rehearsal.summary)
        else:
            click.echo(_line(rehearsal))
    if as_json:
        click.echo(as_json_text(shown))
    if failed:
        raise JobError(f"{failed} of {len(scenarios)} scenarios failed")


def _virtually(scenarios: list[Scenario]) -> Iterator[Rehearsal]:
    from ivr.simulation.rehearsal import rehearse_virtually

    return rehearse_virtually(scenarios)


def _over_sip(scenarios: list[Scenario], uri: str, config: Path | None) -> list[Rehearsal]:
    from ivr.simulation.rehearsal import missing, rehearse_over_sip

    reasons = [missing(s) or (_OTHERS if s.asks_others else "") for s in scenarios]
    for scenario, reason in zip(scenarios, reasons, strict=True):
        if reason:
            click.echo(f"SKIP  {scenario.name}: {reason}", err=True)
    possible = [scenario for scenario, reason in zip(scenarios, reasons, strict=True) if not reason]
    return asyncio.run(rehearse_over_sip(possible, _place(uri, config)))


def _place(uri: str, config: Path | None) -> Place:
    from ivr.config import load
    from ivr.simulation.rehearsal import Place

    settings = load(config)
    named = {"operator": settings.telephony.operator, "supervisor": settings.telephony.supervisor}
    return Place(uri, {target: name for name, target in named.items() if target}, settings.standard.prompts)


def _line(rehearsal: Rehearsal) -> str:
    verdict = click.style("PASS", fg="green") if rehearsal.passed else click.style("FAIL", fg="red", bold=True)
    times = ", ".join(f"{check.seconds:.2f}" for check in rehearsal.checks if check.seconds is not None)
    faults = "; ".join(f"{c.req} {c.what}: {c.measured}, not {c.standard}".strip() for c in rehearsal.faults)
    name = pad(rehearsal.scenario.name, 28)
    return f"{verdict}  {name} {'/'.join(rehearsal.scenario.proves):<12} {faults or times + ' s'}"
