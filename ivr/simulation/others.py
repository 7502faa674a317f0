"""Whom a call asks in a scenario: the house's systems, by name, and a supervisor.

backends:
  shipment: {sample: true}
  account:
    answers:
      - about: {account: "13800138000"}
        values: {balance: "128.50"}
        after_s: 0.4
  ticket: {fails: true}
approval: {decision: granted, after_s: 2.0}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from ivr.backends import FAILED, FOUND, MISSING, NoAnswerError, Reply, SampleSource
from ivr.config.backends import RESERVED as SUPERVISOR
from ivr.config.backends import BackendName, Outcome
from ivr.dialog import events as ev
from ivr.dialog.inquiring import NOBODY
from ivr.errors import UserError

Seconds = Annotated[float, Field(ge=0, le=3600)]
_PATIENCE_S = 5.0
"""For a query of the sample; in virtual time it takes none."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(_Part):
    """What one of the house's systems says where it is asked about just that."""

    about: dict[str, str] = {}
    """Slots that have these values; it may be asked about more."""
    outcome: Outcome = FOUND
    values: dict[str, str] = {}
    after_s: Seconds = 0.1


class AskedBackend(_Part):
    """One of the house's systems. What it has no answer to is ``missing``."""

    sample: bool = False
    """The data that come with the product, as ``[backends.NAME] kind = "sample"`` has them."""
    answers: list[Answer] = []
    fails: bool = False
    slow_s: Seconds = 0.0
    """On top of what an answer takes."""

    @model_validator(mode="after")
    def _one_of_each(self) -> AskedBackend:
        if self.sample + bool(self.answers) + self.fails > 1:
            raise ValueError("has more than one way to answer; keep one of sample, answers, fails")
        return self

    def check(self, name: str) -> None:
        """Raises ValueError where the sample has no such question."""
        if self.sample:
            try:
                SampleSource(name, _PATIENCE_S)
            except UserError as error:
                raise ValueError(str(error)) from None

    def reply(self, name: str, about: Mapping[str, str], today: date) -> Late:
        """What it says, and when."""
        if self.fails:
            return Late(Reply(FAILED), self.slow_s)
        if self.sample:
            return Late(_looked_up(name, about, today), self.slow_s)
        for answer in self.answers:
            if answer.about.items() <= about.items():
                return Late(Reply(answer.outcome, answer.values), self.slow_s + answer.after_s)
        return Late(Reply(MISSING), self.slow_s)


class Late(NamedTuple):
    """A reply, and how long after the question it comes, seconds."""

    reply: Reply
    after_s: float


def _looked_up(name: str, about: Mapping[str, str], today: date) -> Reply:
    try:
        return SampleSource(name, _PATIENCE_S, lambda: today).look_up(about)
    except NoAnswerError as error:
        return Reply(FAILED, why=str(error))


class AskedApproval(_Part):
    """What a supervisor decides, whenever they are asked in this call."""

    decision: Literal["granted", "refused", "none"]
    after_s: Seconds = 1.0


Backends = dict[BackendName, AskedBackend]


@dataclass(eq=False)
class VirtualDesk:
    """Asks them in virtual time; a session's `Desk`."""

    backends: Mapping[str, AskedBackend]
    approval: AskedApproval | None
    caller: str
    today: date
    later: Callable[[float, Callable[[], None]], None]
    """Do something in so many seconds."""
    tell: Callable[[ev.Event], None]
    """Tell the session what happens now."""
    _withdrawn: set[int] = field(default_factory=set)

    def inquire(self, inquiry: int, of: str, about: Mapping[str, str]) -> None:
        """They answer as the scenario says; a supervisor who is not in it does not answer."""
        if of == SUPERVISOR:
            if self.approval and self.approval.decision != "none":
                self._answer(inquiry, Late(Reply(self.approval.decision), self.approval.after_s))
        elif of in self.backends:
            asked = {"caller": self.caller, **about}
            self._answer(inquiry, self.backends[of].reply(of, asked, self.today))
        else:
            self._answer(inquiry, Late(Reply(NOBODY), 0.0))

    def _answer(self, inquiry: int, late: Late) -> None:
        def arrive() -> None:
            if inquiry not in self._withdrawn:
                self.tell(ev.Replied(inquiry, late.reply.outcome, dict(late.reply.values)))

        self.later(late.after_s, arrive)

    def withdraw(self, inquiry: int) -> None:
        """It will not arrive."""
        self._withdrawn.add(inquiry)
