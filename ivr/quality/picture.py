"""A call as a picture: who spoke when, what state it was in, and how long each wait was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ivr.audio import RATE
from ivr.quality.drawing import (
    Box,
    Drawing,
    Item,
    Label,
    Shape,
    Stroke,
    fitted,
    text_width,
    wrapped,
    write_png,
    write_svg,
)
from ivr.quality.measure import Pcm
from ivr.quality.observed import CallerAct, HeardPrompt, Observed
from ivr.quality.oracle import RING_PERIOD_S, RING_TONE_S
from ivr.quality.turns import Turn

INK, FAINT, GRID, PAPER = "#0f172a", "#64748b", "#e2e8f0", "#ffffff"
OURS, OURS_PALE, THEIRS, THEIRS_PALE = "#2563eb", "#dbeafe", "#ea580c", "#ffedd5"
WAIT, BARGE = "#0f766e", "#dc2626"
_STATES: Mapping[str, tuple[str, str]] = {
    # last part of a state's name -> fill, ink
    "alerting": ("#f1f5f9", "#475569"),
    "saying": ("#bfdbfe", "#1e3a8a"),
    "waiting": ("#ccfbf1", "#115e59"),
    "judging": ("#fef08a", "#713f12"),
    "paused": ("#fef08a", "#713f12"),
    "listening": ("#fed7aa", "#7c2d12"),
    "pausing": ("#ffedd5", "#7c2d12"),
    "recognizing": ("#e0e7ff", "#3730a3"),
    "keying": ("#ffedd5", "#7c2d12"),
    "taking": ("#fecaca", "#7f1d1d"),
    "held": ("#e9d5ff", "#581c87"),
    "referring": ("#ddd6fe", "#4c1d95"),
}
_OTHER = ("#e2e8f0", "#334155")
_VERDICTS: Mapping[str, str] = {
    "addressed": "#15803d",
    "noise": "#64748b",
    "undecided": "#a16207",
}
_NOT_HEARD = "#b91c1c"  # any other verdict
_LEFT, _RIGHT = 108.0, 28.0
_HEAD, _AXIS, _LANE, _BAND = 64.0, 26.0, 92.0, 26.0
_FULL_WAVE = 3000.0  # a wave this high or higher fills its lane; line noise does not
_NARROWEST_WAIT = 0.05  # seconds; shorter silences are not drawn


class State(NamedTuple):
    """A stretch of time in which the service was in one state."""

    start: float
    end: float
    name: str
    """As in the state table, e.g. ``greeting_waiting``."""
    menu: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the picture shows; instants are seconds after the INVITE."""

    title: str
    subtitle: str
    passed: bool | None
    seen: Observed
    heard: Pcm
    """8 kHz from the INVITE on."""
    said: Pcm
    states: Sequence[State] = ()
    turns: Sequence[Turn] = ()

    @property
    def length(self) -> float:
        """Seconds shown."""
        return max(len(self.heard) / RATE, self.seen.ended or 0.0) + 0.3


def draw(timeline: Timeline, folder: Path) -> list[Path]:
    """Write ``timeline.svg`` and ``timeline.png``; raises JobError where they cannot be written."""
    drawing = Picture(timeline).drawing()
    svg, png = folder / "timeline.svg", folder / "timeline.png"
    write_svg(drawing, svg)
    write_png(drawing, png)
    return [svg, png]


def states_of(journal: Sequence[Mapping[str, object]], end: float) -> list[State]:
    """The states that a call's journal tells of."""
    entries = [
        (float(str(entry["t"])), str(entry["state"]), str(entry.get("menu", "")))
        for entry in journal
        if "state" in entry
    ]
    ends = [start for start, *_ in entries[1:]] + [end]
    return [
        State(start, until, name, menu)
        for (start, name, menu), until in zip(entries, ends, strict=True)
        if until > start
    ]


