"""How well voice activity hears, and what it costs: ``python -m bench.voice_activity [FOLDER]``.

FOLDER holds people's recordings (sentence/, word/, noise/, tone/ of 8 kHz WAV files); without it only our rendered
prompts are measured. Thresholds were chosen on the even files, so only the odd ones are reported.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from ivr.dialog.events import (
    FaintSpeech,
    KeyPressed,
    SpeechConfirmed,
    SpeechEnded,
    SpeechOnset,
    SpeechPaused,
    SpeechRejected,
)
from ivr.speech.activity import Heard, VoiceActivity
from tests.speech.line import (
    FRAME_BYTES,
    RATE,
    Signal,
    begins,
    hear,
    on_the_line,
    pink,
    recording,
    silence,
    speak_over_echo,
    spoken_prompts,
    voice,
    white,
)

CALLS = 100
COST_S = 20.0
LEAD_S, TAIL_S = 3.0, 1.0
CONDITIONS = (
    ("quiet line, -12 dBov", -12.0, -65.0),
    ("quiet line, -20 dBov", -20.0, -65.0),
    ("quiet line, -26 dBov", -26.0, -65.0),
    ("quiet line, -36 dBov", -36.0, -65.0),
    ("white noise, SNR 20 dB", -26.0, -46.0),
    ("white noise, SNR 15 dB", -26.0, -41.0),
    ("white noise, SNR 10 dB", -26.0, -36.0),
)
FAINT = (
    ("-52 dBov", -52.0, -75.0),
    ("-56 dBov", -56.0, -75.0),
    ("-60 dBov", -60.0, -75.0),
    ("-62 dBov", -62.0, -75.0),
)
LINE_NOISES = (-80.0, -75.0, -70.0, -65.0, -60.0, -55.0, -50.0)
ECHO_LOSSES = (30.0, 25.0, 20.0, 15.0, 12.0)
ECHO_DELAYS = (0.05, 0.15, 0.25)


def main() -> None:
    """Print hearing and cost."""
    people = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    speech = {"prompt": [Path(path) for path in spoken_prompts()]}
    if people:
        speech = {kind: files(people / kind)[1::2] for kind in ("sentence", "word")} | speech
    for kind, paths in speech.items():
        for speaking in (False, True):
            hearing(f"{kind}, {'while we speak' if speaking else 'while we listen'}", paths, speaking)
        hearing(f"{kind}, a short answer expected", paths, speaking=False, short=True)
        faint(kind, paths)
    if people:
        for short in (False, True):
            false_alarms([*files(people / "noise")[1::2], *files(people / "tone")[1::2]], short)
    line_noise()
    echoes()
    cost(next(iter(speech.values())))


def files(folder: Path) -> list[Path]:
    """Recordings of a folder, always in the same order."""
    return sorted(folder.glob("*.wav"))


def hearing(title: str, paths: Sequence[Path], speaking: bool, short: bool = False) -> None:
    """Confirmations, and when beginnings and ends were told, per level and noise."""
    print(f"\n{title}: {len(paths)} files")
    print(
        f"{'':26}{'confirmed':>10}{'onset ms p50/p90/p95':>24}{'confirmed ms p50/p95':>24}{'end ms p50/p90':>18}"
        f"{'pauses':>8}"
    )
    for name, level, noise in CONDITIONS:
        voices = [recording(str(path), level) for path in paths]
        calls = [on_the_line(around(voice), noise, seed) for seed, voice in enumerate(voices)]
        told = list(zip(voices, hear(calls, speaking=speaking, short=short), strict=True))
        onsets = [told_after(voice, heard, SpeechOnset) for voice, heard in told]
        confirmed = [told_after(voice, heard, SpeechConfirmed) for voice, heard in told]
        ends = [last_voiced(heard) - LEAD_S - stops(voice) for voice, heard in told]
        print(
            f"{name:26}{np.mean(np.isfinite(confirmed)):>10.1%}{milliseconds(onsets, 50, 90, 95):>24}"
            f"{milliseconds(confirmed, 50, 95):>24}{milliseconds(ends, 50, 90):>18}"
            f"{count(SpeechPaused, [heard for _, heard in told]) / len(told):>8.1f}"
        )


def count(kind: type, calls: Sequence[list[Heard]]) -> int:
    """How many events of a kind were told."""
    return sum(isinstance(each.event, kind) for heard in calls for each in heard)


def faint(kind: str, paths: Sequence[Path]) -> None:
    """Voices too faint to be near: noticed at all, and taken for near all the same."""
    print(f"\n{kind}, faint: {len(paths)} files\n{'':26}{'told as faint':>14}{'confirmed':>10}{'neither':>9}")
    for name, level, noise in FAINT:
        told = hear([on_the_line(around(recording(str(path), level)), noise, n) for n, path in enumerate(paths)])
        noticed = np.array([count(FaintSpeech, [heard]) > 0 for heard in told])
        near = np.array([count(SpeechConfirmed, [heard]) > 0 for heard in told])
        print(f"{name:26}{np.mean(noticed):>14.1%}{np.mean(near):>10.1%}{np.mean(~noticed & ~near):>9.1%}")


def line_noise() -> None:
    """What is heard in minutes of nothing but noise, at its level in dBov."""
    print(f"\n4 minutes of noise{'':12}{'onsets':>8}{'CONFIRMED':>11}{'FAINT':>7}")
    for level in LINE_NOISES:
        told = hear([on_the_line(make(30.0, level, n), -90.0, n) for make in (white, pink) for n in range(4)])
        numbers = [count(kind, told) for kind in (SpeechOnset, SpeechConfirmed, FaintSpeech)]
        print("{:<30}{:>8}{:>11}{:>7}".format(f"white and pink, {level:g}", *numbers))


def echoes() -> None:
    """Ten seconds of our own prompts that come back while we speak, and a caller who speaks over them."""
    print(
        f"\nour own echo{'':13}{'onsets, of these confirmed, at a delay of 50 / 150 / 250 ms':>62}{'caller heard':>14}"
    )
    caller = np.concatenate([silence(6.0), voice(-26.0, 8)[: 3 * RATE]])
    for loss in ECHO_LOSSES:
        told = [speak_over_echo(loss, delay) for delay in ECHO_DELAYS]
        over = [
            speak_over_echo(loss, delay, caller).confirmed > alone.confirmed
            for delay, alone in zip(ECHO_DELAYS, told, strict=True)
        ]
        cells = " / ".join(f"{each.onsets}, {each.confirmed}" for each in told)
        print(f"{f'{loss:g} dB down':25}{cells:>62}{sum(over):>11}/{len(over)}")


def around(voice: Signal) -> Signal:
    """A call: the voice after time enough to learn the line's noise."""
    return np.concatenate([silence(LEAD_S), voice, silence(TAIL_S)])


