from __future__ import annotations

import pytest

from bench.words import words_of

ENTRIES = [
    {"t": 5.0, "event": "Recognized", "turn": 1, "text": "你", "until": 4.9, "final": False},
    {"t": 6.1, "event": "Recognized", "turn": 1, "text": "你好", "until": 5.5, "final": True},
    {"t": 6.2, "note": "reply", "turn": 1, "reply_s": 0.7, "pause_s": 0.5, "words_s": 0.6},
    {"t": 9.0, "event": "RecognitionFailed", "turn": 2, "reason": "late"},
    {"t": 9.0, "note": "verdict", "verdict": "undecided"},
]


def test_words_replies_and_failures_are_counted() -> None:
    words = words_of(ENTRIES)
    assert words.seconds == pytest.approx([0.6])
    assert words.replies_s == [0.7]
    assert words.failures == {"late": 1}
