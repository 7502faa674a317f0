"""`ivr standards`: list, check and compare service standards."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import click

from ivr.cli.options import json_option
from ivr.cli.show import as_json_text, table

if TYPE_CHECKING:
    from ivr.standards.model import Standard


@click.group()
def command() -> None:
    """List, check and compare service standards."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """The standards that come with the product."""
    from ivr.standards.load import load_standard, shipped

    rows = [{"name": name, **_summary(load_standard(name))} for name in shipped()]
    click.echo(as_json_text(rows) if as_json else table(rows))


def _summary(standard: Standard) -> dict[str, object]:
    return {"title": standard.title, "sources": " ".join(standard.sources), "prompts": len(standard.wording)}


@command.command()
@click.argument("names", metavar="NAME|FILE…", nargs=-1, required=True)
@click.pass_context
def check(ctx: click.Context, names: tuple[str, ...]) -> None:
    """Check standards: OK, or one line for each thing wrong; exit 2 if anything is."""
    from ivr.speech.wording import check_phrases
    from ivr.standards.load import StandardError, load_standard

    failed = False
    for name in names:
        try:
            check_phrases([load_standard(name)])
        except StandardError as error:
            failed = True
            click.echo("\n".join(error.lines), err=True)
        else:
            click.echo(f"{name}: OK")
    ctx.exit(2 if failed else 0)


@command.command()
@click.argument("one")
@click.argument("other")
def diff(one: str, other: str) -> None:
    """What OTHER does differently from ONE, key by key, what they inherit included."""
    from ivr.standards.load import load_standard

    before, after = (_flat(load_standard(name).model_dump(mode="json")) for name in (one, other))
    for line in difflib.unified_diff(before, after, one, other, lineterm="", n=0):
        if not line.startswith("@@"):
            click.echo(line)


def _flat(value: object, path: str = "") -> list[str]:
    """`menu.greeting.say[1] = "…"`, one line a leaf, sorted by key."""
    if isinstance(value, dict):
        return [line for key in sorted(value) for line in _flat(value[key], f"{path}.{key}".lstrip("."))]
    if isinstance(value, list):
        return [line for number, item in enumerate(value, 1) for line in _flat(item, f"{path}[{number}]")]
    return [f"{path} = {value}"]