class Picture:
    """Lays a timeline out: lanes from top to bottom, time from left to right."""

    def __init__(self, timeline: Timeline) -> None:
        self._of = timeline
        self._scale = float(np.clip(1480 / timeline.length, 26.0, 70.0))  # pixels a second
        self._width = _LEFT + timeline.length * self._scale + _RIGHT
        self._axis = _HEAD + _AXIS
        self._ours = self._axis + 32
        self._prompts = self._ours + _LANE
        self._waits = self._prompts + 56
        self._theirs = self._waits + 48
        self._acts = self._theirs + _LANE
        self._judged = self._acts + 44
        self._bands = self._judged + (38 if any(turn.verdict for turn in timeline.turns) else 4)
        self._bottom = self._bands + (_BAND + 10 if timeline.states else 0) + 14

    def drawing(self) -> Drawing:
        """All of it."""
        parts = (
            self._paper(), self._heading(), self._lanes(), self._ringing(), self._milestones(), self._all_prompts(),
            self._all_acts(), self._all_verdicts(), self._all_waits(), self._barge_ins(), self._all_states(),
        )  # fmt: skip
        return Drawing(self._width, self._bottom, [item for part in parts for item in part])

    def _x(self, seconds: float) -> float:
        return _LEFT + seconds * self._scale

    # ------------------------------------------------------------------ the frame

    def _paper(self) -> Iterator[Item]:
        yield Box(0, 0, self._width, self._bottom, PAPER)
        for second in range(int(self._of.length) + 1):
            x, major = self._x(second), second % 5 == 0
            yield Stroke(x, self._axis, x, self._bottom - 12, GRID, 1.0 if major else 0.5)
            if major or self._scale > 40:
                yield Label(x, self._axis - 6, f"{second}", 11, FAINT, "middle")
        yield Label(self._width - _RIGHT, self._axis - 20, "seconds after the INVITE", 10, FAINT, "end")

    def _heading(self) -> Iterator[Item]:
        yield Label(20, 32, self._of.title, 20, INK, bold=True)
        at = 20.0
        if self._of.passed is not None:
            word, colour = ("PASS", "#16a34a") if self._of.passed else ("FAIL", BARGE)
            yield Box(20, 42, 42, 17, colour, radius=4)
            yield Label(41, 55, word, 11, PAPER, "middle", bold=True)
            at = 70.0
        yield Label(at, 55, self._of.subtitle, 12, FAINT)

    def _lanes(self) -> Iterator[Item]:
        for top, name, more, colour in (
            (self._ours, "三铃", "service", OURS),
            (self._theirs, "来电者", "caller", THEIRS),
        ):
            yield Label(20, top + _LANE / 2, name, 15, colour, bold=True)
            yield Label(20, top + _LANE / 2 + 16, more, 11, FAINT)
        yield from self._wave(self._of.heard, self._ours, OURS)
        yield from self._wave(self._of.said, self._theirs, THEIRS)

    def _wave(self, pcm: Pcm, top: float, colour: str) -> Iterator[Item]:
        """Highest and lowest sample of each pixel column, on a scale on which speech is seen as well as its pauses."""
        middle, columns = top + _LANE / 2, round(len(pcm) / RATE * self._scale)
        yield Stroke(_LEFT, middle, self._x(self._of.length), middle, colour, 0.5)
        if columns < 2:
            return
        edges = np.linspace(0, len(pcm), columns + 1).astype(int)[:-1]
        loud = max(float(np.abs(pcm.astype(np.int32)).max()), _FULL_WAVE)
        half = _LANE / 2 - 4
        high, low = (np.clip(f.reduceat(pcm, edges) / loud, -1, 1) * half for f in (np.maximum, np.minimum))
        for first, last in _loud_stretches(high - low):
            xs = [_LEFT + i for i in range(first, last)]
            upper = [(x, middle - h - 0.4) for x, h in zip(xs, high[first:last], strict=True)]
            lower = [(x, middle - v + 0.4) for x, v in zip(xs, low[first:last], strict=True)]
            yield Shape([*upper, *reversed(lower)], colour)

    # ------------------------------------------------------------------ SIP

    def _ringing(self) -> Iterator[Item]:
        seen = self._of.seen
        until = next((t for t in (seen.answered, seen.ended) if t is not None), 0.0)
        start = 0.0
        while start < until:
            end = min(start + RING_TONE_S, until)
            yield Box(self._x(start), self._ours + _LANE / 2 - 9, (end - start) * self._scale, 18, "#cbd5e1", radius=4)
            yield Label(self._x((start + end) / 2), self._ours + _LANE / 2 + 4, "ring", 10, "#475569", "middle")
            start += RING_PERIOD_S

    def _milestones(self) -> Iterator[Item]:
        seen = self._of.seen
        who = {"us": "service", "caller": "caller", None: "nobody"}[seen.ended_by]
        ending = "BYE" if seen.answered is not None else "CANCEL" if seen.status == 487 else str(seen.status)
        marks = [
            (0.0, "INVITE"),
            (seen.answered, "200"),
            (seen.transferred, f"REFER {seen.transfer}"),
            (seen.ended, f"{ending} by {who}"),
        ]
        free = 0.0
        for at, text in marks:
            if at is not None:
                x, width = self._x(at), text_width(text, 11) + 8
                yield Stroke(x, self._axis, x, self._acts + 24, INK, 1.0, dashed=True)
                y = self._axis + (14 if x >= free else 28)
                left = x + width > self._width
                yield Label(x - 4 if left else x + 4, y, text, 11, INK, "end" if left else "start", bold=True)
                free = x + width

    # ------------------------------------------------------------------ what was said and done

    def _all_prompts(self) -> Iterator[Item]:
        for prompt in self._of.seen.heard:
            yield from self._prompt(prompt)

    def _prompt(self, prompt: HeardPrompt) -> Iterator[Item]:
        x, width = self._x(prompt.start), (prompt.end - prompt.start) * self._scale
        name = (prompt.name or "?") + ("" if prompt.complete else " (cut)")
        yield Box(x, self._prompts + 2, width, 48, OURS_PALE, OURS, 5, f"{name}: {prompt.text}")
        yield Label(x + 5, self._prompts + 16, fitted(name, 11, width - 8), 11, OURS, bold=True)
        for n, line in enumerate(wrapped(prompt.text, 11, width - 16, 2)):
            yield Label(x + 5, self._prompts + 30 + 14 * n, line, 11, INK)

    def _all_acts(self) -> Iterator[Item]:
        free = 0.0
        acts = [act for act in self._of.seen.caller if act.kind not in ("hang_up", "cancel")]  # a milestone tells those
        ends = [*(self._x(act.start) for act in acts[1:]), self._width - _RIGHT]
        for act, end in zip(acts, ends, strict=False):
            x = max(self._x(act.start), free)
            width, lines = self._act_text(act, end - x - 3)
            yield Box(x, self._acts + 2, width, 8 + 14 * len(lines), THEIRS_PALE, THEIRS, 5, f"{act.kind}: {act.what}")
            for n, line in enumerate(lines):
                yield Label(x + 5, self._acts + 16 + 14 * n, line, 11, INK)
            free = x + width + 3

    def _act_text(self, act: CallerAct, room: float) -> tuple[float, list[str]]:
        """As wide as the act was long, or as its words need in two lines where there is room."""
        if act.kind in ("speech", "sound"):
            text = act.what.rpartition("/")[2]
            needs = text_width(text, 11) / 2 + 30
            width = max((act.end - act.start) * self._scale, min(needs, room))
            return width, wrapped(text, 11, width - 16, 2) or [""]
        text = f"key {act.what}" if act.kind == "key" else act.kind
        return text_width(text, 11) + 10, [text]

    def _all_verdicts(self) -> Iterator[Item]:
        """What the service read, and what it made of it, under what was said."""
        judged = [turn for turn in self._of.turns if turn.verdict]
        if judged:
            yield Label(20, self._judged + 20, "understood", 11, FAINT)
        ends = [*(self._x(turn.start) for turn in judged[1:]), self._width - _RIGHT]
        for turn, end in zip(judged, ends, strict=False):
            x, colour = self._x(turn.start), _VERDICTS.get(turn.verdict, _NOT_HEARD)
            read = f"「{turn.text}」" if turn.text else "no words"
            verdict = f"{turn.verdict}: {turn.understood or turn.why}"
            yield Stroke(x + 1, self._judged, x + 1, self._judged + 32, colour, 2.0)
            yield Label(x + 6, self._judged + 13, fitted(read, 11, end - x - 10), 11, INK)
            yield Label(x + 6, self._judged + 28, fitted(verdict, 11, end - x - 10), 11, colour, bold=True)

    def _all_waits(self) -> Iterator[Item]:
        """A dimension line for each silence, from whoever fell silent to whoever broke it."""
        seen = self._of.seen
        if seen.answered is None:
            yield from self._dimension(0.0, seen.ended or 0.0, FAINT, self._waits)
            return
        yield from self._dimension(0.0, seen.answered, FAINT, self._waits)
        sounds = [(p.start, p.end) for p in seen.heard] + [(a.start, a.end) for a in seen.caller if a.audible]
        marks = sorted(
            [(seen.answered, seen.answered), *sounds, *([(seen.ended, seen.ended)] if seen.ended is not None else [])]
        )
        reached = marks[0][1]
        for (_, end), (start, _) in pairwise(marks):
            reached = max(reached, end)
            if start - reached >= _NARROWEST_WAIT:
                yield from self._dimension(reached, start, WAIT, self._waits)

    def _barge_ins(self) -> Iterator[Item]:
        for prompt in self._of.seen.heard:
            for act in self._of.seen.caller:
                if act.audible and not prompt.complete and prompt.start < act.start <= prompt.end:
                    yield from self._dimension(act.start, prompt.end, BARGE, self._waits)

    def _dimension(self, start: float, end: float, colour: str, top: float) -> Iterator[Item]:
        """An arrow with two heads between two hair lines, and its length in seconds."""
        x1, x2, y = self._x(start), self._x(end), top + 26
        if x2 - x1 < 2:
            return
        for x in (x1, x2):
            yield Stroke(x, top + 2, x, y + 6, colour, 0.6)
        yield Stroke(x1, y, x2, y, colour, 1.2)
        head = min(6.0, (x2 - x1) / 2.5)
        yield Shape([(x1, y), (x1 + head, y - 3.2), (x1 + head, y + 3.2)], colour)
        yield Shape([(x2, y), (x2 - head, y - 3.2), (x2 - head, y + 3.2)], colour)
        if x2 - x1 > 46:
            yield Label((x1 + x2) / 2, y - 6, f"{end - start:.2f} s", 13, colour, "middle", bold=True)
        else:  # below the line, where no wide neighbour is
            yield Label((x1 + x2) / 2, y + 17, f"{end - start:.2f}", 10, colour, "middle")

    # ------------------------------------------------------------------ states

    def _all_states(self) -> Iterator[Item]:
        if self._of.states:
            yield Label(20, self._bands + 17, "states", 11, FAINT)
        for state in self._of.states:
            fill, ink = _STATES.get(state.name.rpartition("_")[2], _OTHER)
            x, width = self._x(state.start), (min(state.end, self._of.length) - state.start) * self._scale
            yield Box(x, self._bands, width, _BAND, fill, tip=f"{state.name} ({state.menu})")
            text = state.name.replace("_", " ")
            short = next((t for t in (text, text.rpartition(" ")[2]) if text_width(t, 11) < width - 6), "")
            yield Label(x + width / 2, self._bands + 17, short, 11, ink, "middle")


def _loud_stretches(height: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Iterator[tuple[int, int]]:
    """Where a wave is more than a line: first and last+1 column of each stretch."""
    seen = np.concatenate(([False], height > 0.8, [False]))
    edges = np.flatnonzero(seen[1:] != seen[:-1])
    yield from ((int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 1)
