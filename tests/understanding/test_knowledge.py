from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.standards.house import PAUSE
from ivr.standards.knowledge import Access, Entry
from ivr.standards.library import Library, shipped_folders
from ivr.understanding.knowledge import LIKELY, SURE, Hit, Knowledge, spoken

HALVES: dict[str, dict[str, list[str]]] = tomllib.loads(
    (Path(__file__).parent / "data" / "questions.toml").read_text("utf-8")
)
TODAY = date(2026, 6, 1)


@pytest.fixture(scope="module")
def shipped() -> Knowledge:
    return Knowledge(Library(*shipped_folders()).entries)


def best(knowledge: Knowledge, text: str, access: Access = "staff") -> Hit | None:
    return next(iter(knowledge.search(text, today=TODAY, access=access)), None)


def asked(half: str) -> Iterator[tuple[str, str]]:
    return ((name, text) for name, texts in HALVES[half].items() for text in texts if name != "none")


def entry(name: str, *questions: str, until: date | None = None, access: Access = "public", **more: object) -> Entry:
    told = {"id": name, "title": questions[0], "questions": questions, "business": "x", "question_type": "x"}
    kept = {"product": "x", "owner": "x", "valid_from": date(2026, 1, 1), "valid_until": until, "access": access}
    return Entry.model_validate({**told, **kept, "answer": {"main": "请您说单号。"}, **more})


# ---------------------------------------------------------------- the evaluation


def test_the_halves_know_every_public_entry_and_share_no_question(shipped: Knowledge) -> None:
    ids = {entry.id for entry in shipped.entries if entry.access != "staff"}
    for half in HALVES.values():
        assert set(half) == ids | {"none"}
    one, other = ({text for texts in half.values() for text in texts} for half in HALVES.values())
    examples = {question for entry in shipped.entries for question in entry.questions}
    assert one & other == set()
    assert (one | other) & examples == set()
    assert len(one | other) >= 300


@pytest.mark.req("C9")
@pytest.mark.parametrize("half", HALVES)
def test_at_least_nine_questions_in_ten_find_their_entry(half: str, shipped: Knowledge) -> None:
    questions = list(asked(half))
    hits = [(name, text, best(shipped, text)) for name, text in questions]
    right = [text for name, text, hit in hits if hit and hit.entry.id == name]
    wrong = [(name, text, hit.why) for name, text, hit in hits if hit and hit.entry.id != name]
    assert len(right) >= 0.9 * len(questions)
    assert len(wrong) <= 0.04 * len(questions), wrong


@pytest.mark.req("C9")
@pytest.mark.parametrize("half", HALVES)
def test_what_is_answered_at_once_is_hardly_ever_wrong(half: str, shipped: Knowledge) -> None:
    questions = list(asked(half))
    sure = [(name, text, hit) for name, text in questions if (hit := best(shipped, text)) and hit.sure]
    assert len(sure) >= 0.75 * len(questions)
    assert sum(hit.entry.id != name for name, _, hit in sure) <= 0.01 * len(sure)


@pytest.mark.req("C9")
@pytest.mark.parametrize("half", HALVES)
def test_other_questions_find_nothing(half: str, shipped: Knowledge) -> None:
    hits = [(text, best(shipped, text)) for text in HALVES[half]["none"]]
    assert len(hits) >= 36
    assert sum(hit is None for _, hit in hits) >= 0.85 * len(hits)
    assert sum(hit is not None and hit.sure for _, hit in hits) <= 2


def test_a_question_is_looked_up_within_10_ms(shipped: Knowledge) -> None:
    texts = [text for texts in HALVES["hold"].values() for text in texts]
    for _ in range(2):  # the first round meets every syllable
        began = process_time()
        for text in texts:
            shipped.search(text, today=TODAY)
        each = (process_time() - began) / len(texts)
    assert each < 0.010


# ---------------------------------------------------------------- the rules


@pytest.mark.req("C9")
def test_a_hit_tells_where_the_answer_comes_from() -> None:
    hit = best(Knowledge([entry("track", "快递到哪里了"), entry("price", "运费怎么算")]), "我的快第到哪里了")
    assert hit is not None
    assert hit.why.startswith("track: 「快递到哪里了」 sound ")
    assert 0 < hit.spelling < hit.sound <= 1


def test_speech_is_forgiven_its_spelling_more_than_text() -> None:
    knowledge = Knowledge([entry("track", "快递到哪里了"), entry("price", "运费怎么算")])
    (heard, *_), (typed, *_) = (knowledge.ranked("快第道那里了", spoken=spoken) for spoken in (True, False))
    assert heard.score > typed.score


@pytest.mark.req("C9")
@pytest.mark.parametrize(
    "story",
    [
        "你好我跟你说啊我昨天下午在家里的时候就一直想着打电话来着然后",
        "是这样的，我前几天和朋友出去，回来就想到这件事了。",
    ],
)
def test_a_question_at_the_end_of_a_story_is_found_too(story: str, shipped: Knowledge) -> None:
    questions = list(asked("hold"))
    hits = [(name, best(shipped, story + text)) for name, text in questions]
    assert sum(hit is not None and hit.entry.id == name for name, hit in hits) >= 0.75 * len(questions)
    assert sum(hit is not None and hit.entry.id != name for name, hit in hits) <= 0.04 * len(questions)


