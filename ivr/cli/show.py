"""How commands show data: tables for people (Chinese characters are two columns wide), JSON for machines, files."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from ivr.errors import JobError
from ivr.files import OURS_ALONE


def as_json_text(value: object) -> str:
    """Indented JSON, Chinese as it is."""
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Columns under the keys of the first row, two spaces apart; empty for no rows."""
    if not rows:
        return ""
    lines = [list(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(pad, line, widths)).rstrip() for line in lines)


def width(text: str) -> int:
    """Columns a terminal gives the text."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def pad(text: str, columns: int) -> str:
    """The text, filled up with spaces to so many columns."""
    return text + " " * (columns - width(text))


def write_text(path: Path, text: str, *, secret: bool = False) -> Path:
    """Writes a file and the folders it needs, for user and group; `secret`: for its owner alone. Raises JobError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=OURS_ALONE if secret else 0o640)
        if secret:
            path.chmod(OURS_ALONE)  # it may have been there
        path.write_text(text.rstrip() + "\n", encoding="utf-8")
    except OSError as error:
        raise JobError(f"{path}: {error.strerror} → name another folder with --out") from None
    return path
