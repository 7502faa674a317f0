from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.understanding.plain import plain
from ivr.understanding.sounds import UNLIKE, distance, syllables


def heard(text: str) -> str:
    return " ".join(syllable.sound for syllable in syllables(text))


@pytest.mark.parametrize(
    ("text", "sounds"),
    [
        ("转人工", "zhuan ren gong"),
        ("赚人宫", "zhuan ren gong"),
        ("重新查重量", "chong xin cha zhong liang"),
        ("银行行长", "yin hang hang zhang"),
        ("聽不懂", "ting bu dong"),
        ("打10086，OK？", "da yi ling ling ba liu ok"),
        ("１３８", "yi san ba"),
        ("，。 ", ""),
        ("", ""),
    ],
)
def test_a_text_is_heard_word_by_word(text: str, sounds: str) -> None:
    assert heard(text) == sounds


@settings(deadline=None)
@given(st.text(max_size=40))
def test_a_syllable_knows_where_its_characters_are(text: str) -> None:
    whole = plain(text)
    found = syllables(text)
    assert all(whole[syllable.start : syllable.end].strip() for syllable in found)
    assert [syllable.start for syllable in found] == sorted({syllable.start for syllable in found})


@pytest.mark.parametrize(
    ("one", "other"),
    [("zhuan", "zuan"), ("chi", "ci"), ("shi", "si"), ("ni", "li"), ("jing", "jin"), ("gen", "geng"), ("yi", "yao")],
)
def test_sounds_that_speakers_merge_are_near(one: str, other: str) -> None:
    assert 0 < distance(one, other) <= 0.1
    assert distance(one, other) == distance(other, one)


def test_sounds_that_share_nothing_are_far() -> None:
    assert distance("zhuan", "ni") == 1
    assert distance("ting", "ling") == UNLIKE
    assert distance("gong", "gong") == 0


def test_nobody_pays_for_the_dictionaries_before_there_is_something_to_hear() -> None:
    code = "import sys, ivr.understanding.answers; print({'pypinyin', 'rjieba'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
