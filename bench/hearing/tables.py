"""Figures as text for people; the same go as JSON to machines."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence

from bench.hearing.score import Hits


def table(title: str, columns: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Names to the left, cells to the right, each column as wide as it must be."""
    lines = [(title, list(columns)), *((name, list(cells)) for name, cells in rows)]
    first = max(map(_width, (name for name, _ in lines)))
    widths = [max(map(_width, column)) for column in zip(*(cells for _, cells in lines), strict=True)]
    text = [_pad(name, first) + "".join("  " + _pad(c, w, right=True) for c, w in zip(cells, widths, strict=True))
            for name, cells in lines]  # fmt: skip
    return "\n".join(["", text[0], "-" * _width(text[0]), *text[1:]])


def percent(rate: float) -> str:
    """A cell; empty of nothing."""
    return "" if math.isnan(rate) else f"{rate:.1%}"


def hits(counted: Hits) -> str:
    """A cell: the share, and of how many."""
    return f"{percent(counted.rate)} of {counted.of}" if counted.of else ""


def seconds(value: float) -> str:
    """A cell; empty of nothing."""
    return "" if math.isnan(value) else f"{value:.2f} s"


def _width(text: str) -> int:
    """Columns on a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, width: int, right: bool = False) -> str:
    space = " " * (width - _width(text))
    return space + text if right else text + space
