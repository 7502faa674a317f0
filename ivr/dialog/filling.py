"""What a call has been told, and what its forms lack still (VoiceXML's form interpretation)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ivr.dialog.known import recall
from ivr.standards.expand import menu_of
from ivr.standards.model import Menu, Standard
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
    _complete: set[str] = field(default_factory=set)

    @property
    def answered(self) -> dict[str, str]:
        """Whole answers."""
        return {slot: value for slot, value in self.told.items() if slot in self.spoken}

    def know(self, slots: Mapping[str, str], stopped: Menu | None = None) -> list[str]:
        """Answers from elsewhere, that nobody is asked for again (requirement C10); those that make no sense, by name.

        Where a form stopped, its answers from there on were perhaps not read back yet.
        """
        known = recall(self.standard, slots)
        in_doubt = self._from_there_on(stopped) if stopped else ()
        for slot, answer in known.items():
            self.tell(slot, answer)
            if slot not in in_doubt:
                self.confirm(slot)
        return sorted(set(slots) - set(known))

    def _from_there_on(self, stopped: Menu) -> Sequence[str]:
        slot = stopped.corrects or stopped.slot
        order = self.standard.form[stopped.form].slots if stopped.form else [slot]
        return order[order.index(slot) :] if slot in order else order

    def tell(self, slot: str, answer: Answer) -> None:
        """What the caller told, perhaps in another answer's place."""
        if self.told.get(slot) != answer.value:
            self._confirmed.discard(slot)
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
        self._confirmed.discard(slot)
        self._skipped.discard(slot)

    def confirm(self, slot: str) -> None:
        """It was read back, and is right."""
        self._confirmed.add(slot)

    def skip(self, slot: str) -> None:
        """The caller would rather not tell."""
        self.forget(slot)
        self._skipped.add(slot)

    def begin(self, form: str) -> None:
        """A form that was complete asks anew for what is another one now: another parcel."""
        if form in self._complete:
            self._complete.discard(form)
            for slot in self.standard.form[form].slots:
                if self.standard.slot[slot].anew:
                    self.forget(slot)

    def lacks(self, form: str) -> list[str]:
        """Slots of a form that have no whole answer, in the form's order."""
        return [
            slot for slot in self.standard.form[form].slots if slot not in self.spoken and slot not in self._skipped
        ]

    def next_menu(self, form: str) -> str:
        """The menu that asks for what a form lacks first, or reads it back; empty: the form is complete."""
        for slot in self.standard.form[form].slots:
            if slot in self._skipped:
                continue
            if slot not in self.spoken:
                return menu_of(form, slot)
            if self.standard.slot[slot].read and slot not in self._confirmed:
                return menu_of(form, slot, "read")
        self._complete.add(form)
        return ""
