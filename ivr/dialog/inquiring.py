"""Asking somebody else while the caller is on the line: a system of the house, or the supervisor (B12, E6, F10).

Why this is no state of its own: the caller stays in the menu that asks, where silence, words and keys mean what they
always mean, and a person is within reach. The answer leads on when the floor is free.
"""

from __future__ import annotations

import math

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.acts import Acting
from ivr.dialog.line import EARLY_S
from ivr.standards.blocks import Menu
from ivr.standards.errands import Hold, Recording, TransferTo
from ivr.standards.house import House
from ivr.standards.model import Standard
from ivr.standards.said import Said

FAILED = "failed"
NOBODY = "nobody"
"""The house has no such system; what has failed is another matter, and callers are told of that (B12)."""


class Inquiring(Acting):
    """A call that can wait for an answer from elsewhere."""

    def __init__(self, standard: Standard, house: House, words: bool = False) -> None:
        super().__init__(standard, house, words)
        self._inquiry = 0
        self._asked_in = ""
        self._answer_by = math.inf
        self._reply: ev.Replied | None = None

    @property
    def deadline(self) -> float | None:
        """Of the state that we are in, or of something that is waited for meanwhile."""
        due = super().deadline
        return None if due is None else min(due, self._answer_by)

    def _inquire(self, menu: str) -> None:
        block = self.standard.menu[menu]
        if self._asked_in == menu:
            return  # it is said again; they were asked already
        self._withdraw()
        if block.inquires:
            self._inquiry += 1
            self._asked_in, self._answer_by = menu, self._now + block.within_s
            known = {"caller": self._invited.caller or "", **self._filling.answered}
            self._do(do.Inquire(self._inquiry, block.inquires, {slot: known.get(slot, "") for slot in block.hands}))

    def _enter(self, block: Menu | TransferTo | Hold | Recording, say: list[Said] | None = None) -> None:
        super()._enter(block, say)
        if not isinstance(block, Menu):
            self._withdraw()

    def _withdraw(self) -> None:
        if self._awaited:
            self._do(do.Withdraw(self._inquiry))
        self._asked_in, self._answer_by, self._reply = "", math.inf, None

    @property
    def _awaited(self) -> bool:
        return bool(self._asked_in) and self._reply is None

    def _hear(self, event: ev.Event) -> None:
        super()._hear(event)
        if isinstance(event, ev.Replied) and self._awaited and event.inquiry == self._inquiry:
            self._replied(event)

    def _replied(self, reply: ev.Replied) -> None:
        self._reply, self._answer_by = reply, math.inf

    def _no_answer_in_time(self, event: ev.Event) -> bool:
        """The deadline that has come is that of an answer; what the state waits for is yet to come."""
        if not isinstance(event, ev.DeadlineReached) or self._now < self._answer_by - EARLY_S:
            return False
        self._do(do.Withdraw(self._inquiry))
        self._replied(ev.Replied(self._inquiry, FAILED, {}))
        return True

    def _reply_is_here(self) -> bool:
        return self._reply is not None

    def _on_reply(self) -> None:
        reply, menu = self._reply, self._here
        assert reply is not None
        self._note("replied", of=menu.inquires, outcome=reply.outcome)
        for slot in self._filling.know(reply.values, self._local_now, by=menu.inquires):
            self._note("senseless", of=menu.inquires, slot=slot)
        self._asked_in, self._reply = "", None
        self._perform(menu.answers.get(reply.outcome, menu.answers[FAILED]))

    def _start_ending(self) -> None:
        self._withdraw()
        super()._start_ending()

    def _start_ended(self) -> None:
        self._withdraw()
        super()._start_ended()
