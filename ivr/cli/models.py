"""`ivr models`: which models there are, whether they are here and whole, and how to get them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivr.cli.options import json_option
from ivr.cli.show import as_json_text, table
from ivr.errors import JobError, UserError

if TYPE_CHECKING:
    from rich.progress import Progress

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
    missing = len(model.missing())
    return {
        "name": model.name,
        "for": model.purpose,
        "language": model.language,
        "MB": f"{model.size / 1e6:.0f}",
        "licence": model.licence,
        "here": f"{missing} of {len(model.file)} files missing" if missing else "yes",
        "about": model.about,
    }


def _details(model: Model) -> dict[str, object]:
    described = model.model_dump(include={"name", "engine", "language", "purpose", "licence", "about", "home"})
    return {**described, "size": model.size, "present": not model.missing(), "folder": str(model.root)}


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--from",
    "archive",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Take the files out of this archive (zip, tar) instead of the network.",
)
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=15.0, show_default=True, help="Seconds a host may keep silent."
)
def pull(names: tuple[str, ...], archive: Path | None, timeout: float) -> None:
    """Fetch models, by default those that recognise callers' speech; what is here and whole, by its hash, stays.

    For a machine without a network: pull on another one, pack the model's folder with tar, and give it to --from.
    """
    from ivr.speech.fetch import take_from

    models = _chosen(names) if names else [model for model in _chosen(()) if model.purpose == "calls"]
    if archive:
        if len(models) != 1 or not names:
            raise UserError("--from holds one model → name it: ivr models pull NAME --from FILE")
        take_from(archive, models[0])
        faults = {}
    else:
        faults = _fetch(models, timeout)
    for model in models:
        if model.name not in faults:
            click.echo(f"{model.name}: here, in {model.root}")
    if faults:
        raise JobError("; ".join(faults.values()))


def _fetch(models: list[Model], timeout_s: float) -> dict[str, str]:
    """Fetch what is missing; returns why a model could not be had, by name."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

    columns = [
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    ]
    faults = {}
    with Progress(*columns, console=Console(stderr=True)) as progress, tempfile.TemporaryDirectory() as workshop:
        for number, model in enumerate(models):
            try:
                _fetch_one(model, Path(workshop) / f"{number}", progress, timeout_s)
            except JobError as error:
                faults[model.name] = str(error)
    return faults


def _fetch_one(model: Model, workshop: Path, progress: Progress, timeout_s: float) -> None:
    from ivr.speech.fetch import Fetcher

    missing = model.unsound()
    task = progress.add_task(model.name, total=sum(file.size for file in missing), visible=bool(missing))
    workshop.mkdir()
    fetcher = Fetcher(workshop, lambda count: progress.advance(task, count), timeout_s)
    for file in missing:
        fetcher.fetch(model, file)


@command.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
def verify(names: tuple[str, ...]) -> None:
    """Check every file of models, by default of those that are here, against its hash; exit 1 if one is not right."""
    models = _chosen(names) if names else [model for model in _chosen(()) if model.is_begun()]
    if not models:
        raise JobError("no model is here → ivr models pull")
    faults = []
    for model in models:
        states = model.states()
        click.echo(f"{model.name}: {sum(state == 'ok' for state in states.values())} of {len(states)} files are whole")
        faults += [f"{model.folder / path} is {state}" for path, state in states.items() if state != "ok"]
    if faults:
        raise JobError(f"{'; '.join(faults)} → ivr models pull NAME")


def _chosen(names: tuple[str, ...]) -> list[Model]:
    from ivr.speech.models import find_model, load_models

    return [find_model(name) for name in names] if names else list(load_models().values())
