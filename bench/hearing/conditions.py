"""The calls that a clip is heard in: how loud it is, what else sounds, and the line.

A signal-to-noise ratio is that of the voice itself (active speech level, ITU-T P.56) to the mean power of what sounds
beside it, whoever speaks: a colleague across the room at 10 dB has a quieter room around him than the caller has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from bench.hearing import sound
from bench.hearing.corpus import Clip, recordings, side_talkers
from bench.hearing.sound import Signal, seed_of
from ivr.audio import RATE
from ivr.speech.g711 import Pcm

Background = Literal["white", "pink", "scene", "music", "babble"]
BACKGROUNDS: tuple[Background, ...] = ("white", "pink", "scene", "music", "babble")
NOMINAL = -26.0
"""dBov: how loud a caller is, on average."""
LEAD_S, TAIL_S, HUSH_S = 2.5, 1.5, 1.0
"""Before and after what is said: time to learn the line's noise, and to be sure of the end. In the last second nothing
sounds any more: a babble without end is a turn without end, and has no verdict."""
_LINE_NOISE = -65.0
_STEADY = ("Rain", "Sea waves", "Helicopter", "Chainsaw", "Fire crackling")
_BABBLERS = (3, 6)


@dataclass(frozen=True)
class Condition:
    """What a clip goes through."""

    name: str
    snr_db: float | None = None
    """None: nothing sounds beside it but the line."""
    level: float | None = None
    """Active level in dBov; None: that of the clip's own caller."""
    background: Background | None = None
    """None: each clip has its own of all kinds."""


CLEAN = Condition("clean")
NOISY = tuple(Condition(f"{snr:.0f} dB SNR", snr) for snr in (20.0, 10.0, 5.0))
LEVELS = tuple(Condition(f"{level:.0f} dBov", level=level) for level in (-12.0, -24.0, -30.0, -36.0))


def background_of(clip: Clip, condition: Condition) -> Background:
    """What sounds beside a clip in this condition."""
    kinds = BACKGROUNDS if clip.kind not in ("noise", "tone") else BACKGROUNDS[:-1]  # voices make noise side talk
    return condition.background or kinds[seed_of("background", clip.name, condition.name) % len(kinds)]


def call(clip: Clip, condition: Condition, level: float = NOMINAL, before: Clip | None = None) -> Pcm:
    """A call in which the clip is heard at `level` dBov, unless the condition names another.

    `before` is something that the caller, at the nominal level, said earlier in the call.
    """
    level = condition.level or level
    parts = [sound.silence(LEAD_S), sound.speech_at(clip.pcm, level), sound.silence(TAIL_S + HUSH_S)]
    if before:
        parts = [sound.silence(LEAD_S), sound.speech_at(before.pcm, NOMINAL), *parts]
    signal = np.concatenate(parts)
    seconds, seed = len(signal) / RATE, seed_of(clip.name, condition.name)
    signal += sound.sound_at(sound.white(seconds, seed), _LINE_NOISE)[: len(signal)]
    if condition.snr_db is not None:
        beside = _background(background_of(clip, condition), seconds - HUSH_S, seed)[: len(signal)]
        signal[: len(beside)] += sound.sound_at(beside, level - condition.snr_db)
    return sound.on_the_line(signal)


def _background(kind: Background, seconds: float, seed: int) -> Signal:
    match kind:
        case "white":
            return sound.white(seconds, seed)
        case "pink":
            return sound.pink(seconds, seed)
        case "music":
            return sound.music(seconds, seed)
        case "scene":
            return _scene(seconds, seed)
        case "babble":
            return _babble(seconds, seed)


def _scene(seconds: float, seed: int) -> Signal:
    """Rain, the sea, an engine; pink noise where there are no recordings of them."""
    scenes = _scenes()
    if not scenes:
        return sound.pink(seconds, seed)
    return np.resize(scenes[seed % len(scenes)].astype(np.float64), round(seconds * RATE))


def _babble(seconds: float, seed: int) -> Signal:
    voices = _babblers()
    draw = np.random.default_rng(seed)
    chosen = draw.choice(len(voices), draw.integers(*_BABBLERS), replace=False)
    return sound.babble([voices[n] for n in chosen], seconds, seed)


@cache
def _scenes() -> Sequence[Pcm]:
    return [clip.pcm for clip in recordings("noise") if any(name in clip.text for name in _STEADY)]


@cache
def _babblers() -> Sequence[Pcm]:
    return [clip.pcm for clip in (recordings("sentence") or side_talkers())]
