"""A telephone line for tests: what is not a voice, what is, and what voice activity makes of it through A-law.

Everything is float64, shape (samples,), 8 kHz, full scale ±32768; levels are dBov.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import soundfile
from numpy.typing import NDArray

from ivr.dialog.events import SpeechConfirmed, SpeechEnded, SpeechOnset, SpeechRejected
from ivr.files import data_folder
from ivr.speech.activity import Heard, VoiceActivity
from ivr.speech.dtmf import KEYS
from ivr.speech.g711 import Pcm, alaw_decode, alaw_encode
from ivr.speech.level import FULL_SCALE, active_level

RATE = 8000
FRAME_BYTES = 320
LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477, 1633)

Signal = NDArray[np.float64]


def at_level(signal: Signal, dbov: float) -> Signal:
    """The signal with its mean power moved to a level."""
    power = float(np.mean(signal**2))
    return signal * FULL_SCALE * 10 ** (dbov / 20) / np.sqrt(power) if power else signal


def silence(seconds: float) -> Signal:
    return np.zeros(round(seconds * RATE))


def white(seconds: float, dbov: float, seed: int = 0) -> Signal:
    return at_level(np.random.default_rng(seed).normal(size=round(seconds * RATE)), dbov)


def pink(seconds: float, dbov: float, seed: int = 0) -> Signal:
    spectrum = np.fft.rfft(white(seconds, 0.0, seed))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1))
    return at_level(np.fft.irfft(spectrum, round(seconds * RATE)), dbov)


def tones(seconds: float, dbov: float, *hertz: float) -> Signal:
    """Equal sines, each at the level."""
    time = np.arange(round(seconds * RATE)) / RATE
    amplitude = FULL_SCALE * 10 ** (dbov / 20) * np.sqrt(2)
    return np.asarray(sum(amplitude * np.sin(2 * np.pi * f * time) for f in hertz), np.float64)


def key(symbol: str, seconds: float, dbov: float = -16.0, twist_db: float = 0.0, detune: float = 0.0) -> Signal:
    """A telephone key; `twist_db` raises the high tone, `detune` is a share of both frequencies."""
    number = list(KEYS).index(symbol)
    low, high = LOW[number // 4] * (1 + detune), HIGH[number % 4] * (1 + detune)
    return tones(seconds, dbov, low) + tones(seconds, dbov + twist_db, high)


def cadence(on: Signal, off_s: float, times: int) -> Signal:
    return np.concatenate([on, silence(off_s)] * times)


def clicks(seconds: float, every_s: float) -> Signal:
    signal = silence(seconds)
    signal[:: round(every_s * RATE)] = 0.7 * FULL_SCALE
    return signal


def thump(dbov: float) -> Signal:
    """A door: low noise that dies away within 200 ms."""
    decay = np.exp(-np.arange(round(0.6 * RATE)) / (0.06 * RATE))
    return at_level(np.cumsum(white(0.6, -30.0, seed=3)) * decay, dbov)


def cough(dbov: float) -> Signal:
    """A burst of noise, 250 ms, that starts sharply."""
    burst = white(0.25, 0.0, seed=4) * np.exp(-np.arange(round(0.25 * RATE)) / (0.08 * RATE))
    return np.concatenate([at_level(burst, dbov), silence(0.3)])


def music(seconds: float, dbov: float) -> Signal:
    """Plucked chords with eight harmonics a string, and a bass."""
    chords = ((262, 330, 392), (220, 262, 330), (175, 220, 262), (196, 247, 294))
    length = round(0.5 * RATE)
    time = np.arange(length) / RATE
    beats = []
    for beat in range(round(seconds * 2)):
        strings = (*chords[beat // 4 % 4], chords[beat // 4 % 4][0] / 2)
        partials = [
            np.sin(2 * np.pi * f * n * time) / n * np.exp(-3 * n**0.5 * time) for f in strings for n in range(1, 9)
        ]
        beats.append(np.sum(partials, axis=0))
    return at_level(np.concatenate(beats), dbov)


def melody(seconds: float, dbov: float) -> Signal:
    """A bowed string: a tune of notes with vibrato, twelve harmonics, soft beginnings."""
    length, notes = round(0.6 * RATE), (392, 440, 523, 494, 440, 349, 392, 330)
    time = np.arange(length) / RATE
    shape = np.minimum(1, np.minimum(time / 0.08, (0.6 - time) / 0.05))
    played = []
    for number in range(round(seconds / 0.6)):
        phase = 2 * np.pi * (notes[number % len(notes)] * time - 2.2 * np.cos(2 * np.pi * 5.5 * time) / 5.5)
        partials = [np.sin(n * phase) / n for n in range(1, 13) if n * notes[number % len(notes)] < RATE / 2]
        played.append(shape * np.sum(partials, axis=0))
    return at_level(np.concatenate(played), dbov)


def drums(seconds: float, dbov: float) -> Signal:
    """Four to the bar: a bass drum that sinks, a snare between, a hat on every eighth."""
    time = np.arange(round(0.25 * RATE)) / RATE
    kick = np.sin(2 * np.pi * (50 * time + 6 * (1 - np.exp(-30 * time)))) * np.exp(-12 * time)
    snare = white(0.25, 0.0, seed=5) / FULL_SCALE * np.exp(-18 * time)
    hat = np.diff(white(0.25, 0.0, seed=6), prepend=0.0) / FULL_SCALE * np.exp(-60 * time) * 0.2
    bar = [kick + hat, hat, snare + hat, hat, kick + hat, kick + hat, snare + hat, hat]
    return at_level(np.concatenate([bar[n % 8] for n in range(round(seconds * 4))]), dbov)


def together(*signals: Signal) -> Signal:
    """Signals at once, as long as the longest."""
    length = max(map(len, signals))
    return np.asarray(sum(np.pad(each, (0, length - len(each))) for each in signals), np.float64)


NOT_SPEECH: dict[str, Callable[[float], Signal]] = {
    "ringback": lambda level: cadence(tones(1.0, level, 450), 4.0, 2),
    "busy": lambda level: cadence(tones(0.35, level, 450), 0.35, 8),
    "dial tone": lambda level: tones(4.0, level, 450),
    "fax calling": lambda level: cadence(tones(0.5, level, 1100), 3.0, 2),
    "fax answering": lambda level: tones(3.0, level, 2100),
    "beep": lambda level: cadence(tones(0.5, level, 1000), 0.5, 3),
    "keys": lambda level: np.concatenate([cadence(key(k, 0.3, level - 3), 0.2, 1) for k in KEYS]),
    "hum": lambda level: tones(5.0, level - 6, 50, 100, 150, 250),
    "white noise": lambda level: white(5.0, level),
    "pink noise": lambda level: pink(5.0, level),
    "clicks": lambda level: clicks(4.0, 0.37) * 10 ** (level / 40),
    "thumps": lambda level: cadence(thump(level), 0.8, 4),
    "coughs": lambda level: cadence(cough(level), 0.8, 4),
    "music": lambda level: music(6.0, level),
    "melody": lambda level: melody(6.0, level),
    "drums": lambda level: drums(6.0, level),
    "band": lambda level: at_level(together(music(6.0, 0.0), melody(6.0, -3.0), drums(6.0, -3.0)), level),
}


_SENTENCES = """
    086e2a9157e6a354 089fd0c835681e04 0a64ce00729b28cf 1d2ede7df7d9088d 2b7c4ca61714e5d9 357bed5d7cb0c0a7
    023ee635641fe7de 3b39d2764efe14b0 4470a175710358a6 4668f7c5ebebc01f 482581cbc2eab876 4d609de554a7519a
    4f3d0166266e633b 5c51b59f8e8b5d32 61b581e8bdf817ad 6561814773e2e196 660deb904431b0ee 6662c436561e8249
    6c2f7fe40286aeb1 6c4dfdadb97405d2 6d14656c9e8e7718 6d8b629179a2c5eb 6ec5fe2c1d7cacd6 6fed3f60b614872a
    70b91fdab6d0ec34 740a29291b0e4872 74ed6b9218da1046 75eaf5259fee059e 471ef38ededbfdb3 7ae4647c8218c36c
    86ab675cb0887b21 96ec0df396cb039d 9a33cf69960c4206 9b5cf16512ef249f 9e822111aea74637 9e8670e1ee03a959
    a594cd5208108719 aa33296b02188c4c b2bf5727b337b4d0 b3b0830a9fe9c7cd b6e7bd04b2a21a15 bd442bbccd1c987f
    c459663a6e62a4b8 51a9c8b64097c3e6 d0e608dc47756819 d65aeb0e707e46d1 db4956b3400708aa dcc4967b64fa6b15
    dfe1c89b516e5b95 e1fabd7e93e2db88 e388afeeb01676b9 e3e7298f6a294bb5 ea5d710083d27252 ec478af572ae96ec
    fda7de457bfe6b0b ff4b683df6d7f1ba
