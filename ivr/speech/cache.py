"""Run-time speech kept on disk by text and voice, so that a restart need not speak it again.

Only a standard's own wording belongs here, never what a caller told us.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import structlog

from ivr.errors import UserError
from ivr.files import cache_folder
from ivr.speech.g711 import Pcm
from ivr.speech.rendered import read_prompt, write_prompt
from ivr.speech.tts import Synthesizer

LIMIT = 200_000_000
"""Bytes; beyond them the oldest files go."""

_GENERATION = 2
"""Counted up where a text is spoken otherwise than before: of an earlier generation nothing is read."""
_log = structlog.get_logger(__name__)


def spoken(synthesizer: Synthesizer, text: str) -> Pcm:
    """Sound of a text, from the disk or made now. Raises UserError where it cannot be spoken."""
    pcm = held(synthesizer, text)
    if pcm is None:
        pcm = synthesizer.speak_now(text)
        _keep(_key(synthesizer, text), pcm)
    return pcm


def held(synthesizer: Synthesizer, text: str) -> Pcm | None:
    """Sound of a text that was spoken before; nothing is kept of one that was not."""
    return _read(_key(synthesizer, text))


def _key(synthesizer: Synthesizer, text: str) -> str:
    return hashlib.sha256(f"{synthesizer.maker}\n{_GENERATION}\n{text}".encode()).hexdigest()[:32]


def make_room(folder: Path, limit: int = LIMIT) -> None:
    """Take the oldest files away until `folder` holds at most `limit` bytes; other processes may do the same."""
    files = sorted(_files(folder))
    excess = sum(size for _, size, _ in files) - limit
    for _, size, path in files:
        if excess <= 0:
            return
        path.unlink(missing_ok=True)
        excess -= size


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    """Time of writing, size and path of each."""
    for path in folder.glob("*.wav"):
        with suppress(FileNotFoundError):
            status = path.stat()
            yield status.st_mtime, status.st_size, path


def _read(key: str) -> Pcm | None:
    try:
        return read_prompt(cache_folder("tts") / f"{key}.wav")
    except UserError:
        return None


def _keep(key: str, pcm: Pcm) -> None:
    """A disk that is full or read-only must not silence us."""
    try:
        folder = cache_folder("tts")
        write_prompt(folder / f"{key}.wav", pcm)
        make_room(folder)
    except (UserError, OSError) as error:
        _log.warning("speech_not_cached", reason=str(error))
