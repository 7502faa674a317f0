"""What the oracle accepts and what it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from pydantic import TypeAdapter

from ivr.quality.observed import CallerAct, HeardPrompt, Observed
from ivr.quality.oracle import Check, Expectation, judge, outcome_of

CALL = Observed(
    heard=(
        HeardPrompt("greeting", 1.1, 3.1, text="上午好"),
        HeardPrompt("silent_1", 5.1, 7.1),
        HeardPrompt("acknowledge", 9.8, 10.8),
    ),
    caller=(CallerAct("speech", 7.6, 9.0, "你好"),),
    ringing=0.0,
    answered=1.0,
    ended=12.8,
    ended_by="us",
    status=200,
)
LINES = TypeAdapter(list[Expectation])


def _judge(seen: Observed, *lines: Mapping[str, object]) -> list[Check]:
    return judge(LINES.validate_python(list(lines)), seen)


def _faults(seen: Observed, *lines: Mapping[str, object]) -> list[str]:
    return [f"{check.what}: {check.measured}" for check in _judge(seen, *lines) if not check.ok]


ALL = [{"heard": "greeting"}, {"heard": "silent_1"}, {"heard": "acknowledge"}]


def test_what_was_expected_and_heard_is_fine() -> None:
    timed = [
        {"heard": "greeting", "within": 2.0},
        {"heard": "silent_1", "gap": 2.0},
        {"heard": "acknowledge", "within": 0.8},
    ]
    assert _faults(CALL, {"rings": 1}, *timed, {"hangup_by": "us", "after": 2.0}, {"outcome": "answered"}) == []


def test_a_prompt_too_many_is_a_fault() -> None:
    assert _faults(CALL, *ALL[:2]) == ["nothing else: acknowledge at 9.80 s"]


def test_a_prompt_skipped_is_a_fault_and_the_rest_is_still_judged() -> None:
    assert _faults(CALL, ALL[0], ALL[2]) == ["nothing else: silent_1 at 5.10 s"]


def test_a_prompt_that_never_came_is_a_fault() -> None:
    assert _faults(CALL, *ALL, {"heard": "silent_3"}) == ["silent_3: not heard"]


@pytest.mark.parametrize(("gap", "faults"), [(2.09, 0), (1.91, 0), (2.11, 1), (1.89, 1)])
def test_a_wait_is_kept_to_the_tenth_of_a_second(gap: float, faults: int) -> None:
    seen = replace(CALL, heard=(CALL.heard[0], HeardPrompt("silent_1", 3.1 + gap, 8.0)))
    assert len(_faults(seen, {"heard": "greeting"}, {"heard": "silent_1", "gap": 2.0})) == faults


def test_a_reply_is_counted_from_the_caller_s_last_word() -> None:
    check = next(c for c in _judge(CALL, *ALL[:2], {"heard": "acknowledge", "within": 0.5}) if not c.ok)
    assert check.measured == "0.80 s"


def _interrupted(by: float, stopped: float) -> Observed:
    heard = HeardPrompt("greeting", 1.1, stopped, complete=False)
    return replace(CALL, heard=(heard,), caller=(CallerAct("speech", by, by + 2.0),))


@pytest.mark.parametrize(("stopped", "faults"), [(2.05, 0), (2.2, 0), (2.3, 1)])
def test_barge_in_is_counted_from_the_caller_s_first_sound(stopped: float, faults: int) -> None:
    assert len(_faults(_interrupted(2.0, stopped), {"heard": "greeting", "stopped_within": 0.2})) == faults


def test_a_prompt_may_be_interrupted_in_one_of_its_pauses() -> None:
    checks = _judge(_interrupted(2.3, 2.1), {"heard": "greeting", "stopped_within": 0.2})
    assert [(check.seconds, check.ok) for check in checks] == [(0.0, True)]


def test_a_prompt_that_went_on_was_not_interrupted() -> None:
    assert _faults(CALL, {"heard": "greeting", "stopped_within": 0.2}, *ALL[1:]) == [
        "greeting interrupted: went on to its end"
    ]


def test_a_prompt_that_was_cut_is_a_fault_unless_it_may_be() -> None:
    assert _faults(_interrupted(2.0, 2.1), {"heard": "greeting"}) == ["greeting heard: cut after 1.00 s"]
    assert _faults(_interrupted(2.0, 2.1), {"heard": "greeting", "cut": True}) == []


def test_words_in_a_prompt() -> None:
    assert _faults(CALL, {"heard": "greeting", "text": "上午好"}, *ALL[1:]) == []
    assert _faults(CALL, {"heard": "greeting", "text": "下午好"}, *ALL[1:]) == ["greeting says: 上午好"]


@pytest.mark.parametrize(
    ("line", "measured"),
    [
        ({"absent": "silent_1"}, "silent_1: heard"),
        ({"rings": 3}, "answered on ring 3: 1.00 s"),
        ({"hangup_by": "caller"}, "hung up by: us"),
        ({"hangup_by": "us", "after": 1.0}, "hung up after: 2.00 s"),
        ({"hangup_by": "us", "after": 1.0, "since": "caller"}, "hung up after: 3.80 s"),
        ({"transfer": "operator"}, "transferred to: nobody"),
        ({"outcome": "busy"}, "the call was: answered"),
    ],
)
def test_what_is_not_so_is_a_fault(line: dict[str, object], measured: str) -> None:
    assert _faults(CALL, *ALL, line) == [measured]


def test_talking_over_the_caller_is_a_fault() -> None:
    seen = replace(CALL, caller=(CallerAct("speech", 6.5, 9.0),))
    assert _faults(seen, *ALL, {"overlap": 0.3}) == ["spoke at once: 0.60 s"]
    assert _faults(seen, *ALL, {"overlap": 0.6}) == []


def _reply(start: float) -> list[str]:
    seen = replace(CALL, heard=(*CALL.heard[:2], HeardPrompt("acknowledge", start, start + 1)))
    return _faults(seen, *ALL[:2], {"heard": "acknowledge", "reply": 0.9})


def test_a_reply_is_measured_at_the_ear() -> None:
    assert _reply(9.9) == []
    assert _reply(9.91) == ["reply acknowledge: 0.91 s"]


def test_a_prompt_before_which_nobody_spoke_is_no_reply() -> None:
    assert _faults(CALL, {"heard": "greeting", "reply": 9.0}, *ALL[1:]) == ["greeting answers: nobody"]


@pytest.mark.parametrize(("gain", "tempo", "faults"), [(7.4, 0.84, 0), (7.6, 0.8, 1), (4.4, 0.8, 1), (6.0, 1.0, 1)])
def test_louder_and_slower_are_measured_against_the_first_prompt(gain: float, tempo: float, faults: int) -> None:
    heard = (HeardPrompt("greeting", 1.1, 3.1, gain_db=-1.0), HeardPrompt("slowly", 5, 6, True, "", gain - 1, tempo))
    lines = {"heard": "greeting"}, {"heard": "slowly", "louder": 6.0, "slower": 0.8}
    assert len(_faults(replace(CALL, heard=heard), *lines)) == faults


JOURNAL = [
    {"t": 1.0, "event": "Connected"},
    {"t": 4.0, "note": "verdict", "verdict": "inaudible", "why": "faint"},
    {"t": 8.0, "note": "verdict", "verdict": "addressed"},
    {"t": 8.0, "note": "understood", "intent": "track"},
    {"t": 9.0, "note": "answer", "slot": "phone", "value": "110"},
    {"t": 9.0, "note": "answer", "slot": "waybill", "value": "773"},
    {"t": 9.0, "note": "owed", "promise": "local_callback"},
]


def _noted(*lines: Mapping[str, object]) -> list[str]:
    checks = judge(LINES.validate_python([*ALL, *lines]), CALL, JOURNAL)
    return [f"{check.what}: {check.measured}" for check in checks if not check.ok]


def test_what_the_service_understood_is_looked_up_in_its_journal() -> None:
    verdicts: list[dict[str, object]] = [{"verdict": "inaudible"}, {"verdict": "addressed"}]
    meaning: list[dict[str, object]] = [
        {"understood": "track"},
        {"answer": {"phone": "110", "waybill": "773"}},
        {"owed": "local_callback"},
    ]
    assert _noted(*verdicts) == []
    assert _noted(*meaning) == []


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ([{"verdict": "noise"}], "verdict: inaudible; addressed"),
        ([{"verdict": "inaudible"}, {"verdict": "inaudible"}], "verdict: addressed"),
        ([{"verdict": "addressed"}, {"verdict": "inaudible"}], "verdict: nothing"),
        ([{"understood": "operator"}], "understood: track"),
        ([{"answer": {"waybill": "774"}}], "answer: phone 110; waybill 773"),
        ([{"owed": "callback"}], "owed: local_callback"),
    ],
)
def test_what_it_understood_otherwise_is_a_fault(lines: list[dict[str, object]], fault: str) -> None:
    assert _noted(*lines) == [fault]


def test_without_a_journal_nothing_is_said_of_what_was_understood() -> None:
    assert len(_judge(CALL, *ALL, {"verdict": "noise"}, {"understood": "operator"})) == len(_judge(CALL, *ALL))


def test_a_call_that_was_never_answered_has_no_ring() -> None:
    assert _faults(Observed(status=486), {"rings": 1}, {"outcome": "busy"}) == ["answered: not answered"]


def test_silence_is_counted_from_whoever_ended_last() -> None:
    assert CALL.quiet_since(1.1) == 1.0
    assert CALL.quiet_since(5.1) == 3.1
    assert CALL.quiet_since(9.8) == 9.0


@pytest.mark.parametrize(
    ("status", "word"),
    [(200, "answered"), (486, "busy"), (487, "cancelled"), (403, "refused"), (503, "failed"), (0, "failed")],
)
def test_outcomes_have_words(status: int, word: str) -> None:
    assert outcome_of(status) == word
