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
    """Asterisk's side of ivr.toml: endpoint, registration, extensions, and where it tells who can be rung.

    Passwords are in the files alone: they are for their owner, who has to be Asterisk's user.
    """
    from ivr.config import load
    from ivr.telephony.asterisk import SECRET, render

    for name, text in render(load(config), hidden=out is None).items():
        if out is None:
            click.echo(f"; ---------------------------------------------------------------- {name}\n{text}")
        else:
            click.echo(write_text(out / name, text, secret=name in SECRET))
