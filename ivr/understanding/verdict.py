"""Whether what was heard was meant for us, and could be heard: the verdict on a turn (requirements B1 to B4, B6).

A verdict is no more than its evidence: how much voice there was, how loud against the line, the caller's own level
earlier in the call, what the recogniser read and how sure it was, what had been asked, what the words mean. Whoever is
understood is addressing us, however they sound; what cannot be understood is told apart by why not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ivr.standards.said import Expects

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

    faint_s: float = 0.3
    """Seconds of faint voice, and no other, that make a caller who is trying to speak to us."""
    behind: float = 12.0
    """dB below the caller's usual level at which a faint voice is somebody else's."""
    understood: float = 0.65
    """Meaning from which words are for us."""
    understood_afar: float = 0.8
    """The same where they were said softly, as to others or from afar."""
    guessed: float = 0.3
    """Confidence below which the words of another language are no more than what it sounds like in Mandarin."""
    clear_snr: float = 20.0
    """dB above the noise floor from which what is not understood is not the line's fault."""
    noisy_snr: float = 6.0
    """dB above the noise floor at which most of it may be."""
    faint_snr: float = 6.0
    """dB above the noise floor below which a voice is drowned."""
    faint: float = -45.0
    """dBov below which what was not understood was too soft."""
    wordy: float = 1.5
    """Characters a second of voice; with fewer, and unsure ones, the recogniser has made words of a noise."""
    language_s: float = 0.7
    """Seconds of voice by which a language, or whom it is for, can be told."""
    foreign: float = 0.15
    """Probability of Mandarin below which it is another language, whoever speaks."""
    mandarin: float = 0.9
    """The same of somebody who speaks to us on a clear line."""
    confident: float = 0.5
    """Confidence below which a clear voice was not understood: a dialect, or an accent too strong for us."""
    in_noise: float = 0.5
    """What is left of these two on a noisy line, where neither can be told as surely."""
    softer: float = 4.0
    """dB below the caller's usual level at which they have turned away, or somebody else speaks."""
    far: float = -32.0
    """dBov below which somebody speaks who has not spoken to us yet, and is not close to the telephone."""
    far_unasked: float = -30.0
    """The same where the words are no answer to the question that was asked."""
    doubt: float = 2.0
    """dB above that within which it stays undecided."""
    louder: float = 2.5
    """dB by which a voice seems louder on a noisy line, since its softest sounds are lost."""


THRESHOLDS = Thresholds()

Rule = tuple[Kind, str, Callable[[Evidence, Thresholds], bool]]


def judge(evidence: Evidence, thresholds: Thresholds = THRESHOLDS) -> Verdict:
    """The verdict on a turn: that of the first rule that holds."""
    rules = RULES if evidence.voiced_s else RULES_WITHOUT_VOICE
    kind, why, _ = next(rule for rule in rules if rule[2](evidence, thresholds))
    return Verdict(kind, why, evidence)


def _in_the_background(e: Evidence, t: Thresholds) -> bool:
    return bool(e.faint_s) and e.usual > _UNKNOWN and e.level < e.usual - t.behind


def _understood(e: Evidence, t: Thresholds) -> bool:
    guessed = e.mandarin < t.mandarin * t.in_noise and e.confidence < t.guessed
    return not guessed and e.meaning >= (t.understood_afar if _afar(e, t) else t.understood)


def _too_soft(e: Evidence, t: Thresholds) -> bool:
    return e.level < t.faint or e.level - e.floor < t.faint_snr


def _made_of_noise(e: Evidence, t: Thresholds) -> bool:
    if not e.text:
        return e.voiced_s < t.language_s or e.mandarin >= t.mandarin * t.in_noise
    return e.confidence < t.confident * t.in_noise and len(e.text) < t.wordy * e.voiced_s and e.mandarin >= t.foreign


def _foreign(e: Evidence, t: Thresholds) -> bool:
    return e.voiced_s >= t.language_s and e.mandarin < t.foreign


def _turned_away(e: Evidence, t: Thresholds) -> bool:
    return _afar(e, t) or (_unasked(e, t) and _as_if_clear(e, t) < t.far_unasked)


def _perhaps_turned_away(e: Evidence, t: Thresholds) -> bool:
    return _unasked(e, t) and _as_if_clear(e, t) < t.far_unasked + t.doubt


def _unasked(e: Evidence, t: Thresholds) -> bool:
    """No answer to the question, of somebody whom we have not heard before."""
    return e.expects != "text" and e.usual <= _UNKNOWN and e.voiced_s >= t.language_s


def _accent(e: Evidence, t: Thresholds) -> bool:
    return e.voiced_s >= t.language_s and e.mandarin < t.mandarin * _share(e, t)


def _no_clear_words(e: Evidence, t: Thresholds) -> bool:
    return e.voiced_s >= t.language_s and e.confidence < t.confident * _share(e, t)


def _afar(e: Evidence, t: Thresholds) -> bool:
    return _as_if_clear(e, t) < (e.usual - t.softer if e.usual > _UNKNOWN else t.far)


def _as_if_clear(e: Evidence, t: Thresholds) -> float:
    """Its level as it would be on a clear line, dBov."""
    return e.level - t.louder * (1 - _clear(e, t))


def _share(e: Evidence, t: Thresholds) -> float:
    """Of what may be expected of the recogniser on a clear line."""
    return t.in_noise + (1 - t.in_noise) * _clear(e, t)


def _clear(e: Evidence, t: Thresholds) -> float:
    """How clear the line is, 0-1."""
    return min(1.0, max(0.0, (e.level - e.floor - t.noisy_snr) / (t.clear_snr - t.noisy_snr)))


RULES_WITHOUT_VOICE: tuple[Rule, ...] = (
    ("noise", "somebody in the background", _in_the_background),
    ("inaudible", "faint voice", lambda e, t: e.faint_s >= t.faint_s),
    ("noise", "no voice in it", lambda e, t: bool(e.sounds or e.faint_s)),
    ("silent", "nothing heard", lambda e, t: True),
)
RULES: tuple[Rule, ...] = (
    ("addressed", "near voice, no words known", lambda e, t: e.text is None),
    ("addressed", "understood", _understood),
    ("inaudible", "too soft for words", _too_soft),
    ("noise", "no words in it", _made_of_noise),
    ("unintelligible", "other language", _foreign),
    ("addressed", "our business", lambda e, t: e.relevance > 0),
    ("side_talk", "softer than to us", _turned_away),
    ("unintelligible", "other language", _accent),
    ("unintelligible", "no clear words", _no_clear_words),
    ("undecided", "not what was asked", _perhaps_turned_away),
    ("addressed", "near and clear", lambda e, t: True),
)
