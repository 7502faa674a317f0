"""Reads the answer to what was asked out of what was said. (First version: digits and yes or no.)"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ivr.standards.model import Expects

_DIGITS = {d: d for d in "0123456789"} | dict(zip("零幺二三四五六七八九一", "01234567891", strict=True))
_SPOKEN = "零幺二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    value: str
    complete: bool
    spoken: tuple[str, ...]


def read(text: str, expects: Expects, *, today: date | None = None, before: str = "") -> Answer | None:
    """The answer in `text`, or None."""
    if expects == "yes_no":
        yes = text in ("是", "是的", "对", "对的", "好", "可以")
        return Answer("yes", True, ("是",)) if yes else Answer("no", True, ("不",)) if text.startswith("不") else None
    return from_keys("".join(_DIGITS.get(character, "") for character in text), expects)


def from_keys(keys: str, expects: Expects) -> Answer | None:
    """The answer that was entered, or None."""
    return Answer(keys, len(keys) >= 10, tuple(_SPOKEN[int(digit)] for digit in keys)) if keys else None
