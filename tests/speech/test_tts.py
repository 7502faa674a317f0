from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator

import numpy as np
import pytest

from ivr.audio import FRAME, RATE
from ivr.errors import UserError
from ivr.speech.tts import Synthesizer


@pytest.fixture(scope="module")
def voice() -> Iterator[Synthesizer]:
    speaking = Synthesizer(limit_s=30)
    yield speaking
    speaking.close()


def pid(synthesizer: Synthesizer) -> int:
    process = synthesizer._process
    assert process is not None
    return process.pid


def test_mandarin_is_spoken_as_mandarin(voice: Synthesizer) -> None:
    """Four syllables take about a second; spelt as English letters (espeak-ng 1.51) they take four."""
    pcm = voice.speak_now("您好再见")
    assert len(pcm) % FRAME == 0
    assert 0.6 < len(pcm) / RATE < 1.8


def test_each_text_is_itself(voice: Synthesizer) -> None:
    short, long = voice.speak_now("您好"), voice.speak_now("感谢您拨打安达速运，祝您愉快")
    assert len(long) > 3 * len(short)
    assert len(voice.speak_now("您好")) == pytest.approx(len(short), abs=FRAME)  # its consonants are drawn noise


def test_a_long_text_may_be_the_first() -> None:
    text = "对不起，我无法听到您的声音，请您换一部电话，好吗？感谢您拨打安达速运，祝您愉快，再见！"
    fresh = Synthesizer(limit_s=30)
    try:
        assert len(fresh.speak_now(text)) > RATE
    finally:
        fresh.close()


def test_one_process_serves_every_caller_at_once(voice: Synthesizer) -> None:
    async def all_at_once() -> list[int]:
        speaking = (asyncio.to_thread(voice.speak_now, text) for text in ("一", "一二三四五", "一"))
        return [len(pcm) for pcm in await asyncio.gather(*speaking)]

    first, second, third = asyncio.run(all_at_once())
    assert first == pytest.approx(third, abs=FRAME)
    assert second > 2 * first


def test_a_process_that_died_is_replaced(voice: Synthesizer) -> None:
    voice.speak_now("您好")
    before = pid(voice)
    os.kill(before, signal.SIGKILL)
    assert len(voice.speak_now("您好"))
    assert pid(voice) != before


def test_a_process_that_hangs_is_given_up_in_time_and_replaced() -> None:
    hanging = Synthesizer(limit_s=30)
    try:
        hanging.speak_now("您好")
        hanging._limit_s = 0.05
        os.kill(pid(hanging), signal.SIGSTOP)
        with pytest.raises(UserError, match=r"「您好」 cannot be spoken: not done after 0\.05 s"):
            hanging.speak_now("您好")
        hanging._limit_s = 30
        assert len(hanging.speak_now("您好"))
    finally:
        hanging.close()


def test_an_unknown_voice_is_an_error_and_not_english() -> None:
    nobody = Synthesizer(voice="sit/nobody", limit_s=30)
    try:
        with pytest.raises(UserError, match='espeak-ng does not start: no voice "sit/nobody"'):
            nobody.speak_now("您好")
    finally:
        nobody.close()


@pytest.mark.parametrize("text", ["", "。", "\0", "…"])
def test_a_text_without_sound_is_an_error(voice: Synthesizer, text: str) -> None:
    with pytest.raises(UserError, match="cannot be spoken"):
        voice.speak_now(text)
    assert len(voice.speak_now("您好"))


def test_a_text_sounds_the_same_whatever_was_said_before() -> None:
    """Whoever listens for a prompt knows it by its samples; and nothing may be missing from its end."""
    texts = ("王先生", "我等了一个星期没有人来修", "他们把我的东西摔坏了")
    synthesizer = Synthesizer()
    first = [synthesizer.speak_now(text) for text in texts]
    for _ in range(10):
        assert all(map(np.array_equal, first, map(synthesizer.speak_now, texts)))
    synthesizer.close()
