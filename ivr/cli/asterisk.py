"""`ivr asterisk`: configuration for a PBX in front of us."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.cli.options import config_option
from ivr.cli.show import write_text


@click.group()
def command() -> None:
    """Configuration for a PBX in front of us."""


@command.command()
@config_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write the files to.")
def config(config: Path | None, out: Path | None) -> None:
    """Asterisk's side of ivr.toml: endpoint, registration, extensions."""
    from ivr.config import load
    from ivr.telephony.asterisk import render

    for name, text in render(load(config)).items():
        if out is None:
            click.echo(f"; ---------------------------------------------------------------- {name}\n{text}")
        else:
            click.echo(write_text(out / name, text))
