from __future__ import annotations

import numpy as np

from ivr.speech.gate import Gate, levels, powers
from tests.speech.line import Signal, pink, tones, white

ONE = np.array([0])
NOT = np.array([False])


def opened(gate: Gate, signal: Signal, in_speech: bool = False) -> list[bool]:
    frames = signal.astype(np.float32).reshape(-1, 1, 160)
    return [bool(gate.opened(ONE, levels(frame), np.array([in_speech]))[0]) for frame in frames]


def test_levels_and_powers_are_inverse() -> None:
    level = levels(tones(0.02, -26.0, 500).astype(np.float32)[None])
    assert np.allclose(level, -26.0, atol=0.05)
    assert np.allclose(10 * np.log10(powers(level) / 32768.0**2), level, atol=1e-3)


def test_line_noise_never_opens_it() -> None:
    assert not any(opened(Gate(1), white(5.0, -62.0)))


def test_a_sound_above_the_noise_opens_it_at_once() -> None:
    gate = Gate(1)
    opened(gate, white(1.0, -62.0))
    assert opened(gate, white(0.02, -50.0)) == [True]


def test_a_fan_that_is_switched_on_is_learnt_within_four_seconds() -> None:
    gate = Gate(1)
    assert any(opened(gate, white(4.0, -32.0)))
    assert not any(opened(gate, white(2.0, -32.0, seed=2)))


def test_speech_does_not_lift_the_floor_as_fast() -> None:
    listening, hearing = Gate(1), Gate(1)
    opened(listening, pink(1.0, -26.0))
    opened(hearing, pink(1.0, -26.0), in_speech=True)
    assert hearing.floor[0] < listening.floor[0] - 4


def test_the_floor_sinks_back_within_200_ms() -> None:
    gate = Gate(1)
    opened(gate, white(4.0, -30.0))
    opened(gate, white(0.2, -62.0))
    assert gate.floor[0] < -58


def test_rows_do_not_touch_each_other() -> None:
    gate = Gate(2)
    for _ in range(100):
        gate.opened(ONE, np.array([-30.0], np.float32), NOT)
    assert gate.floor[1] == -65
    gate.reset(0)
    assert gate.floor[0] == -65


def test_it_lets_softer_sounds_through_while_somebody_speaks() -> None:
    def after_noise(in_speech: bool) -> list[bool]:
        gate = Gate(1)
        opened(gate, white(3.0, -40.0))
        return opened(gate, white(0.02, -37.0), in_speech)

    assert after_noise(in_speech=False) == [False]
    assert after_noise(in_speech=True) == [True]
