"""Voice activity: whether speech is noticed, and what else is taken for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from bench.hearing import conditions, sound
from bench.hearing.chain import Call, listen
from bench.hearing.conditions import CLEAN, LEAD_S, LEVELS, NOISY, TAIL_S, Condition
from bench.hearing.corpus import Clip, callers, recordings
from bench.hearing.report import Report
from bench.hearing.score import Hits, percentiles
from bench.hearing.tables import hits, percent, seconds, table
from ivr.audio import RATE
from ivr.dialog.events import SpeechConfirmed, SpeechEnded, SpeechOnset
from ivr.speech.activity import Heard
from tests.speech.line import NOT_SPEECH, begins

_MUSIC, _MUSIC_S = 8, 8.0
_EARLY_S = 0.5  # a breath before the voice counts as its beginning


def run(report: Report) -> None:
    """Hits by kind of voice and condition; false alarms by kind of sound and level."""
    _hits(report)
    _false_alarms(report)


def not_speech() -> list[Clip]:
    """Noise, tones and music: recordings where there are any, and what code can make."""
    made = [Clip("tone", name, "code", sound.pcm(make(-26.0))) for name, make in NOT_SPEECH.items() if name != "keys"]
    tunes = [Clip("noise", "music", f"code {n}", sound.pcm(sound.music(_MUSIC_S, n) * 1000)) for n in range(_MUSIC)]
    return [*recordings("noise", "tone"), *made, *tunes]


def _hits(report: Report) -> None:
    groups = {"sentences of people": recordings("sentence"), "words of people": recordings("word")}
    groups["synthetic callers"] = callers(report.voices)
    rows = []
    for name, clips in groups.items():
        chosen = report.of_half(clips)
        for condition in (CLEAN, *NOISY, *LEVELS) if chosen else ():
            rows.append((f"{name}, {condition.name}", _hit_row(report, name, condition, chosen)))
    columns = ["noticed", "onset p50", "p95", "confirmed p50", "p95", "before they spoke", "not over after"]
    report.say(table(f"voice activity, half {report.half}", columns, rows))


def _hit_row(report: Report, name: str, condition: Condition, clips: Sequence[Clip]) -> list[str]:
    calls = [Call(conditions.call(clip, condition), clip.expects) for clip in clips]
    noticed, early, endless = Hits(), Hits(), Hits()
    onsets: list[float] = []
    confirmed: list[float] = []
    for clip, heard in zip(clips, listen(calls), strict=True):
        begin, end = LEAD_S + begins(clip.pcm.astype(np.float64)), LEAD_S + len(clip.pcm) / RATE
        spoken = stretches(heard)
        noticed.add(any(first < end and last > begin for first, last in spoken))
        early.add(any(first < begin - _EARLY_S for first, _ in spoken))
        endless.add(any(last > end + TAIL_S for _, last in spoken))
        onsets += _delays(heard, SpeechOnset, begin)[: len(spoken)]
        confirmed += _delays(heard, SpeechConfirmed, begin)
    delays = [*percentiles(onsets, 50, 95), *percentiles(confirmed, 50, 95)]
    figures = {
        "noticed": noticed.rate,
        "of": noticed.of,
        "early": early.rate,
        "endless": endless.rate,
        "delays_s": delays,
    }
    report.note("activity", name, condition.name, figures)
    return [hits(noticed), *map(seconds, delays), percent(early.rate), percent(endless.rate)]


def stretches(heard: Sequence[Heard]) -> list[tuple[float, float]]:
    """Confirmed speech of a call: from when it was confirmed to when it was over."""
    begun = [each.at for each in heard if isinstance(each.event, SpeechConfirmed)]
    over = [each.at for each in heard if isinstance(each.event, SpeechEnded)]
    return list(zip_longest(begun, over, fillvalue=math.inf))


def _delays(heard: Sequence[Heard], kind: type, begin: float) -> list[float]:
    """Seconds from the beginning of the voice to the first such event; nothing where it came long before or never."""
    told = [each.at - begin for each in heard if isinstance(each.event, kind) and each.at > begin - _EARLY_S]
    return [max(0.0, each) for each in told[:1]]


def _false_alarms(report: Report) -> None:
    clips = report.of_half(not_speech())
    counted: dict[str, dict[str, Hits]] = {}
    for condition in LEVELS:
        calls = [Call(conditions.call(clip, condition)) for clip in clips]
        for clip, heard in zip(clips, listen(calls), strict=True):
            taken = any(isinstance(each.event, SpeechConfirmed) for each in heard)
            for name in (clip.text, "all"):
                counted.setdefault(name, {}).setdefault(condition.name, Hits()).add(taken)
    rows = [
        (name, [f"{each.hits} of {each.of}" for each in by_level.values()])
        for name, by_level in sorted(counted.items())
        if name == "all" or any(each.hits for each in by_level.values())
    ]
    for condition in LEVELS:
        report.note("activity", "false alarms", condition.name, {"taken": counted["all"][condition.name].rate})
    quiet = len(counted) - len(rows)
    report.say(table(f"taken for speech, half {report.half}", [condition.name for condition in LEVELS], rows))
    report.say(f"({quiet} other kinds of sound: never; in all {percent(counted['all'][LEVELS[1].name].rate)})")
