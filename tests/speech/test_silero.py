from __future__ import annotations

import numpy as np
import pytest

from ivr.speech.silero import CHUNK, WINDOW, Silero
from tests.speech.line import Signal, tones, voice, white


@pytest.fixture(scope="module")
def silero() -> Silero:
    return Silero()


def idle(silero: Silero, calls: int = 1, floor: float = -60.0) -> np.ndarray:
    return silero.idle(np.full(calls, floor, np.float32))


def windows(signal: Signal) -> np.ndarray:
    starts = range(0, len(signal) - WINDOW, CHUNK)
    return np.stack([signal[s : s + WINDOW] for s in starts]).astype(np.float32) / 32768


def probabilities(silero: Silero, signal: Signal) -> list[float]:
    state, result = idle(silero), []
    for window in windows(signal):
        probability, state = silero.run(window[None], state)
        result.append(float(probability[0]))
    return result


def test_a_voice_is_likely_and_a_tone_is_not(silero: Silero) -> None:
    assert np.mean(probabilities(silero, voice())) > 0.8
    assert max(probabilities(silero, tones(2.0, -20.0, 450))) < 0.35
    assert max(probabilities(silero, white(2.0, -30.0))) < 0.35


def test_a_batch_says_what_single_runs_say(silero: Silero) -> None:
    batch = np.concatenate([windows(voice())[5:8], windows(tones(1.0, -20.0, 450))[:3]])
    state = idle(silero, len(batch))
    together, after = silero.run(batch, state)
    alone = [silero.run(window[None], idle(silero)) for window in batch]
    assert np.allclose(together, [p[0] for p, _ in alone], atol=1e-4)
    assert np.allclose(after, np.concatenate([s for _, s in alone], axis=1), atol=1e-3)


def test_an_idle_state_is_surer_of_a_faint_first_syllable_than_a_zero_state(silero: Silero) -> None:
    first = np.concatenate([windows(voice(-36.0, number))[:1] for number in range(10)])
    warm, _ = silero.run(first, idle(silero, len(first)))
    zero, _ = silero.run(first, np.zeros((2, len(first), 128), np.float32))
    assert np.median(warm) > np.median(zero)


@pytest.mark.req("B1")
def test_in_noise_the_state_of_that_noise_hears_a_voice_that_the_state_of_a_quiet_line_misses(silero: Silero) -> None:
    first = np.concatenate(
        [windows(voice(-26.0, n) + white(voice(-26.0, n).size / 8000, -36.0))[2:3] for n in range(20)]
    )
    quiet, _ = silero.run(first, idle(silero, len(first), -64.0))
    noisy, _ = silero.run(first, idle(silero, len(first), -36.0))
    assert np.median(noisy) > np.median(quiet)


def test_there_is_a_state_for_every_floor(silero: Silero) -> None:
    states = silero.idle(np.array([-100.0, -64.0, -20.0, 0.0], np.float32))
    assert states.shape == (2, 4, 128)
    assert np.array_equal(states[:, 0], states[:, 1])
    assert np.array_equal(states[:, 2], states[:, 3])
    assert not np.array_equal(states[:, 1], states[:, 2])
