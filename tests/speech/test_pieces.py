from __future__ import annotations

import pytest

from ivr.speech.pieces import COMMA, FULL_STOP, JOINED, joined, pieces
from ivr.speech.rendered import bare


@pytest.mark.parametrize(
    ("parts", "spoken"),
    [
        ([], []),
        (["您的单号是"], [(0, "您的单号是")]),
        (["七", "三", "，", "幺"], [(0, "七"), (JOINED, "三"), (COMMA, "幺")]),
        (["您的单号是：", "七", "，对吗？"], [(0, "您的单号是"), (COMMA, "七"), (COMMA, "对吗？")]),
        (["请问您是", "王先生", "吗？"], [(0, "请问您是"), (JOINED, "王先生"), (JOINED, "吗？")]),
        (["请稍等。", "王先生", "，您好。"], [(0, "请稍等。"), (FULL_STOP, "王先生"), (COMMA, "您好。")]),
        (["号码是", "三", "。", "对吗？"], [(0, "号码是"), (JOINED, "三"), (FULL_STOP, "对吗？")]),
        (["，", "三", "，", "，", "", "。"], [(0, "三")]),
    ],
)
def test_pieces_rest_where_a_reader_would(parts: list[str], spoken: list[tuple[int, str]]) -> None:
    assert pieces(parts) == spoken


def test_rests_are_whole_frames_and_grow_as_speech_gets_slower() -> None:
    sounds = [(0, b"a" * 320), (JOINED, b"b" * 320)]
    assert joined(sounds, 1.0) == b"a" * 320 + bytes(640) + b"b" * 320
    assert joined(sounds, 0.7) == b"a" * 320 + bytes(960) + b"b" * 320


@pytest.mark.parametrize(
    ("text", "spoken"), [("，对吗？", "对吗？"), ("您的单号是：", "您的单号是"), ("。", ""), ("好。", "好。")]
)
def test_a_piece_is_spoken_without_what_ties_it_to_its_neighbours(text: str, spoken: str) -> None:
    assert bare(text) == spoken
