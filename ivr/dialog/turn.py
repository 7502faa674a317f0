"""The caller's turn: from the moment they may speak until we act on it.

It gathers what voice activity measured and what the recogniser read, and says how long a pause ends it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ivr.dialog.events import (
    SILENT,
    Event,
    FaintSpeech,
    RecognitionFailed,
    Recognized,
    SpeechEnded,
    SpeechRejected,
)
from ivr.standards.said import Expects
from ivr.understanding.verdict import Evidence

_COVERS_S = 0.05  # two counts of where speech ended differ by a frame or two


@dataclass
class Turn:
    """One turn of the caller's."""

    number: int
    expects: Expects
    listens: bool
    """A recogniser will answer."""
    over_prompt: bool = False
    """It began while we spoke."""
    words: Recognized | None = None
    """The latest reading."""
    cut_short: bool = False
    """We have interrupted it: the words so far are all that there will be."""
    voiced_s: float = 0.0
    faint_s: float = 0.0
    sounds: int = 0
    _energy: float = 0.0
    _faint_level: float = SILENT
    _floor: float = SILENT
    _last_voiced: float = -math.inf

    def hear(self, event: Event) -> None:
        """Take in what was measured, or read, of it."""
        match event:
            case SpeechEnded():
                self.voiced_s += event.voiced_s
                self._energy += event.voiced_s * 10 ** (event.level / 10)
                self._floor, self._last_voiced = event.floor, event.last_voiced
            case SpeechRejected():
                self.sounds += 1
                self._floor = event.floor
            case FaintSpeech():
                self.faint_s += event.voiced_s
                self._faint_level = event.level if event.voiced_s else self._faint_level
                self._floor = event.floor
            case Recognized(turn=self.number):
                self.words = event
            case RecognitionFailed(turn=self.number):
                self.listens = False

    @property
    def heard(self) -> bool:
        """There was confirmed speech in it."""
        return self._last_voiced > -math.inf

    @property
    def awaits_words(self) -> bool:
        """The recogniser has not read its end yet, and will."""
        return self.listens and self.heard and not self.covered

    @property
    def covered(self) -> bool:
        """Its words are known up to its last voiced sample."""
        words = self.words
        return words is not None and (self.cut_short or (words.final and words.until >= self._last_voiced - _COVERS_S))

    @property
    def text(self) -> str | None:
        """What was said, "" for no words; None where no recogniser could tell."""
        return self.words.text if self.covered and self.words else None

    @property
    def level(self) -> float:
        """Active level of its speech, dBov; that of faint speech where there was no other."""
        return 10 * math.log10(self._energy / self.voiced_s) if self._energy else self._faint_level

    def evidence(self, usual: float, meaning: float, relevance: float) -> Evidence:
        """What the verdict is judged by."""
        words = self.words if self.covered else None
        return Evidence(
            voiced_s=self.voiced_s,
            level=self.level,
            floor=self._floor,
            usual=usual,
            sounds=self.sounds,
            faint_s=self.faint_s,
            text=self.text,
            confidence=words.confidence if words else 0.0,
            mandarin=words.mandarin if words else 1.0,
            expects=self.expects,
            meaning=meaning,
            relevance=relevance,
            over_prompt=self.over_prompt,
        )
