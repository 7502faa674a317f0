"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])
ROW = click.IntRange(1, 2**63 - 1)
"""A row's number, as far as any database counts."""


def config_option(command: Command) -> Command:
    """`--config FILE`, else ``$IVR_CONFIG``, else `ivr.toml` here, else defaults; passes `config: Path | None`."""
    return click.option(
        "--config",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="IVR_CONFIG",
        default=_here,
        help="Configuration; without it ivr.toml in this folder, or the defaults.",
    )(command)


def json_option(command: Command) -> Command:
    """`--json`: for machines; passes `as_json: bool`."""
    return click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")(command)


def _here() -> Path | None:
    path = Path("ivr.toml")
    return path if path.exists() else None
