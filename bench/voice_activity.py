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

from ivr.dialog.events import KeyPressed, SpeechConfirmed, SpeechEnded, SpeechOnset, SpeechRejected
from ivr.files import data_folder
from ivr.speech.activity import Heard, VoiceActivity
from tests.speech.line import FRAME_BYTES, RATE, Signal, begins, hear, on_the_line, pink, recording, silence, white

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


def main() -> None:
    """Print hearing and cost."""
    people = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    speech = {"prompt": files(data_folder("prompts") / "audio")}
    if people:
        speech = {kind: files(people / kind)[1::2] for kind in ("sentence", "word")} | speech
    for kind, paths in speech.items():
        for speaking in (False, True):
            hearing(f"{kind}, {'while we speak' if speaking else 'while we listen'}", paths, speaking)
    if people:
        false_alarms([*files(people / "noise"), *files(people / "tone")])
    cost(next(iter(speech.values())))


def files(folder: Path) -> list[Path]:
    """Recordings of a folder, always in the same order."""
    return sorted(folder.glob("*.wav"))


def hearing(title: str, paths: Sequence[Path], speaking: bool) -> None:
    """Confirmations, and when beginnings and ends were told, per level and noise."""
    print(f"\n{title}: {len(paths)} files")
    print(f"{'':26}{'confirmed':>10}{'onset ms p50/p90/p95':>24}{'confirmed ms p50/p95':>24}{'end ms p50/p90':>18}")
    for name, level, noise in CONDITIONS:
        voices = [recording(str(path), level) for path in paths]
        calls = [on_the_line(around(voice), noise, seed) for seed, voice in enumerate(voices)]
        told = list(zip(voices, hear(calls, speaking=speaking, frames=1), strict=True))
        onsets = [told_after(voice, heard, SpeechOnset) for voice, heard in told]
        confirmed = [told_after(voice, heard, SpeechConfirmed) for voice, heard in told]
        ends = [last_voiced(heard) - LEAD_S - stops(voice) for voice, heard in told]
        print(
            f"{name:26}{np.mean(np.isfinite(confirmed)):>10.1%}{milliseconds(onsets, 50, 90, 95):>24}"
            f"{milliseconds(confirmed, 50, 95):>24}{milliseconds(ends, 50, 90):>18}"
        )


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


def false_alarms(paths: Sequence[Path]) -> None:
    """Per kind of sound, what was heard in it at four levels, while we listen and while we speak."""
    print(f"\nnot speech, at -12, -20, -30 and -36 dBov: {len(paths)} files")
    print(f"{'':30}{'calls':>6}{'onsets':>8}{'rejected':>10}{'CONFIRMED':>11}{'keys':>6}")
    counts: dict[str, Counter[str]] = {}
    for speaking in (False, True):
        for level in (-12.0, -20.0, -30.0, -36.0):
            calls = [on_the_line(around(recording(str(path), level))) for path in paths]
            for path, heard in zip(paths, hear(calls, speaking=speaking), strict=True):
                count = counts.setdefault(f"{'speaking' if speaking else 'listening'}: {kind_of(path)}", Counter())
                count.update(type(h.event).__name__ for h in heard)
                count["calls"] += 1
    for name, count in sorted(counts.items()):
        numbers = [count[k.__name__] for k in (SpeechOnset, SpeechRejected, SpeechConfirmed, KeyPressed)]
        print("{:30}{:>6}{:>8}{:>10}{:>11}{:>6}".format(name, count["calls"], *numbers))


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
