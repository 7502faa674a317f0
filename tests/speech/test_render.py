from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from ivr.audio import FRAME
from ivr.errors import UserError
from ivr.speech.g711 import Pcm
from ivr.speech.kokoro import MODEL, maker, voices
from ivr.speech.mastering import beep
from ivr.speech.models import find_model
from ivr.speech.render import kokoro, render, sentences, stale
from ivr.speech.rendered import RenderedSet

TEXTS = ["您好。", "再见。"]


def speak(_: str) -> Pcm:
    return beep()


def test_a_first_rendering_speaks_everything_and_a_second_nothing(tmp_path: Path) -> None:
    folder = RenderedSet(tmp_path)
    assert list(render(folder, stale(folder, TEXTS, "x"), "x", speak)) == TEXTS
    assert stale(RenderedSet(tmp_path), TEXTS, "x") == []


def test_breaking_off_keeps_what_is_done(tmp_path: Path) -> None:
    next(iter(render(RenderedSet(tmp_path), TEXTS, "x", speak)))
    assert stale(RenderedSet(tmp_path), TEXTS, "x") == ["再见。"]


def test_another_voice_and_a_damaged_file_are_stale(tmp_path: Path) -> None:
    folder = RenderedSet(tmp_path)
    assert len(list(render(folder, TEXTS, "x", speak))) == 2
    assert stale(folder, TEXTS, "y") == TEXTS
    folder.path("您好。").write_bytes(b"")
    assert stale(folder, TEXTS, "x") == ["您好。"]


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("您好", ["您好"]),
        ("您好，好吗？感谢您，再见！", ["您好，好吗？", "感谢您，再见！"]),
        ("请按键：零，一。", ["请按键：", "零，一。"]),
        ("真的？！好。", ["真的？！", "好。"]),
    ],
)
def test_a_text_is_spoken_sentence_by_sentence(text: str, cut: list[str]) -> None:
    assert sentences(text) == cut


def test_the_maker_tells_voices_and_speeds_apart() -> None:
    assert len({maker(voice, speed) for voice in voices() for speed in (0.9, 1.0)}) == 16


def test_without_the_model_one_line_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANLING_CACHE", str(tmp_path))
    with pytest.raises(UserError, match='model "kokoro" is not on this machine: ivr models pull kokoro'):
        kokoro("zf_xiaoxiao", 1.0)


@pytest.mark.skipif(bool(find_model(MODEL).missing()), reason="the model is not here: ivr models pull kokoro")
@pytest.mark.skipif(importlib.util.find_spec("misaki") is None, reason='misaki is not here: pip install ".[render]"')
class TestKokoro:
    def test_the_same_text_gives_the_same_sound(self) -> None:
        text = "您好。再见。"
        once, again = (kokoro("zf_xiaoxiao", 1.0)(text) for _ in range(2))
        assert np.array_equal(once, again)
        assert len(once) % FRAME == 0
        assert 0.8 < len(once) / 8000 < 4

    def test_what_cannot_be_spoken_is_said_in_one_line(self) -> None:
        speak = kokoro("zf_xiaoxiao", 1.0)
        with pytest.raises(UserError, match="holds nothing that can be spoken"):
            speak("★")
        with pytest.raises(UserError, match="too long for one prompt"):
            speak("感谢您拨打" * 40)

    def test_an_unknown_voice_names_those_there_are(self) -> None:
        with pytest.raises(UserError, match='no voice "zf_nobody"; there are zf_xiaobei, '):
            kokoro("zf_nobody", 1.0)