"""
"""Rendered prompts of 1.5 to 6 s, by the hash of their text."""


def voice(dbov: float = -26.0, number: int = 0) -> Signal:
    """One of our rendered prompts at an active level; speech from its first frame to its last, 1.5 to 6 seconds."""
    paths = spoken_prompts()
    return recording(paths[number % len(paths)], dbov)


@cache
def spoken_prompts() -> Sequence[str]:
    """Whole sentences among the rendered prompts, always the same: new wording must not change who speaks in a test."""
    folder = data_folder("prompts") / "audio"
    return [str(folder / f"{name}.wav") for name in _SENTENCES.split()]


def recording(path: str, dbov: float) -> Signal:
    pcm: Pcm = soundfile.read(path, dtype="int16")[0]
    return pcm.astype(np.float64) * 10 ** ((dbov - active_level(pcm)) / 20)


def begins(speech: Signal) -> float:
    """Energy onset in seconds: 30 ms above, and 90 of 100 ms above, 10 dB below the mean power."""
    blocks = speech[: len(speech) // 80 * 80].reshape(-1, 80)
    loud = np.mean(blocks**2, axis=1) > np.mean(speech**2) / 10
    starts = (n for n in range(len(loud) - 10) if loud[n : n + 3].all() and loud[n : n + 10].sum() >= 9)
    return next(starts, 0) * 80 / RATE


def on_the_line(signal: Signal, noise_dbov: float = -65.0, seed: int = 1) -> bytes:
    """16-bit audio, whole frames, as it arrives: with line noise, through A-law."""
    noisy = signal + white(len(signal) / RATE, noise_dbov, seed)
    padded = np.pad(noisy, (0, -len(noisy) % 160))
    pcm = np.clip(np.round(padded), -32768, 32767).astype(np.int16)
    return alaw_decode(alaw_encode(pcm)).tobytes()


def hear(calls: Sequence[bytes], speaking: bool = False, frames: int = 1, short: bool = False) -> list[list[Heard]]:
    """What is heard on each of several calls at once, told in pieces of `frames` frames; `short` answers expected."""
    ears = VoiceActivity(capacity=len(calls))
    for stream in range(len(calls)):
        ears.add(stream)
        ears.expect(stream, short)
    heard: list[list[Heard]] = [[] for _ in calls]
    step = frames * FRAME_BYTES
    for start in range(0, max(map(len, calls)), step):
        audio = {stream: pcm[start : start + step] for stream, pcm in enumerate(calls) if len(pcm) > start}
        for each in ears.process(audio, speaking=audio if speaking else ()):
            heard[each.stream].append(each)
    return heard


class EchoTold(NamedTuple):
    """What our own echo was taken for."""

    onsets: int
    confirmed: int


def speak_over_echo(loss_db: float, delay_s: float, caller: Signal | None = None) -> EchoTold:
    """Ten seconds of our prompts, which rest at an onset and go on at a rejection, while they come back."""
    frames, delay = 500, round(delay_s * RATE / 160)
    ours = np.concatenate([voice(-26.0, number) for number in range(5)])[: frames * 160].reshape(-1, 160)
    back = np.zeros((frames + delay, 160))
    line = (silence(10.0) if caller is None else np.pad(caller, (0, 80000 - len(caller)))).reshape(-1, 160)
    noise = white(10.0, -65.0).reshape(-1, 160)
    ears, resting, said, told = VoiceActivity(capacity=1), False, 0, EchoTold(0, 0)
    ears.add(0)
    for frame in range(frames):
        if not resting:
            back[frame + delay] = ours[said] * 10 ** (-loss_db / 20)
            said += 1
        pcm = on_the_line(back[frame] + line[frame] + noise[frame], noise_dbov=-95.0)
        for heard in ears.process({0: pcm}, speaking=() if resting else (0,)):
            match heard.event:
                case SpeechOnset():
                    told, resting = told._replace(onsets=told.onsets + 1), True
                case SpeechConfirmed():
                    told = told._replace(confirmed=told.confirmed + 1)
                case SpeechRejected() | SpeechEnded():
                    resting = False
    return told
