"""Where the product's own data lies, in the checkout or inside an installed wheel; who may read what it writes."""

from __future__ import annotations

import os
from pathlib import Path

from ivr.errors import UserError

OURS_ALONE = 0o600
"""Mode of files in which callers' words or secrets stand."""
_PACKAGE = Path(__file__).resolve().parent


def data_folder(name: str) -> Path:
    """Folder `prompts` or `models`, of the checkout where there is one, else of the installed package."""
    checkout = _PACKAGE.parent / name
    return checkout if (_PACKAGE.parent / "pyproject.toml").exists() else _PACKAGE / "data" / name


def cache_folder(*parts: str) -> Path:
    """A folder below the cache (``$SANLING_CACHE``, else ``~/.cache/sanling``), made if need be. Raises UserError."""
    root = Path(os.environ.get("SANLING_CACHE") or Path.home() / ".cache" / "sanling")
    folder = root.joinpath(*parts)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder}: {error.strerror} → set SANLING_CACHE to a folder that we may write to") from None
    return folder


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder; a name that is longer than names can be is nobody's."""
    try:
        return path.exists()
    except OSError:
        return False


def is_folder(path: Path) -> bool:
    """Whether that is a folder; likewise."""
    try:
        return path.is_dir()
    except OSError:
        return False
