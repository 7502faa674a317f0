from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest

import bench.hearing
from bench.hearing import corpus
from bench.hearing.halves import half
from bench.hearing.score import characters
from ivr.standards.load import load_standard
from ivr.standards.said import Expects

TEXTS = Path(bench.hearing.__file__).parent / "texts"


def read(name: str) -> dict[str, dict[str, list[str]]]:
    return tomllib.loads((TEXTS / f"{name}.toml").read_text(encoding="utf-8"))


def all_lines() -> list[str]:
    addressed = [text for answers in read("addressed").values() for texts in answers.values() for text in texts]
    side_talk = [text for texts in read("side_talk").values() for text in texts]
    return addressed + side_talk


def test_there_is_enough_of_everything() -> None:
    assert sum(len(texts) for answers in read("addressed").values() for texts in answers.values()) >= 100
    assert sum(len(texts) for texts in read("side_talk").values()) >= 60


def test_nobody_says_the_same_twice() -> None:
    assert [text for text, times in Counter(all_lines()).items() if times > 1] == []


def test_halves_are_nearly_equal_and_stay_what_they_are() -> None:
    counted = Counter(half(text) for text in all_lines())
    assert 0.4 < counted["A"] / counted.total() < 0.6
    assert (half("我要投诉。"), half("转人工。")) == (half("我要投诉。"), half("转人工。"))


@pytest.mark.parametrize("asked", ["phone", "waybill"])
def test_numbers_are_what_is_said(asked: Expects) -> None:
    digits = set(characters("0123456789"))
    for value, text in read("numbers")[asked].items():
        assert [sound for sound in characters(str(text)) if sound in digits] == characters(value)
        assert 8 <= len(value) <= 12


def test_wishes_have_the_names_that_the_standards_give_them() -> None:
    known = load_standard("general").intent.keys() | {"other"}
    assert read("addressed")["wish"].keys() <= known


def test_people_are_left_out_where_their_recordings_are_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(corpus, "PEOPLE", tmp_path)
    assert corpus.recordings("sentence") == []


def test_people_are_read_with_what_they_say(shared_audio: Path) -> None:
    words = corpus.recordings("word")
    assert {clip.text for clip in words} >= {"是", "投", "一"}
    assert all(clip.pcm.dtype == "int16" for clip in words)
