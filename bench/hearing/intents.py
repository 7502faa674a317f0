"""What callers want and answer, from the sound of it to the act: wishes and answers by several voices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bench.hearing import conditions
from bench.hearing.chain import Call, acts, asking, understand
from bench.hearing.conditions import CLEAN, NOISY, Condition
from bench.hearing.corpus import Clip, callers
from bench.hearing.report import Report
from bench.hearing.score import Hits
from bench.hearing.scribe import Scribe
from bench.hearing.tables import hits, table
from ivr.dialog.meaning import Meaning

_NONE = "other"


def run(report: Report) -> None:
    """Clean and in noise, on both halves: nothing was chosen by these texts."""
    scribe = Scribe()
    said = callers(report.voices)
    known = acts(asking("text"))
    groups = {
        "wishes": [clip for clip in said if clip.kind == "wish" and clip.value in known],
        "none of them": [clip for clip in said if clip.kind == "wish" and clip.value == _NONE],
        "yes or no": [clip for clip in said if clip.expects == "yes_no"],
        "names, times, money": [clip for clip in said if clip.kind == "answer" and clip.expects != "yes_no"],
    }
    rows = []
    for condition in (CLEAN, NOISY[1]):
        for name, clips in groups.items():
            rows.append((f"{name}, {condition.name}", _row(report, scribe, name, condition, clips)))
    report.say(table("understood", ["right", "asked back, right", "not known", "wrong"], rows))


def _row(report: Report, scribe: Scribe, name: str, condition: Condition, clips: Sequence[Clip]) -> list[str]:
    calls = [Call(conditions.call(clip, condition), clip.expects) for clip in clips]
    found = Counter(outcome(clip, each.meaning) for clip, each in zip(clips, understand(calls, scribe), strict=True))
    columns = ("right", "asked", "not known", "wrong")
    report.note("intents", name, condition.name, {column: found[column] / len(clips) for column in columns})
    return [hits(Hits(found[column], len(clips))) for column in columns]


def outcome(clip: Clip, meaning: Meaning) -> str:
    """What became of it: acted on rightly, asked back with the right wish among those named, not known, or wrong."""
    if meaning.answer:
        return "right" if meaning.answer.value == clip.value else "wrong"
    if meaning.decided == "none":
        return "right" if clip.value == _NONE else "not known"
    if clip.value in (meaning.intent, meaning.other):
        return "right" if meaning.decided == "sure" else "asked"
    return "wrong"
