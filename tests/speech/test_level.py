from __future__ import annotations

import numpy as np
import pytest

from ivr.speech.level import FULL_SCALE, SILENT, LiveLevel, active_level, dbov
from tests.speech.line import at_level, silence, tones, voice, white


def pcm(signal: np.ndarray) -> np.ndarray:
    return np.round(signal).astype(np.int16)


def test_a_full_scale_square_wave_is_0_dbov_and_a_sine_3_db_less() -> None:
    assert dbov(FULL_SCALE**2) == 0
    assert active_level(pcm(tones(2.0, -10.0, 500))) == pytest.approx(-10.0, abs=0.2)


def test_silence_has_no_active_level() -> None:
    assert active_level(np.zeros(8000, np.int16)) == SILENT
    assert active_level(np.zeros(0, np.int16)) == SILENT
    assert LiveLevel().level == SILENT


def test_pauses_do_not_lower_the_active_level() -> None:
    speech = voice(-20.0)
    spread = np.concatenate([speech, silence(5.0), speech])
    assert active_level(pcm(spread)) == pytest.approx(-20.0, abs=0.3)
    assert dbov(float(np.mean(spread**2))) < -22


@pytest.mark.parametrize("level", [-12.0, -26.0, -36.0])
def test_the_active_level_follows_a_gain(level: float) -> None:
    assert active_level(pcm(voice(level))) == pytest.approx(level, abs=0.1)


def test_faint_line_noise_does_not_count_as_activity() -> None:
    speech = np.concatenate([silence(3.0), voice(-26.0), silence(3.0)])
    noisy = speech + white(len(speech) / 8000, -60.0)
    assert active_level(pcm(noisy)) == pytest.approx(-26.0, abs=0.5)


def test_a_live_level_is_the_mean_power_of_what_it_was_told() -> None:
    live, more = LiveLevel(), LiveLevel()
    live.add(power=FULL_SCALE**2 * 1e-2, seconds=1.0)
    more.add(power=FULL_SCALE**2 * 3e-2, seconds=1.0)
    live.merge(more)
    assert live.level == pytest.approx(10 * np.log10(2e-2))


def test_at_level_of_the_tests_agrees() -> None:
    assert dbov(float(np.mean(at_level(white(1.0, -3.0), -40.0) ** 2))) == pytest.approx(-40.0)


def test_what_is_long_past_weighs_little() -> None:
    level = LiveLevel()
    level.add(FULL_SCALE**2 * 1e-1, 1.0)
    for _ in range(100):
        level.fade(0.95)
        level.add(FULL_SCALE**2 * 1e-3, 0.1)
    assert level.level == pytest.approx(-28.7, abs=0.3)
    assert level.seconds == pytest.approx(2.0, abs=0.1)
