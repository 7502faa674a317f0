"""`ivr knowledge`: list, check and search what a house knows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.cli.options import json_option
from ivr.cli.show import as_json_text, table
from ivr.errors import JobError
from ivr.files import is_folder

if TYPE_CHECKING:
    from ivr.standards.knowledge import Access, Entry
    from ivr.standards.library import Library
    from ivr.understanding.knowledge import Hit

_folder = click.option(
    "--folder", "folders", multiple=True, metavar="NAME|FOLDER", help="Only these; later ones replace. Default: ours."
)
_on = click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="As on this day; default: today.")


@click.group()
def command() -> None:
    """List, check and search what the house knows (C9): entries of a knowledge base."""


@command.command("list")
@_folder
@_on
@json_option
def list_(folders: tuple[str, ...], day: datetime | None, as_json: bool) -> None:
    """Every entry: who keeps it, until when it holds, who may be told."""
    rows = [_row(entry, _day(day)) for entry in _library(folders).entries]
    click.echo(as_json_text(rows) if as_json else table(rows))


def _row(entry: Entry, today: date) -> dict[str, object]:
    return {
        "id": entry.id,
        "title": entry.title,
        "business": entry.business,
        "type": entry.question_type,
        "product": entry.product,
        "owner": entry.owner,
        "valid": f"{entry.valid_from} – {entry.valid_until or ''}".rstrip(" –") + ("" if entry.holds(today) else " !"),
        "access": entry.access,
        "questions": len(entry.questions),
    }


@command.command()
@_folder
@_on
def check(folders: tuple[str, ...], day: datetime | None) -> None:
    """Whether all entries can be read, found and spoken (C9, C7, H1-H3); exit 1 if not. Lists what is out of date."""
    from ivr.speech.entries import faults, out_of_date

    library = _library(folders)
    over, found = out_of_date(library.entries, _day(day)), faults(library)
    for line in over:
        click.echo(f"out of date: {line}")
    click.echo("\n".join(found), err=True, nl=bool(found))
    if found:
        raise JobError(f"{len(found)} faults in what the house knows (above)")
    click.echo(f"knowledge: OK, {len(library.entries)} entries, {len(over)} out of date")


@command.command()
@click.argument("text")
@_folder
@_on
@click.option("--access", type=click.Choice(["public", "verified", "staff"]), default="public", show_default=True)
@click.option("--typed", is_flag=True, help="TEXT was typed rather than heard.")
@json_option
def search(  # noqa: PLR0913, PLR0917 - click hands over one argument an option
    text: str, folders: tuple[str, ...], day: datetime | None, access: Access, typed: bool, as_json: bool
) -> None:
    """Which entries answer TEXT, and why; what a caller would hear of the first."""
    from ivr.understanding.knowledge import Knowledge

    knowledge = Knowledge(_library(folders).entries)
    hits = knowledge.search(text, today=_day(day), access=access, spoken=not typed)
    if as_json:
        click.echo(as_json_text([_shown(hit) for hit in hits]))
    elif hits:
        click.echo(table([_shown(hit) for hit in hits]))
        click.echo("\n" + "\n".join([hits[0].entry.answer.main, *hits[0].entry.answer.details]))
    else:
        click.echo("no entry answers this")


def _shown(hit: Hit) -> dict[str, object]:
    return {
        "id": hit.entry.id,
        "title": hit.entry.title,
        "score": round(hit.score, 2),
        "decided": "sure" if hit.sure else "likely",
        "as in": hit.question,
        "sound": round(hit.sound, 2),
        "spelling": round(hit.spelling, 2),
    }


def _library(folders: tuple[str, ...]) -> Library:
    from ivr.standards.library import Library, shipped_folders

    named = [Path(name) if is_folder(Path(name)) else shipped_folders(name)[0] for name in folders]
    return Library(*(named or shipped_folders()))


def _day(day: datetime | None) -> date:
    return day.date() if day else datetime.now(UTC).astimezone().date()
