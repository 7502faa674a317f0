"""What a call does besides talking: it hands its caller to a person, or takes a message."""

from __future__ import annotations

import math

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.acts import Acting
from ivr.dialog.line import Hearing
from ivr.dialog.turn import Turn
from ivr.standards.errands import Recording, TransferTo
from ivr.standards.house import House
from ivr.standards.model import Standard
from ivr.understanding.verdict import Verdict


class Errands(Acting):
    """A call that can be transferred, and can record."""

    def __init__(self, standard: Standard, house: House, words: bool = False) -> None:
        super().__init__(standard, house, words)
        self._recording = False
        self._handed = ""
        self._message_began = 0.0
        self._message_heard = self._message_taken = self._message_ends = False

    # ------------------------------------------------------------------ a person

    def _start_referring(self) -> None:
        assert isinstance(self._block, TransferTo)
        self._fell_silent()
        summary = self._summary(self._block.summary)
        if summary and summary != self._handed:  # once, however often it is tried
            self._handed = summary
            self._note("consulted", target=self._block.target, summary=summary)
        self._do(do.Transfer(self._block.target))
        self._due_in(self._block.timeout_s)

    def _is_taken_over(self) -> bool:
        assert isinstance(self._event, ev.TransferProgress)
        return 200 <= self._event.code < 300

    def _is_refused(self) -> bool:
        assert isinstance(self._event, ev.TransferProgress)
        return self._event.code >= 300

    def _transferred(self) -> None:
        self._finish("transferred")

    def _transfer_failed(self) -> None:
        assert isinstance(self._block, TransferTo)
        self._perform(self._block.failed)

    # ------------------------------------------------------------------ a message

    def _start_taking(self) -> None:
        assert isinstance(self._block, Recording)
        self._fell_silent()
        self._recording = True
        self._message_began, self._message_heard = self._now, False
        self._message_taken = self._message_ends = False
        self._do(do.StartRecording(self._block.limit_s, self._block.keep_original))
        self._listen_on()
        self._await_more()

    def _listen_on(self) -> None:
        """A message is read as well, stretch by stretch: what is private in it must not be kept (requirement G3)."""
        if self._words:
            self._turn = Turn(self._turn.number + 1, "text", True)
            self._do(do.Listen(self._turn.number, "text"))

    def _words_of_message(self) -> None:
        turn = self._turn
        if turn.awaits_words or not turn.heard or self._hearing is Hearing.SPEECH:
            return
        self._note_verdict(turn, Verdict("addressed", "a message", turn.evidence(self._usual, 0.0, 0.0)))
        if self._message_ends:
            self._message_over()
        else:
            self._listen_on()

    def _await_more(self) -> None:
        """Until the limit while the caller speaks, for a verdict while something sounds, else for their next words."""
        assert isinstance(self._block, Recording)
        if self._message_ends:
            return
        block, began = self._block, self._message_began
        self._message_heard = self._message_heard or self._hearing is Hearing.SPEECH
        patience = self._last_voiced + block.silence_s if self._message_heard else began + 2 * block.silence_s
        if self._hearing is Hearing.SPEECH:
            patience = math.inf
        elif self._hearing is Hearing.SOUND:
            patience = max(patience, self._now + self.standard.limits.verdict_s)
        self._due = max(self._now, min(patience, began + block.limit_s))

    def _ends_message(self) -> bool:
        assert isinstance(self._event, ev.KeyPressed)
        assert isinstance(self._block, Recording)
        return self._event.key == self._block.end_key

    def _message_over(self) -> None:
        """Once its last words have been read."""
        assert isinstance(self._block, Recording)
        if self._turn.awaits_words and not self._message_ends:
            self._message_ends = True
            self._due_in(self.standard.limits.recognition_s)
        else:
            self._perform(self._block.done if self._message_heard else self._block.empty)

    def _message_failed(self) -> None:
        assert isinstance(self._block, Recording)
        self._recording = False
        self._perform(self._block.failed)

    def _end_recording(self) -> None:
        if self._recording:
            self._recording, self._message_taken = False, self._message_heard
            self._do(do.StopRecording(keep=self._message_heard))

    def _settle(self) -> None:
        """Whoever hangs up when they have said it has left a message as well."""
        if isinstance(self._block, Recording) and self._message_taken and self._block.done.kind == "menu":
            self._message_taken = False
            if owed := self.standard.menu[self._block.done.name].owes:
                self._promise(owed)
        super()._settle()
