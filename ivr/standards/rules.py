"""Reads the phrase gate's data (requirements H1, H2)."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ivr.errors import UserError
from ivr.files import data_folder
from ivr.standards.phrasing import Barred

_BARRED = TypeAdapter(tuple[Barred, ...])


def load_barred(path: Path | None = None) -> tuple[Barred, ...]:
    """What must not be said, as a file has it, by default ours. Raises UserError: file, key, what is wrong."""
    path = path or data_folder("prompts") / "rules" / "phrases.toml"
    try:
        return _BARRED.validate_python(tomllib.loads(path.read_text(encoding="utf-8")).get("barred", ()))
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: not valid TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise UserError(f"{path}: barred.{key}: {first['msg'].removeprefix('Value error, ')}") from None
