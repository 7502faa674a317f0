"""The events of one call, from chunks with a given verdict."""

from __future__ import annotations

import pytest

from ivr.dialog.events import Event, SpeechConfirmed, SpeechEnded, SpeechOnset, SpeechPaused, SpeechRejected
from ivr.speech.level import FULL_SCALE, SILENT
from ivr.speech.segment import Chunk, Segmenter

CHUNK_S = 0.032
POWER = FULL_SCALE**2 * 1e-2  # -20 dBov
FLOOR = -62.0


def hear(segmenter: Segmenter, verdicts: str, sure: float = 0.9, start: float = 0.0) -> list[tuple[float, Event]]:
    """Events with their instants; a verdict is V for a voiced chunk and . for any other."""
    events = []
    for number, verdict in enumerate(verdicts):
        begin, end = start + number * CHUNK_S, start + (number + 1) * CHUNK_S
        event = segmenter.hear(Chunk(begin, end, end, sure, verdict == "V", verdict == "f", -20.0, POWER, FLOOR))
        events += [(end, event)] if event else []
    return events


def names(events: list[tuple[float, Event]]) -> list[type[Event]]:
    return [type(event) for _, event in events]


def test_nothing_comes_of_silence() -> None:
    assert hear(Segmenter(), "." * 50) == []


def test_the_first_voiced_chunk_is_the_onset() -> None:
    ((at, event),) = hear(Segmenter(), "..V")
    assert event == SpeechOnset()
    assert at == pytest.approx(3 * CHUNK_S)


@pytest.mark.req("B1")
def test_250_ms_of_voice_confirm_and_less_does_not() -> None:
    assert names(hear(Segmenter(), "V" * 7)) == [SpeechOnset]
    assert names(hear(Segmenter(), "V" * 8)) == [SpeechOnset, SpeechConfirmed]
    assert names(hear(Segmenter(), "V" * 7 + "." * 9)) == [SpeechOnset, SpeechRejected]


@pytest.mark.req("B1")
def test_a_short_sound_is_rejected_within_250_ms_of_its_onset() -> None:
    for voiced in range(1, 8):
        (onset, _), (rejected, event) = hear(Segmenter(), "V" * voiced + "." * 9)
        assert isinstance(event, SpeechRejected)
        assert rejected - onset <= 0.25 + CHUNK_S


def test_what_sounds_like_speech_without_getting_surer_is_rejected_after_half_a_second() -> None:
    (onset, _), (rejected, event), *_ = hear(Segmenter(), "V" * 30, sure=0.5)
    assert isinstance(event, SpeechRejected)
    assert rejected - onset == pytest.approx(0.5, abs=CHUNK_S)


def test_two_short_syllables_close_together_confirm() -> None:
    assert names(hear(Segmenter(), "VVVVV....VVVV")) == [SpeechOnset, SpeechRejected, SpeechOnset, SpeechConfirmed]


def test_two_short_sounds_far_apart_do_not() -> None:
    sounds = "VVVVV" + "." * 15 + "VVVVV" + "." * 15
    assert names(hear(Segmenter(), sounds)) == [SpeechOnset, SpeechRejected] * 2


def test_speech_ends_300_ms_after_its_last_voice_and_says_when_that_was() -> None:
    ended, event = hear(Segmenter(), "V" * 20 + "." * 15)[-1]
    assert isinstance(event, SpeechEnded)
    assert event.last_voiced == pytest.approx(20 * CHUNK_S)
    assert ended - 20 * CHUNK_S == pytest.approx(0.3, abs=CHUNK_S)


def test_the_last_voice_is_where_the_sound_stopped_inside_a_chunk() -> None:
    segmenter = Segmenter()
    hear(segmenter, "V" * 20)
    segmenter.hear(Chunk(0.64, 0.672, 0.65, 0.9, voiced=True, faint=False, level=-20.0, power=POWER, floor=FLOOR))
    paused, ended = (event for _, event in hear(segmenter, "." * 15, start=0.672))
    assert isinstance(ended, SpeechEnded)
    assert ended.last_voiced == 0.65
    assert paused == SpeechPaused(last_voiced=0.65)


def test_a_pause_shorter_than_the_hang_over_does_not_end_speech() -> None:
    told = names(hear(Segmenter(), "V" * 10 + "." * 8 + "V" * 10))
    assert told == [SpeechOnset, SpeechConfirmed, SpeechPaused]


