"""Errors a person can act on.

Every error that reaches the command line is one line: what is wrong, and what to do. Anything else that
escapes is a fault of ours and keeps its traceback.
"""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something the user gave or lacks; the message says what to do. Commands exit with 2."""


class JobError(Exception):
    """A job was understood and failed; the message says why. Commands exit with 1."""


def printable(text: str) -> str:
    """The text as one line: what a terminal would obey, or not show, is written out (``\\n``, ``\\x1b``)."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def nearest(name: str, known: Iterable[str]) -> str:
    """`` → did you mean …?``, with the one of those known that looks most like it."""
    return f" → did you mean {difflib.get_close_matches(name, known, n=1, cutoff=0.0)[0]}?"
