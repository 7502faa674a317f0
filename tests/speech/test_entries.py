from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ivr.speech.entries import faults, out_of_date
from ivr.standards.library import Library, shipped_folders
from tests.standards.test_knowledge import file


def library(tmp_path: Path, **texts: str) -> Library:
    for name, text in texts.items():
        (tmp_path / f"{name}.md").write_text(text.replace('id = "lost"', f'id = "{name}"'), encoding="utf-8")
    return Library(tmp_path)


@pytest.mark.req("C9", "H1", "H2", "H3")
def test_what_is_shipped_may_be_spoken_and_is_found() -> None:
    assert faults(Library(*shipped_folders())) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("请您等着，不会用就别用。", "lost: 「请您等着，不会用就别用。」 says 「不会用就别用」, which H1 bars"),
        ("请您放心，绝对不会丢。", "lost: 「请您放心，绝对不会丢。」 says 「绝对不会丢」, which H2 bars"),
        ("我马上登记。", "lost: the answer breaks H3: speaks to the caller with 您 or 请"),
        ("请您稍等", "lost: 「请您稍等」 does not end like a sentence"),
        (
            f"请您{'慢慢' * 40}说。",
            f"lost: 「请您{'慢慢' * 40}说。」 is long for a main point (C7); put the details under headings",
        ),
        ("请您稍等。\n## 换个说法\n请你等。", "lost: the answer breaks H3: 您, never 你"),
    ],
)
def test_an_answer_that_must_not_be_spoken(tmp_path: Path, body: str, fault: str) -> None:
    assert any(line.startswith(fault) for line in faults(library(tmp_path, lost=file(body))))


def test_the_same_question_twice_is_told_unless_one_is_over(tmp_path: Path) -> None:
    base = library(tmp_path, lost=file(), gone=file())
    told = "lost: 「快递丢了」 is a question of gone too, on the same days; keep it in one"
    assert told in faults(base)
    over = library(
        tmp_path, gone=file().replace("valid_from = 2026-01-01", "valid_from = 2025-01-01\nvalid_until = 2025-12-31")
    )
    assert faults(over) == []


def test_a_question_that_finds_another_entry_is_told(tmp_path: Path) -> None:
    questions = ('["快递丢了"]', '["快递丢了怎么办", "快递"]')
    base = library(tmp_path, lost=file(), other=file().replace(*questions).replace('"快件丢失"', '"丢了"'))
    assert any("「快递」" in fault or "「快递丢了怎么办」" in fault for fault in faults(base))


@pytest.mark.req("C9")
def test_what_is_out_of_date_is_listed_with_whom_to_ask(tmp_path: Path) -> None:
    base = library(tmp_path, lost=file(more="valid_until = 2026-03-31\n"), kept=file())
    assert out_of_date(base.entries, date(2026, 3, 31)) == []
    assert out_of_date(base.entries, date(2026, 4, 1)) == ["lost: valid until 2026-03-31 → 客服中心"]
    assert len(out_of_date(base.entries, date(2025, 1, 1))) == 2
