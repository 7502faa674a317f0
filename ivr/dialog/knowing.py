"""Questions that the house knows an answer to (requirement C9): whatever is no wish is looked up."""

from __future__ import annotations

from ivr.dialog.listening import Listening
from ivr.dialog.meaning import Meaning
from ivr.dialog.turn import Turn
from ivr.standards.acts import Act
from ivr.standards.house import Finding
from ivr.standards.knowledge import Access
from ivr.understanding.knowledge import spoken

IDENTITY = "identity"
"""Gate behind which a caller has proven who they are, where a standard has it (requirement G1)."""


class Knowing(Listening):
    """A call that can look things up in what its house knows."""

    def _found(self, turn: Turn, meaning: Meaning) -> Finding | None:
        """The entry that answers a turn, where nothing else is asked, and no wish is surely meant."""
        knowledge, here = self.house.knowledge, self._here
        if not (knowledge and self.standard.knowledge and here.wishes and turn.text) or meaning.decided == "sure":
            return None
        access: Access = "verified" if self.standard.verified or self._gates.passed(IDENTITY) else "public"
        found = knowledge.search(turn.text, today=self._invited.local_time.date(), access=access)
        return found[0] if found and (found[0].sure or meaning.decided == "none") else None

    def _answer(self, found: Finding) -> None:
        """Tell it, or ask whether that was meant (requirement C2)."""
        self._ladders.understood()
        self._note("knowledge", entry=found.entry.id, score=round(found.score, 3), why=found.why)
        self._values |= spoken(found.entry)
        act = Act("menu", self._told_in(found))
        if found.sure or not self.standard.confirm:
            self._perform(act)
        else:
            self._values["intent"] = (found.entry.title,)
            self._perform(Act("menu", self.standard.confirm))
            self._pending = act

    def _told_in(self, found: Finding) -> str:
        """The menu that tells it; to whom it may only be told once we know who they are, behind a gate (G1)."""
        standard, entry = self.standard, found.entry
        if entry.access == "verified" and standard.verified and not self._gates.passed(IDENTITY):
            return standard.verified
        return standard.dictation if entry.dictate else standard.knowledge
