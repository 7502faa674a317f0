"""Reply times, told event by event."""

from __future__ import annotations

import pytest

from ivr.dialog import events as ev
from ivr.telephony.replies import Reply, ReplyClock

LAST = 5.0
"""Instant of the caller's last voiced sample."""


def words(until: float = LAST, *, final: bool = True) -> ev.Recognized:
    return ev.Recognized(turn=1, text="查快递", until=until, final=final)


def a_turn(*meanwhile: tuple[ev.Event, float], over: float = LAST + 0.8) -> ReplyClock:
    """A caller speaks until `LAST`; then this happens, and at `over` the turn is."""
    clock = ReplyClock()
    clock.turn_begins(1)
    clock.moved("conversation_listening", LAST - 1.0)
    clock.heard(ev.SpeechEnded(last_voiced=LAST), LAST + 0.3)
    clock.moved("conversation_pausing", LAST + 0.3)
    for event, at in meanwhile:
        clock.heard(event, at)
    clock.moved("conversation_saying", over)
    return clock


def test_from_the_last_voiced_sample_to_the_first_audible_one() -> None:
    clock = a_turn((words(), LAST + 0.62))
    assert clock.answered(LAST + 0.9) == Reply(turn=1, reply_s=0.9, pause_s=0.8, words_s=0.62)


def test_an_answer_is_timed_once() -> None:
    clock = a_turn()
    assert clock.answered(LAST + 0.9)
    assert clock.answered(LAST + 4.0) is None


def test_waiting_for_words_is_not_part_of_the_pause() -> None:
    clock = a_turn(over=LAST + 0.8)
    clock.moved("conversation_recognizing", LAST + 0.8)
    clock.heard(words(), LAST + 1.3)
    clock.moved("conversation_saying", LAST + 1.3)
    assert clock.answered(LAST + 1.3) == Reply(turn=1, reply_s=1.3, pause_s=0.8, words_s=1.3)


def test_words_that_lack_the_end_do_not_count() -> None:
    clock = a_turn((words(until=LAST - 0.7), LAST + 0.1), (words(final=False), LAST + 0.2))
    reply = clock.answered(LAST + 0.9)
    assert reply
    assert reply.words_s is None


def test_words_read_at_a_breath_that_was_the_end_count_from_when_they_came() -> None:
    clock = ReplyClock()
    clock.moved("greeting_listening", 0.0)
    clock.heard(words(until=LAST + 0.02), LAST + 0.25)  # told before the end of speech is
    clock.heard(ev.SpeechEnded(last_voiced=LAST), LAST + 0.3)
    clock.moved("greeting_saying", LAST + 0.8)
    reply = clock.answered(LAST + 0.8)
    assert reply
    assert reply.words_s == 0.25


@pytest.mark.parametrize(
    "event", [ev.SpeechConfirmed(), ev.KeyPressed("1"), ev.RemoteHold()], ids=lambda e: type(e).__name__
)
def test_what_answers_something_else_is_no_reply(event: ev.Event) -> None:
    assert a_turn((event, LAST + 0.5)).answered(LAST + 0.9) is None


@pytest.mark.parametrize(("verdict", "answered"), [("noise", False), ("side_talk", False), ("unintelligible", True)])
def test_the_ladders_next_step_is_no_reply(verdict: str, answered: bool) -> None:
    clock = a_turn()
    clock.judged(verdict)
    assert (clock.answered(LAST + 2.0) is not None) is answered


def test_a_word_of_ours_while_the_caller_has_the_floor_is_no_reply() -> None:
    clock = a_turn()
    clock.moved("conversation_pausing", LAST + 1.0)
    assert clock.answered(LAST + 1.0) is None


def test_a_prompt_after_a_message_or_by_itself_is_no_reply() -> None:
    clock = ReplyClock()
    clock.moved("recording_taking", 0.0)
    clock.heard(ev.SpeechEnded(last_voiced=LAST), LAST + 0.3)
    clock.moved("conversation_saying", LAST + 4.0)
    assert clock.answered(LAST + 4.0) is None
