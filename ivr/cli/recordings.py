"""What was said in calls, as sound: `ivr records audio|open|key|prune|audit`.

Whoever hears something stands in the audit trail before they do (requirement G7).
"""

from __future__ import annotations

import os
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from ivr.cli.house import House, as_user
from ivr.cli.options import config_option, json_option
from ivr.cli.show import as_json_text, table
from ivr.errors import JobError, UserError, printable
from ivr.files import OURS_ALONE

if TYPE_CHECKING:
    from ivr.recording.seal import Original


@click.command()
@click.argument("call")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="WAV file to write: left the caller.")
@click.option("--reason", required=True, help="Why; it stands in the audit trail.")
@as_user
@config_option
def audio(config: Path | None, call: str, out: Path, reason: str, who: str | None) -> None:
    """The recording of a call; what is private in it is silence."""
    house = House(config)
    house.allow("audio", who)
    path = _file_of(house, call, ".wav")
    with house.database.transaction() as tx:
        house.open(tx, who, "audio", [call], reason)
    with _new(out) as file:
        file.write(path.read_bytes())
    click.echo(str(out))


@click.command("open")
@click.argument("call")
@click.option("--role", required=True, help="In which office you look, e.g. supervisor.")
@click.option("--reason", required=True, help="Why; both stand in the audit trail.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for what was said: WAV and text.")
@click.option("--key", type=click.Path(path_type=Path), help="Key file; by default [records] key_file.")
@as_user
@config_option
def open_(  # noqa: PLR0913, PLR0917 - the options of the command line
    config: Path | None, call: str, role: str, reason: str, out: Path, key: Path | None, who: str | None
) -> None:
    """The sealed originals of what is masked in a call, where the standard keeps them."""
    from ivr.recording.seal import SUFFIX, open_sealed, read_key

    house = House(config)
    house.allow("open", who, role)
    path, secret = _file_of(house, call, SUFFIX), read_key(key or house.settings.records.key_file)
    with house.database.transaction() as tx:
        house.open(tx, who, "open", [call], f"{role}: {reason}")
    for number, original in enumerate(open_sealed(path, secret), 1):
        click.echo(str(_written(out, number, original)))


def _written(folder: Path, number: int, original: Original) -> Path:
    name = f"{original.call}-{number}-{original.from_s:.2f}-{original.until_s:.2f}"
    if original.kind == "text":
        with _new(folder / f"{name}.txt") as file:
            file.write(original.data + b"\n")
        return folder / f"{name}.txt"
    with _new(folder / f"{name}.wav") as file, wave.open(file, "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(original.data)
    return folder / f"{name}.wav"


@click.command()
@click.option("--out", type=click.Path(path_type=Path), required=True, help="File to make.")
def key(out: Path) -> None:
    """A new key for originals, for this user alone: whoever loses it loses what it sealed."""
    from ivr.recording.seal import new_key

    new_key(out)
    click.echo(f"{out} → name it in [records] key_file, and keep a copy elsewhere")


@click.command()
@config_option
@json_option
def prune(config: Path | None, as_json: bool) -> None:
    """Remove what is older than [records] retention_days, as the service does once a day."""
    from dataclasses import asdict

    from ivr.service.pruning import prune as remove

    house = House(config)
    removed = asdict(remove(house.settings, house.now))
    click.echo(as_json_text(removed) if as_json else ", ".join(f"{count} {what}" for what, count in removed.items()))


@click.command()
@click.argument("call", required=False)
@click.option("--has", metavar="HASH", help="Of a row that you noted elsewhere: rows cut off the end are missed by it.")
@config_option
@json_option
def audit(config: Path | None, as_json: bool, call: str | None, has: str | None) -> None:
    """Who opened what. Exit code 1 where the trail is not as it was written."""
    from ivr.records import Audit

    house = House(config)
    house.allow("audit")
    try:
        with house.database.reading() as tx:
            lines, broken = Audit(tx).list(), Audit(tx).verify()
    except ValueError:
        raise JobError("the audit trail was altered, it cannot be read → compare it with a backup") from None
    rows = [
        {
            "at": line.at,
            "who": printable(line.who),
            "what": line.what,
            "call": printable(line.subject),
            "detail": printable(line.detail),
            "hash": line.hash,
        }
        for line in lines
        if call in (None, line.subject)
    ]
    click.echo(as_json_text(house.local(rows)) if as_json else table(house.local(rows)))
    if broken is not None:
        raise JobError(f"the audit trail was altered at row {broken} → compare it with a backup")
    if has and all(line.hash != has for line in lines):
        raise JobError("the audit trail has no such row any more → compare it with a backup")


COMMANDS = (audio, open_, key, prune, audit)


def _file_of(house: House, call: str, suffix: str) -> Path:
    """A file of the call's recording. Raises JobError."""
    folder = house.settings.records.recordings
    found: Iterator[Path] = (each for each in folder.glob(f"*/*{suffix}") if each.stem == call)
    path = next(found, None)
    if path is None:
        what = "recording" if suffix == ".wav" else "sealed original"
        raise JobError(f'there is no {what} of call "{printable(call)}" in {folder} → ivr records list')
    return path


def _new(path: Path) -> IO[bytes]:
    """A file for this user alone. Raises UserError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OURS_ALONE), "wb")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror} → name a file that is not there yet") from None
