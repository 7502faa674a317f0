"""Recognition: how much of what is said is read, how fast, and whether numbers come through."""

from __future__ import annotations

from collections.abc import Sequence

from bench.hearing import conditions
from bench.hearing.chain import Call, listen, turn_audio
from bench.hearing.conditions import CLEAN, LEVELS, NOISY, Condition
from bench.hearing.corpus import Clip, callers, numbers, recordings
from bench.hearing.report import Report
from bench.hearing.score import ErrorRate, Hits, characters, percentiles, syllables
from bench.hearing.scribe import Scribe
from bench.hearing.tables import hits, percent, seconds, table
from ivr.audio import RATE
from ivr.speech.engine import Words
from ivr.understanding.answers import read

GOAL_DIGITS = 0.95
"""Of the digits in numbers (issue 3)."""
_TIMED = 40


def run(report: Report) -> None:
    """Error rates by kind and condition; digits; real-time factor."""
    scribe = Scribe()
    synthetic = callers(report.voices)
    groups = {"sentences of people": recordings("sentence"), "words of people": recordings("word")}
    groups = {name: clips[: report.people] for name, clips in groups.items()}
    groups["wishes"] = [clip for clip in synthetic if clip.kind == "wish"]
    groups["answers"] = [clip for clip in synthetic if clip.kind == "answer"]
    dictated, hasty = report.of_half(numbers()), report.of_half(numbers(2, in_haste=True))
    _errors(report, scribe, groups)
    _digits(report, scribe, dictated, hasty)
    _speed(report, scribe, groups["wishes"] + dictated)


def _errors(report: Report, scribe: Scribe, groups: dict[str, list[Clip]]) -> None:
    rows = []
    for name, clips in groups.items():
        for condition in (CLEAN, *NOISY, *(LEVELS if name == "wishes" else ())) if clips else ():
            chosen = clips if condition is CLEAN or report.voices > 1 else report.of_half(clips)
            by_character, by_sound, nothing = ErrorRate(), ErrorRate(), Hits()
            for clip, words in zip(chosen, heard(scribe, chosen, condition), strict=True):
                by_character.add(characters(clip.text), characters(words.text))
                by_sound.add(syllables(clip.text), syllables(words.text))
                nothing.add(not words.text)
            figures = {"characters": by_character.rate, "syllables": by_sound.rate, "utterances": len(chosen)}
            report.note("recognition", name, condition.name, figures | {"nothing": nothing.rate})
            rates = [by_character.rate, by_sound.rate, nothing.rate]
            rows.append((f"{name}, {condition.name}", [str(len(chosen)), *map(percent, rates)]))
    columns = ["utterances", "wrong characters", "wrong syllables", "nothing read"]
    report.say(table(f"recognition by {scribe.name}", columns, rows))


def heard(scribe: Scribe, clips: Sequence[Clip], condition: Condition) -> list[Words]:
    """What is read of each clip, by way of voice activity."""
    calls = [Call(conditions.call(clip, condition), clip.expects) for clip in clips]
    turns = [turn_audio(call, told) for call, told in zip(calls, listen(calls), strict=True)]
    return scribe.words([(pcm, clip.expects) for pcm, clip in zip(turns, clips, strict=True)])


def _digits(report: Report, scribe: Scribe, dictated: list[Clip], hasty: list[Clip]) -> None:
    groups = [("dictated", CLEAN, dictated), ("in haste", CLEAN, hasty)]
    groups += [("dictated", condition, dictated) for condition in NOISY]
    rows = []
    for name, condition, clips in groups:
        digits, whole, false = ErrorRate(), Hits(), Hits()
        for clip, words in zip(clips, heard(scribe, clips, condition), strict=True):
            answer = read(words.text, clip.expects)
            value = answer.value if answer else ""
            digits.add(clip.value, value)
            whole.add(value == clip.value)
            false.add(answer is not None and answer.complete and value != clip.value)
        right = 1 - digits.rate
        figures = {"digits_right": right, "whole_right": whole.rate, "wrong_but_complete": false.rate}
        report.note("recognition", "digits", f"{name}, {condition.name}", figures | {"numbers": len(clips)})
        rows.append((f"{name}, {condition.name}", [str(len(clips)), percent(right), hits(whole), hits(false)]))
    title = f"numbers as the answer reads them, half {report.half} (goal {GOAL_DIGITS:.0%} of digits)"
    report.say(table(title, ["numbers", "digits right", "whole number right", "wrong, yet complete"], rows))


def _speed(report: Report, scribe: Scribe, clips: Sequence[Clip]) -> None:
    """One after the other, nothing remembered."""
    chosen = clips[:: max(1, len(clips) // _TIMED)]
    calls = [Call(conditions.call(clip, CLEAN), clip.expects) for clip in chosen]
    turns = [turn_audio(call, told) for call, told in zip(calls, listen(calls), strict=True)]
    scribe.timed(turns[0])  # the model is loaded
    took = [scribe.timed(pcm, clip.expects) for pcm, clip in zip(turns, chosen, strict=True)]
    factor = sum(took) / (sum(map(len, turns)) / RATE)
    p50, p90, worst = percentiles(took, 50, 90, 100)
    report.note("recognition", "speed", {"real_time_factor": factor, "p50_s": p50, "p90_s": p90, "max_s": worst})
    rows = [(f"{len(took)} utterances", [f"{factor:.2f}", seconds(p50), seconds(p90), seconds(worst)])]
    report.say(table("decoding, one at a time", ["real-time factor", "p50", "p90", "max"], rows))
