"""A set of rendered prompts: sound files addressed by the text they speak, with a manifest beside them.

The name of a file is a hash of its text, so that standards which say the same share it, and no prompt can speak an
older wording than the one asked for. `manifest.json` keeps, for every file, the text, the hash of the sound, and what
made it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Container, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import soundfile

from ivr.audio import FRAME, RATE
from ivr.errors import UserError
from ivr.files import cache_folder, data_folder
from ivr.speech.g711 import Pcm


def text_key(text: str) -> str:
    """Name of the file that speaks a text, without its suffix."""
    return hashlib.sha256(bare(text).encode()).hexdigest()[:16]


def bare(text: str) -> str:
    """A text as it is spoken for itself: a piece of wording without the marks that tie it to its neighbours.

    What ends a sentence stays, since it is heard.
    """
    return text.lstrip("，、；：。！？ ").rstrip("，、；： ")


@dataclass(frozen=True, slots=True)
class Entry:
    """One rendered prompt."""

    text: str
    seconds: float
    maker: str
    """Model, voice and settings; another maker makes the sound stale."""
    sha256: str
    """Of the sound file."""


class RenderedSet:
    """The prompts in one folder; a folder without a manifest is an empty set."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.entries: dict[str, Entry] = {}
        if self._manifest.exists():
            self._load()

    @property
    def _manifest(self) -> Path:
        return self.folder / "manifest.json"

    def _load(self) -> None:
        try:
            table = json.loads(self._manifest.read_text(encoding="utf-8"))
            self.entries = {key: Entry(**entry) for key, entry in table.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            raise UserError(f"{self._manifest}: damaged → delete it, then: ivr prompts render") from None

    def path(self, text: str) -> Path:
        """Where the sound of a text lies, or would lie."""
        return self.folder / f"{text_key(text)}.wav"

    def has(self, text: str) -> bool:
        """Whether the set lists this text."""
        return text_key(text) in self.entries

    def read(self, text: str) -> Pcm:
        """The sound of a text.

        Raises:
            UserError: its file is missing or not what was rendered; the message names it.
        """
        path, entry = self.path(text), self.entries[text_key(text)]
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UserError(f"{path}: {error.strerror} → ivr prompts render") from None
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise UserError(f"{path}: damaged (not the file in the manifest) → ivr prompts render")
        return read_prompt(path)

    def put(self, text: str, pcm: Pcm, maker: str) -> None:
        """Write one prompt's sound and list it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        content = _wav(pcm)
        write_whole(self.path(text), content)
        self.entries[text_key(text)] = Entry(text, len(pcm) / RATE, maker, hashlib.sha256(content).hexdigest())
        self._save()

    def prune(self, texts: Iterable[str]) -> int:
        """Drop every entry and file that speaks none of these texts; returns how many files were taken away."""
        wanted = {text_key(text) for text in texts}
        orphans = [path for path in self.folder.glob("*.wav") if path.stem not in wanted]
        for path in orphans:
            path.unlink()
        if self.entries.keys() - wanted:
            self.entries = {key: entry for key, entry in self.entries.items() if key in wanted}
            self._save()
        return len(orphans)

    def _save(self) -> None:
        """Sorted by text, so that a diff shows what changed."""
        table = {key: asdict(entry) for key, entry in sorted(self.entries.items(), key=lambda item: item[1].text)}
        write_whole(self._manifest, (json.dumps(table, ensure_ascii=False, indent=1) + "\n").encode())

    def faults(self, texts: Iterable[str]) -> list[str]:
        """What is wrong with the set if it is to speak exactly these texts; one line each."""
        wanted = {text_key(text): text for text in texts}
        missing = [f"no sound for 「{text}」 → ivr prompts render" for text in wanted.values() if not self.has(text)]
        stale = [f"sound for 「{entry.text}」, which no wording says" for entry in self._unwanted(wanted)]
        files = {path.stem for path in self.folder.glob("*.wav")}
        unlisted = [f"{self.folder / key}.wav: not in the manifest" for key in sorted(files - self.entries.keys())]
        return missing + stale + unlisted + [fault for text in wanted.values() if (fault := self.damage(text))]

    def damage(self, text: str) -> str:
        """What is wrong with the sound of a text that is listed; empty where nothing is."""
        try:
            if self.has(text):
                self.read(text)
        except UserError as error:
            return str(error)
        return ""

    def _unwanted(self, wanted: Container[str]) -> list[Entry]:
        return [entry for key, entry in self.entries.items() if key not in wanted]


def shipped_set() -> RenderedSet:
    """The set that comes with the product."""
    return RenderedSet(data_folder("prompts") / "audio")


def house_set() -> RenderedSet:
    """What `ivr prompts render --config` rendered on this machine, for the house's own names."""
    return RenderedSet(cache_folder("house"))


def read_prompt(path: Path) -> Pcm:
    """Sound that has been mastered already.

    Raises:
        UserError: it is missing, or no 8 kHz mono file of whole frames.
    """
    try:
        pcm, rate = soundfile.read(path, dtype="int16")
    except (soundfile.SoundFileError, OSError):
        raise UserError(f"{path}: cannot be read as a sound file → ivr prompts render") from None
    if rate != RATE or pcm.ndim != 1 or not len(pcm) or len(pcm) % FRAME:
        raise UserError(f"{path}: is no 8 kHz mono sound of whole 20 ms frames → ivr prompts render")
    return pcm  # type: ignore[no-any-return]  # soundfile has no types


def write_prompt(path: Path, pcm: Pcm) -> None:
    """Write a WAV file in one step: it is there whole or not at all."""
    write_whole(path, _wav(pcm))


def _wav(pcm: Pcm) -> bytes:
    content = io.BytesIO()
    soundfile.write(content, pcm, RATE, subtype="PCM_16", format="WAV")
    return content.getvalue()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step: whoever reads it sees the old content or the new. Raises OSError."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
