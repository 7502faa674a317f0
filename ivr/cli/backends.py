"""`ivr backends`: the house's own systems that are asked during calls; try one before callers do (requirement B12)."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.cli.options import config_option, json_option
from ivr.cli.show import as_json_text, table
from ivr.errors import JobError, UserError, printable

if TYPE_CHECKING:
    from ivr.backends import Backend, Reply


@click.group()
def command() -> None:
    """The house's own systems: list, ask one."""


@command.command("list")
@config_option
@json_option
def list_(config: Path | None, as_json: bool) -> None:
    """One line a backend of ivr.toml, and whether it would answer. Nobody is asked about anybody."""
    from ivr.backends import opened, troubles_of
    from ivr.config import load

    settings = load(config)
    backends = opened(settings.backends)
    troubles = asyncio.run(troubles_of(backends))
    rows = [
        {
            "name": name,
            "kind": settings.backends[name].kind,
            "where": printable(backend.source.where),
            "state": printable(troubles[name]) or "answers",
        }
        for name, backend in backends.items()
    ]
    click.echo(as_json_text(rows) if as_json else table(rows))


@command.command()
@click.argument("name")
@click.argument("about", nargs=-1, metavar="[SLOT=VALUE]…")
@config_option
@json_option
def ask(config: Path | None, name: str, about: tuple[str, ...], as_json: bool) -> None:
    """Ask NAME as a call would: `ivr backends ask shipment waybill=773012345678`. Exit 1 where it fails."""
    from ivr.backends import FAILED, opened
    from ivr.config import load

    settings = load(config)
    if name not in settings.backends:
        there = ", ".join(settings.backends) or "none"
        raise UserError(f'there is no backend "{printable(name)}" in ivr.toml; there is {there} → [backends.NAME]')
    slots = dict(map(_slot, about))
    backend = opened({name: settings.backends[name]})[name]
    began = time.monotonic()
    reply = asyncio.run(_asked(backend, slots))
    seconds = round(time.monotonic() - began, 3)
    if as_json:
        shown = {"outcome": reply.outcome, "values": dict(reply.values), "why": reply.why, "seconds": seconds}
        click.echo(as_json_text(shown))
    else:
        click.echo(f"{reply.outcome}, {seconds:.3f} s")
        click.echo("".join(f"  {key} = {printable(value)}\n" for key, value in reply.values.items()), nl=False)
    if reply.outcome == FAILED:
        raise JobError(f"{name}: {reply.why}")


async def _asked(backend: Backend, about: dict[str, str]) -> Reply:
    try:
        return await backend.ask(about)
    finally:
        await backend.close()


def _slot(text: str) -> tuple[str, str]:
    match = re.fullmatch(r"([a-z][a-z0-9_]*)=([^\ud800-\udfff]*)", text)
    if match is None:
        raise UserError(f'"{printable(text)}" is no slot; write e.g. waybill=773012345678')
    return match[1], match[2]
