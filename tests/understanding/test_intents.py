from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.files import data_folder
from ivr.standards.said import Intent
from ivr.understanding.intents import LIKELY, SURE, Match, Matcher, relevance
from ivr.understanding.yes_no import read_yes_no

SHIPPED = tomllib.loads((data_folder("prompts") / "understanding.toml").read_text("utf-8"))
FLOWS = [tomllib.loads(path.read_text("utf-8")) for path in sorted((data_folder("prompts") / "flows").glob("*.toml"))]
INTENTS = {name: Intent(**table) for file in (SHIPPED, *FLOWS) for name, table in file.get("intent", {}).items()}
ASIDES = {aside["intent"] for flow in FLOWS for aside in flow.get("aside", {}).values()}
"""Told by the way: found beside whatever else is said, and no rival to it."""
OPEN = {name for flow in FLOWS for table in ("wishes", "always") for name in flow.get(table, {})}
WISHES = [name for name in INTENTS if name in SHIPPED["intent"] or name in OPEN]
"""What may be said in an open menu; any other intent is known only where it is asked for."""
HALVES = {
    half: tomllib.loads((Path(__file__).parent / "data" / f"{half}.toml").read_text("utf-8"))
    for half in ("choose", "hold")
}


@pytest.fixture(scope="session")
def shipped() -> Matcher:
    return Matcher(INTENTS)


def matcher(**examples: str) -> Matcher:
    return Matcher({name: Intent(req="D8", title="", examples=told.split()) for name, told in examples.items()})


def said(half: str) -> Iterator[tuple[str, str]]:
    return ((name, text) for name, texts in HALVES[half].items() for text in texts if name not in {"none", *ASIDES})


def among(name: str) -> list[str]:
    return WISHES if name in WISHES else [*WISHES, name]


# ---------------------------------------------------------------- the evaluation


@pytest.mark.parametrize("half", HALVES)
def test_at_least_95_percent_of_wishes_are_read_right(half: str, shipped: Matcher) -> None:
    wrong = []
    for name, text in said(half):
        reading = shipped.read(text, among(name))
        if reading.decided == "none" or reading.best is None or reading.best.name != name:
            wrong.append((name, text, reading))
    assert len(wrong) <= 0.05 * len(list(said(half))), wrong


@pytest.mark.parametrize("half", HALVES)
def test_nothing_is_done_for_words_that_were_no_wish(half: str, shipped: Matcher) -> None:
    others = HALVES[half]["none"]
    readings = [(text, shipped.read(text, WISHES)) for text in others]
    assert len(others) >= 100
    assert [reading for reading in readings if reading[1].decided == "sure"] == []
    assert sum(reading.decided == "none" for _, reading in readings) >= 0.85 * len(others)


@pytest.mark.parametrize("half", HALVES)
def test_a_wrong_wish_is_hardly_ever_acted_on(half: str, shipped: Matcher) -> None:
    sure = [
        (name, text, reading.best.name)
        for name, text in said(half)
        if (reading := shipped.read(text, among(name))).best and reading.decided == "sure"
    ]
    assert len(sure) >= 0.9 * len(list(said(half)))
    assert sum(name != read for name, _, read in sure) <= 0.01 * len(sure)


@pytest.mark.req("E10", "E4", "E11")
@pytest.mark.parametrize("half", HALVES)
def test_what_is_told_by_the_way_is_found_and_nothing_else_is(half: str, shipped: Matcher) -> None:
    for aside in sorted(ASIDES):
        told = HALVES[half][aside]
        assert len(told) >= 6, aside
        assert [text for text in told if not shipped.says(text, aside)] == []
        others = [text for name, texts in HALVES[half].items() if name != aside for text in texts]
        assert [text for text in others if shipped.says(text, aside)] == []


def test_the_halves_share_nothing_that_says_much() -> None:
    one, other = ({text for texts in HALVES[half].values() for text in texts} for half in ("choose", "hold"))
    assert {text for text in one & other if len(text) > 5} == set()


@pytest.mark.req("D8")
def test_a_person_is_asked_for_in_every_way(shipped: Matcher) -> None:
    others = ["operator", "track", "ship", "complaint", "yes", "no"]
    for half in HALVES.values():
        for text in half["operator"]:
            reading = shipped.read(text, others)
            assert reading.best is not None, text
            assert (reading.best.name, reading.decided) in {("operator", "sure"), ("operator", "likely")}, text


def test_yes_and_no_are_the_same_for_a_menu_and_for_a_question(shipped: Matcher) -> None:
    for meaning in ("yes", "no"):
        told = [text for half in HALVES.values() for text in half[meaning]]
        right = [text for text in told if read_yes_no(text) == meaning]
        assert len(right) >= 0.95 * len(told), set(told) - set(right)


def test_every_example_stands_for_its_own_intent(shipped: Matcher) -> None:
    for name, intent in INTENTS.items():
        for example in intent.examples:
            assert shipped.read(example, [name]).decided == "sure", (name, example)


def test_no_negative_stands_for_its_intent(shipped: Matcher) -> None:
    for name, intent in INTENTS.items():
        for negative in intent.negatives:
            assert shipped.read(negative, [name]).decided != "sure", (name, negative)


