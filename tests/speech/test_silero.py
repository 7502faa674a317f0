from __future__ import annotations

import numpy as np
import pytest

from ivr.speech.silero import CHUNK, WINDOW, Silero
from tests.speech.line import Signal, tones, voice, white


@pytest.fixture(scope="module")
def silero() -> Silero:
    return Silero()


def windows(signal: Signal) -> np.ndarray:
    starts = range(0, len(signal) - WINDOW, CHUNK)
    return np.stack([signal[s : s + WINDOW] for s in starts]).astype(np.float32) / 32768


def probabilities(silero: Silero, signal: Signal) -> list[float]:
    state, result = silero.idle[:, None], []
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
    state = np.repeat(silero.idle[:, None], len(batch), axis=1)
    together, after = silero.run(batch, state)
    alone = [silero.run(window[None], silero.idle[:, None]) for window in batch]
    assert np.allclose(together, [p[0] for p, _ in alone], atol=1e-4)
    assert np.allclose(after, np.concatenate([s for _, s in alone], axis=1), atol=1e-3)


def test_an_idle_state_is_surer_of_a_faint_first_syllable_than_a_zero_state(silero: Silero) -> None:
    first = np.concatenate([windows(voice(-36.0, number))[:1] for number in range(10)])
    idle, _ = silero.run(first, np.repeat(silero.idle[:, None], len(first), axis=1))
    zero, _ = silero.run(first, np.zeros((2, len(first), 128), np.float32))
    assert np.median(idle) > np.median(zero)
