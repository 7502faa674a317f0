"""The caller's turns: when each was spoken and answered, at the caller's ear, and what the service made of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ivr.quality.observed import CallerAct, Observed

Entry = Mapping[str, object]
_BESIDE = ("t", "note", "turn", "verdict", "why")
_NOBODY = "silent"


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the caller's. Instants are seconds after the INVITE, as in `Observed`."""

    start: float
    end: float
    said: str
    reply_s: float | None = None
    """From their last audible sample to our first; None where we said nothing before they spoke again."""
    reply: str = ""
    """Prompt that answered."""
    verdict: str = ""
    """Of the ear; empty where the line hears no words, or no journal is at hand."""
    why: str = ""
    evidence: Mapping[str, object] = field(default_factory=dict)
    """What the verdict was judged by."""
    understood: str = ""
    """The intent, or the answer with its slot."""

    @property
    def text(self) -> str:
        """What the recogniser read; empty where nothing."""
        return str(self.evidence.get("text") or "")


def turns(seen: Observed, journal: Sequence[Entry]) -> list[Turn]:
    """All turns of a call, in order."""
    spoken = _stretches(seen)
    nexts = [*(stretch[0].start for stretch in spoken[1:]), math.inf]
    return [_turn(stretch, until, seen, journal) for stretch, until in zip(spoken, nexts, strict=False)]


def _stretches(seen: Observed) -> list[list[CallerAct]]:
    """What was said, cut wherever we began to speak after it."""
    found: list[list[CallerAct]] = []
    for act in seen.caller:
        if act.kind not in ("speech", "sound"):
            continue
        if found and not any(found[-1][-1].end <= prompt.start <= act.start for prompt in seen.heard):
            found[-1].append(act)
        else:
            found.append([act])
    return found


def _turn(acts: Sequence[CallerAct], until: float, seen: Observed, journal: Sequence[Entry]) -> Turn:
    start, end = acts[0].start, acts[-1].end
    answer = next((prompt for prompt in seen.heard if end <= prompt.start < until), None)
    notes = [entry for entry in journal if "note" in entry and start <= float(str(entry["t"])) < until]
    verdict: Entry = next((n for n in notes if n["note"] == "verdict" and n["verdict"] != _NOBODY), {})
    return Turn(
        start,
        end,
        "".join(act.what for act in acts),
        round(answer.start - end, 3) if answer else None,
        answer.name or "" if answer else "",
        str(verdict.get("verdict", "")),
        str(verdict.get("why", "")),
        {key: value for key, value in verdict.items() if key not in _BESIDE},
        next(filter(None, map(_meaning, notes)), ""),
    )


def _meaning(note: Entry) -> str:
    match note["note"]:
        case "understood":
            return str(note["intent"])
        case "answer":
            return f"{note['slot']} {note['value']}"
    return ""
