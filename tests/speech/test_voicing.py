from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from ivr.audio import FRAME, RATE
from ivr.speech.level import active_level
from ivr.speech.lines import shipped_lines, texts_of
from ivr.speech.mastering import AUDIBLE, Samples, beep, master
from ivr.speech.rendered import shipped_set, text_key
from ivr.speech.voicing import NORMAL, Voicing, voiced

CEILING = 32768 * 10 ** (-1 / 20)
LOUDER = (6.0, 12.0, 18.0)
SLOWER = (0.5, 0.6, 0.8, 0.9)


def vowel(seconds: float, hertz: float = 200.0) -> bytes:
    """A sung vowel with sharp peaks, mastered: harmonics of `hertz` below 4 kHz, swelling four times a second."""
    time = np.arange(round(seconds * RATE)) / RATE
    partials = [np.cos(2 * np.pi * hertz * n * time) / n**0.5 for n in range(1, int(3800 / hertz))]
    return master(0.2 * np.sum(partials, axis=0) * (0.6 + 0.4 * np.sin(8 * np.pi * time)), RATE).tobytes()


def samples(pcm: bytes) -> Samples:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


@cache
def prompts() -> dict[str, bytes]:
    """The shortest, the longest, and some between."""
    shipped = shipped_set()
    texts = sorted(texts_of(shipped_lines(["general"])), key=lambda text: shipped.entries[text_key(text)].seconds)
    return {text: shipped.read(text).tobytes() for text in [*texts[::8], texts[-1]]}


def pitch(audio: Samples) -> float:
    """Hertz of the strongest period of 40 ms."""
    windowed = audio * np.hanning(len(audio))
    likeness = np.fft.irfft(np.abs(np.fft.rfft(windowed, 2 * len(audio))) ** 2)[20:120]
    return float(RATE / (20 + np.argmax(likeness)))


def between_harmonics(pcm: bytes, hertz: float) -> float:
    """Power off the harmonics of `hertz` over all power, dB; the swelling stays within 20 Hz of a harmonic."""
    audio = samples(pcm)[FRAME:-FRAME]
    power = np.abs(np.fft.rfft(audio * np.hanning(len(audio)))) ** 2
    from_harmonic = np.abs((np.fft.rfftfreq(len(audio), 1 / RATE) + hertz / 2) % hertz - hertz / 2)
    return float(10 * np.log10(power[from_harmonic > 20].sum() / power.sum()))


@pytest.mark.parametrize("voice", [Voicing(gain, tempo) for gain in (0.0, *LOUDER) for tempo in (1.0, *SLOWER)])
def test_every_prompt_stays_a_prompt(voice: Voicing) -> None:
    """Whole frames, the first and the last of them audible, nothing clipped: what `master` promises."""
    for text, pcm in prompts().items():
        frames = np.abs(samples(voiced(pcm, *voice)).reshape(-1, FRAME)).max(axis=1)
        assert frames[[0, -1]].min() > AUDIBLE, text
        assert frames.max() < CEILING + 1, text


@pytest.mark.req("B5")
@pytest.mark.parametrize("gain_db", LOUDER[:2])
def test_louder_is_louder_by_so_much(gain_db: float) -> None:
    for text, pcm in prompts().items():
        before, after = (active_level(np.frombuffer(sound, "<i2")) for sound in (pcm, voiced(pcm, gain_db, 1.0)))
        assert after - before == pytest.approx(gain_db, abs=0.7), text


def test_at_most_gain_the_limiter_leaves_most_of_it() -> None:
    levels = [active_level(np.frombuffer(voiced(pcm, 18.0, 1.0), "<i2")) for pcm in prompts().values()]
    assert min(levels) > -26 + 14


@pytest.mark.parametrize("gain_db", LOUDER[1:])
def test_the_limiter_turns_down_and_does_not_distort(gain_db: float) -> None:
    """Harmonics of 130 Hz that clipping adds fold back between the others: then -18 dB of the power is there."""
    assert between_harmonics(voiced(vowel(3.0, 130.0), gain_db, 1.0), 130.0) < -40


def test_a_peak_is_turned_down_beforehand_and_its_surroundings_recover() -> None:
    sound = samples(vowel(2.0)) / 4
    sound[8000] = 20000
    louder = samples(voiced(sound.astype("<i2").tobytes(), 12.0, 1.0))
    assert abs(louder[8000]) == pytest.approx(CEILING, rel=0.01)
    far = np.abs(np.arange(len(sound)) - 8000) > 0.05 * RATE
    assert np.abs(louder[far] - sound.astype(np.int16)[far] * 10 ** (12 / 20)).max() < 1


@pytest.mark.req("B11")
@pytest.mark.parametrize("tempo", SLOWER)
def test_slower_is_longer_by_so_much(tempo: float) -> None:
    for text, pcm in prompts().items():
        assert len(voiced(pcm, 0.0, tempo)) * tempo == pytest.approx(len(pcm), abs=2 * 3 * FRAME), text


@pytest.mark.req("B11")
@pytest.mark.parametrize("tempo", SLOWER)
@pytest.mark.parametrize("hertz", [90.0, 140.0, 200.0, 280.0])
def test_slower_keeps_the_pitch(tempo: float, hertz: float) -> None:
    """Of a low man as of a high woman: every 40 ms in the middle of it."""
    slow = samples(voiced(vowel(1.5, hertz), 0.0, tempo))
    pitches = [pitch(slow[start : start + 2 * FRAME]) for start in range(2 * FRAME, len(slow) - 4 * FRAME, FRAME)]
    assert pitches == pytest.approx([hertz] * len(pitches), rel=0.06)


@pytest.mark.parametrize("tempo", SLOWER)
def test_slower_adds_no_clicks(tempo: float) -> None:
    assert between_harmonics(voiced(vowel(3.0), 0.0, tempo), 200.0) < -30
    for text, pcm in prompts().items():
        steps = [np.percentile(np.abs(np.diff(samples(sound), 2)), 99.9) for sound in (pcm, voiced(pcm, 0.0, tempo))]
        assert steps[1] < 1.2 * steps[0], text


@pytest.mark.parametrize("seconds", [0.04, 0.1, 0.3, 12.0])
def test_a_digit_and_a_long_sentence_alike(seconds: float) -> None:
    slow = samples(voiced(vowel(seconds), 6.0, 0.8))
    assert len(slow) / RATE * 0.8 == pytest.approx(seconds, abs=0.05)
    assert np.abs(slow.reshape(-1, FRAME)).max(axis=1)[[0, -1]].min() > AUDIBLE


def test_as_recorded_is_as_recorded() -> None:
    assert voiced(beep().tobytes(), *NORMAL) == beep().tobytes()
    assert voiced(b"", 6.0, 1.0) == b""


def test_what_is_silent_cannot_be_slowed() -> None:
    with pytest.raises(ValueError, match="is silent"):
        voiced(bytes(320 * 10), 0.0, 0.8)
