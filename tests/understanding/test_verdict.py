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
    assert kind(replace(NOTHING, faint_s=0.2)) == "noise"


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
    unlikely = replace(CALLER, level=-50.0, confidence=0.3, relevance=0.0, over_prompt=True)
    assert kind(unlikely) == "addressed"
    assert kind(replace(unlikely, level=-38.0, usual=-22.0)) == "addressed"
    assert kind(replace(CALLER, mandarin=0.2)) == "addressed"


def test_said_as_to_others_words_have_to_fit_better_to_be_for_us() -> None:
    assert kind(replace(CALLER, meaning=0.7, relevance=0.0)) == "addressed"
    assert kind(replace(CALLER, meaning=0.7, relevance=0.0, level=-38.0)) == "side_talk"


@pytest.mark.req("B4")
def test_words_that_another_language_happens_to_sound_like_are_not_understood() -> None:
    assert kind(replace(CALLER, mandarin=0.02, confidence=0.15, meaning=0.9)) == "unintelligible"


def test_without_a_recogniser_a_near_voice_is_for_us() -> None:
    assert kind(replace(CALLER, text=None, meaning=0.0, relevance=0.0)) == "addressed"


def test_a_verdict_carries_its_evidence_and_why() -> None:
    verdict = judge(CALLER)
    assert verdict.evidence is CALLER
    assert verdict.why == "understood"


def test_thresholds_can_be_tried() -> None:
    assert judge(OTHERS, replace(THRESHOLDS, far=-60.0)).kind != "side_talk"


def test_noise_has_few_words_and_another_language_has_none_of_ours() -> None:
    nothing = replace(CALLER, meaning=0.0, relevance=0.0)
    assert kind(replace(nothing, text="我", voiced_s=4.0, mandarin=0.6, confidence=0.1)) == "noise"
    assert kind(replace(nothing, text="", voiced_s=0.4, mandarin=0.02, confidence=0.1)) == "noise"
    assert kind(replace(nothing, text="", voiced_s=1.6, mandarin=0.02, confidence=0.1)) == "unintelligible"


@pytest.mark.req("B4")
def test_more_is_expected_of_words_on_a_clear_line() -> None:
    unsure = replace(CALLER, text="我是王国子杰", confidence=0.4, meaning=0.0, relevance=0.0)
    assert kind(unsure) == "unintelligible"
    assert kind(replace(unsure, floor=-38.0)) == "addressed"


@pytest.mark.req("B2")
def test_a_faint_voice_far_below_the_caller_is_somebody_else() -> None:
    faint = replace(NOTHING, faint_s=1.2, level=-57.0)
    assert kind(faint) == "inaudible"
    assert kind(replace(faint, usual=-30.0)) == "noise"
    assert kind(replace(faint, usual=-50.0)) == "inaudible"


def test_clear_words_that_do_not_answer_a_question_may_be_for_others() -> None:
    beside = replace(CALLER, text="今天天气不错", expects="yes_no", meaning=0.0, relevance=0.0)
    levels = {level: kind(replace(beside, level=level)) for level in (-26.0, -29.0, -31.0)}
    assert levels == {-26.0: "addressed", -29.0: "undecided", -31.0: "side_talk"}
    assert kind(replace(beside, level=-31.0, expects="text")) == "addressed"