@pytest.mark.req("C1")
def test_a_pause_is_told_once_after_160_ms_and_the_next_one_again() -> None:
    events = hear(Segmenter(), "V" * 10 + "." * 8 + "V" * 4 + "." * 4 + "V" * 4 + "." * 7)
    pauses = [(at, event) for at, event in events if isinstance(event, SpeechPaused)]
    assert [event.last_voiced for _, event in pauses] == pytest.approx([10 * CHUNK_S, 30 * CHUNK_S])
    assert all(0.159 <= at - event.last_voiced < 0.161 + CHUNK_S for at, event in pauses)


def test_the_end_tells_how_much_voice_there_was_how_loud_and_over_which_floor() -> None:
    *_, (_, event) = hear(Segmenter(), "V" * 10 + "." * 3 + "V" * 10 + "." * 15)
    assert isinstance(event, SpeechEnded)
    assert event.voiced_s == pytest.approx(
        19 * CHUNK_S
    )  # a single loud chunk does not count, nor does the first of many
    assert event.level == pytest.approx(-20.0)
    assert event.floor == FLOOR


def test_a_rejection_tells_how_much_like_a_voice_it_was() -> None:
    _, (_, event) = hear(Segmenter(), "VVV" + "." * 9)
    assert event == SpeechRejected(voiced_s=0.096, level=-20.0, floor=FLOOR)


@pytest.mark.req("C2")
def test_where_a_short_answer_was_asked_for_130_ms_of_sure_voice_confirm() -> None:
    assert names(hear(Segmenter(short=True), "V" * 3 + "." * 9)) == [SpeechOnset, SpeechRejected]
    assert names(hear(Segmenter(short=True), "V" * 4)) == [SpeechOnset, SpeechConfirmed]
    assert names(hear(Segmenter(short=True), "V" * 4 + "." * 9, sure=0.6)) == [SpeechOnset, SpeechRejected]


def test_after_its_end_speech_has_to_be_confirmed_again() -> None:
    again = "V" * 10 + "." * 12 + "V" * 3 + "." * 9
    assert names(hear(Segmenter(), again))[2:] == [SpeechPaused, SpeechEnded, SpeechOnset, SpeechRejected]


def test_the_caller_has_a_level_once_confirmed_and_noises_do_not_change_it() -> None:
    segmenter = Segmenter()
    hear(segmenter, "VVV" + "." * 20)
    assert segmenter.caller.level == SILENT
    hear(segmenter, "V" * 20, start=10.0)
    assert segmenter.caller.level == pytest.approx(-20.0)


def follow(levels: str, floor: float) -> list[Event]:
    """Events after a second of speech at -20 dBov; a digit is a voiced chunk so many decibels softer, by four."""
    segmenter = Segmenter()
    hear(segmenter, "V" * 32)
    events = []
    for number, softer in enumerate(levels):
        start = (32 + number) * CHUNK_S
        level = -20.0 - 4 * int(softer)
        power = FULL_SCALE**2 * 10 ** (level / 10)
        event = segmenter.hear(Chunk(start, start + CHUNK_S, start + CHUNK_S, 0.9, True, False, level, power, floor))
        events += [event] if event else []
    return events


@pytest.mark.req("C2")
def test_talk_in_the_background_does_not_keep_a_turn_open() -> None:
    _, ended, *_ = follow("5" * 20, floor=-50.0)
    assert ended == SpeechEnded(32 * CHUNK_S, voiced_s=1.024, level=-20.0, floor=-50.0)


@pytest.mark.req("C2")
def test_on_a_quiet_line_the_soft_end_of_a_sentence_belongs_to_it_and_in_noise_it_cannot() -> None:
    assert follow("3" * 20, floor=-65.0) == []
    assert [type(event) for event in follow("3" * 10, floor=-35.0)] == [SpeechPaused, SpeechEnded]


def test_a_caller_who_falls_silent_slowly_is_followed_down() -> None:
    assert follow("1" * 20 + "2" * 40 + "3" * 60 + "4" * 60 + "5" * 60, floor=-65.0) == []


def test_a_single_loud_chunk_in_the_background_does_not_keep_a_turn_open() -> None:
    assert [type(event) for event in follow("555155515551", floor=-50.0)][:2] == [SpeechPaused, SpeechEnded]
