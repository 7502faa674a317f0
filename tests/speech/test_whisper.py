from __future__ import annotations

import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from pypinyin import lazy_pinyin

from ivr.errors import UserError
from ivr.files import data_folder
from ivr.speech.engine import Words
from ivr.speech.g711 import Pcm, alaw_decode, alaw_encode
from ivr.speech.models import find_model
from ivr.speech.whisper import LONGEST_S, Whisper
from ivr.standards.said import Expects
from ivr.understanding.numerals import ascii_digits
from tests.speech.line import NOT_SPEECH, RATE, Signal, on_the_line, recording, silence, white

CALLERS = data_folder("scenarios") / "voices"
QUESTION = "你好，我想查一下我的快递到哪里了。"
PHONE = "幺三九，零五七幺，八八二六。"
WAYBILL = "七七三零，幺二三四，五六七八。"


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    try:
        return Whisper(find_model("whisper").require(), 2)
    except UserError as error:
        pytest.skip(str(error))


def say(text: str, dbov: float = -26.0) -> Signal:
    """One of our catalogue's callers, with half a second of line before and a breath of it after."""
    manifest = json.loads((CALLERS / "manifest.json").read_text(encoding="utf-8"))
    name = next(name for name, entry in manifest.items() if entry["text"] == text)
    return np.concatenate([silence(0.4), recording(str(CALLERS / f"{name}.wav"), dbov), silence(0.16)])


def read(whisper: Whisper, pcm: bytes, expects: Expects = "text", pieces: int = 320) -> Words:
    utterance = whisper.open(expects, ())
    for start in range(0, len(pcm), pieces):
        utterance.feed(pcm[start : start + pieces])
    return utterance.words()


def sound_error(said: str, meant: str) -> float:
    """Share of the syllables, without their tones, that are others."""
    one, other = (lazy_pinyin("".join(filter(str.isalnum, text))) for text in (said, meant))
    row = list(range(len(other) + 1))
    for n, syllable in enumerate(one, 1):
        last, row = row, [n]
        for m, expected in enumerate(other, 1):
            row.append(min(last[m] + 1, row[-1] + 1, last[m - 1] + (syllable != expected)))
    return row[-1] / len(other)


def test_a_sentence_is_read_in_simplified_script(whisper: Whisper) -> None:
    words = read(whisper, on_the_line(say(QUESTION)))
    assert sound_error(words.text, QUESTION) <= 0.15
    assert words.text.encode("gb2312")
    assert words.confidence > 0.5
    assert words.mandarin > 0.9


def test_pieces_make_no_difference(whisper: Whisper) -> None:
    pcm = on_the_line(say(QUESTION))
    assert read(whisper, pcm, pieces=320) == read(whisper, pcm, pieces=24000)


def test_the_words_so_far_may_be_asked_for_again_and_again(whisper: Whisper) -> None:
    pcm = on_the_line(say(QUESTION))
    utterance = whisper.open("text", ())
    utterance.feed(pcm[: len(pcm) // 2])
    half = utterance.words()
    utterance.feed(pcm[len(pcm) // 2 :])
    assert utterance.words() == read(whisper, pcm)
    assert len(half.text) < len(utterance.words().text)


def test_a_number_is_read_digit_by_digit_where_one_was_asked_for(whisper: Whisper) -> None:
    words = read(whisper, on_the_line(say(WAYBILL)), "waybill")
    assert ascii_digits(words.text) == "773012345678"
    assert len(words.alternatives) == 1, "what it had read before it was told to listen for digits"


@pytest.mark.parametrize("worsened", [lambda signal: signal, lambda signal: signal + white(len(signal) / RATE, -41.0)])
def test_a_phone_number_is_read_whole(whisper: Whisper, worsened: Callable[[Signal], Signal]) -> None:
    words = read(whisper, on_the_line(worsened(say(PHONE))), "phone")
    assert ascii_digits(words.text.replace("幺", "1").replace(",", "")) == "13905718826"


def test_no_phone_number_is_made_of_other_words(whisper: Whisper) -> None:
    for text in (QUESTION, "我要找人工客服。"):
        assert not re.search("[零幺二三四五六七八九]{3}", read(whisper, on_the_line(say(text)), "phone").text)


def test_words_around_a_number_stay(whisper: Whisper) -> None:
    words = read(whisper, on_the_line(say("不对，最后是五六三六。")), "waybill")
    assert ascii_digits(words.text).endswith("5636")
    assert sound_error(words.text, "不对最后是五六三六") <= 0.25


def test_words_without_a_number_are_no_number(whisper: Whisper) -> None:
    words = read(whisper, on_the_line(say("我要找人工客服。")), "waybill")
    assert sound_error(words.text, "我要找人工客服") <= 0.3


def clipped(signal: Signal) -> Signal:
    return np.clip(signal * 100, -32768, 32767)


@pytest.mark.parametrize(
    "worsened",
    [
        pytest.param(lambda signal: signal * 0.03, id="30 dB too soft"),
        pytest.param(clipped, id="40 dB too loud"),
        pytest.param(lambda signal: signal + 8000, id="with a DC offset"),
        pytest.param(lambda signal: signal + white(len(signal) / RATE, -41.0), id="15 dB above noise"),
    ],
)
def test_what_a_bad_line_does_to_it(whisper: Whisper, worsened: Callable[[Signal], Signal]) -> None:
    signal = np.clip(np.round(worsened(say(QUESTION))), -32768, 32767).astype(np.int16)
    words = read(whisper, alaw_decode(alaw_encode(signal)).tobytes())
    assert sound_error(words.text, QUESTION) <= 0.35


@pytest.mark.parametrize("name", ["white noise", "pink noise", "ringback", "busy", "dial tone", "hum", "fax calling"])
def test_what_is_no_speech_has_no_words(whisper: Whisper, name: str) -> None:
    assert read(whisper, on_the_line(NOT_SPEECH[name](-30.0))).text == ""


@pytest.mark.parametrize("pcm", [b"", b"\x01\x00", bytes(320), bytes(16000)])
def test_next_to_nothing_has_no_words(whisper: Whisper, pcm: bytes) -> None:
    assert read(whisper, pcm).text == ""


def test_of_speech_without_end_the_last_words_are_read(whisper: Whisper) -> None:
    sentence: Pcm = np.frombuffer(on_the_line(say("我要找人工客服。")), "<i2")
    utterance = whisper.open("text", ())
    for _ in range(30):
        utterance.feed(sentence.tobytes())
    words = utterance.words()
    assert len(sentence) * 30 / RATE > LONGEST_S + 20
    assert "人工" in words.text
    kept = sum(map(len, utterance._pieces)) / (2 * RATE)
    assert LONGEST_S <= kept < LONGEST_S + len(sentence) / RATE
