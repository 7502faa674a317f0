from __future__ import annotations

import pytest

from ivr.understanding.spelling import DIGITS, spelled


def told(text: str, *, letters: bool = False) -> str:
    return " ".join(word.text if word.kind == DIGITS else word.kind for word in spelled(text, letters=letters))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我的号码是幺三八", "is 138"),
        ("双三，三个八", "33 pause 888"),
        ("二十五", "25"),
        ("一百零二", "102"),
        ("不对，最后两位是三八", "fix pause tail is 38"),
        ("是三八不是三九", "is 38 is_not 39"),
        ("倒数第二位是五", "nth is 5"),
        ("前三位一三八，中间四位八八八八", "head 138 pause middle 8888"),
        ("后面还有零零", "tail more 00"),
        ("等一下，七七三", "pause 773"),
        ("把九八改成三八", "is_not 98 pause is 38"),
        ("九八换成三八", "is_not 98 pause is 38"),
    ],
)
def test_the_words_of_a_number(text: str, words: str) -> None:
    assert told(text) == words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "等一下",
        "我昨天买了三个苹果",
        "再过三天",
        "万一不行呢",
        "少了一位",
        "你多说了一位",
        "一百块钱的东西",
        "没有",
    ],
)
def test_numerals_that_spell_nothing(text: str) -> None:
    assert told(text) == ""


@pytest.mark.parametrize(
    ("text", "digits"),
    [("幺山八零零", "13800"), ("要三八零零要三八", "13800138"), ("一三就零零", "13900"), ("七期三零一二", "773012")],
)
def test_a_digit_that_was_misheard_among_digits(text: str, digits: str) -> None:
    assert "".join(word.text for word in spelled(text, letters=False)) == digits


@pytest.mark.parametrize("text", ["山", "山八", "我八点就走", "是事实"])
def test_a_sound_alone_is_no_digit(text: str) -> None:
    assert "3" not in told(text)
    assert "9" not in told(text)
    assert "4" not in told(text)


def test_letters_stand_in_front_where_they_may() -> None:
    assert told("S F 一二三四", letters=True) == "SF pause 1234"
    assert told("sf1234", letters=True) == "SF 1234"
    assert told("SF1234") == "pause 1234"