def stops(voice: Signal) -> float:
    """Energy end in seconds: the energy onset of the reversed signal."""
    return len(voice) / RATE - begins(voice[::-1])


def told_after(voice: Signal, heard: list[Heard], kind: type) -> float:
    """Seconds from the energy onset to the event; 0 where a breath half a second before it was told already."""
    began = LEAD_S + begins(voice)
    at = min((h.at for h in heard if isinstance(h.event, kind) and h.at > began - 0.5), default=np.inf)
    return max(0.0, at - began)


def last_voiced(heard: list[Heard]) -> float:
    """Where the last speech was said to end, seconds; NaN where none was heard."""
    return max((h.event.last_voiced for h in heard if isinstance(h.event, SpeechEnded)), default=np.nan)


def milliseconds(seconds: Sequence[float], *percents: float) -> str:
    """Percentiles as a cell of the table."""
    known = [s for s in seconds if not np.isnan(s)]
    values: list[float] = (np.percentile(known, percents, method="nearest") * 1000).tolist() if known else []
    return " / ".join(f"{value:.0f}" if np.isfinite(value) else "never" for value in values)


def false_alarms(paths: Sequence[Path], short: bool) -> None:
    """Per kind of sound, what was heard in it at four levels, while we listen and while we speak."""
    expected = "a short answer" if short else "anything"
    print(f"\nnot speech, at -12, -20, -30 and -36 dBov, {expected} expected: {len(paths)} files")
    print(f"{'':30}{'calls':>6}{'onsets':>8}{'rejected':>10}{'CONFIRMED':>11}{'FAINT':>7}{'keys':>6}")
    counts: dict[str, Counter[str]] = {}
    for speaking in (False, True):
        for level in (-12.0, -20.0, -30.0, -36.0):
            calls = [on_the_line(around(recording(str(path), level))) for path in paths]
            for path, heard in zip(paths, hear(calls, speaking, short=short), strict=True):
                found = counts.setdefault(f"{'speaking' if speaking else 'listening'}: {kind_of(path)}", Counter())
                found.update(type(h.event).__name__ for h in heard)
                found["calls"] += 1
    for name, found in sorted(counts.items()):
        kinds = (SpeechOnset, SpeechRejected, SpeechConfirmed, FaintSpeech, KeyPressed)
        print("{:30}{:>6}{:>8}{:>10}{:>11}{:>7}{:>6}".format(name, found["calls"], *(found[k.__name__] for k in kinds)))


