"""Vosk on a real model: the Korean one can be had wherever there is a package index, the Mandarin one cannot."""

from __future__ import annotations

import csv
import gc
import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from ivr.audio import RATE
from ivr.speech.engine import Words
from ivr.speech.kaldi import Vosk, VoskUtterance
from ivr.speech.models import find_model
from ivr.speech.tts import Synthesizer
from ivr.standards.said import Expects
from tests.speech.line import on_the_line, recording

KOREAN, MANDARIN = find_model("vosk-ko"), find_model("vosk-small-cn")
SEOUL, PEOPLE, YES = "서울", "사람", "네"
SENTENCE, OTHER = "여보세요 오늘 날씨가 좋습니다", "부산"
FRAME = 2 * RATE // 50
BREATH = bytes(2 * RATE // 5)

needs_korean = pytest.mark.skipif(bool(KOREAN.missing()), reason="the model is not here: ivr models pull vosk-ko")
needs_mandarin = pytest.mark.skipif(
    bool(MANDARIN.missing()), reason="the model is not here: ivr models pull vosk-small-cn"
)
pytestmark = needs_korean


@pytest.fixture(scope="module")
def engine() -> Vosk:
    return Vosk(KOREAN.require(), 1)


@pytest.fixture(scope="module")
def said() -> Iterator[dict[str, bytes]]:
    """Some Korean, spoken by a robot at 8 kHz."""
    voice = Synthesizer("ko", 130)
    yield {text: voice.speak_now(text).tobytes() for text in (SEOUL, PEOPLE, YES, SENTENCE, OTHER)}
    voice.close()


def stream(utterance: VoskUtterance, pcm: bytes) -> list[Words]:
    """Feed it as a call does; returns the readings on the way."""
    readings = [utterance.feed(pcm[at : at + FRAME]) for at in range(0, len(pcm), FRAME)]
    return [reading for reading in readings if reading]


def closed(engine: Vosk) -> VoskUtterance:
    return engine.open("choice", [SEOUL, PEOPLE, YES])


def test_words_come_while_they_are_spoken_and_all_of_them_at_the_end(engine: Vosk, said: dict[str, bytes]) -> None:
    utterance = engine.open("text", [])
    partial = [reading.text for reading in stream(utterance, said[SENTENCE] + BREATH)]
    assert len(set(partial)) > 3
    words = utterance.words()
    assert len(words.text) > len(partial[0])
    assert 0.2 < words.confidence <= 1
    assert words.alternatives
    assert words.text not in words.alternatives


def test_a_closed_question_has_a_grammar(engine: Vosk, said: dict[str, bytes]) -> None:
    utterance = closed(engine)
    stream(utterance, said[SEOUL] + BREATH + said[PEOPLE] + BREATH)
    assert utterance.words().text == f"{SEOUL} {PEOPLE}"
    stranger = closed(engine)
    stranger.feed(said[OTHER] + BREATH)
    assert stranger.words().text == "", "not forced into a phrase"


def test_a_phrase_that_the_vocabulary_cannot_spell_is_left_out_of_the_grammar(engine: Vosk) -> None:
    assert json.loads(engine._grammar([f"{SEOUL} {YES}", "您好", f"{SEOUL}{SENTENCE[:4]}"]) or "") == [
        f"{SEOUL} {YES}",
        f"{SEOUL} {SENTENCE[:4]}",
        "<UNK>",
    ]
    assert engine._grammar(["您好"]) is None


def test_after_a_pause_the_words_before_it_stand(engine: Vosk, said: dict[str, bytes]) -> None:
    utterance = closed(engine)
    stream(utterance, said[SEOUL] + BREATH)
    first = utterance.words()
    assert first.text == SEOUL
    assert utterance.words() is first, "nothing new was said"
    assert stream(utterance, bytes(8 * FRAME)) == [], "silence until the turn is over is not worth an answer"
    stream(utterance, said[PEOPLE] + BREATH)
    assert utterance.words().text == f"{SEOUL} {PEOPLE}"


def test_of_a_long_monologue_what_was_read_so_far_stands(
    engine: Vosk, said: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ivr.speech.kaldi._HEARD_AGAIN", RATE)
    utterance = closed(engine)
    for _ in range(3):
        stream(utterance, said[PEOPLE] + BREATH)
        words = utterance.words()
    assert words.text == " ".join([PEOPLE] * 3)
    assert len(utterance._audio) < 2 * len(said[PEOPLE] + BREATH)


def test_silence_holds_no_words(engine: Vosk) -> None:
    utterance = engine.open("text", [])
    assert stream(utterance, bytes(RATE)) == []
    assert utterance.words() == Words("")
    assert engine.open("text", []).words() == Words("")


def test_nothing_of_one_call_is_left_for_the_next(engine: Vosk, said: dict[str, bytes]) -> None:
    for text in (SEOUL, PEOPLE, SEOUL):
        utterance = closed(engine)
        stream(utterance, said[text] + BREATH)
        assert utterance.words().text == text


def test_two_calls_are_heard_at_once(engine: Vosk, said: dict[str, bytes]) -> None:
    def read(text: str) -> list[str]:
        utterances = [closed(engine) for _ in range(5)]
        for utterance in utterances:
            stream(utterance, said[text] + BREATH)
        return [utterance.words().text for utterance in utterances]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(read, [SEOUL, PEOPLE])) == [[SEOUL] * 5, [PEOPLE] * 5]


def test_python_goes_on_while_kaldi_listens(engine: Vosk, said: dict[str, bytes]) -> None:
    utterance, begun, done = engine.open("text", []), threading.Event(), threading.Event()

    def listen() -> None:
        begun.set()
        utterance.feed(said[SENTENCE] * 4)
        done.set()

    usual = sys.getswitchinterval()
    sys.setswitchinterval(60)  # a thread runs until it lets others
    try:
        thread = threading.Thread(target=listen)
        thread.start()
        begun.wait()
        assert not done.is_set()
    finally:
        sys.setswitchinterval(usual)
        thread.join()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("expects", ["choice", "text"])
def test_memory_is_flat_over_hundreds_of_utterances(engine: Vosk, said: dict[str, bytes], expects: Expects) -> None:
    def listen(times: int) -> int:
        for _ in range(times):
            utterance = engine.open(expects, [SEOUL, YES])
            utterance.feed(said[YES] + BREATH)
            utterance.words()
        gc.collect()
        return int(psutil.Process().memory_info().rss)

    settled = listen(60)
    grown = listen(240) - settled
    assert grown < 4 << 20, "less than 20 kB an utterance: allocator noise, not models or lattices"


@pytest.mark.req("C2")
def test_the_words_are_there_soon_after_the_last_of_them(engine: Vosk, said: dict[str, bytes]) -> None:
    """150 ms of work at most; in processor time, so that what else the machine does matters little."""

    def taken(text: str) -> float:
        utterance = engine.open("text", [])
        stream(utterance, said[text] + BREATH)
        started = time.thread_time()
        utterance.words()
        return time.thread_time() - started

    for text in said:
        taken(text)  # what a decoder put together for others serves these too
    assert statistics.median(taken(text) for text in said) < 0.15


def test_decoders_are_lent_again(engine: Vosk, said: dict[str, bytes]) -> None:
    first = engine.open("text", [])
    first.feed(said[YES])
    lent = first._recognizer
    first.words()
    second = engine.open("text", [])
    assert second._recognizer is lent
    assert engine.open("text", [])._recognizer is not lent
    assert second.words() == Words("")
    assert engine.open("text", [])._recognizer is not lent, (
        "it heard nothing, so it has not forgotten the first speaker"
    )


def test_the_first_callers_find_decoders_that_are_ready(
    said: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def taken() -> float:
        """Processor time."""
        utterance = fresh.open("text", [])
        started = time.thread_time()
        utterance.feed(said[SENTENCE])
        utterance.words()
        return time.thread_time() - started

    monkeypatch.setattr("ivr.speech.kaldi._READY", 1)
    fresh = Vosk(KOREAN.require(), 1)
    of_a_ready_one = taken()
    fresh._idle.clear()
    assert of_a_ready_one < 0.8 * taken()


@needs_mandarin
def test_people_are_understood_in_mandarin(shared_audio: Path) -> None:
    engine = Vosk(MANDARIN.require(), 1)
    assert engine.space == ""
    with (shared_audio / "INDEX.tsv").open(encoding="utf-8") as index:
        sentences = [row for row in csv.DictReader(index, delimiter="\t") if row["kind"] == "sentence"]
    right = total = 0
    for row in sentences[::6]:
        utterance = engine.open("text", [])
        utterance.feed(on_the_line(recording(str(shared_audio / row["file"]), -20.0)))
        heard = utterance.words().text
        assert " " not in heard
        right += sum(character in heard for character in row["transcript"])
        total += len(row["transcript"])
    assert right / total > 0.6
