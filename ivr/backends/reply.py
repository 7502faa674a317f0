"""What a house's system is asked, and what it answers: one small protocol for all kinds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

FOUND, MISSING, FAILED = "found", "missing", "failed"
LONGEST = 2000
"""Characters of a value; whatever is spoken or noted is shorter."""
_OUTCOME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_UNSPOKEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_UNSEEN = re.compile(r"[\xad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a question."""

    outcome: str
    """``found``, ``missing``, ``failed``, or what the backend calls it."""
    values: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    """Of a failure: one line for administrators, in which nothing of the caller's stands."""


class NoAnswerError(Exception):
    """There is no answer that could be used; the text is fit for a log, nothing of the caller's stands in it."""

    def __init__(self, why: str, *, down: bool = False, asked: bool = True) -> None:
        super().__init__(why)
        self.down, self.asked = down, asked
        """It would have answered nobody: refused, late, overloaded, and is worth another try later; it was not even
        asked, so that nobody knows how it is."""


class Source(Protocol):
    """One kind of system. What may go wrong and how often it is tried is not its concern."""

    @property
    def where(self) -> str:
        """For administrators: the file, the host. Nothing secret."""

    async def fetch(self, about: Mapping[str, str]) -> Reply:
        """Ask. Raises NoAnswerError."""

    async def trouble(self) -> str:
        """Why it would not answer right now, one line; empty where it would. Asks nothing about anybody."""

    async def close(self) -> None:
        """Let go of it."""


def outcome_of(value: object) -> str:
    """A name that a backend gave to what came of it. Raises NoAnswerError where that is none."""
    if isinstance(value, str) and _OUTCOME.fullmatch(value):
        return value
    raise NoAnswerError("its outcome is no name: small letters, digits and _")


def text_of(name: str, value: object) -> str:
    """A value as the call keeps it, control characters and halves of characters left out: no database takes them.

    Raises NoAnswerError where it is no text, number or truth, or far too long.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float() if len(text := str(value)) <= LONGEST:
            return _UNSPOKEN.sub(" ", _UNSEEN.sub("", text)).strip()
    raise NoAnswerError(f"{name} is no text or number, or longer than {LONGEST} characters")
