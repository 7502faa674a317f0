"""What voice activity and a recogniser make of a virtual caller.

Speech is arithmetic: it is noticed, believed, and over after the times that were measured on `ivr.speech.activity`, and
read after the time that whisper-base takes. A sound file is not believed to be what it is called: the real voice
activity listens to it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from ivr.audio import FRAME_BYTES
from ivr.dialog import events as ev
from ivr.simulation.scenario import FAINT_DB, Recognizer, Understood
from ivr.simulation.sounds import amplified, sound_file
from ivr.speech.activity import Heard, VoiceActivity
from ivr.standards.said import Expects

CONFIRM_S = 0.25
"""Near speech that confirms a caller (section B of the requirements)."""
CONFIRM_SHORT_S = 0.13
"""The same where a short word was asked for."""
ONSET_S = 0.08
PAUSE_S = 0.16
HANG_OVER_S = 0.3
"""What the detector takes to notice a beginning, a breath and an end."""
FAINT_S = 1.5
"""Faint speech is told of again and again."""
LEVEL, LOUDEST, FLOOR = -26.0, -3.0, -66.0
"""Of a caller at a gain of 0 dB, of a telephone that clips, and of the line, dBov."""
_SHORT: Sequence[Expects] = ("yes_no", "choice")
_NO_WORDS = Understood(text="", confidence=0.0)
_LEAD_S = 1.0


@dataclass(eq=False)
class Ears:
    """The ears of one virtual call, and its session's `Ear`. Instants are virtual seconds."""

    at: Callable[[float, Callable[[], None]], None]
    """Do something at an instant."""
    tell: Callable[[ev.Event], None]
    """Tell the session what happens now."""
    recognizer: Recognizer | None
    """None: the line hears no words."""
    _turn: int = 0
    _short: bool = False
    _words: list[Understood] = field(default_factory=list)
    _voice_until: float = -math.inf
    _voiced_s: float = 0.0

    def listen(self, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        """Another turn begins."""
        self._turn, self._short, self._words = turn, expects in _SHORT, []

    def speech(self, start: float, seconds: float, gain_db: float, words: Understood) -> None:
        """The caller says something."""
        level = min(LEVEL + gain_db, LOUDEST)
        if gain_db < FAINT_DB:
            self._hear_faintly(start, seconds, level)
        elif self._goes_on(start) or self._believed(start, seconds, level):
            self._hear(start, seconds, level, words)

    def sound(self, start: float, file: Path, gain_db: float, words: Understood | None) -> None:
        """A recording is played at the caller's end."""
        for heard in heard_in(file, gain_db):
            event = heard.event
            if isinstance(event, ev.SpeechPaused):
                continue
            if isinstance(event, ev.SpeechEnded):
                end = start + event.last_voiced - _LEAD_S
                event = replace(event, last_voiced=end)
                self._read_at(end, words or _NO_WORDS)
            self._tell_at(start + heard.at - _LEAD_S, event)

    def _tell_at(self, instant: float, event: ev.Event) -> None:
        self.at(instant, lambda: self.tell(event))

    # ------------------------------------------------------------------ voice activity

    def _goes_on(self, start: float) -> bool:
        return start - self._voice_until < HANG_OVER_S

    def _believed(self, start: float, seconds: float, level: float) -> bool:
        confirm_s = CONFIRM_SHORT_S if self._short else CONFIRM_S
        self._tell_at(start + ONSET_S, ev.SpeechOnset())
        self._voiced_s = 0.0
        if seconds < confirm_s:
            self._tell_at(start + ONSET_S + confirm_s, ev.SpeechRejected(seconds, level, FLOOR))
            return False
        self._tell_at(start + confirm_s, ev.SpeechConfirmed())
        return True

    def _hear(self, start: float, seconds: float, level: float, words: Understood) -> None:
        end = self._voice_until = start + seconds
        self._voiced_s += seconds
        self._read_at(end, words)
        self.at(end + HANG_OVER_S, lambda: self._end(end, level))

    def _end(self, end: float, level: float) -> None:
        if self._voice_until == end:
            self.tell(ev.SpeechEnded(end, self._voiced_s, level, FLOOR))

    def _hear_faintly(self, start: float, seconds: float, level: float) -> None:
        told = 0.0
        while told < seconds:
            part = min(FAINT_S, seconds - told)
            told += part
            goes_on = told < seconds
            late = 0.0 if goes_on else PAUSE_S
            self._tell_at(start + told + late, ev.FaintSpeech(part, level, FLOOR, goes_on))

    # ------------------------------------------------------------------ words

    def _read_at(self, end: float, words: Understood) -> None:
        if self.recognizer:
            self.at(end, lambda: self._words.append(words))
            self.at(end + PAUSE_S, lambda: self._read(end))

    def _read(self, end: float) -> None:
        """All that was said in this turn, once the caller pauses; read again if it goes on."""
        assert self.recognizer
        if self._voice_until > end:
            return
        if self.recognizer.fails:
            self.tell(ev.RecognitionFailed(self._turn, self.recognizer.fails))
        else:
            self._tell_at(end + self.recognizer.latency, self._recognized(self._words, end))

    def _recognized(self, words: Sequence[Understood], until: float) -> ev.Recognized:
        text = "".join(each.text for each in words)
        confidence = min((each.confidence for each in words), default=0.0)
        mandarin = min((each.mandarin for each in words), default=1.0)
        return ev.Recognized(self._turn, text, until, confidence, mandarin)


@lru_cache
def heard_in(file: Path, gain_db: float) -> list[Heard]:
    """What voice activity makes of a recording between two stretches of silence of a second."""
    ears, silence = VoiceActivity(capacity=1), bytes(int(_LEAD_S * 16000))
    ears.add(0)
    pcm = amplified(sound_file(file), gain_db).tobytes()
    return ears.process({0: silence + pcm.ljust(-(-len(pcm) // FRAME_BYTES) * FRAME_BYTES, b"\0") + silence})
