"""The calls that verdicts are judged on: what was really there, and what the ear had to go by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from bench.hearing import activity, conditions, sound
from bench.hearing.chain import Call, Understood, understand
from bench.hearing.conditions import CLEAN, LEAD_S, NOMINAL, Condition
from bench.hearing.corpus import Clip, callers, foreigners, numbers, side_talkers
from bench.hearing.scribe import Scribe
from bench.hearing.sound import seed_of
from ivr.audio import RATE
from ivr.standards.said import Expects
from ivr.understanding.verdict import Kind

QUESTIONS: tuple[Expects, ...] = ("text", "text", "yes_no", "waybill", "name")
"""What had been asked when others were talked to, or something else sounded: mostly anything."""
_CALLER_DB, _SIDE_DB, _FAINT_DB, _SOUND_DB = (-6.0, 6.0), (-15.0, -6.0), (-34.0, -26.0), (-16.0, 2.0)
"""Loudness against the nominal caller's."""
_SILENCES = 20
_SILENCE_S = 4.0


class Case(NamedTuple):
    """A clip, what it is, and how it comes to be heard."""

    truth: Kind
    clip: Clip
    level: float
    """dBov."""
    before: Clip | None = None
    """What the caller had said earlier in the call."""

    def call(self, condition: Condition) -> Call:
        """The call in this condition; the turn of interest begins when what was said before is over."""
        pcm = conditions.call(self.clip, condition, self.level, self.before)
        since = LEAD_S + len(self.before.pcm) / RATE + LEAD_S / 2 if self.before else 0.0
        return Call(pcm, self.clip.expects, since)


def cases(voices: int = 1) -> list[Case]:
    """Of every kind, both halves."""
    said = [*callers(voices), *numbers(voices)]
    return [
        *_silent(),
        *_sounds(),
        *_voices("addressed", said, _CALLER_DB),
        *_voices("inaudible", [clip for clip in said if clip.kind == "wish"][::2], _FAINT_DB),
        *_voices("unintelligible", foreigners(), _CALLER_DB),
        *_side_talk(voices, said),
    ]


def heard(chosen: Sequence[Case], condition: Condition, scribe: Scribe) -> list[Understood]:
    """What the chain makes of each."""
    return understand([case.call(condition) for case in chosen], scribe)


def _silent() -> Iterator[Case]:
    nothing = np.zeros(round(_SILENCE_S * RATE), np.int16)
    for n in range(_SILENCES):
        yield Case("silent", Clip("tone", f"silence {n}", "nobody", nothing, _asked(f"silence {n}")), NOMINAL)


def _sounds() -> Iterator[Case]:
    for clip in activity.not_speech():
        asked = replace(clip, text=f"{clip.text} {clip.speaker}", expects=_asked(clip.name))
        yield Case("noise", asked, NOMINAL + _drawn(clip, _SOUND_DB))


def _voices(truth: Kind, clips: Sequence[Clip], loudness: tuple[float, float]) -> Iterator[Case]:
    return (Case(truth, clip, NOMINAL + _drawn(clip, loudness)) for clip in clips)


def _side_talk(voices: int, said: Sequence[Clip]) -> Iterator[Case]:
    """Across the room; every other one after the caller had said something to us, so that their level is known."""
    wishes = [clip for clip in said if clip.kind == "wish"]
    for clip in side_talkers(voices):
        seed = seed_of("side talk", clip.name)
        turned = replace(clip, pcm=sound.across_the_room(clip.pcm, seed), expects=_asked(clip.name))
        before = wishes[seed // 2 % len(wishes)] if seed % 2 else None
        yield Case("side_talk", turned, NOMINAL + _drawn(clip, _SIDE_DB), before)


def _asked(name: str) -> Expects:
    return QUESTIONS[seed_of("asked", name) % len(QUESTIONS)]


def _drawn(clip: Clip, between: tuple[float, float]) -> float:
    """Always the same for a clip."""
    low, high = between
    return low + (high - low) * (seed_of("level", clip.name) % 1000) / 999


def truth(case: Case, understood: Understood) -> Kind:
    """What was there: whoever is understood rightly is addressing us, however faint or in whatever dialect."""
    meaning = understood.meaning
    told = meaning.answer.value if meaning.answer else meaning.intent if meaning.decided != "none" else ""
    return "addressed" if told and told == case.clip.value else case.truth


def of_half(found: Sequence[Case], half: str) -> list[Case]:
    """Those whose text belongs to a half."""
    return [case for case in found if case.clip.half == half]


def silent_only_clean(found: Sequence[Case], condition: Condition) -> list[Case]:
    """Without silence where something sounds: that would be noise."""
    return [case for case in found if case.truth != "silent" or condition is CLEAN]
