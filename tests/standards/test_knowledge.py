from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.standards.knowledge import Answer, Entry, parse

HEAD = (
    '+++\nid = "lost"\ntitle = "快件丢失"\nquestions = ["快递丢了"]\nbusiness = "快递"\nquestion_type = "理赔"\n'
    'product = "快件"\nowner = "客服中心"\nvalid_from = 2026-01-01\n{more}+++\n'
)


def file(body: str = "请您告诉我单号。\n", more: str = "") -> str:
    return HEAD.format(more=more) + body


def test_the_head_tells_who_keeps_it_until_when_and_who_may_hear_it() -> None:
    entry = parse(file(more='valid_until = 2026-12-31\naccess = "verified"\ndictate = true\n'))
    assert (entry.id, entry.owner, entry.access, entry.dictate) == ("lost", "客服中心", "verified", True)
    assert (entry.valid_from, entry.valid_until) == (date(2026, 1, 1), date(2026, 12, 31))
    assert entry.answer.details == ()


@pytest.mark.req("C7")
def test_the_main_point_comes_first_then_problem_cause_solution() -> None:
    answer = parse(
        file("\n请您告诉我单号，\n我马上登记。\n\n## 原因\n面单脱落。\n\n## 问题\n没有记录。\n## 办法\n我去查。\n")
    ).answer
    assert answer.sentences == ("请您告诉我单号，我马上登记。", "没有记录。", "面单脱落。", "我去查。")


@pytest.mark.req("C7")
@pytest.mark.parametrize(
    ("count", "order"),
    [
        (1, [""]),
        (2, ["首先，", "然后，"]),
        (3, ["首先，", "其次，", "最后，"]),
        (5, ["首先，", "其次，", "接着，", "接着，", "最后，"]),
    ],
)
def test_steps_are_put_in_order_by_us(count: int, order: list[str]) -> None:
    steps = [f"请您做第{number}件事。" for number in range(count)]
    body = "请您跟我来。\n## 步骤\n" + "".join(f"{number}. {step}\n" for number, step in enumerate(steps, 1))
    assert list(parse(file(body)).answer.details) == [a + b for a, b in zip(order, steps, strict=True)]


def test_other_words_and_windows_line_ends() -> None:
    entry = parse(("\ufeff" + file("请您说单号。\n## 换个说法\n就是那串数字。\n")).replace("\n", "\r\n"))
    assert entry.answer.other_words == "就是那串数字。"
    assert entry.answer.main == "请您说单号。"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("请您说单号。", "has no head; begin with a line +++"),
        ("+++\nid = \n+++\n好。", "head is not valid TOML"),
        (file(""), "answer.main: String should have at least 1 character"),
        (file(more='access = "all"\n'), "access: Input should be 'public', 'verified' or 'staff'"),
        (file(more="valid_until = 2025-01-01\n"), "valid_until 2025-01-01 lies before valid_from 2026-01-01"),
        (file(more='colour = "red"\n'), "colour: Extra inputs are not permitted"),
        (file("好。\n## 问题\n没有记录。\n"), "answer: 问题, 原因 and 办法 belong together"),
        (file("好。\n## 问题\n一\n## 原因\n二\n## 办法\n三\n## 步骤\n1. 四\n"), "answer: has both 办法 and 步骤"),
        (file("好。\n## 背景\n没有记录。\n"), "unknown heading 「背景」; there are 问题, 原因"),
        (file().replace('owner = "客服中心"\n', ""), "owner: Field required"),
        (file().replace('["快递丢了"]', "[]"), "questions: List should have at least 1 item"),
        (file().replace('"lost"', '"丢失"').replace('"理赔"', '""'), "id: String should match pattern"),
    ],
)
def test_a_mistake_is_one_line(text: str, what: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - what it says is looked at below
        parse(text)
    assert what in str(caught.value)
    assert "\n" not in str(caught.value)


def entry(start: date, end: date | None) -> Entry:
    answer = Answer(main="请您说单号。")
    told = {"id": "x", "title": "x", "questions": ["x"], "business": "x", "question_type": "x", "product": "x"}
    return Entry.model_validate({**told, "owner": "x", "valid_from": start, "valid_until": end, "answer": answer})


@given(st.dates(), st.integers(0, 1000), st.dates())
def test_it_holds_from_its_first_to_its_last_day(start: date, days: int, today: date) -> None:
    last = min(start.toordinal() + days, date.max.toordinal())
    until = date.fromordinal(last)
    assert entry(start, until).holds(today) == (start <= today <= until)
    assert entry(start, None).holds(today) == (start <= today)


def test_each_level_may_hear_what_those_before_it_may() -> None:
    verified = parse(file(more='access = "verified"\n'))
    assert [verified.may_be_told(access) for access in ("public", "verified", "staff")] == [False, True, True]