def test_an_utterance_is_read_within_10_ms(shipped: Matcher) -> None:
    texts = [text for half in HALVES.values() for texts in half.values() for text in texts]
    for _ in range(2):  # the first round meets every syllable
        began = process_time()
        for text in texts:
            shipped.read(text, WISHES)
        each = (process_time() - began) / len(texts)
    assert each < 0.010


# ---------------------------------------------------------------- the rules


def test_a_match_tells_what_it_heard() -> None:
    assert matcher(operator="转人工").match("喂，我要赚人宫", ["operator"]) == [
        Match("operator", 1.0, "转人工", "赚人宫")
    ]


def test_only_what_the_menu_knows_is_heard() -> None:
    known = matcher(operator="转人工", track="查快递")
    assert [match.name for match in known.match("转人工查快递", ["track", "nothing"])] == ["track"]
    assert known.read("转人工", []).decided == "none"


@pytest.mark.req("C2")
def test_two_wishes_at_once_are_ambiguous() -> None:
    reading = matcher(complaint="投诉", track="查快递").read("查快递投诉", ["complaint", "track"])
    assert reading.decided == "ambiguous"
    assert reading.best is not None
    assert reading.other is not None
    assert {reading.best.name, reading.other.name} == {"complaint", "track"}


@pytest.mark.req("C2")
def test_a_wish_that_was_hardly_heard_is_likely() -> None:
    assert matcher(track="快递到哪里了").read("快递在那里吗", ["track"]).decided == "likely"


@pytest.mark.parametrize("text", ["四", "是不是", "事实上我觉得不错", "这是我昨天在商店里看到的", "对面新开了家超市"])
def test_a_short_word_must_be_nearly_all_there_is(text: str) -> None:
    assert matcher(yes="是 对").read(text, ["yes"]).decided == "none"


def test_a_long_phrase_may_stand_in_a_story() -> None:
    story = "我昨天在网上买了双鞋子到现在都没有消息，麻烦你帮我查一下快递"
    assert matcher(track="查快递").read(story, ["track"]).decided == "sure"


def test_a_negative_that_matches_as_well_suppresses() -> None:
    known = Matcher({"operator": Intent(req="D8", title="", examples=["人工"], negatives=["人工智能"])})
    assert known.match("人工智能", ["operator"]) == []
    assert known.match("认公智能", ["operator"]) == []
    assert [match.heard for match in known.match("我不要人工智能，给我人工", ["operator"])] == ["人工"]


def test_of_two_phrases_of_the_same_sound_the_spelling_tells() -> None:
    known = Matcher({"correction": Intent(req="C2", title="", examples=["记错了"], negatives=["寄错了"])})
    assert known.read("记错了", ["correction"]).decided == "sure"
    assert known.read("寄错了", ["correction"]).decided == "none"


def test_words_that_are_part_of_more_words_are_no_rival() -> None:
    reading = matcher(no="没有", end="没有了").read("没有了", ["no", "end"])
    assert reading.best is not None
    assert (reading.best.name, reading.other) == ("end", None)


@pytest.mark.parametrize("order", [["no", "correction"], ["correction", "no"]])
def test_a_phrase_of_two_intents_stands_for_the_first(order: list[str]) -> None:
    reading = matcher(no="不对", correction="不对").read("不对", order)
    assert reading.best is not None
    assert (reading.best.name, reading.decided) == (order[0], "sure")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    known = matcher(yes="是 对", operator="转人工", track="查快递 快递到哪里了")
    reading = known.read(text, ["yes", "operator", "track"])
    assert all(0 <= match.score <= 1 for match in known.match(text, ["yes", "operator", "track"]))
    assert 0 <= reading.margin <= 1
    assert (reading.decided == "none") == (reading.best is None or reading.best.score < LIKELY)


def test_the_thresholds_stand_in_order() -> None:
    assert 0 < LIKELY < SURE < 1


def test_what_is_said_besides_is_left_where_it_stood() -> None:
    known = matcher(hardship="住院了", track="查快递")
    assert known.says("我妈主院了，查快递", "hardship")
    assert known.besides("我妈住院了，查快递", ["hardship"]).rpartition(",")[2] == "查快递"
    assert "住院" not in known.besides("我妈住院了，查快递", ["hardship"])
    assert known.besides("查快递。", ["hardship"]) == "查快递。"


# ---------------------------------------------------------------- relevance


@pytest.mark.parametrize("text", ["我的快第到哪里了", "单号七七三", "不查快递", "你们客服呢"])
def test_words_of_the_business_are_heard_by_their_sound(text: str) -> None:
    assert relevance(text, SHIPPED["domain"]) > 0.4


@pytest.mark.parametrize("text", ["妈你把门关一下", "今天晚上吃什么", "预计不会在短期内迅速回暖", "", "，"])
def test_other_words_are_not(text: str) -> None:
    assert relevance(text, SHIPPED["domain"]) == 0


def test_more_words_are_more_relevant() -> None:
    one, two = (relevance(text, ["快递", "单号"]) for text in ("快递", "快递单号"))
    assert 0 < one < two < 1
    assert relevance("快递", []) == 0
