"""A prompt put together from pieces at run time: 「您的单号是」 and then the digits, each rendered for itself.

Digits of a group run into each other where `numbers` knows how, and else follow closely; at a comma, written or asked
for (`house.PAUSE`), the voice rests, and at the end of a sentence longer. Rests are whole frames, so that all pieces
stay on the grid of frames.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from ivr.audio import FRAME_BYTES
from ivr.speech.rendered import bare

JOINED, COMMA, FULL_STOP = 2, 15, 18
"""Frames of silence between two pieces: 0.04, 0.3 and 0.36 s."""
_OUTER_MARKS = re.compile(r"(?P<before>[，、；：。！？ ]*).*?(?P<after>[，、；：。！？ ]*)", re.DOTALL)


class Piece(NamedTuple):
    """One sound of a prompt."""

    rest: int
    """Frames of silence before it."""
    text: str
    """What it says, without the marks that tie it to its neighbours."""


def pieces(parts: Iterable[str]) -> list[Piece]:
    """What is spoken of an utterance's parts, in order."""
    found: list[Piece] = []
    rest = 0
    for part in parts:
        marks = _OUTER_MARKS.fullmatch(part)
        assert marks is not None, "the expression matches any text"
        rest = max(rest, _rest(marks["before"]))
        if text := bare(part):
            found.append(Piece(rest if found else 0, text))
            rest = max(JOINED, _rest(marks["after"]))
    return found


def together(found: Iterable[Piece], known: Callable[[str], bool]) -> list[Piece]:
    """Neighbours that follow one another closely, and that are known as one text, made one."""
    made: list[Piece] = []
    for piece in found:
        if made and piece.rest == JOINED and known(made[-1].text + piece.text):
            made[-1] = made[-1]._replace(text=made[-1].text + piece.text)
        else:
            made.append(piece)
    return made


def joined(sounds: Iterable[tuple[int, bytes]], tempo: float) -> bytes:
    """Sounds one after the other, each behind its frames of silence, which grow as speech gets slower."""
    return b"".join(bytes(FRAME_BYTES * round(rest / tempo)) + sound for rest, sound in sounds)


def _rest(marks: str) -> int:
    if not marks.strip():
        return 0
    return FULL_STOP if set(marks) & set("。！？") else COMMA
