"""From any recording to a prompt: 8 kHz, at one level, audible from its first frame to its last.

Silence at either end of a prompt counts for the caller's ear (Asterisk's own playback makes 3.1 s of a wait of 2 s),
so it is cut here, once, and not reckoned with later. What is left is whole 20 ms frames, and the first and the last
of them are audible in the sense of the standard's timing: their peak is above -40 dBFS.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from ivr.audio import FRAME, RATE
from ivr.errors import UserError
from ivr.speech.g711 import Pcm
from ivr.speech.level import FULL_SCALE, SILENT, active_level

LEVEL = -26.0
"""Active speech level of every prompt, dBov (ITU-T P.56)."""
AUDIBLE = FULL_SCALE * 10 ** (-40 / 20)
"""Peak above which a frame is audible at the caller's ear."""

Samples = NDArray[np.float64]
"""Mono audio, shape (samples,), full scale ±1."""

_EDGE = AUDIBLE * 10 ** (2 / 20)  # 2 dB over what must be heard: G.711 rounds
_CEILING = FULL_SCALE * 10 ** (-3 / 20)
_HALF_SCALE = 20 * math.log10(16384 / FULL_SCALE)
_FADE = 40  # samples, 5 ms: long enough not to click


def master(samples: Samples, rate: int) -> Pcm:
    """A prompt made of a recording at any rate, samples a second.

    Raises:
        ValueError: there is nothing audible in it.
    """
    if not len(samples) or not np.isfinite(samples).all():
        raise ValueError("holds no sound")
    audio = np.asarray(soxr.resample(samples - samples.mean(), rate, RATE, quality="VHQ"), np.float64) * FULL_SCALE
    audio = levelled(audio)
    audio *= _gain(trimmed(audio))  # once more without what was cut: silence at the end had counted as speech
    return np.asarray(np.round(trimmed(audio)), np.int16)


def read_recording(path: Path) -> Pcm:
    """A prompt made of a sound file of any kind libsndfile reads; channels are mixed.

    Raises:
        UserError: the file is missing, no sound file, or silent; the message names it.
    """
    try:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
        return master(samples.mean(axis=1), rate)
    except (soundfile.SoundFileError, OSError, ValueError) as error:
        reason = error if isinstance(error, ValueError) else "cannot be read as a sound file"
        raise UserError(f"{path}: {reason} → record it again, or take it away") from None


def beep(seconds: float = 0.3, hertz: float = 1000.0) -> Pcm:
    """The tone before a recording, at the level of speech."""
    time = np.arange(round(seconds * RATE / FRAME) * FRAME) / RATE
    amplitude = FULL_SCALE * 10 ** (LEVEL / 20) * np.sqrt(2)
    return np.asarray(np.round(_faded(amplitude * np.sin(2 * np.pi * hertz * time))), np.int16)


def levelled(audio: Samples) -> Samples:
    """At the level of speech; 8 kHz, full scale ±32768. Raises ValueError where it is silent."""
    return audio * _gain(audio)


def _gain(audio: Samples) -> float:
    """To the level of speech; a recording with rare high peaks stays softer rather than be clipped."""
    peak = float(np.abs(audio).max(initial=0.0))
    level = active_level(np.asarray(np.round(audio * (16384 / peak)), np.int16)) if peak > 0 else SILENT
    if level <= SILENT:
        raise ValueError("is silent")
    level = min(level, _HALF_SCALE)  # P.56 needs more than some 30 ms of sound to be right; nothing is above its peak
    wanted = 10 ** ((LEVEL - level) / 20) * 16384 / peak
    return min(wanted, _CEILING / peak)


def trimmed(audio: Samples) -> Samples:
    """Whole frames from the first audible sample to the last, with 5 ms or more of run-in and run-out to fade in.

    Samples are 8 kHz, full scale ±32768. The fades lie in what is inaudible anyway; run-in and run-out are shorter
    than a frame, so the outermost frames keep an audible sample.

    Raises:
        ValueError: there is no audible sample.
    """
    loud = np.flatnonzero(np.abs(audio) > _EDGE)
    if not len(loud):
        raise ValueError("is silent")
    first, end = int(loud[0]), int(loud[-1]) + 1
    margin = 2 * _FADE + -(end - first + 2 * _FADE) % FRAME
    run_in = margin // 2
    padded = np.pad(audio, FRAME)
    begin = FRAME + first - run_in
    return _faded(padded[begin : begin + margin + end - first])


def _faded(audio: Samples) -> Samples:
    ramp = np.sin(np.linspace(0, np.pi / 2, _FADE, endpoint=False)) ** 2
    audio = audio.copy()
    audio[:_FADE] *= ramp
    audio[-_FADE:] *= ramp[::-1]
    return audio
