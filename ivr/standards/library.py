"""The knowledge base's files: read once, and anew where they have changed, between calls (requirement C9).

Whoever edits a file while calls go on cannot break them: what a file said last stays until it can be read again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple

from ivr.errors import UserError, printable
from ivr.files import data_folder, is_folder
from ivr.standards.knowledge import Entry, parse

LARGEST = 100_000
"""Bytes of a file: more than could be told in an hour."""


class _File(NamedTuple):
    seen: tuple[int, int, int]
    """Modification time, size and inode when it was read."""
    entry: Entry | None
    """What it said when it could last be read."""
    fault: str = ""


class Library:
    """The entries of some folders; one of a later folder replaces one with the same id of a former one."""

    def __init__(self, *folders: Path) -> None:
        """Reads all. Raises UserError if a folder cannot be read; files that cannot are `faults`."""
        self._folders = folders
        self._files: dict[Path, _File] = {}
        self.entries: tuple[Entry, ...] = ()
        self.faults: tuple[str, ...] = ()
        """What is wrong, one line each, naming the file."""
        for folder in folders:
            if not is_folder(folder):
                raise UserError(f"{folder}: no folder of knowledge → name one that holds .md files")
        self.refresh()

    def refresh(self) -> bool:
        """Look for files that are new, changed or gone; whether there was one."""
        found = {path: file for folder in self._folders for path, file in self._files_below(folder)}
        changed = found != self._files
        if changed:
            self._files = found
            self.entries, doubles = self._gathered()
            self.faults = (*(file.fault for file in found.values() if file.fault), *doubles)
        return changed

    def _files_below(self, folder: Path) -> Iterator[tuple[Path, _File]]:
        """As they are now; those of a folder that is gone for a moment, say a network's, as they were."""
        if folder.is_dir():
            yield from ((path, self._read(path)) for path in sorted(folder.rglob("*.md")))
        else:
            yield from ((path, file) for path, file in self._files.items() if folder in path.parents)

    def _read(self, path: Path) -> _File:
        before = self._files.get(path)
        seen = before.seen if before else (0, 0, 0)
        try:
            stat = path.stat()
            seen = stat.st_mtime_ns, stat.st_size, stat.st_ino
            if before and before.seen == seen:
                return before
            return _File(seen, parse(_text(path, stat)))
        except OSError as error:
            what = f"cannot be read: {error.strerror}"
        except UnicodeDecodeError:
            what = "not UTF-8 text"
        except ValueError as error:
            what = str(error)
        kept = before.entry if before else None
        stays = "; what it said before stays in force" if kept else ""
        return _File(seen, kept, printable(f"{path}: {what}{stays}"))

    def _gathered(self) -> tuple[tuple[Entry, ...], list[str]]:
        entries: dict[str, Entry] = {}
        doubles = []
        for folder in self._folders:
            own: dict[str, Path] = {}
            for path, entry in self._entries_below(folder):
                if entry.id in own:
                    doubles.append(f"{path}: {own[entry.id].name} has the id {entry.id} too; give one another id")
                else:
                    own[entry.id], entries[entry.id] = path, entry
        return tuple(entries.values()), doubles

    def _entries_below(self, folder: Path) -> Iterator[tuple[Path, Entry]]:
        return ((path, file.entry) for path, file in self._files.items() if file.entry and folder in path.parents)


def _text(path: Path, stat: os.stat_result) -> str:
    """Raises ValueError for what would be read without end, or wait for somebody to write it."""
    if not S_ISREG(stat.st_mode) or stat.st_size > LARGEST:
        raise ValueError(f"no file of text of at most {LARGEST // 1000} kB")
    return path.read_text(encoding="utf-8")


def shipped_folders(*names: str) -> list[Path]:
    """Folders of the sample entries that come with the product, by name (default: all). Raises UserError."""
    root = data_folder("prompts") / "knowledge"
    known = sorted(path.name for path in root.iterdir() if path.is_dir())
    for name in names:
        if name not in known:
            raise UserError(f'no knowledge "{name}"; there are {", ".join(known)}, or give the path of a folder')
    return [root / name for name in names or known]
