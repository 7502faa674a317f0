from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ivr.speech.dtmf import HISTORY, KEYS, KeyDetector
from tests.speech.line import NOT_SPEECH, Signal, cadence, key, on_the_line, recording, silence, voice

OFFSETS = range(0, 160, 20)
"""Samples by which a key misses the frame; every requirement holds at all of them."""


def pressed(signals: list[Signal], noise_dbov: float = -65.0) -> list[str]:
    """Keys heard in each of several signals of the same length."""
    audio = np.stack([np.frombuffer(on_the_line(s, noise_dbov), "<i2") for s in signals]).astype(np.float32)
    detector, rows = KeyDetector(len(signals)), np.arange(len(signals))
    keys = [""] * len(signals)
    for end in range(HISTORY, audio.shape[1] + 1, 160):
        for row, symbol in detector.hear(rows, audio[:, end - HISTORY : end]):
            keys[row] += symbol
    return keys


def at_every_offset(sound: Signal) -> list[Signal]:
    return [np.concatenate([silence(0.1), np.zeros(o), sound, np.zeros(160 - o), silence(0.1)]) for o in OFFSETS]


def everywhere(sound: Signal, noise_dbov: float = -65.0) -> set[str]:
    return set(pressed(at_every_offset(sound), noise_dbov))


@pytest.mark.parametrize("symbol", KEYS)
def test_every_key_is_heard_once_from_40_ms_on(symbol: str) -> None:
    assert everywhere(key(symbol, 0.04)) == {symbol}
    assert everywhere(key(symbol, 1.0)) == {symbol}


def test_a_tone_of_25_ms_is_no_key() -> None:
    assert everywhere(key("5", 0.025)) == {""}


def test_a_pause_of_40_ms_makes_two_keys_and_a_lost_packet_does_not() -> None:
    assert everywhere(cadence(key("7", 0.05), 0.04, 2)) == {"77"}
    assert everywhere(cadence(key("7", 0.05), 0.02, 2)) == {"7"}


def test_a_different_key_follows_without_a_pause() -> None:
    assert everywhere(np.concatenate([key("1", 0.05), key("2", 0.05)])) == {"12"}


@pytest.mark.parametrize("symbol", ["1", "9", "D"])
@pytest.mark.parametrize(("detune", "heard"), [(0.015, True), (-0.015, True), (0.035, False), (-0.035, False)])
def test_frequencies_off_by_1_5_percent_are_taken_and_by_3_5_refused(symbol: str, detune: float, heard: bool) -> None:
    assert everywhere(key(symbol, 0.1, detune=detune)) == {symbol if heard else ""}


@pytest.mark.parametrize(("twist_db", "heard"), [(4.0, True), (-8.0, True), (9.0, False), (-13.0, False)])
def test_twist(twist_db: float, heard: bool) -> None:
    assert everywhere(key("6", 0.05, -20.0, twist_db=twist_db)) == {"6" if heard else ""}


@pytest.mark.parametrize(("dbov", "heard"), [(-6.0, True), (-31.0, True), (-40.0, False)])
def test_level(dbov: float, heard: bool) -> None:
    assert everywhere(key("0", 0.05, dbov)) == {"0" if heard else ""}


def test_a_signal_to_noise_ratio_of_15_db_is_enough() -> None:
    assert everywhere(key("3", 0.04, -16.0), noise_dbov=-31.0) == {"3"}


def test_voices_and_noises_are_no_keys() -> None:
    sounds = [voice(level, number) for level in (-12.0, -26.0) for number in range(6)]
    sounds += [make(-16.0) for name, make in NOT_SPEECH.items() if name != "keys"]
    longest = max(map(len, sounds))
    assert set(pressed([np.pad(s, (0, longest - len(s))) for s in sounds])) == {""}


def test_only_two_tones_are_worth_a_closer_look() -> None:
    detector, rows = KeyDetector(3), np.arange(3)
    frames = np.stack([key("5", 0.02), voice()[8000:8160], silence(0.02)]).astype(np.float32)
    assert detector.likely(rows, frames).tolist() == [True, False, False]


def test_a_reset_row_forgets_the_key_that_was_down() -> None:
    detector, row = KeyDetector(1), np.array([0])
    tone = key("4", 0.2).astype(np.float32)
    hear = [detector.hear(row, tone[None, end - HISTORY : end]) for end in range(HISTORY, len(tone) + 1, 160)]
    assert [k for keys in hear for _, k in keys] == ["4"]
    assert detector.busy(row)[0]
    detector.reset(0)
    assert not detector.busy(row)[0]


def test_people_are_no_keys(shared_audio: Path) -> None:
    speech = [recording(str(path), -16.0) for path in sorted(shared_audio.glob("sentence/*.wav"))[1::6]]
    longest = max(map(len, speech))
    assert set(pressed([np.pad(s, (0, longest - len(s))) for s in speech])) == {""}


def test_a_recorded_number_is_read(shared_audio: Path) -> None:
    path = shared_audio / "tone" / "synth-tones_dtmf_seq_13800138000pound.wav"
    assert pressed([recording(str(path), -18.0)]) == ["13800138000#"]
