from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.understanding.alignment import Phrase, Span, Utterance


def best(text: str, phrase: str, *, floor: float = 0.5) -> Span | None:
    return max(Utterance(text).find(Phrase(phrase), floor), default=None)


def likeness(text: str, phrase: str) -> float:
    found = best(text, phrase, floor=0.0)
    return found.likeness if found else 0.0


def test_a_phrase_is_found_where_it_was_said() -> None:
    found = best("喂你好，我要赚人宫服务", "转人工")
    assert found is not None
    assert (found.likeness, found.start, found.end) == (1.0, 6, 9)
    assert (found.first, found.last) == (5, 8)


def test_words_in_between_cost_by_what_they_say() -> None:
    assert 1 > likeness("查一下快递", "查快递") > likeness("查我的快递", "查快递") > likeness("查红色快递", "查快递")


def test_a_merged_sound_costs_less_than_another_one() -> None:
    assert 1 > likeness("钻人工", "转人工") > likeness("搬人工", "转人工") > likeness("转人工", "听不清")


@pytest.mark.parametrize(
    "text", ["不转人工", "不用转人工", "不要给我转人工", "别转人工", "我没有要转人工", "不想再转人工了"]
)
def test_what_is_denied_was_not_said(text: str) -> None:
    assert best(text, "转人工") is None
    assert [*Utterance(text).find(Phrase("转人工"), 0.9, even_denied=True)]


@pytest.mark.parametrize(
    "text",
    [
        "能不能转人工",
        "为什么不转人工",
        "不能转人工吗",
        "不是，我要转人工",
        "不用别的转人工",
        "要不转人工吧",
        "怎么还不给我转人工",
    ],
)
def test_a_question_denies_nothing(text: str) -> None:
    found = best(text, "转人工")
    assert found is not None
    assert found.likeness == 1


def test_a_negation_turns_the_meaning() -> None:
    assert likeness("听得清", "听不清") < 0.7
    assert likeness("听不清", "听得清") < 0.7
    assert likeness("是不是", "不是") < 0.7


@settings(deadline=None)
@given(st.text(max_size=30), st.text(max_size=8), st.floats(0, 1))
def test_a_span_lies_in_the_text_and_is_as_like_as_asked(text: str, phrase: str, floor: float) -> None:
    said = Utterance(text)
    for span in said.find(Phrase(phrase), floor):
        assert floor - 1e-9 <= span.likeness <= 1
        assert 0 <= span.first < span.last <= len(said.sounds)
        assert 0 <= span.start < span.end <= len(said.text)
        assert min(said.around(span.first, span.last)) >= 0


@settings(deadline=None)
@given(st.text("转人工查快递不要听清我的", min_size=1, max_size=8), st.text("天地玄黄宇宙", max_size=4))
def test_a_phrase_is_found_in_itself_whatever_goes_before(phrase: str, before: str) -> None:
    assert likeness(before + phrase, phrase) == 1
