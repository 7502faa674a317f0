"""Keys: one that leads somewhere, or the digits of a number."""

from __future__ import annotations

from ivr.dialog import events as ev
from ivr.dialog.meaning import NUMBERS, Meaning, interpreter
from ivr.dialog.sense import Sense
from ivr.standards.acts import Act
from ivr.standards.blocks import Menu
from ivr.standards.expand import keyed
from ivr.understanding.answers import Answer, from_keys, recalled

_TYPED = (*NUMBERS, "time", "date", "money")
"""Answers of several keys, ended by #; * begins them anew, but is the point of an amount, and the X of an ID card."""
_BEFORE_X = (3, 17)
"""Digits in front of it, of the last four and of all eighteen."""


class Keys(Sense):
    """A call whose caller may always press keys instead."""

    def _on_key(self) -> None:
        assert isinstance(self._event, ev.KeyPressed)
        key, block = self._event.key, self._block
        keys: dict[str, Act] = getattr(block, "keys", {})
        if isinstance(block, Menu) and block.asks in _TYPED:
            self._type(key)
        elif isinstance(block, Menu) and key not in keys and (answer := _answer(block, key)):
            self._tell(block, answer)
        elif act := keys.get(key):
            self._invalid_keys = self._nowhere = 0
            self._perform(act)
        elif isinstance(block, Menu):
            self._invalid_key(block)

    def _type(self, key: str) -> None:
        if key == "#":
            self._keys_over()
        else:
            self._typed = "" if key == "*" and not self._star_counts() else self._typed + key
            self._go("type")

    def _star_counts(self) -> bool:
        match self._here.asks:
            case "money":
                return "*" not in self._typed
            case "id_tail":
                return len(self._typed) in _BEFORE_X
        return False

    def _keep_typed(self) -> None:
        """Who goes on by voice has told the beginning by keys."""
        answer = self._keyed(self._typed, self._here)
        if answer and not answer.complete:
            self._filling.tell(self._here.slot, answer)
        self._typed = ""

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
            self._tell(menu, answer)
        else:
            self._invalid_key(menu)

    def _tell(self, menu: Menu, answer: Answer) -> None:
        self._invalid_keys = 0
        self._begin_turn()
        self._understood(self._turn, Meaning(slot=menu.slot, answer=answer, act=menu.on_answer, decided="sure"))

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


def _answer(menu: Menu, key: str) -> Answer | None:
    """What a single key answers; None: nothing."""
    value = keyed(menu.asks, menu.choices).get(key) if menu.on_answer else None
    return recalled(value, menu.asks) if value else None
