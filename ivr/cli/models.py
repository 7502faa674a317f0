"""`ivr models`: which models there are, whether they are here and whole, and how to get them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.cli.options import json_option
from ivr.cli.show import as_json_text, table
from ivr.errors import JobError

if TYPE_CHECKING:
    from ivr.speech.models import Model


@click.group()
def command() -> None:
    """List, fetch and verify models."""


@command.command("list")
@json_option
def list_(as_json: bool) -> None:
    """Every model, its size and licence, and whether it is on this machine."""
    models = _chosen(())
    click.echo(as_json_text([_details(model) for model in models]) if as_json else table([_row(m) for m in models]))


def _row(model: Model) -> dict[str, object]:
    missing = f"{len(model.missing())} of {len(model.file)} files missing" if model.missing() else "yes"
    return {
        "name": model.name,
        "language": model.language,
        "MB": f"{model.size / 1e6:.0f}",
        "licence": model.licence,
        "here": missing,
        "about": model.about,
    }


def _details(model: Model) -> dict[str, object]:
    described = model.model_dump(include={"name", "engine", "language", "licence", "about", "home"})
    return {**described, "size": model.size, "present": not model.missing(), "folder": str(model.folder)}


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--from",
    "archive",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the files out of this archive (zip, tar) instead of the network.",
)
def pull(names: tuple[str, ...], archive: Path | None) -> None:
    """Fetch models, all of them by default, and check them by hash; what is here already is left alone.

    For a machine without a network: pull on another one, pack the model's folder with tar, and give it to --from.
    """
    from ivr.speech.fetch import take_from

    models = _chosen(names)
    if archive:
        for model in models:
            take_from(archive, model)
    else:
        _fetch(models)
    for model in models:
        click.echo(f"{model.name}: here, in {model.folder}")


def _fetch(models: list[Model]) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from ivr.speech.fetch import Fetcher

    columns = [TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn()]
    with Progress(*columns, console=Console(stderr=True)) as progress, tempfile.TemporaryDirectory() as workshop:
        for model in models:
            missing = model.missing()
            task = progress.add_task(model.name, total=sum(file.size for file in missing), visible=bool(missing))
            fetcher = Fetcher(Path(workshop), lambda count, task=task: progress.advance(task, count))  # type: ignore[misc]
            for file in missing:
                fetcher.fetch(model, file)


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
def verify(names: tuple[str, ...]) -> None:
    """Check every file of models against its hash; exit 1 where one is missing or damaged."""
    faults = []
    for model in _chosen(names):
        states = {file.path: model.state(file) for file in model.file}
        click.echo(f"{model.name}: {sum(state == 'ok' for state in states.values())} of {len(states)} files are whole")
        faults += [f"{model.folder / path} is {state}" for path, state in states.items() if state != "ok"]
    if faults:
        raise JobError(f"{'; '.join(faults)} → delete what is damaged, then: ivr models pull")


def _chosen(names: tuple[str, ...]) -> list[Model]:
    from ivr.speech.models import find_model, load_models

    return [find_model(name) for name in names] if names else list(load_models().values())
