"""Menus that nobody enters before something else is settled: identity, a second yes (requirements G1, G5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.standards.model import Act, Standard


@dataclass
class Gates:
    """Those that the caller has passed. Nothing of it outlives the call."""

    standard: Standard
    held_up: str = ""
    """The menu that waits behind a gate."""
    _passed: set[str] = field(default_factory=set)

    def grant(self, name: str) -> None:
        """This gate, if any, is passed now."""
        self._passed |= {name} - {""}

    def passed(self, name: str) -> bool:
        """Whether this one is."""
        return name in self._passed

    def way_to(self, menu: str) -> Act | None:
        """Where to go first; None: the menu may be entered, and uses up what has to be passed anew each time."""
        needs = self.standard.menu[menu].needs
        for name in needs:
            if name not in self._passed:
                self.held_up = menu
                return self.standard.gate[name].through
        self._passed -= {name for name in needs if self.standard.gate[name].once}
        return None
