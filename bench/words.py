"""What the recogniser did during a run, from the service's journal."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple


class Words(NamedTuple):
    """Of all calls of a run."""

    seconds: list[float]
    """From the last voiced sample that they cover to the words."""
    replies_s: list[float]
    """From the callers' last voiced samples to our answers."""
    failures: dict[str, int]
    """Turns without words, by reason."""


def read_words(journal: Path) -> Words:
    """Raises OSError if the journal is not there."""
    with journal.open(encoding="utf-8") as file:
        return words_of(map(json.loads, file))


def words_of(entries: Iterable[dict[str, Any]]) -> Words:
    """From the journal's entries."""
    seconds, replies, failures = [], [], Counter[str]()
    for entry in entries:
        match entry:
            case {"event": "Recognized", "final": True, "t": at, "until": until}:
                seconds.append(at - until)
            case {"event": "RecognitionFailed", "reason": reason}:
                failures[reason] += 1
            case {"note": "reply", "reply_s": reply}:
                replies.append(reply)
    return Words(seconds, replies, dict(failures))
