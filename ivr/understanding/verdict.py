"""Whether what was heard was meant for us, and could be heard: the verdict on a turn (requirements B2, B3, B4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ivr.standards.model import Expects

Kind = Literal["silent", "noise", "inaudible", "side_talk", "unintelligible", "addressed", "undecided"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a turn; levels in dBov, times in seconds, shares 0-1."""

    voiced_s: float
    level: float
    floor: float
    usual: float
    sounds: int
    faint_s: float
    text: str | None
    confidence: float
    mandarin: float
    expects: Expects
    meaning: float
    relevance: float
    over_prompt: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was heard, why we think so, and by what."""

    kind: Kind
    why: str
    evidence: Evidence


def judge(evidence: Evidence) -> Verdict:
    """First rules, in order; their numbers are to be measured."""
    if evidence.text is None:
        kind: Kind = "inaudible" if evidence.faint_s >= 0.6 else "noise" if evidence.sounds else "silent"
        return Verdict(kind, "no words", evidence)
    if evidence.meaning >= 0.6:
        return Verdict("addressed", "understood", evidence)
    if evidence.mandarin < 0.5:
        return Verdict("unintelligible", "other language", evidence)
    if not evidence.text:
        return Verdict("noise", "no words in it", evidence)
    if evidence.relevance > 0:
        return Verdict("addressed", "our business", evidence)
    return Verdict("side_talk" if evidence.level < -38 else "undecided", "level", evidence)
