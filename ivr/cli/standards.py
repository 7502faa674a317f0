"""`ivr standards`: list, check and compare service standards."""

from __future__ import annotations

from collections.abc import Iterator
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
@json_option
def diff(one: str, other: str, as_json: bool) -> None:
    """What ONE and OTHER do differently, side by side, key by key, what they inherit included.

    Menus that a form is made into are left out where form or slot are shown themselves.
    """
    from ivr.standards.load import load_standard

    here, there = (load_standard(name) for name in (one, other))
    ours, theirs = dict(_flat(here)), dict(_flat(there))
    rows = [
        {"req": _req(here, key) or _req(there, key), "key": key, one: ours.get(key, ""), other: theirs.get(key, "")}
        for key in sorted({key for standard in (here, there) for key, _ in _flat(standard, only_given=True)})
        if ours.get(key, "") != theirs.get(key, "") and not _follows(here, there, key)
    ]
    click.echo(as_json_text(rows) if as_json else table(rows))


def _follows(here: Standard, there: Standard, key: str) -> bool:
    """Whether it was made of something that is different itself: a form, a wish, a prompt that addresses the caller."""
    section, block, *rest = (*key.split("."), "")
    if section == "wording":
        return rest[:1] == ["named"]
    if section == "menu" and rest[0] == "intents":
        menus = ((standard, standard.menu.get(block)) for standard in (here, there))
        return all(not menu or menu.intents.get(rest[1]) == of.wishes.get(rest[1]) for of, menu in menus)
    of = next((slot for slot in rest if slot in here.slot or slot in there.slot), "")
    differs = here.form.get(block) != there.form.get(block) or here.slot.get(of) != there.slot.get(of)
    return section in ("menu", "ladder") and bool(of) and differs


def _flat(value: object, path: str = "", *, only_given: bool = False) -> Iterator[tuple[str, str]]:
    """`menu.greeting.say` and its value, for every leaf that says something; an act is one leaf, and so is a list.

    `only_given` leaves out what nobody wrote, and is as it always is.
    """
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        given = value.model_fields_set if only_given else type(value).model_fields
        value = {name: inner for name, inner in vars(value).items() if name in given}
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}".lstrip("."), only_given=only_given)
    elif value not in (None, "", False, []):
        yield path, _leaf(value)


def _leaf(value: object) -> str:
    """A value in a few words: of what lists have, what is said comes first, and then on which conditions."""
    from pydantic import BaseModel

    from ivr.standards.acts import Act

    if isinstance(value, Act):
        return " ".join(filter(None, value))
    if isinstance(value, BaseModel):
        given = {
            name: _leaf(getattr(value, name)) for name in type(value).model_fields if name in value.model_fields_set
        }
        return " ".join(
            text if name in ("wait_s", "say", "one_of") else f"{name} {text}" for name, text in given.items()
        )
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_leaf, value))
    return str(value)


def _req(standard: Standard, key: str) -> str:
    """Requirement that the block of a key carries."""
    section, _, name = key.partition(".")
    blocks = getattr(standard, section, None)
    if not isinstance(blocks, dict):
        return ""
    block = next((block for known, block in blocks.items() if f"{name}.".startswith(f"{known}.")), None)
    return getattr(block, "req", "")
