"""What stands between a voice and our ear: a room, a level, what else is to be heard, and the line.

Signals are float64, shape (samples,), 8 kHz, full scale ±32768; levels are dBov.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ivr.audio import FRAME, RATE
from ivr.speech.g711 import Pcm, alaw_decode, alaw_encode
from ivr.speech.level import FULL_SCALE, SILENT, active_level

Signal = NDArray[np.float64]

_REVERBERATION_S = 0.4  # of a living room, to -60 dB
_DULL_HZ = 2200.0  # a voice that is turned away loses its treble


def seed_of(*parts: object) -> int:
    """The same number for the same parts, on every machine and in every run."""
    return zlib.crc32("\0".join(map(str, parts)).encode())


def silence(seconds: float) -> Signal:
    """Nothing at all."""
    return np.zeros(round(seconds * RATE))


def speech_at(voice: Pcm, dbov: float) -> Signal:
    """A voice with its active speech level (ITU-T P.56) moved to `dbov`."""
    level = active_level(voice)
    gain = 10 ** ((dbov - level) / 20) if level > SILENT else 1.0
    return voice.astype(np.float64) * gain


def sound_at(sound: Signal, dbov: float) -> Signal:
    """A sound with its mean power moved to `dbov`."""
    power = float(np.mean(sound**2))
    return sound * FULL_SCALE * 10 ** (dbov / 20) / np.sqrt(power) if power else sound


def white(seconds: float, seed: int) -> Signal:
    """White noise at 0 dBov."""
    return np.random.default_rng(seed).normal(scale=FULL_SCALE, size=round(seconds * RATE))


def pink(seconds: float, seed: int) -> Signal:
    """Noise of equal power in every octave, of some level."""
    spectrum = np.fft.rfft(white(seconds, seed))
    return np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)), round(seconds * RATE))


def music(seconds: float, seed: int) -> Signal:
    """Plucked chords over a bass and a soft beat, in a key, a tempo and a register that `seed` chooses."""
    draw = np.random.default_rng(seed)
    beat_s, root = draw.uniform(0.25, 0.5), 110 * 2 ** (draw.integers(0, 24) / 12)
    length = round(beat_s * RATE)
    beats = [_beat(length, root, draw) for _ in range(-(-round(seconds * RATE) // length))]
    return np.concatenate(beats)[: round(seconds * RATE)]


def _beat(length: int, root: float, draw: np.random.Generator) -> Signal:
    time = np.arange(length) / RATE
    chord = root * 2 ** (draw.choice([0, 5, 7, 9]) / 12) * np.array([0.5, 1, 2 ** (4 / 12), 2 ** (7 / 12), 2])
    strings = [
        np.sin(2 * np.pi * note * partial * time) / partial * np.exp(-3 * np.sqrt(partial) * time)
        for note in chord
        for partial in range(1, 7)
        if note * partial < RATE / 2
    ]
    drum = draw.normal(size=length) * np.exp(-60 * time) * draw.uniform(0, 1.5)
    return np.asarray(np.sum([*strings, drum], axis=0), np.float64)


def babble(voices: Sequence[Pcm], seconds: float, seed: int) -> Signal:
    """All of `voices` at once and equally loud, each over and over from a place of its own."""
    draw = np.random.default_rng(seed)
    loops = [np.roll(speech_at(voice, -26.0), draw.integers(len(voice))) for voice in voices]
    return np.asarray(np.sum([np.resize(loop, round(seconds * RATE)) for loop in loops], axis=0), np.float64)


def across_the_room(voice: Pcm, seed: int) -> Pcm:
    """A voice as the telephone hears it that is not held to the mouth: dull, and with the room's echo."""
    draw = np.random.default_rng(seed)
    time = np.arange(round(_REVERBERATION_S * RATE)) / RATE
    response = draw.normal(size=len(time)) * 10 ** (-3 * time / _REVERBERATION_S) * 0.08
    response[0] = 1.0
    size = len(voice) + len(response) - 1
    spectrum = np.fft.rfft(voice, size) * np.fft.rfft(response, size)
    spectrum /= np.sqrt(1 + (np.fft.rfftfreq(size, 1 / RATE) / _DULL_HZ) ** 4)
    return pcm(np.fft.irfft(spectrum, size))


def on_the_line(signal: Signal) -> Pcm:
    """As it arrives: clipped, whole frames, through A-law."""
    return alaw_decode(alaw_encode(pcm(np.pad(signal, (0, -len(signal) % FRAME)))))


def pcm(signal: Signal) -> Pcm:
    """16-bit samples, clipped."""
    return np.clip(np.round(signal), -32768, 32767).astype(np.int16)
