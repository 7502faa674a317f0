from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ivr.audio import FRAME, RATE
from ivr.errors import UserError
from ivr.simulation.scenario import VOICES, load_scenario, load_scenarios
from ivr.simulation.sounds import Sounds, amplified, caller_voices, lines_of


@pytest.fixture
def sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sounds]:
    monkeypatch.setenv("SANLING_CACHE", str(tmp_path))
    sounds = Sounds()
    yield sounds
    sounds.close()


def test_the_catalogues_callers_need_no_synthesis() -> None:
    """Everything is rendered, in its own language, and nothing else lies there."""
    lines = lines_of(load_scenarios())
    assert [fault for voice, texts in lines.items() for fault in caller_voices(voice).faults(texts)] == []
    assert {path.name for path in caller_voices().folder.iterdir() if path.is_dir()} == lines.keys() - {""}


def test_manifests_tell_people_from_robots() -> None:
    """Mandarin is Kokoro's; espeak-ng speaks what it cannot."""
    assert all(entry.maker.startswith("kokoro") for entry in caller_voices().entries.values())
    assert all(entry.maker.startswith("espeak-ng 1.52 yue") for entry in caller_voices("yue").entries.values())
    assert all(f" {name} " in entry.maker for name in VOICES for entry in caller_voices(name).entries.values())


STORY = """
title: t
proves: [B9]
caller: {voice: zm_yunxi}
script:
  - say: 你好
  - {say: 唔該晒, voice: yue}
expect: [{heard: greeting}]
called_back:
  script: [{say: 是的}]
  expect: [{heard: called_back}]
"""


def test_a_caller_speaks_in_one_voice_through_both_calls_but_for_another_language(tmp_path: Path) -> None:
    (tmp_path / "story.yaml").write_text(STORY, "utf-8")
    scenario = load_scenario(tmp_path / "story.yaml")
    assert lines_of([scenario]) == {"zm_yunxi": {"你好", "是的"}, "yue": {"唔該晒"}}
    assert [scenario.second.voice_of(act) for act in scenario.second.script] == ["zm_yunxi"]


def test_what_a_caller_has_not_been_rendered_saying_a_robot_says_for_them(sounds: Sounds) -> None:
    assert np.array_equal(sounds.speech("没有录过的话", "zm_yunxi"), sounds.speech("没有录过的话"))


def test_a_text_sounds_different_in_another_language(sounds: Sounds) -> None:
    here, there = sounds.speech("我想查快递"), sounds.speech("我想查快递", "yue")
    assert len(here) % FRAME == len(there) % FRAME == 0
    assert not np.array_equal(here, there)


@pytest.mark.parametrize("voice", ["yue", "ko", "vi", "en", "ja"])
def test_other_languages_are_spoken(sounds: Sounds, voice: str) -> None:
    text = {"yue": "唔該晒", "ko": "여보세요", "vi": "Xin chào", "en": "Hello", "ja": "もしもし"}[voice]
    assert 0.2 < len(sounds.speech(text, voice)) / RATE < 2.0


def test_a_language_that_nobody_speaks_is_told(sounds: Sounds) -> None:
    with pytest.raises(UserError, match='no voice "xx"'):
        sounds.speech("喂", "xx")


def test_too_loud_is_clipped() -> None:
    assert amplified(np.array([1000, -20000], np.int16), 12.0).tolist() == [3981, -32768]
