"""`ivr graph`: the diagrams that ARCHITECTURE.md shows."""

from __future__ import annotations

from pathlib import Path

import click

from ivr.cli.show import write_text


@click.command()
@click.argument("standards", metavar="[STANDARD]…", nargs=-1)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write NAME.mmd files to.")
def command(standards: tuple[str, ...], out: Path | None) -> None:
    """Diagrams of the call's states and of the standards, in Mermaid, generated from the tables."""
    from ivr.dialog.graph import diagrams
    from ivr.standards.load import load_standard, shipped

    for name, text in diagrams(load_standard(name) for name in standards or shipped()).items():
        if out is None:
            click.echo(f"%% {name}\n{text.rstrip()}\n")
        else:
            click.echo(write_text(out / f"{name}.mmd", text))
