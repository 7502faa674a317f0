"""The caller's turns, put together from what was heard and what the service wrote down."""

from __future__ import annotations

from ivr.quality.observed import CallerAct, HeardPrompt, Observed
from ivr.quality.turns import turns

SEEN = Observed(
    heard=(HeardPrompt("greeting", 1.1, 3.1), HeardPrompt("ask", 7.0, 8.0), HeardPrompt("read", 13.0, 15.0)),
    caller=(
        CallerAct("speech", 4.0, 5.0, "我要"),
        CallerAct("speech", 5.5, 6.2, "查快递"),
        CallerAct("key", 9.0, 9.1, "1"),
        CallerAct("speech", 10.0, 12.4, "七七三"),
        CallerAct("speech", 16.0, 17.0, "对"),
    ),
)
JOURNAL = [
    {"t": 3.5, "note": "verdict", "turn": 1, "verdict": "silent"},
    {
        "t": 6.7,
        "note": "verdict",
        "turn": 1,
        "verdict": "addressed",
        "why": "meant",
        "text": "我要查快递",
        "level": -22.0,
    },
    {"t": 6.7, "note": "understood", "intent": "track"},
    {"t": 12.9, "note": "verdict", "turn": 2, "verdict": "addressed", "why": "meant", "text": "七七三"},
    {"t": 12.9, "note": "answer", "slot": "waybill", "value": "773"},
    {"t": 16.5, "note": "verdict", "verdict": "silent"},
]


def test_what_is_said_before_we_answer_is_one_turn() -> None:
    found = turns(SEEN, JOURNAL)
    assert [turn.said for turn in found] == ["我要查快递", "七七三", "对"]
    assert [turn.reply_s for turn in found] == [0.8, 0.6, None]
    assert [turn.reply for turn in found] == ["ask", "read", ""]


def test_a_turn_has_its_verdict_with_what_it_was_judged_by() -> None:
    first, second, third = turns(SEEN, JOURNAL)
    assert (first.verdict, first.why, first.text, first.understood) == ("addressed", "meant", "我要查快递", "track")
    assert first.evidence == {"text": "我要查快递", "level": -22.0}
    assert second.understood == "waybill 773"
    assert (third.verdict, third.text, third.understood) == ("", "", "")


def test_without_a_journal_there_are_times_only() -> None:
    assert [(turn.reply_s, turn.verdict) for turn in turns(SEEN, [])] == [(0.8, ""), (0.6, ""), (None, "")]


def test_a_caller_who_says_nothing_has_no_turn() -> None:
    assert turns(Observed(heard=SEEN.heard), JOURNAL) == []
