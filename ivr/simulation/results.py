"""What is kept of a rehearsed call: ``call.json``, ``caller.wav``, and its pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from ivr.audio import RATE
from ivr.errors import JobError
from ivr.quality.measure import Pcm
from ivr.quality.oracle import Check
from ivr.quality.picture import Timeline, draw, states_of
from ivr.simulation.rehearsal import Rehearsal
from ivr.telephony.session import Entry


def keep(rehearsal: Rehearsal, journal: Sequence[Entry], folder: Path) -> Path:
    """Write everything about one call into ``<folder>/<scenario>``; returns that folder. Raises JobError."""
    place = folder / rehearsal.scenario.name
    whole = replace(rehearsal, journal=journal)
    try:
        place.mkdir(parents=True, exist_ok=True)
        (place / "call.json").write_text(
            json.dumps(whole.summary, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8"
        )
        if whole.recording:
            _write_audio(whole.recording.heard, whole.recording.said, place / "caller.wav")
    except OSError as error:
        raise JobError(f"{place}: {error.strerror} → name another folder with --out") from error
    if whole.recording:
        draw(_timeline(whole), place)
    return place


def _write_audio(heard: Pcm, said: Pcm, path: Path) -> None:
    """Two channels: what the caller heard, and what the caller said."""
    soundfile.write(path, np.stack((heard, said), axis=1), RATE, subtype="PCM_16")


def _timeline(rehearsal: Rehearsal) -> Timeline:
    scenario, recording = rehearsal.scenario, rehearsal.recording
    assert recording
    facts = [scenario.name, " ".join(scenario.proves), f"standard {scenario.line.name}"]
    length = len(recording.heard) / RATE
    states = states_of(rehearsal.journal, rehearsal.seen.ended or length)
    return Timeline(
        scenario.title,
        " · ".join(facts),
        rehearsal.passed,
        rehearsal.seen,
        recording.heard,
        recording.said,
        states,
        rehearsal.turns,
    )


class Row(NamedTuple):
    """One line of the table of measurements: the same check in every call that has it."""

    req: str
    what: str
    standard: str
    measured: str
    calls: int
    ok: bool


def table(rehearsals: Sequence[Rehearsal]) -> list[Row]:
    """Measured times against the standard, by requirement; what failed is in it whether it is a time or not."""
    groups: dict[tuple[str, str, str], list[Check]] = {}
    for rehearsal in rehearsals:
        for check in rehearsal.checks:
            if check.seconds is not None or not check.ok:
                groups.setdefault((check.req, check.what, check.standard), []).append(check)
    rows = [Row(*key, _span(checks), len(checks), all(c.ok for c in checks)) for key, checks in groups.items()]
    return sorted(rows, key=lambda row: (row.req[:1], int(row.req[1:] or 0), row.what))


def _span(checks: Sequence[Check]) -> str:
    times = [check.seconds for check in checks if check.seconds is not None]
    if len(times) < len(checks):
        return "; ".join(dict.fromkeys(check.measured for check in checks))
    low, high = f"{min(times):.2f}", f"{max(times):.2f}"
    return f"{low} s" if low == high else f"{low} – {high} s"


def index(rehearsals: Sequence[Rehearsal], folder: Path) -> Path:
    """A page with every call's picture, sound and words, for a browser."""
    path = folder / "index.html"
    path.write_text("\n".join(_page(rehearsals)) + "\n", "utf-8")
    return path


_STYLE = """body{font-family:sans-serif;margin:2rem;color:#0f172a}figure{margin:0 0 3rem}
figure>a:first-child{display:block;overflow-x:auto}img{height:27rem}
td{padding:.1rem 1rem .1rem 0;vertical-align:top}"""
"""Pictures are as long as their calls: all have one scale, and a long one is scrolled."""


def _page(rehearsals: Sequence[Rehearsal]) -> Iterator[str]:
    yield '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>三铃 Sanling: calls</title>'
    yield f"<style>{_STYLE}</style><h1>三铃 Sanling</h1>"
    yield "<p>Left channel: what the caller heard. Right channel: what the caller said.</p>"
    for rehearsal in rehearsals:
        name = rehearsal.scenario.name
        yield f'<figure><a href="{name}/timeline.svg"><img src="{name}/timeline.svg" alt="{name}"></a>'
        yield f'<audio controls preload="none" src="{name}/caller.wav"></audio>'
        yield f'<a href="{name}/call.json">call.json</a>'
        yield "<details><summary>transcript</summary><table>"
        for at, who, what in _transcript(rehearsal):
            yield f"<tr><td>{at:.1f} s<td>{who}<td>{escape(what)}"
        yield "</table></details></figure>"


def _transcript(rehearsal: Rehearsal) -> list[tuple[float, str, str]]:
    """Who said or did what, in turn, and what was answered and promised meanwhile; seconds after the INVITE."""
    seen = rehearsal.seen
    ours = [(prompt.start, "三铃", prompt.text or prompt.name or "?") for prompt in seen.heard]
    theirs = [(act.start, "来电者", act.what or act.kind) for act in seen.caller]
    notes = [(float(str(entry["t"])), entry) for entry in rehearsal.journal if "note" in entry]
    replies = [(at, str(note["of"]), str(note["outcome"])) for at, note in notes if note["note"] == "replied"]
    promises = [(at, "promised", str(note["promise"])) for at, note in notes if note["note"] == "owed"]
    return sorted(ours + theirs + replies + promises)
