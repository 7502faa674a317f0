"""Where a call stands on its ladders.

A call climbs one ladder of silence at a time (that of its menu, unless a verdict or an act put another in its place)
and, beside it, at most one ladder of turns: what is said the first, the second, the third time in a row that nobody
could act on what was heard. Ladders of the call count the same beside all that comes between.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.standards.acts import Act
from ivr.standards.model import Standard


@dataclass
class Ladders:
    """The steps of one call. Entered anew, a ladder starts again `restarts` times; then it goes on where it was."""

    standard: Standard
    name: str = ""
    """The ladder of silence that is being climbed."""
    _next_step: dict[str, int] = field(default_factory=dict)
    _entered: dict[str, int] = field(default_factory=dict)
    _in_a_row: str = ""

    def enter(self, name: str) -> None:
        """Climb this ladder of silence, from its first step if it may still start anew."""
        self.name = name
        self._enter(name)

    def _enter(self, name: str) -> None:
        ladder, entered = self.standard.ladder[name], self._entered.get(name, 0)
        last = max(len(ladder.steps) - 1, 0)  # nobody is let go without having heard the last step again
        self._next_step[name] = 0 if entered <= ladder.restarts else min(self._next_step[name], last)
        self._entered[name] = entered + 1

    @property
    def step(self) -> int:
        """Steps taken on the ladder of silence."""
        return self._next_step.get(self.name, 0)

    @property
    def step_left(self) -> bool:
        """It has a step that was not taken yet."""
        return self.step < len(self.standard.ladder[self.name].steps)

    @property
    def wait_s(self) -> float:
        """Wait before its next step, or before its last act."""
        ladder = self.standard.ladder[self.name]
        return ladder.steps[self.step].wait_s if self.step_left else ladder.last_wait_s

    @property
    def then(self) -> Act:
        """Its last act."""
        return self.standard.ladder[self.name].then

    def take_step(self) -> str:
        """The prompt of its next step."""
        return self._take(self.name)

    def take_turn(self, name: str) -> str | Act:
        """Another turn for a ladder of turns: the prompt of its next step, or its last act."""
        ladder = self.standard.ladder[name]
        if ladder.on == "call":
            self._next_step.setdefault(name, 0)
        elif self._in_a_row != name:
            self._in_a_row = name
            self._enter(name)
        return self._take(name) if self._next_step[name] < len(ladder.steps) else ladder.then

    def understood(self) -> None:
        """The row is broken."""
        self._in_a_row = ""

    def _take(self, name: str) -> str:
        step = self._next_step[name]
        self._next_step[name] = step + 1
        return self.standard.ladder[name].steps[step].say
