"""What is known when a call begins that goes on with another (requirements B9, C10, F6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.standards.model import Expects, Standard
from ivr.understanding.answers import read


@dataclass(frozen=True, slots=True)
class Known:
    """Of the call before."""

    menu: str = ""
    """Where it stopped; empty: there was none."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """Answers by slot, as their values."""
    drops: int = 0
    """How often this matter was cut off."""


NOTHING = Known()


def spoken(standard: Standard, slots: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """How each of these is said, as the menu that asks for it would; what it could not read is not."""
    asked: dict[str, Expects] = {"name": "name"}
    asked |= {menu.slot: menu.asks for menu in standard.menu.values() if menu.slot}
    asked |= {name: slot.asks for name, slot in standard.slot.items()}
    answers = {slot: read(value, asked.get(slot, "text")) for slot, value in slots.items()}
    return {slot: answer.spoken for slot, answer in answers.items() if answer and answer.complete}