def test_a_question_that_is_denied_is_another_one() -> None:
    knowledge = Knowledge([entry("lost", "没收到快递"), entry("track", "收到快递"), entry("price", "运费怎么算")])
    assert [hit.entry.id for hit in knowledge.ranked("我没收到快递")][:1] == ["lost"]
    assert [hit.entry.id for hit in knowledge.ranked("我收到快递了")][:1] == ["track"]
    alone = Knowledge([entry("lost", "没收到快递"), entry("price", "运费怎么算")])
    denied, asked_for = (alone.ranked(text)[0].score for text in ("我收到快递了", "我没收到快递"))
    assert denied < 0.7 < asked_for


@pytest.mark.parametrize("text", ["", "，", "好不好", "请问可以吗", "嗯嗯啊", "有没有"])
def test_words_that_ask_for_nothing_find_nothing(text: str, shipped: Knowledge) -> None:
    assert shipped.ranked(text) == []


@pytest.mark.req("C9", "C2")
@pytest.mark.parametrize("text", ["对", "人呢", "我不想投诉", "不能上网", "你呢", "是我", "我不想说"])
def test_nobody_is_asked_about_an_entry_that_shares_function_words_only(text: str, shipped: Knowledge) -> None:
    assert best(shipped, text) is None


@pytest.mark.req("C9")
def test_what_is_out_of_date_is_never_answered_nor_anything_in_its_place() -> None:
    old = entry("spring", "春季优惠活动有哪些", until=date(2026, 3, 31))
    near = entry("autumn", "秋季活动")
    knowledge = Knowledge([old, near, entry("price", "运费怎么算")])
    assert best(knowledge, "春季优惠活动有哪些") is None
    assert knowledge.search("春季优惠活动有哪些", today=date(2026, 3, 31))[0].entry is old
    assert knowledge.search("春季优惠活动有哪些", today=date(2025, 12, 31)) == []


@pytest.mark.req("C9")
def test_a_new_entry_stands_in_for_one_that_is_over() -> None:
    old, new = (
        entry(name, "春季优惠活动有哪些", until=until) for name, until in (("old", date(2026, 3, 31)), ("new", None))
    )
    hit = best(Knowledge([old, new, entry("price", "运费怎么算")]), "春季优惠活动有哪些")
    assert hit is not None
    assert hit.entry is new


@pytest.mark.req("C9")
@pytest.mark.parametrize(("access", "told"), [("public", False), ("verified", True), ("staff", True)])
def test_who_has_not_proven_who_they_are_hears_nothing_of_accounts(
    access: Access, told: bool, shipped: Knowledge
) -> None:
    hit = best(shipped, "查一下我的话费余额", access)
    assert (hit is not None and hit.entry.id == "balance") == told
    assert hit is None or hit.entry.may_be_told(access)


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=60), st.dates(), st.sampled_from(["public", "verified", "staff"]))
def test_whatever_is_asked_nobody_hears_what_is_not_for_them(
    shipped: Knowledge, text: str, today: date, access: Access
) -> None:
    hits = shipped.search(text, today=today, access=access)
    assert all(hit.entry.holds(today) and hit.entry.may_be_told(access) for hit in hits)
    assert all(LIKELY <= hit.score <= 1 + 1e-9 for hit in hits)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_base_without_entries_knows_nothing() -> None:
    assert Knowledge([]).search("运费怎么算", today=TODAY) == []


def test_the_thresholds_stand_in_order() -> None:
    assert 0 < LIKELY < SURE < 1


# ---------------------------------------------------------------- what is spoken


@pytest.mark.req("C7")
def test_the_pieces_of_an_answer() -> None:
    steps = {"main": "请您跟我来。", "steps": ["请您拔电。", "请您插上。"], "other_words": "请您重启。"}
    assert spoken(entry("x", "断网", answer=steps)) == {
        "answer": ("请您跟我来。",),
        "answer_details": ("首先，请您拔电。", PAUSE, "然后，请您插上。", PAUSE),
        "answer_other_words": ("请您重启。",),
        "answer_title": ("断网",),
    }


def test_what_is_written_down_is_told_with_longer_pauses() -> None:
    steps = {"main": "请您记一下。", "steps": ["请您拔电。", "请您插上。"]}
    slow, fast = (spoken(entry("x", "断网", answer=steps, dictate=dictate)) for dictate in (True, False))
    assert slow["answer_details"].count(PAUSE) > 2 * fast["answer_details"].count(PAUSE)


def test_without_other_words_the_main_point_is_told_again() -> None:
    assert spoken(entry("x", "断网"))["answer_other_words"] == ("请您说单号。",)
