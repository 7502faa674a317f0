"""A voice on the line that is too faint to be near: a caller far from the telephone, or a bad line (requirement B2).

It holds nothing up and interrupts nobody; it is counted, and told when it pauses or has gone on for a while.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ivr.dialog.events import FaintSpeech
from ivr.speech.level import LiveLevel
from ivr.speech.segment import Chunk, measured

LEAST_S = 0.3
PAUSE_S = 0.3
AT_MOST_S = 1.5
_AFTER_NEAR_S = 1.0  # what follows near speech this closely is its reverberation or a breath
_FORGET_S = 3.0  # fragments further apart do not add up to a voice


@dataclass(slots=True)
class FaintVoice:
    """What one call's caller said too faintly since it was last told."""

    _heard: LiveLevel = field(default_factory=LiveLevel)
    _last: float = float("-inf")
    _goes_on: bool = False  # it was told before it paused

    @property
    def pending(self) -> bool:
        """Something was heard and not yet told: chunks without a voice matter too."""
        return self._heard.seconds > 0 or self._goes_on

    def hear(self, chunk: Chunk, near_until: float) -> None:
        """Take in a chunk heard while nobody is known to speak near; `near_until` is when somebody last did."""
        if chunk.start - self._last >= _FORGET_S:
            self.forget()
        if chunk.faint and chunk.start - near_until >= _AFTER_NEAR_S:
            self._heard.add(chunk.power, chunk.end - chunk.start)
            self._last = chunk.end

    def tell(self, chunk: Chunk) -> FaintSpeech | None:
        """What is to be told after this chunk, the last that was heard."""
        if chunk.end - self._last < PAUSE_S:
            return self._told(chunk, goes_on=True) if self._heard.seconds >= AT_MOST_S else None
        return self._told(chunk) if self._goes_on or self._heard.seconds >= LEAST_S else None

    def forget(self) -> None:
        """Begin anew: it was told, is too long ago, or the caller speaks near after all."""
        self._heard, self._goes_on = LiveLevel(), False

    def _told(self, chunk: Chunk, *, goes_on: bool = False) -> FaintSpeech:
        told = FaintSpeech(*measured(self._heard, chunk), goes_on)
        self.forget()
        self._goes_on = goes_on
        return told
