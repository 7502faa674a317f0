"""`ivr prompts`: what the service says, whether there is sound for all of it, and how to make that sound."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ivr.cli.options import json_option
from ivr.cli.show import as_json_text, table
from ivr.errors import JobError, UserError

if TYPE_CHECKING:
    from ivr.speech.lines import Line
    from ivr.speech.rendered import RenderedSet

T = TypeVar("T")
_standard = click.option("--standard", "names", multiple=True, metavar="NAME", help="Only this standard; repeatable.")
_config = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The lines of this ivr.toml, with its house's names.",
)


@click.group()
def command() -> None:
    """List, check and render what callers hear."""


@command.command("list")
@_standard
@_config
@json_option
def list_(names: tuple[str, ...], config: Path | None, as_json: bool) -> None:
    """Every prompt: name, requirement, length, text, and the file that speaks it."""
    from ivr.speech.review import rows

    found = [row for line in _lines(names, config) for row in rows(line)]
    click.echo(as_json_text(found) if as_json else table(found))


@command.command()
@_standard
@_config
@click.option(
    "--text", type=click.Path(dir_okay=False, path_type=Path), help="This transcript instead, an utterance a line."
)
@click.option("--speaker", default="", metavar="PREFIX", help="Of the transcript only lines that begin so: 客服：")
def lint(names: tuple[str, ...], config: Path | None, text: Path | None, speaker: str) -> None:
    """Whether wording and sound agree, nothing is said that must not be (H1, H2), and our style is kept (H3).

    With --text: whether people said in a call what must not be said. Exit 1 if anything is wrong.
    """
    if text and (names or config):
        raise UserError("--text looks at a transcript only → leave --standard and --config out")
    found = _said_in(text, speaker) if text else _wrong_with(names, config)
    click.echo("\n".join(found), err=True, nl=bool(found))
    if found:
        raise JobError(f"{len(found)} faults in {text or 'the prompts'} (above)")
    click.echo(f"{text or 'prompts'}: OK")


def _wrong_with(names: tuple[str, ...], config: Path | None) -> list[str]:
    from ivr.speech.review import faults, shipped_faults

    return [fault for line in _lines(names, config) for fault in faults(line)] if names or config else shipped_faults()


def _said_in(path: Path, speaker: str) -> list[str]:
    from ivr.speech.wording import barred_in, gate

    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not UTF-8 text → save it as UTF-8") from None
    return [f"{path}:{fault}" for fault in barred_in(lines, gate(), speaker)]


@command.command()
@_standard
@_config
@click.option("--voice", default="zf_xiaoxiao", show_default=True, help="Kokoro's voice.")
@click.option("--speed", default=0.9, show_default=True, type=click.FloatRange(0.5, 2.0), help="1 is Kokoro's own.")
def render(names: tuple[str, ...], config: Path | None, voice: str, speed: float) -> None:
    """Speak the wording with Kokoro, only what is new or changed. Needs `ivr models pull kokoro` once.

    Without --config: the shipped set, in prompts/audio. With it: what the house's own names and standards add, in
    the cache of this machine.
    """
    from ivr.speech.lines import texts_of
    from ivr.speech.rendered import house_set, shipped_set

    texts, shipped = texts_of(_lines(names, config)), shipped_set()
    folder = house_set() if config else shipped
    if config:
        texts = [text for text in texts if not shipped.has(text)]
    spoken = _speak(folder, texts, voice, speed)
    removed = folder.prune(texts) if not (names or config) else 0
    if not config:
        _count(voice)
    click.echo(f"{folder.folder}: {spoken} rendered, {len(texts) - spoken} kept, {removed} removed")


def _speak(folder: RenderedSet, texts: list[str], voice: str, speed: float) -> int:
    from ivr.speech.kokoro import maker
    from ivr.speech.render import kokoro, render, stale

    made_by = maker(voice, speed)
    wanted = stale(folder, texts, made_by)
    spoken = render(folder, wanted, made_by, kokoro(voice, speed)) if wanted else iter(())
    with _told_if_unwritable(folder.folder):
        return len(_shown("speaking", spoken, len(wanted)))


def _count(voice: str) -> None:
    """Numbers, slower than the rest: they are written down."""
    from ivr.speech.kokoro import maker
    from ivr.speech.numbers import PIECES, SPEED, is_stale, keep, numbers_folder
    from ivr.speech.render import number_pieces

    folder, made_by = numbers_folder(), maker(voice, SPEED)
    if is_stale(folder, made_by):
        pieces = _shown("counting", number_pieces(voice, SPEED), len(PIECES))
        with _told_if_unwritable(folder):
            keep(folder, dict(pieces), made_by)


def _shown(what: str, work: Iterator[T], total: int) -> list[T]:
    from rich.console import Console
    from rich.progress import track

    return list(track(work, what, total, console=Console(stderr=True)))


@contextmanager
def _told_if_unwritable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise JobError(f"{folder}: cannot be written: {error.strerror}") from None


def _lines(names: tuple[str, ...], config: Path | None) -> list[Line]:
    """Our standards with their houses, or the lines of a configuration."""
    from ivr.config import load
    from ivr.speech.lines import configured_lines, shipped_lines

    if config and names:
        raise UserError("--config says which standards there are → leave --standard out")
    return configured_lines(load(config)) if config else shipped_lines(names)
