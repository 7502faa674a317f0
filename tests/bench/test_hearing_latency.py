from __future__ import annotations

import pytest

from bench.hearing.latency import lacks_the_end


@pytest.mark.parametrize(
    ("said", "heard", "lacks"),
    [
        ("我想查一下我的快递到哪里了。", "我想查一下我的快递到哪里了", False),
        ("我想查一下我的快递到哪里了。", "我想查一下我的快递到那里了", False),
        ("我想查一下我的快递到哪里了。", "我想查一下", True),
        ("我想查一下我的快递到哪里了。", "", True),
        ("能帮我催一下快递吗，很着急的。", "能帮我催一下快递吗", True),
        ("喂，你好，我要寄件。", "我要寄件", False),
    ],
)
def test_an_answer_without_the_last_words_is_told(said: str, heard: str, lacks: bool) -> None:
    assert lacks_the_end(said, heard) is lacks
