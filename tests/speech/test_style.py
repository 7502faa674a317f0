from __future__ import annotations

from pathlib import Path

import pytest

from ivr.speech.style import breaches, load_rules
from ivr.standards.load import load_standard, shipped
from ivr.standards.model import Standard
from ivr.standards.said import Wording


def standard(text: str, *, prescribed: bool = False) -> Standard:
    wording = {"line": Wording(text=text, req="A4", prescribed=prescribed)}
    return load_standard("general").model_copy(update={"wording": wording})


@pytest.mark.req("H3")
@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("稍等一下。", "speaks to the caller with 您 or 请"),
        ("请你稍等。", "您, never 你"),
        ("不好意思，请您稍等。", "does not open with a no"),
        ("我不清楚，请您稍等。", "does not open with a no"),
        ("没有这个按键，请您再选一次。", "does not open with a no"),
        ("这个业务不能办理，请您谅解。", "is positive: tells what can be done"),
        ("您必须按井号键。", "speaks of ourselves before the caller's part: no 您必须, 您应该"),
        ("请您稍等，拜拜！", "no catchphrases, no slang"),
        ("说实话，请您再等一等。", "no catchphrases, no slang"),
        ("请您慢慢说嘛。", "no catchphrases, no slang"),
        ("请您稍等。没有查到记录。", "does not open with a no"),
        ("请问您的名字是？", "asks for a name with us before the caller: 我可以知道您的名字吗, 我该怎么称呼您"),
        ("注意，请您今天完成。", "offers instead of warning or trying: no 注意, no 试试看"),
        ("我试试看，请您稍等。", "offers instead of warning or trying: no 注意, no 试试看"),
        (
            "这是公司的规定，请您谅解。",
            "speaks of what most callers' cases led us to, not of policy: no 这是公司的政策",
        ),
        ("请您稍等", "ends like a sentence"),
    ],
)
def test_a_line_that_breaks_a_rule_is_named_with_it(text: str, rule: str) -> None:
    assert list(breaches(standard(text), load_rules())) == [f"general: line 「{text}」 breaks H3: {rule}"]


@pytest.mark.req("H3")
@pytest.mark.parametrize(
    "text",
    [
        "请您稍等，我马上为您转接。",
        "很抱歉，让您久等了。",
        "我会为您记录，好吗？",
        "我该怎么称呼您？",
        "请您注意保管好单号。",
    ],
)
def test_a_polite_line_passes(text: str) -> None:
    assert list(breaches(standard(text), load_rules())) == []


def test_prescribed_wording_is_left_alone() -> None:
    assert list(breaches(standard("不行", prescribed=True), load_rules())) == []


@pytest.mark.req("H3")
@pytest.mark.parametrize("name", shipped())
def test_our_own_wording_keeps_to_the_style(name: str) -> None:
    assert list(breaches(load_standard(name), load_rules())) == []


def test_rules_are_data(tmp_path: Path) -> None:
    path = tmp_path / "style.toml"
    path.write_text('[[rule]]\nreq = "H3"\nsays = "says please"\nmust = "麻烦"\n', encoding="utf-8")
    assert list(breaches(standard("请您稍等。"), load_rules(path))) == [
        "general: line 「请您稍等。」 breaks H3: says please"
    ]


@pytest.mark.req("C8")
@pytest.mark.parametrize("name", shipped())
def test_characters_of_names_are_told_apart_by_neutral_or_kind_words(name: str) -> None:
    told = load_standard(name).characters
    assert len(told) > 100
    assert [character for character, words in told.items() if character not in words] == []
    assert list(breaches(load_standard(name).model_copy(update={"wording": {}}), load_rules())) == []


@pytest.mark.req("C8")
@pytest.mark.parametrize(("character", "words"), [("亡", "死亡的亡"), ("毒", "毒药的毒"), ("桧", "秦桧的桧")])
def test_a_word_that_would_hurt_is_told_of(character: str, words: str) -> None:
    bad = load_standard("general").model_copy(update={"wording": {}, "characters": {character: words}})
    says = "tells a character of a name apart by a neutral or kind word"
    assert list(breaches(bad, load_rules())) == [f"general: {character} 「{words}」 breaks C8: {says}"]
