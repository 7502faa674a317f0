"""Music for callers who wait (requirement D1): our own, made of a few sines when it is needed, the same each time.

Eight bars over four chords of C major, slow, soft, and between 200 and 2100 Hz, where a telephone carries them. What
sounds on at the end sounds into the beginning, so that it can be played over and over without a seam.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from ivr.audio import RATE
from ivr.speech.g711 import Pcm
from ivr.speech.mastering import Samples, levelled

BELOW_SPEECH_DB = 10.0
"""It is so much softer than prompts: a voice that comes back is louder than what it ends."""
_BEAT = 0.84  # seconds, 42 frames: some 71 beats a minute
_BEATS = 4
_CHORDS = ((60, 64, 67, 72), (57, 60, 64, 69), (57, 60, 65, 69), (59, 62, 67, 71)) * 2
"""C, A minor, F, G: one a bar, as MIDI notes."""
_ARPEGGIO = (0, 2, 1, 3, 2, 3, 1, 2)
"""Notes of the chord, one an eighth, an octave higher."""
_MELODY = ((76, 79), (81, 79), (77, 81), (79, 74), (76, 72), (76, 81), (84, 81), (79, 83))
"""Two half notes a bar."""
_PARTIALS = (1.0, 0.3, 0.08)


@cache
def hold_music() -> Pcm:
    """27 s of 16-bit mono at 8 kHz, whole frames, to be repeated."""
    loop = np.zeros(round(len(_CHORDS) * _BEATS * _BEAT * RATE))
    for bar, (chord, melody) in enumerate(zip(_CHORDS, _MELODY, strict=True)):
        at = bar * _BEATS * _BEAT
        for note in chord:
            _add(loop, at, 0.10 * _tone(note, _BEATS * _BEAT + 1.0, attack_s=0.5, decay_s=3.0))
        for eighth, which in enumerate(_ARPEGGIO):
            _add(loop, at + eighth * _BEAT / 2, 0.22 * _tone(chord[which] + 12, 1.6, attack_s=0.008, decay_s=0.4))
        for half, note in enumerate(melody):
            _add(loop, at + half * 2 * _BEAT, 0.30 * _tone(note, 2.6, attack_s=0.03, decay_s=0.9))
    return softened(levelled(loop))


def softened(audio: Samples | Pcm) -> Pcm:
    """Music at the level of speech, as it is played while somebody waits; full scale ±32768."""
    return np.asarray(np.round(audio * 10 ** (-BELOW_SPEECH_DB / 20)), np.int16)


def _tone(note: int, seconds: float, attack_s: float, decay_s: float) -> Samples:
    """A note that fades in, and out to nothing by its end."""
    time = np.arange(round(seconds * RATE)) / RATE
    hertz = 440.0 * 2 ** ((note - 69) / 12)
    wave = sum(part * np.sin(2 * np.pi * hertz * number * time) for number, part in enumerate(_PARTIALS, 1))
    shape = np.minimum(time / attack_s, 1.0) * np.exp(-time / decay_s) * np.cos(np.pi / 2 * time / seconds)
    return np.asarray(wave * shape, np.float64)


def _add(loop: Samples, at_s: float, sound: Samples) -> None:
    """What reaches beyond the end goes on at the beginning."""
    where = (round(at_s * RATE) + np.arange(len(sound))) % len(loop)
    loop[where] += sound  # no sound is longer than the loop: each place occurs once
