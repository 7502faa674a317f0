"""Keys: one that leads somewhere, or the digits of a number."""

from __future__ import annotations

from ivr.dialog import events as ev
from ivr.dialog.meaning import NUMBERS, Meaning, interpreter, told
from ivr.dialog.sense import Sense
from ivr.standards.model import Act, Menu
from ivr.understanding.answers import Answer, from_keys


class Keys(Sense):
    """A call whose caller may always press keys instead."""

    def _on_key(self) -> None:
        assert isinstance(self._event, ev.KeyPressed)
        key, block = self._event.key, self._block
        keys: dict[str, Act] = getattr(block, "keys", {})
        if isinstance(block, Menu) and block.asks in NUMBERS:
            self._type(key)
        elif isinstance(block, Menu) and key not in keys and (choice := _choice(block, key)):
            self._understood(self._turn, told(block, choice))
        elif act := keys.get(key):
            self._invalid_keys = self._nowhere = 0
            self._perform(act)
        elif isinstance(block, Menu):
            self._invalid_key(block)

    def _type(self, key: str) -> None:
        if key == "#":
            self._keys_over()
        else:
            self._typed = "" if key == "*" else self._typed + key
            self._go("type")

    def _start_keying(self) -> None:
        self._stop_voice()
        self._due_in(self.standard.limits.between_keys_s)

    def _keys_over(self) -> None:
        """A number was entered, or the rest of one; a single key may be one that leads elsewhere."""
        menu, typed = self._here, self._typed
        self._typed = ""
        answer = self._keyed(typed, menu)
        if act := menu.keys.get(typed):
            self._perform(act)
        elif answer:
            self._begin_turn()
            self._understood(self._turn, Meaning(slot=menu.slot, answer=answer, act=menu.on_answer, decided="sure"))
        else:
            self._invalid_key(menu)

    def _keyed(self, typed: str, menu: Menu) -> Answer | None:
        """By itself, or, if it lacks something, behind what was told before."""
        alone = self._read_keys(typed, menu)
        if alone is None or alone.complete:
            return alone
        begun = self._meaning().answer
        both = self._read_keys((begun.value if begun else self._filling.told.get(menu.slot, "")) + typed, menu)
        return both if both and both.complete else alone if len(typed) > 1 else None

    def _read_keys(self, typed: str, menu: Menu) -> Answer | None:
        answer = from_keys(typed, menu.asks)
        return answer if answer and interpreter(self.standard).takes(menu.slot, answer) else None

    def _invalid_key(self, menu: Menu) -> None:
        self._invalid_keys += 1
        if menu.closing or self._invalid_keys >= self.standard.limits.invalid_keys:
            self._invalid_keys = 0
            self._on_speech()  # any key shows that somebody is there
        else:
            self._begin_turn()
            self._say(self.standard.invalid_key, *self._owed)


def _choice(menu: Menu, key: str) -> str:
    """What the n-th key chooses; empty: nothing."""
    values = dict(enumerate(menu.choices.values(), start=1))
    return values.get(int(key), "") if key.isdecimal() else ""
