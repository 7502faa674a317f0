"""The ear, on prompts of noise shaped like speech: whole, cut, paused, fainter, shifted, lossy, in sequence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from ivr.audio import FRAME, FRAME_S
from ivr.quality.ear import Ear
from ivr.quality.likeness import Beginnings, KnownPrompt
from ivr.quality.measure import Pcm, frames
from ivr.quality.observed import HeardPrompt
from ivr.speech.g711 import alaw_decode, alaw_encode

START = 100.0


def _prompt(name: str, seconds: float, seed: int) -> KnownPrompt:
    """Syllables: bursts of noise of 0.16 s with pauses of 0.06 s, audible from the first frame to the last."""
    random = np.random.default_rng(seed)
    count = round(seconds / FRAME_S) * FRAME
    envelope = (np.arange(count) % 1760 < 1280) | (np.arange(count) >= count - FRAME)
    return KnownPrompt(name, name, (random.normal(size=count) * envelope * 2500).clip(-32000, 32000).astype(np.int16))


GREETING, SILENT, GOODBYE, TONE = (
    _prompt(n, s, i) for i, (n, s) in enumerate([("greeting", 2.0), ("silent", 1.5), ("goodbye", 3.0), ("tone", 0.3)])
)
KNOWN = [GREETING, SILENT, GOODBYE, TONE]


def _silence(seconds: float) -> Pcm:
    return np.zeros(round(seconds / FRAME_S) * FRAME, np.int16)


def _listen(*pieces: Pcm, lose: float = 0.0, known: Sequence[KnownPrompt] = KNOWN) -> list[HeardPrompt]:
    random = np.random.default_rng(1)
    ear = Ear(Beginnings(known))
    for i, row in enumerate(frames(alaw_decode(alaw_encode(np.concatenate(pieces))))):
        ear.feed(row * (random.random() >= lose), START + i * FRAME_S)
    ear.close()
    return ear.heard


def _what(heard: list[HeardPrompt]) -> list[tuple[str | None, float, float, bool]]:
    return [(p.name, round(p.start - START, 2), round(p.end - START, 2), p.complete) for p in heard]


def test_prompts_are_known_by_their_sound_and_timed_to_the_packet() -> None:
    heard = _listen(_silence(0.1), GREETING.pcm, _silence(2.0), SILENT.pcm, _silence(2.0))
    assert _what(heard) == [("greeting", 0.1, 2.1, True), ("silent", 4.1, 5.6, True)]


def test_two_prompts_in_one_breath_are_two() -> None:
    heard = _listen(GREETING.pcm, _silence(0.4), TONE.pcm, _silence(0.4), SILENT.pcm)
    assert _what(heard) == [("greeting", 0.0, 2.0, True), ("tone", 2.4, 2.7, True), ("silent", 3.1, 4.6, True)]


def test_a_prompt_that_falls_silent_is_cut() -> None:
    heard = _listen(GREETING.pcm[: 40 * FRAME], _silence(1.0), GOODBYE.pcm)
    assert _what(heard) == [("greeting", 0.0, 0.8, False), ("goodbye", 1.8, 4.8, True)]


@pytest.mark.parametrize("at", [5, 20, 60])
def test_a_prompt_that_pauses_and_goes_on_is_one(at: int) -> None:
    heard = _listen(GREETING.pcm[: at * FRAME], _silence(0.4), GREETING.pcm[at * FRAME :], _silence(1.0))
    assert _what(heard) == [("greeting", 0.0, 2.4, True)]


def test_a_prompt_replaced_without_a_pause_is_cut() -> None:
    heard = _listen(GREETING.pcm[: 50 * FRAME], GOODBYE.pcm)
    assert [(p.name, p.complete) for p in heard] == [("greeting", False), ("goodbye", True)]


@pytest.mark.parametrize("gain", [0.3, 1.8])
def test_level_does_not_matter(gain: float) -> None:
    assert [p.name for p in _listen((SILENT.pcm * gain).astype(np.int16))] == ["silent"]


@pytest.mark.parametrize("gain_db", [-10, 6])
def test_the_level_is_measured_against_the_usual_one(gain_db: float) -> None:
    (heard,) = _listen((SILENT.pcm * 10 ** (gain_db / 20)).astype(np.int16))
    assert heard.gain_db == pytest.approx(gain_db, abs=0.3)


DIGITS = [_prompt(str(n), 0.4, seed=20 + n).pcm for n in range(10)]
PHRASE = _prompt("your number is", 1.6, seed=30).pcm


def _read_back(digits: str) -> KnownPrompt:
    return KnownPrompt("read", digits, np.concatenate((PHRASE, *(DIGITS[int(digit)] for digit in digits))))


READ_BACKS = [_read_back("7738"), _read_back("7739"), _read_back("7788"), GREETING]


@pytest.mark.parametrize("prompt", READ_BACKS, ids=lambda prompt: prompt.text)
def test_of_prompts_that_begin_alike_the_one_that_was_said_is_heard(prompt: KnownPrompt) -> None:
    heard = _listen(prompt.pcm, _silence(1.0), known=READ_BACKS)
    assert [(p.name, p.text, p.complete) for p in heard] == [(prompt.name, prompt.text, True)]


LONGER = KnownPrompt("longer", "", np.concatenate([GREETING.pcm, _silence(0.3), GOODBYE.pcm]))


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ([GREETING.pcm], [("greeting", 0.0, 2.0, True)]),
        ([LONGER.pcm], [("longer", 0.0, 5.3, True)]),
        ([LONGER.pcm[: 3 * 8000]], [("longer", 0.0, 3.0, False)]),
        ([GREETING.pcm, _silence(0.3), SILENT.pcm], [("greeting", 0.0, 2.0, True), ("silent", 2.3, 3.8, True)]),
    ],
    ids=["the shorter", "the longer", "the longer, cut", "the shorter, then another"],
)
def test_a_prompt_that_is_the_beginning_of_another_is_told_from_it(
    said: list[Pcm], heard: list[tuple[str, float, float, bool]]
) -> None:
    other = KnownPrompt("other", "", np.concatenate([GREETING.pcm, _silence(0.3), TONE.pcm]))
    assert _what(_listen(*said, _silence(2.0), known=[*KNOWN, LONGER, other])) == heard


@pytest.mark.parametrize("wrong", ["7737", "7138", "1738"])
def test_other_digits_than_those_expected_are_another_prompt(wrong: str) -> None:
    heard = _listen(_read_back(wrong).pcm, _silence(1.0), known=READ_BACKS)
    assert (heard[0].name, heard[0].complete) == ("read", False)
    assert [p.name for p in heard[1:]] == [None]


def test_a_prompt_spoken_slowly_is_known_by_its_tempo() -> None:
    slow = KnownPrompt("greeting", "greeting", _prompt("greeting", 2.5, seed=40).pcm, 0.8)
    assert [(p.name, p.tempo) for p in _listen(slow.pcm, known=[*KNOWN, slow])] == [("greeting", 0.8)]


def test_an_ear_that_knows_nothing_hears_sounds() -> None:
    assert [p.name for p in _listen(GREETING.pcm, _silence(1.0), known=[])] == [None]


@pytest.mark.parametrize("samples", [1, 80, 159])
def test_packets_that_cut_the_audio_elsewhere_do_not_matter(samples: int) -> None:
    heard = _listen(np.zeros(samples, np.int16), SILENT.pcm, _silence(1.0))
    assert [(p.name, p.complete) for p in heard] == [("silent", True)]


def test_lost_packets_do_not_matter() -> None:
    heard = _listen(GREETING.pcm, _silence(2.0), SILENT.pcm, _silence(1.0), lose=0.1)
    assert [(p.name, p.complete) for p in heard] == [("greeting", True), ("silent", True)]


def test_a_sound_that_is_no_prompt_has_no_name() -> None:
    stranger = _prompt("stranger", 1.0, seed=99).pcm
    heard = _listen(stranger, _silence(2.0), TONE.pcm)
    assert [p.name for p in heard] == [None, "tone"]
    assert heard[0].end - START == pytest.approx(1.0)


def test_what_is_going_on_is_told_while_it_goes_on() -> None:
    told: list[tuple[str | None, bool]] = []
    ear = Ear(Beginnings(KNOWN), lambda: told.append((ear.heard[-1].name, ear.busy)))
    for i, row in enumerate(frames(np.concatenate((GREETING.pcm, _silence(0.2))))):
        ear.feed(row, i * FRAME_S)
        if i == 14:
            assert told == [("greeting", True)]
    assert told == [("greeting", True), ("greeting", False)]


def test_of_two_that_sound_the_same_the_one_that_is_waited_for_is_heard() -> None:
    twin = KnownPrompt("twin", "twin", GREETING.pcm)
    known = Beginnings([*KNOWN, twin])
    assert [known.preferring(names).prompts[0].name for names in ({"twin"}, {"greeting"}, set())] == [
        "twin",
        "greeting",
        "greeting",
    ]
