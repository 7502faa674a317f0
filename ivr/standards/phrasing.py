"""What nobody who answers may say: the shape of the phrase gate's data (requirements H1, H2).

The lists themselves are `prompts/rules/phrases.toml`; `ivr.understanding.phrases` finds them in a text.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Category = Literal["contempt", "impatience", "denial", "spite", "promise", "rivals"]
SHORTEST = 3
"""Characters of a phrase that is looked for inside of sentences; less is a bare word, and stands in good ones too."""
_PIECE = re.compile(r"\(([^()]*)\)|(…)|([^()…]+)")

Piece = tuple[str, ...]
"""Wordings of a stretch of a phrase, of which one is said; empty for a gap."""


def pieces(phrase: str) -> tuple[Piece, ...]:
    """The stretches of a phrase: 「你(就|)去…告」 is 你, then 就 or nothing, then 去, then a gap, then 告."""
    return tuple(
        () if match[2] else tuple(match[1].split("|")) if match[1] is not None else (match[3],)
        for match in _PIECE.finditer(phrase)
    )


def _no_bare_word(phrases: list[str]) -> list[str]:
    for phrase in phrases:
        least = "".join(min(piece, key=len, default="") for piece in pieces(phrase))
        if not all(pieces(phrase)[:1] + pieces(phrase)[-1:]):
            raise ValueError(f"「{phrase}」 begins or ends with a gap; leave the gap out")
        if len(least) < SHORTEST:
            raise ValueError(f"「{least}」 is a bare word, and stands in good sentences too; move it to whole")
    return phrases


class Barred(BaseModel):
    """Phrases of one kind that must not be said, and what may be said although it looks like one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    req: Literal["H1", "H2"]
    source: str
    """Document that bars them, by its number; `ours` where none lists the words."""
    category: Category
    why: str
    """What is wrong with it, in a few words, for whoever said it."""
    phrases: Annotated[list[str], AfterValidator(_no_bare_word)] = []
    """Not to be said, wherever in a sentence. (a|b) is either, … a few words more or less."""
    whole: list[str] = []
    """Not to be all that a sentence says; inside of a longer one they may stand."""
    passes: Annotated[list[str], Field(min_length=1)]
    """Sentences like these that may be said: they hold the line between the two, and are tested."""
