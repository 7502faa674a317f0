from __future__ import annotations

import math

import pytest

from bench.hearing.score import Confusion, ErrorRate, Hits, characters, edits, percentiles, syllables
from bench.hearing.tables import table


@pytest.mark.parametrize(
    ("said", "heard", "wrong"),
    [
        ("我要投诉", "我要投诉", 0),
        ("我要投诉", "我投诉", 1),
        ("投诉", "我要投诉", 2),
        ("投诉", "头数", 2),
        ("", "喂", 1),
    ],
)
def test_edits_are_counted(said: str, heard: str, wrong: int) -> None:
    assert edits(said, heard) == wrong


def test_what_sounds_alike_is_alike() -> None:
    assert syllables("是他投诉，幺三八") == syllables("事她投诉138")
    assert characters("转人工。") == characters("轉人工")


def test_an_error_rate_weighs_utterances_by_their_length() -> None:
    rate = ErrorRate()
    rate.add("一二三四五六七八九", "一二三四五六七八九")
    rate.add("好", "不好")
    assert (rate.rate, rate.utterances) == (0.1, 2)
    assert math.isnan(ErrorRate().rate)


def test_an_interval_holds_the_share_and_narrows() -> None:
    few, many = Hits(9, 10), Hits(900, 1000)
    assert few.interval[0] < many.interval[0] < 0.9 < many.interval[1] < few.interval[1]
    assert Hits(10, 10).interval[1] == pytest.approx(1.0)


def test_a_confusion_counts_other_names_for_the_same() -> None:
    confusion = Confusion()
    for taken_for in ("noise", "silent", "addressed", "noise"):
        confusion.add("noise", taken_for)
    assert confusion.row("noise", ["silent", "noise", "addressed"]) == [1, 2, 1]
    assert confusion.hits("noise").hits == 2
    assert confusion.hits("noise", ["silent"]).hits == 3


def test_percentiles_are_values_that_occurred() -> None:
    assert percentiles([0.1, 0.5, 0.9, 2.0], 50, 90) == [0.9, 2.0]
    assert math.isnan(percentiles([], 50)[0])


def test_a_table_lines_up_where_characters_are_wide() -> None:
    _, title, rule, *rows = table("who", ["n"], [("粤语", ["12"]), ("Hakka", ["3"])]).splitlines()
    assert (title, rule) == ("who     n", "---------")
    assert rows == ["粤语   12", "Hakka   3"]