def kind_of(path: Path) -> str:
    """`Dog bark` of esc10_001_Dog_bark__1-30344-A, `busy cn` of synth-tones_busy_cn_450_350ms."""
    if "dtmf" in path.stem:
        return "keys"
    name = path.stem.split("__")[0].removeprefix("synth-tones_")
    return " ".join(part for part in name.split("_") if part.isalpha())


def cost(paths: Sequence[Path]) -> None:
    """CPU of 100 calls, told a frame of each every 20 ms and half of them every 10 ms."""
    print(f"\n{CALLS} calls{'':14}{'every 20 ms':>24}{'every 10 ms':>26}")
    for name, signals in sounds(paths):
        calls = [on_the_line(signal, noise_dbov=-80.0) for signal in signals]
        shares = [cpu_share(calls, groups) for groups in (1, 2)]
        cells = [f"{s:.2%} of a core {s / CALLS * 0.032e6:5.1f} µs" for s in shares]
        print(f"{name:24}{cells[0]:>24}  {cells[1]:>24}")
    print("µs are of CPU, per call and 32 ms of its audio")


def sounds(paths: Sequence[Path]) -> Iterator[tuple[str, list[Signal]]]:
    """What the callers do, a name and a signal each."""
    voices = [recording(str(path), -24.0) for path in paths]
    yield "digital silence", [silence(COST_S)] * CALLS
    yield "line noise, -60 dBov", [white(COST_S, -60.0, seed) for seed in range(CALLS)]
    yield "pink noise, -40 dBov", [pink(COST_S, -40.0, seed) for seed in range(CALLS)]
    yield "talking half the time", [talk(voices, seed, pause_s=3.0) for seed in range(CALLS)]
    yield "talking without end", [talk(voices, seed, pause_s=0.0) for seed in range(CALLS)]


def talk(voices: Sequence[Signal], seed: int, pause_s: float) -> Signal:
    """A caller who says one thing after another, on a quiet line."""
    parts = [np.concatenate([voice, silence(pause_s)]) for voice in islice(cycle(voices), seed, seed + 20)]
    return np.concatenate(parts)[: round(COST_S * RATE)] + white(COST_S, -60.0, seed)


def cpu_share(calls: Sequence[bytes], groups: int) -> float:
    """Share of a core, after two seconds of running in; the calls take turns in `groups`."""
    ears = VoiceActivity(capacity=len(calls))
    for stream in range(len(calls)):
        ears.add(stream)
    frames, skip = len(calls[0]) // FRAME_BYTES, 100
    spent = 0.0
    for turn in range(frames * groups):
        at = turn // groups * FRAME_BYTES
        audio = {s: calls[s][at : at + FRAME_BYTES] for s in range(turn % groups, len(calls), groups)}
        started = time.process_time()
        ears.process(audio)
        spent += (time.process_time() - started) * (turn >= skip * groups)
    return spent / ((frames - skip) * 0.02)


if __name__ == "__main__":
    main()
