"""What a standard asks for that nobody else may learn (requirement G3)."""

from __future__ import annotations

from dataclasses import dataclass

from ivr.standards.house import VARIABLE
from ivr.standards.model import Standard


@dataclass(frozen=True)
class Privacy:
    """Names of a standard's private parts."""

    slots: frozenset[str]
    """Their answers are private."""
    menus: frozenset[str]
    """What is said and keyed there is: they ask for such an answer, or have it corrected."""
    prompts: frozenset[str]
    """They speak such an answer."""
    speaking: frozenset[str]
    """They speak what a caller, or somebody else, told us, private or not."""

    @classmethod
    def of(cls, standard: Standard) -> Privacy:
        """As the standard's menus say, and its slots: those that others answer are asked for nowhere."""
        menus = standard.menu.items()
        slots = frozenset(menu.slot for _, menu in menus if menu.private and menu.slot)
        slots |= {name for name, slot in standard.slot.items() if slot.private}
        asked = {menu.slot for _, menu in menus if menu.slot} | set(standard.slot)
        spoken = {name: set(VARIABLE.findall(wording.text)) for name, wording in standard.wording.items()}
        return cls(
            slots,
            frozenset(name for name, menu in menus if menu.private or menu.slot in slots or menu.corrects in slots),
            frozenset(name for name, variables in spoken.items() if variables & slots),
            frozenset(name for name, variables in spoken.items() if variables & asked),
        )
