"""What a run found: said at once, kept for the JSON file and the plots."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.hearing.corpus import Clip
from bench.hearing.halves import Half

Figures = dict[str, Any]


@dataclass
class Report:
    """One run of the bench: what it is run on, and what came out."""

    half: Half = "B"
    voices: int = 1
    """Voices that say each text."""
    people: int = 30
    """Recordings of people, of each kind, that are recognised."""
    figures: dict[str, Figures] = field(default_factory=dict)
    """By section; seconds and shares."""

    def of_half(self, clips: Iterable[Clip]) -> list[Clip]:
        """Those of the half that is reported."""
        return [clip for clip in clips if clip.half == self.half]

    def say(self, text: str) -> None:
        """To whoever waits."""
        print(text, flush=True)

    def note(self, section: str, *path_and_value: Any) -> None:  # noqa: ANN401  JSON
        """Keep a value under names that lead to it: ``note("activity", "words", "clean", {...})``."""
        *path, value = path_and_value
        place = self.figures.setdefault(section, {})
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = value

    def write(self, folder: Path) -> None:
        """``hearing.json``; a section that was not run keeps what an earlier run found."""
        file = folder / "hearing.json"
        before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        file.write_text(json.dumps(before | self.figures, ensure_ascii=False, indent=1), encoding="utf-8")
