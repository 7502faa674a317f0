"""Menus that nobody enters before something else is settled: identity, a second yes (requirements G1, G5)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ivr.standards.acts import Act
from ivr.standards.blocks import Menu
from ivr.standards.model import Standard


@dataclass
class Gates:
    """Those that the caller has passed. Nothing of it outlives the call."""

    standard: Standard
    _held_up: list[str] = field(default_factory=list)
    _passed: set[str] = field(default_factory=set)
    _failed: Counter[str] = field(default_factory=Counter)

    @property
    def held_up(self) -> str:
        """The menu that waits behind a gate; behind a gate on the way to another, the nearer one."""
        return self._held_up[-1] if self._held_up else ""

    def matter_at(self, menu: str) -> tuple[str, set[str]]:
        """For a caller on the way through a gate: the menu that they wanted, and the slots asked for on the way.

        Both are empty where `menu` lies on no such way.
        """
        needed = {name for held in self._held_up for name in self.standard.menu[held].needs}
        ways = [self._way_through(name) for name in needed]
        here = self.standard.menu.get(menu)  # nowhere, or in a menu of before, which is no more
        if here is None or (here.denies not in needed and not any(menu in way for way in ways)):
            return "", set()
        return self._held_up[0], {self.standard.menu[each].slot for way in ways for each in way}

    def _way_through(self, name: str) -> set[str]:
        """Menus that lead through a gate, for whoever says yes and tells what is asked."""
        found: set[str] = set()
        ahead: list[Act | None] = [self.standard.gate[name].through]
        while ahead:
            act = ahead.pop()
            if act and act.kind == "form":
                found |= {menu for menu, block in self.standard.menu.items() if block.form == act.name}
                ahead.append(self.standard.form[act.name].then)
            elif act and act.kind == "menu" and act.name not in found:
                menu = self.standard.menu[act.name]
                found.add(act.name)
                ahead += [menu.intents.get("yes"), menu.on_answer, menu.answers.get("found")]
        return found

    def grant(self, name: str) -> None:
        """This gate, if any, is passed now."""
        self._passed |= {name} - {""}

    def passed(self, name: str) -> bool:
        """Whether this one is."""
        return name in self._passed

    def way_to(self, menu: str, *, proceeding: bool = False) -> Act | None:
        """Where to go first; None: the menu may be entered, and uses up what has to be passed anew each time.

        Whoever is not `proceeding` from a gate has passed none of those yet, whatever they agreed to before.
        """
        if menu in self._held_up:  # who waits behind it does so no longer
            del self._held_up[self._held_up.index(menu) :]
        needs = self.standard.menu[menu].needs
        once = {name for name in needs if self.standard.gate[name].once}
        if not proceeding:
            self._passed -= once
        for name in needs:
            if name not in self._passed:
                return self._led_to(name, menu)
        self._passed -= once
        return None

    def _led_to(self, name: str, menu: str) -> Act:
        gate = self.standard.gate[name]
        if barred := self._barred(name):
            return barred
        self._held_up.append(menu)
        return gate.through

    def behind(self, menu: Menu) -> str:
        """Gate that is passed here, or by an answer to what is asked here; empty: none."""
        led_to = (self.standard.menu[act.name] for act in menu.answers.values() if act.kind == "menu")
        return next((each.grants for each in (menu, *led_to) if each.grants), "")

    def fail(self, name: str) -> Act | None:
        """Another wrong answer at this gate, if any; where to go when that was the last one."""
        if not name:
            return None
        self._failed[self.standard.gate[name].shares or name] += 1
        return self._barred(name)

    def _barred(self, name: str) -> Act | None:
        """Where whoever has failed at this gate too often is led."""
        gate = self.standard.gate[name]
        return gate.barred if self._failed[gate.shares or name] >= gate.tries else None
