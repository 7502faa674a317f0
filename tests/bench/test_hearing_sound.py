from __future__ import annotations

import numpy as np
import pytest

from bench.hearing import conditions, sound
from bench.hearing.conditions import BACKGROUNDS, CLEAN, HUSH_S, LEAD_S, TAIL_S, Condition
from bench.hearing.corpus import Clip
from ivr.audio import FRAME, RATE
from ivr.speech.g711 import Pcm
from ivr.speech.level import active_level, dbov
from tests.speech.line import voice


@pytest.fixture(scope="module")
def spoken() -> Pcm:
    """One of our prompts."""
    return sound.pcm(voice(-26.0))


@pytest.fixture(scope="module")
def clip(spoken: Pcm) -> Clip:
    return Clip("wish", "您好", "we", spoken)


def power_at(signal: Pcm, begin_s: float, end_s: float) -> float:
    piece = signal[round(begin_s * RATE) : round(end_s * RATE)].astype(np.float64)
    return dbov(float(np.mean(piece**2)))


def test_a_voice_is_as_loud_as_asked(spoken: Pcm) -> None:
    assert active_level(sound.pcm(sound.speech_at(spoken, -36.0))) == pytest.approx(-36.0, abs=0.2)


def test_the_line_carries_whole_frames_and_clips(spoken: Pcm) -> None:
    heard = sound.on_the_line(spoken[:-30].astype(np.float64) * 40)
    assert len(heard) % FRAME == 0
    assert heard.max() == 32256, "A-law's largest value"


@pytest.mark.parametrize("background", [name for name in BACKGROUNDS if name != "babble"])
def test_noise_is_that_much_softer_than_the_voice(clip: Clip, background: conditions.Background) -> None:
    call = conditions.call(clip, Condition("10 dB SNR", 10.0, background=background))
    tail = call[-round((TAIL_S + HUSH_S) * RATE) : -round(HUSH_S * RATE)]
    beside = np.concatenate([call[: round(LEAD_S * RATE)], tail])
    assert dbov(float(np.mean(beside.astype(np.float64) ** 2))) == pytest.approx(-36.0, abs=2.5)


def test_babble_has_the_voices_in_it_equally_loud(spoken: Pcm) -> None:
    mixed = sound.babble([spoken, spoken // 4], 4.0, seed=3)
    assert len(mixed) == 4 * RATE
    assert dbov(float(np.mean(mixed**2))) == pytest.approx(-26.0 + 3.0 - 1.0, abs=2.0)


def test_a_clean_call_has_the_voice_in_its_middle(clip: Clip) -> None:
    call = conditions.call(clip, CLEAN)
    assert power_at(call, 0.0, LEAD_S - 0.1) < -60.0
    assert power_at(call, LEAD_S, LEAD_S + 1.0) > -35.0


def test_what_the_caller_said_before_is_in_the_call(clip: Clip) -> None:
    longer = conditions.call(clip, CLEAN, -40.0, before=clip)
    alone = conditions.call(clip, CLEAN, -40.0)
    assert len(longer) - len(alone) == pytest.approx(round(LEAD_S * RATE) + len(clip.pcm), abs=FRAME)


def test_across_the_room_a_voice_is_dull(spoken: Pcm) -> None:
    def treble(pcm: Pcm) -> float:
        spectrum = np.abs(np.fft.rfft(pcm.astype(np.float64))) ** 2
        return float(spectrum[len(spectrum) * 3 // 4 :].sum() / spectrum.sum())

    assert treble(sound.across_the_room(spoken, seed=1)) < treble(spoken) / 3


def test_music_differs_by_seed_and_is_the_same_for_one() -> None:
    assert np.array_equal(sound.music(1.0, 5), sound.music(1.0, 5))
    assert not np.array_equal(sound.music(1.0, 5), sound.music(1.0, 6))
