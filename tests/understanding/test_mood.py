from __future__ import annotations

import pytest

from ivr.understanding.mood import Mood

WORDS = ("气死了", "太过分了")
CALM = ("我想查一下我的快递", -30.0, 2.5)


def mood() -> Mood:
    """Of somebody who began calmly."""
    heard = Mood(WORDS)
    heard.hear(*CALM)
    heard.hear(*CALM)
    return heard


@pytest.mark.req("E1")
def test_whoever_begins_is_not_upset() -> None:
    assert not Mood(WORDS).hear("我的快递还没有到", -10.0, 1.0).upset


@pytest.mark.req("E1")
def test_one_strong_word_in_a_calm_voice_is_none() -> None:
    assert not mood().hear("气死了我的快递还没到", -30.0, 2.8).upset


def test_a_strong_word_is_counted_once() -> None:
    assert mood().hear("气死了我的快递还没到", -30.0, 2.8).strong == 1
    assert mood().hear("气死了，你们太过分了，气死了", -30.0, 2.8).strong == 3


@pytest.mark.req("E1")
def test_strong_words_again_are() -> None:
    heard = mood()
    heard.hear("气死了我的快递还没到", -30.0, 2.8)
    assert heard.hear("你们太过分了", -30.0, 2.0).upset


@pytest.mark.req("E1")
def test_whoever_calms_down_is_upset_no_more() -> None:
    heard = mood()
    heard.hear("气死了太过分了", -30.0, 2.0)
    assert not heard.hear(*CALM).upset


@pytest.mark.req("E1")
@pytest.mark.parametrize(("level", "seconds"), [(-23.0, 2.5), (-30.0, 1.5)])
def test_one_strong_word_louder_or_quicker_is(level: float, seconds: float) -> None:
    assert mood().hear("气死了我的快递还没到", level, seconds).upset


@pytest.mark.req("E1")
@pytest.mark.parametrize(("level", "seconds", "upset"), [(-20.0, 1.5, True), (-20.0, 2.5, False), (-30.0, 1.5, False)])
def test_a_voice_alone_has_to_be_raised_in_every_way(level: float, seconds: float, *, upset: bool) -> None:
    assert mood().hear("我的快递怎么还没有到", level, seconds).upset is upset


def test_what_is_measured_is_against_their_own_start() -> None:
    evidence = mood().hear("我想查一下我的快递", -24.0, 1.25)
    assert (evidence.louder_db, evidence.quicker) == pytest.approx((6.0, 2.0))


@pytest.mark.parametrize(("text", "seconds"), [("是", 0.1), ("", 0.0), ("我的快递呢", 0.0)])
def test_too_little_speech_tells_nothing_of_its_rate(text: str, seconds: float) -> None:
    assert mood().hear(text, -30.0, seconds).quicker == 1.0


def test_without_strong_words_only_the_voice_counts() -> None:
    assert not Mood(()).hear("气死了气死了", -30.0, 1.0).now
