"""Whether what was heard was meant for us, and could be heard: the verdict on a turn (requirements B1 to B4, B6).

A verdict is no more than its evidence: how much voice there was, how loud against the line, the caller's own level
earlier in the call, what the recogniser read and how sure it was, what had been asked, what the words mean. Whoever is
understood is addressing us, however they sound; what cannot be understood is told apart by why not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ivr.standards.model import Expects

Kind = Literal["silent", "noise", "inaudible", "side_talk", "unintelligible", "addressed", "undecided"]
_UNKNOWN = -99.0  # dBov; below it a level was not measured


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a turn."""

    voiced_s: float
    """Seconds of near voice, confirmed as speech."""
    level: float
    """Its active level, dBov."""
    floor: float
    """Noise floor of the line, dBov."""
    usual: float
    """Active level of what the caller said to us earlier in the call, dBov; `SILENT` where that was nothing."""
    sounds: int
    """Sounds that were taken for no speech."""
    faint_s: float
    """Seconds of voice too faint to be near."""
    text: str | None
    """What was read, "" for no words; None where there is no recogniser, or it failed."""
    confidence: float
    """0-1: how sure of its words the recogniser is, on average."""
    mandarin: float
    """0-1: that the language is Mandarin."""
    expects: Expects
    """What had been asked."""
    meaning: float
    """0-1: how well the words fit a wish that is known here, or an answer to what was asked."""
    relevance: float
    """0-1: how much of the house's business is in the words."""
    over_prompt: bool
    """It began while we spoke."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was heard, why we think so, and by what."""

    kind: Kind
    why: str
    """One of a few short phrases, for the record."""
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Numbers the verdict turns on; chosen on half A of the evaluation (``make bench-hearing``), reported on half B."""

    faint_s: float = 0.6
    """Seconds of faint voice, and no other, that make a caller who is trying to speak to us."""
    understood: float = 0.6
    """Meaning from which words are for us whatever else speaks against it."""
    foreign: float = 0.5
    """Probability of Mandarin below which it is another language."""
    foreign_s: float = 0.8
    """Seconds of voice by which a language can be told."""
    garbled: float = 0.35
    """Confidence below which words were not understood."""
    faint_level: float = -44.0
    """dBov below which what was not understood was too faint."""
    faint_snr: float = 8.0
    """dB above the noise floor below which it was drowned."""
    softer: float = 6.0
    """dB below the caller's usual level at which they have turned away, or somebody else speaks."""
    far: float = -34.0
    """dBov below which somebody speaks who has not spoken to us yet, and is not close to the telephone."""


THRESHOLDS = Thresholds()


def judge(evidence: Evidence, thresholds: Thresholds = THRESHOLDS) -> Verdict:
    """The verdict on a turn: the first of the rules that holds."""
    kind, why = _without_voice(evidence, thresholds) if not evidence.voiced_s else _with_voice(evidence, thresholds)
    return Verdict(kind, why, evidence)


def _without_voice(evidence: Evidence, thresholds: Thresholds) -> tuple[Kind, str]:
    if evidence.faint_s >= thresholds.faint_s:
        return "inaudible", "faint voice"
    if evidence.sounds or evidence.faint_s:
        return "noise", "no voice in it"
    return "silent", "nothing heard"


def _with_voice(evidence: Evidence, thresholds: Thresholds) -> tuple[Kind, str]:
    e, t = evidence, thresholds
    if e.text is None:
        return "addressed", "near voice, no words known"
    if e.meaning >= t.understood:
        return "addressed", "understood"
    drowned = e.level < t.faint_level or e.level - e.floor < t.faint_snr
    unclear = not e.text or e.confidence < t.garbled
    if unclear and drowned:
        return "inaudible", "too soft for words"
    if e.mandarin < t.foreign and e.voiced_s >= t.foreign_s:
        return "unintelligible", "other language"
    if not e.text:
        return "noise", "no words in it"
    if e.confidence < t.garbled:
        return "unintelligible", "no clear words"
    if e.relevance > 0:
        return "addressed", "our business"
    if _turned_away(e, t):
        return "side_talk", "softer than to us"
    return "addressed", "near and clear"


def _turned_away(evidence: Evidence, thresholds: Thresholds) -> bool:
    if evidence.usual > _UNKNOWN:
        return evidence.level < evidence.usual - thresholds.softer
    return evidence.level < thresholds.far
