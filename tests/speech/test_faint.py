"""Voices too faint to be near, from chunks with a given verdict."""

from __future__ import annotations

import pytest

from ivr.dialog.events import FaintSpeech
from ivr.speech.faint import FaintVoice
from ivr.speech.level import FULL_SCALE
from ivr.speech.segment import Chunk

CHUNK_S = 0.032
POWER = FULL_SCALE**2 * 10**-5.6  # -56 dBov
FLOOR = -68.0
NEVER = float("-inf")


def hear(voice: FaintVoice, verdicts: str, near_until: float = NEVER, start: float = 0.0) -> list[FaintSpeech]:
    """What is told of chunks: f for a faint voice, . for none."""
    ends = [start + (number + 1) * CHUNK_S for number in range(len(verdicts))]
    chunks = [
        Chunk(end - CHUNK_S, end, end, 0.9, voiced=False, faint=verdict == "f", level=-56.0, power=POWER, floor=FLOOR)
        for end, verdict in zip(ends, verdicts, strict=True)
    ]
    told = []
    for chunk in chunks:
        voice.hear(chunk, near_until)
        told.append(voice.tell(chunk))
    return [event for event in told if event]


@pytest.mark.req("B2")
def test_it_is_told_once_it_has_paused() -> None:
    voice = FaintVoice()
    assert hear(voice, "f" * 12 + "." * 9) == []
    (told,) = hear(voice, "." * 20, start=21 * CHUNK_S)
    assert told == FaintSpeech(voiced_s=0.384, level=-56.0, floor=FLOOR)


@pytest.mark.req("B2")
def test_one_that_goes_on_is_told_every_second_and_a_half() -> None:
    told = hear(FaintVoice(), "f" * 150)
    assert [event.voiced_s for event in told] == pytest.approx([47 * CHUNK_S] * 3)
    assert all(event.goes_on for event in told)


@pytest.mark.req("C1")
@pytest.mark.parametrize("more", [0, 3, 20])
def test_one_that_went_on_is_told_once_more_when_it_pauses(more: int) -> None:
    """However little followed: whoever waits for its pause must hear of it."""
    _, last = hear(FaintVoice(), "f" * (47 + more) + "." * 30)
    assert last.voiced_s == pytest.approx(more * CHUNK_S)
    assert not last.goes_on


def test_less_than_300_ms_is_no_voice_until_more_follows() -> None:
    voice = FaintVoice()
    assert hear(voice, "f" * 7 + "." * 15) == []
    assert len(hear(voice, "f" * 7 + "." * 15, start=22 * CHUNK_S)) == 1


def test_fragments_far_apart_do_not_add_up() -> None:
    voice = FaintVoice()
    for start in (0.0, 4.0, 8.0, 12.0):
        assert hear(voice, "f" * 7 + "." * 12, start=start) == []


def test_what_follows_near_speech_closely_is_its_reverberation() -> None:
    assert hear(FaintVoice(), "f" * 20 + "." * 12, near_until=-0.2) == []


def test_a_caller_who_comes_near_was_not_too_faint() -> None:
    voice = FaintVoice()
    hear(voice, "f" * 12)
    assert voice.pending
    voice.forget()
    assert not voice.pending
    assert hear(voice, "." * 20, start=12 * CHUNK_S) == []
