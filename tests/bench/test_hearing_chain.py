from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from bench.hearing import cases, chain, tune
from bench.hearing.cases import Case
from bench.hearing.chain import Call, Understood, turn_audio
from bench.hearing.corpus import Clip
from bench.hearing.intents import outcome
from bench.hearing.score import Confusion
from bench.hearing.verdict import balanced, right
from ivr.audio import RATE
from ivr.dialog.events import Event, SpeechConfirmed, SpeechEnded, SpeechOnset, SpeechRejected
from ivr.dialog.meaning import Meaning
from ivr.speech.activity import Heard
from ivr.speech.engine import Words
from ivr.speech.g711 import Pcm
from ivr.understanding.verdict import Evidence

SECONDS = Call(np.repeat(np.arange(10, dtype=np.int16), RATE))
"""A call in which each sample tells the second it is in."""


def heard(*told: tuple[float, Event]) -> list[Heard]:
    return [Heard(0, at, event) for at, event in told]


def seconds(pcm: Pcm) -> float:
    return len(pcm) / RATE


def test_of_silence_there_is_nothing_to_read() -> None:
    assert len(turn_audio(SECONDS, heard((2.0, SpeechOnset()), (2.3, SpeechRejected())))) == 0


def test_what_is_read_begins_before_the_first_sound() -> None:
    told = heard((2.0, SpeechOnset()), (2.25, SpeechConfirmed()), (4.3, SpeechEnded(4.0)))
    audio = turn_audio(SECONDS, told)
    assert seconds(audio) == pytest.approx(2.7)
    assert (audio[0], audio[-1]) == (1, 4)


def test_a_sound_just_before_is_part_of_the_word() -> None:
    sound = [(1.8, SpeechOnset()), (1.9, SpeechRejected())]
    told = heard(*sound, (2.0, SpeechOnset()), (2.25, SpeechConfirmed()), (4.3, SpeechEnded(4.0)))
    assert seconds(turn_audio(SECONDS, told)) == pytest.approx(2.9)


def test_nothing_is_read_twice_where_speech_goes_on_soon() -> None:
    first = [(2.0, SpeechOnset()), (2.25, SpeechConfirmed()), (4.3, SpeechEnded(4.0))]
    told = heard(*first, (4.4, SpeechOnset()), (4.7, SpeechConfirmed()), (6.3, SpeechEnded(6.0)))
    assert seconds(turn_audio(SECONDS, told)) == pytest.approx(2.7 + 2.0)


def test_what_was_said_before_is_left_out() -> None:
    first = [(1.0, SpeechOnset()), (1.25, SpeechConfirmed()), (2.3, SpeechEnded(2.0))]
    told = heard(*first, (6.0, SpeechOnset()), (6.3, SpeechConfirmed()), (7.3, SpeechEnded(7.0)))
    audio = turn_audio(SECONDS._replace(since=4.0), told)
    assert seconds(audio) == pytest.approx(1.7)
    assert audio[0] == 5


@pytest.mark.parametrize(
    ("value", "meaning", "became"),
    [
        ("complaint", Meaning("complaint", decided="sure"), "right"),
        ("complaint", Meaning("track", decided="ambiguous", other="complaint"), "asked"),
        ("complaint", Meaning("complaint", decided="likely"), "asked"),
        ("complaint", Meaning("track", decided="sure"), "wrong"),
        ("complaint", Meaning(), "not known"),
        ("other", Meaning(), "right"),
        ("other", Meaning("track", decided="likely"), "wrong"),
    ],
)
def test_what_becomes_of_a_wish(value: str, meaning: Meaning, became: str) -> None:
    assert outcome(Clip("wish", "", "", SECONDS.pcm, value=value), meaning) == became


def test_words_are_read_by_the_standard() -> None:
    assert chain.read("我要投诉", "text").intent == "complaint"
    answer = chain.read("幺三八零零幺三八零零零", "phone").answer
    assert answer
    assert answer.value == "13800138000"


def evidence(level: float) -> Evidence:
    return Evidence(1.0, level, -65.0, -100.0, 0, 0.0, "", 0.5, 1.0, "text", 0.0, 0.0, False)


def test_who_is_understood_rightly_is_addressing_us() -> None:
    case = Case("inaudible", Clip("wish", "我要投诉。", "", SECONDS.pcm, value="complaint"), -55.0)
    understood = Understood(Words("我要投诉"), chain.read("我要投诉", "text"), evidence(-55.0))
    assert cases.truth(case, understood) == "addressed"
    assert cases.truth(case, understood._replace(meaning=Meaning())) == "inaudible"
    assert cases.truth(case, understood._replace(meaning=chain.read("转人工", "text"))) == "inaudible"


def test_silence_for_noise_is_no_mistake() -> None:
    confusion = Confusion()
    for truth, taken_for in [("noise", "silent"), ("silent", "noise"), ("noise", "addressed"), ("addressed",) * 2]:
        confusion.add(truth, taken_for)
    assert (right(confusion).hits, right(confusion).of) == (3, 4)
    assert balanced(confusion) == pytest.approx((0.5 + 1.0 + 1.0) / 3)


@dataclass(frozen=True)
class Two:
    """Two thresholds."""

    level: float
    share: float


def test_the_walk_ends_in_the_middle_of_the_best_plateau() -> None:
    def worth(at: Two) -> float:
        return float(-44 <= at.level <= -40) + float(0.3 <= at.share <= 0.4)

    assert tune.walk(Two(-35.0, 0.35), worth) == Two(-42.0, 0.35)
    assert 0.3 <= tune.walk(Two(-42.0, 0.5), worth).share <= 0.4
