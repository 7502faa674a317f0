"""`ivr doctor`: what is installed, what is missing, what to do."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.cli.options import config_option, json_option
from ivr.cli.show import as_json_text, pad

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ivr.service.doctor import Finding

MARKS = {"ok": ("✓", "green"), "note": ("!", "yellow"), "bad": ("✗", "red")}


@click.command()
@config_option
@json_option
@click.pass_context
def command(ctx: click.Context, config: Path | None, as_json: bool) -> None:
    """What is installed, what is missing, what to do. Exit 1 if something is missing without which no call is taken."""
    found: list[Finding] = []
    for finding in _examine(config):
        found.append(finding)
        if not as_json:
            click.echo(_line(finding))
    if as_json:
        click.echo(as_json_text([asdict(finding) for finding in found]))
    ctx.exit(1 if any(finding.state == "bad" for finding in found) else 0)


def _examine(config: Path | None) -> Iterator[Finding]:
    """The configuration first; with a mistake in it the rest is looked at as if there were none."""
    from ivr.config import Settings, load
    from ivr.errors import UserError
    from ivr.service.doctor import Finding, examine, refused

    try:
        settings = load(config)
    except UserError as error:
        settings = Settings()
        yield refused("configuration", error)
    else:
        yield Finding("configuration", "ok", str(config or "defaults"))
    yield from examine(settings)


def _line(finding: Finding) -> str:
    mark, colour = MARKS[finding.state]
    todo = f"  →  {finding.todo}" if finding.todo else ""
    return f"{click.style(mark, fg=colour)} {pad(finding.name, 20)}{finding.detail}{todo}"
