"""JSON pointers (RFC 6901): ``/data/scans/0/city``."""

from __future__ import annotations

from typing import Any, Final

ABSENT: Final = object()
"""What stands where nothing stands; null is something else."""


def at(document: Any, pointer: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    """What stands there; the empty pointer is the whole document."""
    here = document
    for part in pointer.split("/")[1:]:
        here = _member(here, part.replace("~1", "/").replace("~0", "~"))
    return here


def _member(of: Any, name: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    match of:
        case dict():
            return of.get(name, ABSENT)
        case list() if name.isascii() and name.isdigit() and int(name) < len(of):
            return of[int(name)]
    return ABSENT
