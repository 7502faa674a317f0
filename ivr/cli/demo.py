"""`ivr demo`: the service and robot callers over loopback, watched live, measured, and kept."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.errors import JobError, UserError

if TYPE_CHECKING:
    from ivr.simulation.rehearsal import Rehearsal
    from ivr.simulation.scenario import Scenario

_AGAIN = 8
"""Calls that are made once more, at most: more of them are no accident of a recogniser or a busy machine."""


@click.command()
@click.argument("group", required=False)
@click.option("--scenario", "names", metavar="NAME", multiple=True, help="This scenario only; may be repeated.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default="demo-out", show_default=True)
def command(group: str | None, names: tuple[str, ...], out: Path) -> None:
    """Watch the standard being kept: real SIP and RTP, robot callers side by side, measured at the caller's ear.

    GROUP is a folder of scenarios, e.g. `line` or `hearing`, which takes under two minutes, or `calls`: three whole
    conversations; without one all of them run. Callers who speak need a recogniser: `ivr models pull`.

    A few calls that fall are made once more, by themselves, into the folder `again`: a recogniser mishears now and
    then, and a busy machine is late. What falls twice did not keep the standard.
    """
    from ivr.simulation.scenario import load_scenarios

    scenarios = _chosen(load_scenarios(), group, names)
    rehearsals = asyncio.run(_perform(scenarios, _folder(out)))
    fell = {each.scenario.file for each in rehearsals if not each.passed}
    again = [s for s in scenarios if s.file in fell] if len(fell) <= _AGAIN else []
    if again:
        click.echo(f"once more, by themselves: {_names(again)}", err=True)
        kept = [each for each in rehearsals if each.scenario.file not in fell]
        rehearsals = kept + asyncio.run(_perform(again, _folder(out / "again")))
    _report(rehearsals, out, again)
    failed = sum(not rehearsal.passed for rehearsal in rehearsals)
    if failed:
        raise JobError(
            f"{failed} of {len(rehearsals)} calls did not keep the standard → look at their pictures in {out}"
        )


def _names(scenarios: Sequence[Scenario]) -> str:
    return ", ".join(scenario.name for scenario in scenarios)


def _chosen(scenarios: Sequence[Scenario], group: str | None, names: Sequence[str]) -> list[Scenario]:
    from ivr.simulation.rehearsal import missing

    real = [scenario for scenario in scenarios if not scenario.only_virtual]
    groups = [s for s in real if group in (None, s.group)]
    if not groups:
        raise UserError(f"no scenarios {group}; there are {', '.join(sorted({s.group for s in real}))}")
    if unknown := set(names) - {s.name for s in groups}:
        known = ", ".join(sorted(s.name for s in groups))
        raise UserError(f"no scenario {', '.join(sorted(unknown))}; there are {known}")
    chosen = [s for s in groups if not names or s.name in names]
    reasons = [missing(scenario) for scenario in chosen]
    for reason in dict.fromkeys(filter(None, reasons)):
        click.echo(f"{reasons.count(reason)} of {len(chosen)} calls left out: {reason}", err=True)
    possible = [scenario for scenario, reason in zip(chosen, reasons, strict=True) if not reason]
    if not possible:
        raise UserError("no call is left to be shown")
    return possible


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
        for old in (out / "journal.jsonl", out / "service.log"):
            old.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"{out}: {error.strerror} → name another folder with --out") from error
    return out.resolve()


async def _perform(scenarios: Sequence[Scenario], out: Path) -> list[Rehearsal]:
    from rich.console import Console
    from rich.progress import track

    from ivr.cli.live import Live, Plain
    from ivr.simulation.rehearsal import rehearse_over_sip
    from ivr.simulation.results import index, keep
    from ivr.simulation.stage import distinct, stage

    performed = distinct(scenarios)
    click.echo(f"starting the service; {len(performed)} calls on loopback", err=True)
    async with stage(performed, out) as (place, journal):
        with (Live if sys.stdout.isatty() else Plain)(performed, journal) as view:
            rehearsals = await rehearse_over_sip(performed, place, view.watch, view.done, journal.of_scenario)
    for rehearsal in track(rehearsals, "drawing", console=Console(stderr=True), transient=True):
        keep(rehearsal, journal.of_scenario(rehearsal.scenario), out)
    index(rehearsals, out)
    return rehearsals


def _report(rehearsals: Sequence[Rehearsal], out: Path, again: Sequence[Scenario]) -> None:
    from rich.console import Console
    from rich.table import Table

    from ivr.simulation.results import table

    console = Console(width=None if sys.stdout.isatty() else 110)
    shown = Table(title="measured at the caller's ear", title_justify="left", box=None, pad_edge=False)
    for column in ("requirement", "what", "standard", "measured", "calls", ""):
        long = column in {"what", "measured"}
        shown.add_column(column, justify="right" if column == "calls" else "left", no_wrap=not long)
    for row in table(rehearsals):
        verdict = "[green]OK[/]" if row.ok else "[bold red]NOT KEPT[/]"
        shown.add_row(row.req, row.what, row.standard, row.measured, str(row.calls), verdict)
    console.print()
    console.print(shown)
    passed = sum(rehearsal.passed for rehearsal in rehearsals)
    console.print(f"\n{passed} of {len(rehearsals)} calls kept the standard.", style="bold", highlight=False)
    if again:
        console.print(f"Made twice: {_names(again)} (the second time in {out}/again).", highlight=False)
    console.print(
        f"Recordings, timelines and journals: {out.resolve()} (open index.html)", highlight=False, soft_wrap=True
    )
