from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ivr.audio import FRAME, RATE
from ivr.errors import UserError
from ivr.speech.g711 import Pcm, alaw_decode, alaw_encode
from ivr.speech.level import active_level
from ivr.speech.mastering import AUDIBLE, LEVEL, Samples, beep, master, read_recording


def noise(seconds: float, rate: int = RATE, amplitude: float = 0.1) -> Samples:
    return np.random.default_rng(1).normal(0, amplitude, round(seconds * rate))


def between_silences(sound: Samples, rate: int = RATE, before_s: float = 0.7, after_s: float = 0.9) -> Samples:
    return np.concatenate([np.zeros(round(before_s * rate)), sound, np.zeros(round(after_s * rate))])


def frame_peaks(pcm: Pcm) -> NDArray[np.int16]:
    """As the caller hears them: through A-law, a peak for every 20 ms."""
    peaks: NDArray[np.int16] = np.abs(alaw_decode(alaw_encode(pcm)).reshape(-1, FRAME)).max(axis=1)
    return peaks


@given(
    seconds=st.floats(0.03, 1.5),
    before=st.floats(0, 0.5),
    after=st.floats(0, 0.5),
    rate=st.sampled_from([8000, 16000, 22050, 24000, 44100, 48000]),
    amplitude=st.floats(1e-4, 0.5),
)
@example(seconds=0.03, before=0.0625, after=0.0, rate=24000, amplitude=0.5)
@settings(max_examples=60, deadline=None)
def test_whatever_goes_in_the_outermost_frames_are_audible(
    seconds: float, before: float, after: float, rate: int, amplitude: float
) -> None:
    pcm = master(between_silences(noise(seconds, rate, amplitude), rate, before, after), rate)
    peaks = frame_peaks(pcm)
    assert peaks[0] > AUDIBLE
    assert peaks[-1] > AUDIBLE
    assert np.abs(pcm.astype(int)).max() <= 32768 * 10 ** (-3 / 20) + 1


def test_silence_at_both_ends_is_cut() -> None:
    pcm = master(between_silences(noise(1.0)), RATE)
    assert 1.0 <= len(pcm) / RATE <= 1.04


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 44100, 48000])
def test_length_in_seconds_does_not_depend_on_the_rate(rate: int) -> None:
    time = np.arange(rate) / rate
    tone = 0.2 * np.sin(2 * np.pi * 440 * time)
    assert len(master(between_silences(tone, rate), rate)) / RATE == pytest.approx(1.02, abs=0.021)


def test_level_is_that_of_every_prompt() -> None:
    assert active_level(master(between_silences(noise(3.0, amplitude=0.003)), RATE)) == pytest.approx(LEVEL, abs=0.1)


def test_level_of_peoples_speech(shared_audio: Path) -> None:
    files = sorted((shared_audio / "sentence").glob("*.wav"))[:10]
    levels = [active_level(read_recording(file)) for file in files]
    assert levels == pytest.approx([LEVEL] * 10, abs=0.3)


def test_rare_high_peaks_make_a_prompt_softer_and_are_not_clipped() -> None:
    sound = noise(2.0, amplitude=0.01)
    sound[8000] = 0.9
    pcm = master(sound, RATE)
    assert np.abs(pcm.astype(int)).max() == pytest.approx(32768 * 10 ** (-3 / 20), rel=0.02)
    assert active_level(pcm) < LEVEL


def test_what_lies_above_the_telephone_band_does_not_come_back_as_something_else() -> None:
    time = np.arange(24000) / 24000
    pcm = master(0.2 * np.sin(2 * np.pi * 1000 * time) + 0.2 * np.sin(2 * np.pi * 6000 * time), 24000)
    spectrum = np.abs(np.fft.rfft(pcm[1600:6400] * np.hanning(4800)))
    hertz = np.fft.rfftfreq(4800, 1 / RATE)
    alias = spectrum[(hertz > 1900) & (hertz < 2100)].max()
    assert 20 * np.log10(alias / spectrum.max()) < -70


def test_edges_do_not_click() -> None:
    sound = between_silences(0.3 * np.ones(4000) * np.sign(noise(0.5)))  # starts and ends abruptly
    pcm = master(sound, RATE).astype(int)
    assert abs(pcm[0]) <= 2
    assert abs(pcm[-1]) <= 2


def test_an_offset_is_taken_away() -> None:
    assert abs(master(noise(1.0) + 0.3, RATE).mean()) < 30


@pytest.mark.parametrize("sound", [np.zeros(8000), np.zeros(0), np.full(8000, np.nan), np.full(8000, 0.5)])
def test_a_recording_without_sound_is_no_prompt(sound: Samples) -> None:
    with pytest.raises(ValueError, match=r"is silent|holds no sound"):
        master(sound, RATE)


def test_a_beep_is_whole_frames_at_the_level_of_speech() -> None:
    pcm = beep()
    assert len(pcm) == 0.3 * RATE
    assert (frame_peaks(pcm) > AUDIBLE).all()
    assert active_level(pcm) == pytest.approx(LEVEL, abs=0.5)


@pytest.mark.parametrize(("suffix", "kind"), [(".wav", "FLOAT"), (".flac", "PCM_24"), (".ogg", "VORBIS")])
def test_a_studio_file_of_any_kind_becomes_a_prompt(tmp_path: Path, suffix: str, kind: str) -> None:
    path = tmp_path / f"greeting{suffix}"
    stereo = np.stack([between_silences(noise(1.0, 44100), 44100)] * 2, axis=1)
    soundfile.write(path, stereo, 44100, subtype=kind)
    assert len(read_recording(path)) / RATE == pytest.approx(1.02, abs=0.06)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all, but long enough to be looked at" * 10])
def test_a_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "greeting.wav"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"greeting\.wav: .* → record it again"):
        read_recording(path)


def test_a_silent_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "greeting.wav"
    soundfile.write(path, np.zeros(8000), 8000)
    with pytest.raises(UserError, match=r"greeting\.wav: is silent"):
        read_recording(path)
