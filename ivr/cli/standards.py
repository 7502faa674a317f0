"""`ivr standards`: list, check and compare service standards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from pydantic import BaseModel

from ivr.cli.options import json_option
from ivr.cli.show import as_json_text, table
from ivr.standards.acts import Act

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
@json_option
def diff(one: str, other: str, as_json: bool) -> None:
    """What ONE and OTHER do differently, side by side, key by key, what they inherit included."""
    from ivr.standards.load import load_standard

    here, there = (load_standard(name) for name in (one, other))
    ours, theirs = dict(_flat(here)), dict(_flat(there))
    rows = [
        {"req": _req(here, key) or _req(there, key), "key": key, one: ours.get(key, ""), other: theirs.get(key, "")}
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key, "") != theirs.get(key, "")
    ]
    click.echo(as_json_text(rows) if as_json else table(rows))


def _flat(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """`menu.greeting.say.1.say` and its value, for every leaf that says something; an act is one leaf."""
    if isinstance(value, BaseModel):
        value = vars(value)
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, (list, tuple)) and not isinstance(value, Act):
        for number, inner in enumerate(value, 1):
            yield from _flat(inner, f"{path}.{number}")
    elif value not in (None, "", False):
        yield path, " ".join(filter(None, value)) if isinstance(value, Act) else str(value)


def _req(standard: Standard, key: str) -> str:
    """Requirement that the block of a key carries."""
    section, _, name = key.partition(".")
    blocks = getattr(standard, section, None)
    if not isinstance(blocks, dict):
        return ""
    block = next((block for known, block in blocks.items() if f"{name}.".startswith(f"{known}.")), None)
    return getattr(block, "req", "")
