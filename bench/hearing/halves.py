"""Two halves of everything: one to choose thresholds by, one to report on."""

from __future__ import annotations

import hashlib
from typing import Literal

Half = Literal["A", "B"]


def half(text: str) -> Half:
    """To which half a text belongs; whoever says it and however noisy the line, always to the same."""
    return "A" if hashlib.sha256(text.encode()).digest()[0] % 2 else "B"
