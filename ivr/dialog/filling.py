"""What a call has been told, and what its forms lack still (VoiceXML's form interpretation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ivr.dialog.known import recall
from ivr.dialog.reckoning import reckoned
from ivr.standards.blocks import Menu
from ivr.standards.expand import menu_of, read_of
from ivr.standards.model import Standard
from ivr.understanding.answers import Answer


@dataclass
class Filling:
    """The slots of one call. An answer that has to be read back counts only once it is confirmed."""

    standard: Standard
    told: dict[str, str] = field(default_factory=dict)
    """Values by slot, begun ones among them: a number that still lacks digits."""
    spoken: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """How each whole answer is said."""
    _confirmed: set[str] = field(default_factory=set)
    _skipped: set[str] = field(default_factory=set)
    _complete: dict[str, dict[str, str]] = field(default_factory=dict)
    """Forms that were complete once, and what was told then."""
    _told_by: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def answered(self) -> dict[str, str]:
        """Whole answers."""
        return {slot: value for slot, value in self.told.items() if slot in self.spoken}

    def know(self, slots: Mapping[str, str], now: datetime, stopped: Menu | None = None, by: str = "") -> list[str]:
        """Answers from elsewhere, that nobody is asked for again (requirement C10); those that make no sense, by name.

        Where a form stopped, its answers from there on were perhaps not read back yet. What the same system told before
        (`by`) is forgotten: it was about another parcel.
        """
        for slot, value in self._told_by.pop(by, {}).items():
            if self.told.get(slot) == value:
                self.forget(slot)
        told = recall(self.standard, slots, now.date())
        later = recall(self.standard, reckoned(self.standard, self.answered | dict(slots), now))
        in_doubt = self._from_there_on(stopped) if stopped else ()
        for slot, answer in (told | later).items():
            self.tell(slot, answer)
            if slot not in in_doubt:
                self.confirm(slot)
        if by:
            self._told_by[by] = {slot: answer.value for slot, answer in (told | later).items()}
        return sorted(set(slots) - set(told))

    def _from_there_on(self, stopped: Menu) -> Sequence[str]:
        slot = stopped.corrects or stopped.slot
        order = self.standard.form[stopped.form].slots if stopped.form else [slot]
        return order[order.index(slot) :] if slot in order else ()  # all of it was being read back

    def tell(self, slot: str, answer: Answer) -> None:
        """What the caller told, perhaps in another answer's place."""
        if self.told.get(slot) != answer.value:
            self._doubt(slot)
        self.told[slot] = answer.value
        if answer.complete:
            self.spoken[slot] = answer.spoken
            self._skipped.discard(slot)
        else:
            self.spoken.pop(slot, None)

    def forget(self, slot: str) -> None:
        """It is asked for anew."""
        self.told.pop(slot, None)
        self.spoken.pop(slot, None)
        self._doubt(slot)
        self._skipped.discard(slot)

    def _doubt(self, slot: str) -> None:
        """It has to be read back, and so has what it is part of."""
        forms = self.standard.form.items()
        self._confirmed -= {slot, *(read_of(name) for name, form in forms if slot in form.slots)}

    def confirm(self, what: str) -> None:
        """A slot, or all of a form, was read back, and is right."""
        self._confirmed.add(what)

    def is_confirmed(self, slot: str) -> bool:
        """Whether it was told, and found right when it was read back."""
        return slot in self.spoken and slot in self._confirmed

    def skip(self, slot: str) -> None:
        """The caller would rather not tell."""
        self.forget(slot)
        self._skipped.add(slot)

    def begin(self, form: str) -> None:
        """A form that was complete asks anew for what is another one now: another parcel, and all that goes with it."""
        before = self._complete.pop(form, {})
        of = self.standard.slot
        another = {
            slot
            for slot in self.standard.form[form].slots
            if slot in before and of[slot].anew and self.told.get(slot) == before[slot]
        }
        together = [{*each.slots, *each.takes} for each in self.standard.form.values()]
        for slot in set().union(*(slots for slots in together if another & slots)):
            if of[slot].anew:
                self.forget(slot)

    def lacks(self, form: str) -> list[str]:
        """Slots of a form that have no whole answer, in the form's order, and then those that it takes besides."""
        of = self.standard.form[form]
        return [slot for slot in (*of.slots, *of.takes) if slot not in self.spoken and slot not in self._skipped]

    def next_menu(self, form: str) -> str:
        """The menu that asks for what a form lacks first, or reads it back; empty: the form is complete."""
        for slot in self.standard.form[form].slots:
            if slot in self._skipped:
                continue
            if slot not in self.spoken:
                return menu_of(form, slot)
            if self.standard.slot[slot].read and slot not in self._confirmed:
                return menu_of(form, slot, "read")
        if self.standard.form[form].read and read_of(form) not in self._confirmed:
            return read_of(form)
        self._complete[form] = dict(self.told)
        return ""
