"""What is known when a call begins that goes on with another (requirements B9, C10, F6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ivr.standards.model import Standard
from ivr.standards.ways import ELSEWHERE, kinds
from ivr.understanding.answers import Answer, recalled

LONGEST = 400
"""Characters of a value: more than can be said in the longest prompt."""


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


def recall(standard: Standard, slots: Mapping[str, str], today: date | None = None) -> dict[str, Answer]:
    """These values as answers; what the standard has no slot for is left out, and what is not of the slot's kind."""
    asked = ELSEWHERE | kinds(standard)
    known = {slot: value for slot, value in slots.items() if slot in asked and _fits(value)}
    answers = {slot: recalled(value, asked[slot], today) for slot, value in known.items()}
    takes = {name: slot.takes for name, slot in standard.slot.items()}
    return {
        slot: answer
        for slot, answer in answers.items()
        if answer and answer.complete and (slot not in takes or takes[slot](answer.value))
    }


def _fits(value: str) -> bool:
    return len(value) <= LONGEST


def spoken(standard: Standard, slots: Mapping[str, str], today: date | None = None) -> dict[str, tuple[str, ...]]:
    """How each of these is said; what could not be read is not."""
    return {slot: answer.spoken for slot, answer in recall(standard, slots, today).items()}
