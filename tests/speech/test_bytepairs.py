from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.speech.bytepairs import BytePairs

TOKENS = ["a", "b", "ab", "Ġ", "ä½ł", "å¥½", "å¥", "½", "è¬", "Ŀ", "è¬Ŀ", "<|endoftext|>", "<|zh|>"]


@pytest.fixture
def pairs() -> BytePairs:
    return BytePairs(TOKENS)


def test_tokens_are_read_as_text_also_where_a_character_is_several(pairs: BytePairs) -> None:
    assert pairs.text([4, 5, 3, 2]) == "你好 ab"
    assert pairs.text([6, 7]) == "好"


def test_what_is_cut_in_mid_character_is_left_out(pairs: BytePairs) -> None:
    assert pairs.text([4, 6]) == "你"


def test_marks_are_no_text(pairs: BytePairs) -> None:
    assert pairs.text([4, 11, 12]) == "你"


def test_text_is_written_with_the_longest_tokens(pairs: BytePairs) -> None:
    assert pairs.tokens("abba") == [2, 1, 0]
    assert pairs.tokens("你好") == [4, 5]


def test_tokens_of_the_traditional_script_are_known(pairs: BytePairs) -> None:
    assert pairs.traditional() == [10]  # 謝
    assert pairs.saying("好") == [5]


@pytest.mark.parametrize("name", ["vocabulary.txt", "vocabulary.json"])
def test_both_kinds_of_vocabulary_file_are_read(tmp_path: Path, name: str) -> None:
    text = json.dumps(TOKENS) if name.endswith("json") else "\n".join(TOKENS) + "\n"
    (tmp_path / name).write_text(text, encoding="utf-8")
    pairs = BytePairs.read(tmp_path)
    assert len(pairs) == len(TOKENS)
    assert pairs.text(pairs.tokens("你好")) == "你好"
