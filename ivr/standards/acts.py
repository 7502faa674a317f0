"""What to do next, as a standard writes it.

An act is ``"menu offer"``, ``"form shipment"``, ``"transfer operator"``, ``"hold supervisor"``, ``"record message"``,
``"hang_up silence"``, ``"ladder looking_up"`` (another patience for this menu, or the next step of a ladder of turns),
or one word:

* ``"back"`` to the menu that we came from; ``"again"`` and ``"rephrase"`` say it once more, in the same or other words;
* ``"confirmed"`` does what the caller was just asked to confirm; ``"unclear"`` is for what was not caught;
* ``"go_on"`` goes on as if nothing had been said; ``"resume"`` goes where the call stopped that this one continues;
* ``"next"`` asks for what the form lacks still, ``"skip"`` likewise, without what was asked;
* ``"proceed"`` leads through the gate;
* ``"own_number"`` answers a question for a telephone number by the one that they call from.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import BeforeValidator, Field

ActKind = Literal[
    "menu", "form", "transfer", "hold", "record", "hang_up", "ladder",
    "back", "again", "rephrase", "confirmed", "unclear", "go_on", "resume", "next", "skip", "proceed", "own_number",
]  # fmt: skip
_SECTIONS = {
    "menu": "menu", "form": "form", "transfer": "transfer", "hold": "hold", "record": "recording", "ladder": "ladder",
}  # fmt: skip
ACT_KINDS = (*_SECTIONS, "hang_up")
"""Kinds that are written with a name."""
BARE_ACTS = tuple(kind for kind in get_args(ActKind) if kind not in ACT_KINDS)


class Act(NamedTuple):
    """What to do next: a kind and the name of a block (for `hang_up`, the reason that goes on record)."""

    kind: ActKind
    name: str = ""

    @property
    def section(self) -> str:
        """Table of the standard that holds the block, e.g. ``recording``; empty where none does."""
        return _SECTIONS.get(self.kind, "")


def _act(value: object) -> object:
    if isinstance(value, tuple):
        return value
    if value in BARE_ACTS:
        return value, ""
    if value is False:
        raise ValueError("nothing of that name is inherited, so nothing can be taken away → look at the name")
    kind, _, name = str(value).partition(" ")
    if kind not in ACT_KINDS or not name.strip():
        raise ValueError(
            f'"{value}" is no act; write one of {", ".join(ACT_KINDS)} and a name, e.g. "menu offer", '
            f"or one of {', '.join(BARE_ACTS)}"
        )
    return kind, name.strip()


PhoneKey = Annotated[str, Field(pattern=r"^[0-9*#A-D]$")]
"""One that a telephone has (RFC 4733)."""
ActText = Annotated[Act, BeforeValidator(_act)]
