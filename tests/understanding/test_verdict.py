"""The verdict on a turn, from evidence as it is measured on calls."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ivr.understanding.verdict import THRESHOLDS, Evidence, Kind, judge

SILENT = -100.0
NOTHING = Evidence(
    voiced_s=0.0,
    level=SILENT,
    floor=-65.0,
    usual=SILENT,
    sounds=0,
    faint_s=0.0,
    text=None,
    confidence=0.0,
    mandarin=1.0,
    expects="text",
    meaning=0.0,
    relevance=0.0,
    over_prompt=False,
)
CALLER = replace(
    NOTHING,
    voiced_s=1.6,
    level=-26.0,
    text="我想查一下快递",
    confidence=0.85,
    mandarin=0.98,
    meaning=0.9,
    relevance=0.4,
)
OTHERS = replace(CALLER, level=-38.0, text="你把电视声音关小一点", meaning=0.1, relevance=0.0)


def kind(evidence: Evidence) -> Kind:
    return judge(evidence).kind


@pytest.mark.req("B1")
def test_nothing_heard_is_a_silent_caller() -> None:
    assert kind(NOTHING) == "silent"


@pytest.mark.req("B1")
def test_sounds_without_a_voice_are_noise() -> None:
    assert kind(replace(NOTHING, sounds=3)) == "noise"
    assert kind(replace(NOTHING, sounds=3, text="")) == "noise"
    assert kind(replace(CALLER, text="", meaning=0.0, relevance=0.0, confidence=0.0)) == "noise"


@pytest.mark.req("B2")
def test_a_voice_too_faint_to_be_near_is_a_caller_who_cannot_be_heard() -> None:
    assert kind(replace(NOTHING, faint_s=1.5, sounds=2)) == "inaudible"
    assert kind(replace(NOTHING, faint_s=0.3)) == "noise"


@pytest.mark.req("B2")
@pytest.mark.parametrize(("level", "floor"), [(-50.0, -66.0), (-34.0, -39.0)])
def test_words_lost_because_they_were_soft_or_drowned_are_inaudible(level: float, floor: float) -> None:
    lost = replace(CALLER, level=level, floor=floor, confidence=0.2, meaning=0.0, relevance=0.0)
    assert kind(lost) == "inaudible"
    assert kind(replace(lost, text="")) == "inaudible"


def test_soft_words_that_are_understood_are_for_us() -> None:
    assert kind(replace(CALLER, level=-50.0, floor=-66.0, confidence=0.3)) == "addressed"


@pytest.mark.req("B3")
def test_clear_words_about_something_else_and_softer_than_a_caller_are_for_others() -> None:
    assert kind(OTHERS) == "side_talk"
    assert kind(replace(OTHERS, level=-26.0)) != "side_talk"


@pytest.mark.req("B3")
def test_who_speaks_is_compared_with_how_the_caller_spoke_before() -> None:
    assert kind(replace(OTHERS, level=-31.0, usual=-22.0)) == "side_talk"
    assert kind(replace(OTHERS, level=-38.0, usual=-37.0)) != "side_talk"


@pytest.mark.req("B3")
def test_our_business_is_for_us_however_far_away() -> None:
    assert kind(replace(OTHERS, text="那个快递单号是多少", relevance=0.5)) == "addressed"


@pytest.mark.req("B4")
def test_another_language_or_a_dialect_is_not_understood() -> None:
    assert kind(replace(CALLER, mandarin=0.05, text="annyeong", meaning=0.1, relevance=0.0)) == "unintelligible"
    assert kind(replace(CALLER, confidence=0.2, meaning=0.0, relevance=0.0)) == "unintelligible"


def test_a_word_is_too_short_to_tell_its_language() -> None:
    assert kind(replace(CALLER, voiced_s=0.3, mandarin=0.3, text="嗯", meaning=0.0, relevance=0.0)) != "unintelligible"


def test_what_is_understood_is_for_us_whatever_speaks_against_it() -> None:
    unlikely = replace(CALLER, level=-45.0, mandarin=0.1, confidence=0.1, relevance=0.0, over_prompt=True)
    assert kind(unlikely) == "addressed"


def test_without_a_recogniser_a_near_voice_is_for_us() -> None:
    assert kind(replace(CALLER, text=None, meaning=0.0, relevance=0.0)) == "addressed"


def test_a_verdict_carries_its_evidence_and_why() -> None:
    verdict = judge(CALLER)
    assert verdict.evidence is CALLER
    assert verdict.why == "understood"


def test_thresholds_can_be_tried() -> None:
    assert judge(OTHERS, replace(THRESHOLDS, far=-60.0)).kind != "side_talk"


def test_music_that_a_recogniser_takes_for_a_language_is_noise() -> None:
    assert kind(replace(CALLER, text="", mandarin=0.02, confidence=0.1, meaning=0.0, relevance=0.0)) == "noise"


@pytest.mark.req("B2")
def test_a_faint_voice_far_below_the_caller_is_somebody_else() -> None:
    faint = replace(NOTHING, faint_s=1.2, level=-57.0)
    assert kind(faint) == "inaudible"
    assert kind(replace(faint, usual=-30.0)) == "noise"
    assert kind(replace(faint, usual=-50.0)) == "inaudible"


def test_clear_words_that_do_not_answer_a_question_are_undecided() -> None:
    beside = replace(CALLER, text="今天天气不错", meaning=0.0, relevance=0.0)
    assert kind(replace(beside, expects="yes_no")) == "undecided"
    assert kind(beside) == "addressed"
