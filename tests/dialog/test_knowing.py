"""Questions that the house knows an answer to."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.dialog import commands as do
from ivr.standards.house import House
from ivr.standards.library import Library
from ivr.standards.load import load_standard
from ivr.standards.model import Standard
from ivr.understanding.knowledge import Knowledge
from tests.dialog.helpers import Driver

ANSWERS = """
name = "answers"
inherits = "general"
title = "answers questions"
sources = ["ours"]
knowledge = "explained"
dictation = "dictating"
[gate.identity]
req = "G1"
through = "menu who"
[wording]
told = { req = "C9", text = "{answer}{answer_details}" }
take_a_pen = { req = "C4", text = "请您拿笔记一下。" }
[menu.explained]
req = "C9"
say = ["told"]
wishes = true
no_input = "no_choice"
on_speech = "menu help"
keys = { 0 = "transfer operator" }
[menu.dictating]
req = "C4"
say = ["take_a_pen", "told"]
no_input = "no_choice"
on_speech = "menu help"
keys = { 0 = "transfer operator" }
[menu.who]
req = "G1"
say = ["ask_help"]
grants = "identity"
no_input = "no_choice"
on_speech = "proceed"
intents = { yes = "proceed" }
keys = { 0 = "transfer operator" }
[menu.account]
req = "G1"
say = ["ask_help"]
needs = ["identity"]
wishes = true
no_input = "no_choice"
on_speech = "menu help"
keys = { 0 = "transfer operator" }
[wishes]
agent = "menu account"
"""
PRIVATE = """
[menu.private]
req = "G1"
needs = ["identity"]
say = ["told"]
no_input = "no_choice"
on_speech = "menu help"
keys = { 0 = "transfer operator" }
"""
HEAD = """+++
id = "{id}"
title = "{title}"
questions = ["{question}"]
business = "包裹"
question_type = "办理"
product = "快递"
owner = "客服部"
valid_from = 2026-01-01
{more}
+++
{answer}
"""


@pytest.fixture
def standard(tmp_path: Path) -> Standard:
    (tmp_path / "answers.toml").write_text(ANSWERS, encoding="utf-8")
    return load_standard(tmp_path / "answers.toml")


@pytest.fixture
def house(tmp_path: Path) -> House:
    def write(id: str, question: str, answer: str, more: str = "") -> None:
        text = HEAD.format(id=id, title=question, question=question, answer=answer, more=more)
        (tmp_path / f"{id}.md").write_text(text, encoding="utf-8")

    write("umbrella", "雨伞可以借吗", "雨伞可以在网点借用。")
    write("address", "总部的地址在哪里", "总部在青浦区。", more="dictate = true")
    write("points", "我的积分规则怎么算", "积分按月计算。", more='access = "verified"')
    write("old", "去年的雨衣活动", "雨衣活动已经结束。", more="valid_until = 2026-01-31")
    return House(knowledge=Knowledge(Library(tmp_path).entries))


def texts(call: Driver) -> list[str]:
    return [one.text for command in call.asked if isinstance(command, do.Play) for one in command.utterances]


@pytest.mark.req("C9")
def test_a_question_is_answered_and_the_record_says_from_which_entry(standard: Standard, house: House) -> None:
    call = Driver(standard, house, words=True).greeted()
    call.say("请问雨伞可以借吗")
    assert texts(call)[-1] == "雨伞可以在网点借用。"
    assert [note["entry"] for note in call.notes("knowledge")] == ["umbrella"]


@pytest.mark.req("C4")
def test_what_is_to_be_written_down_is_announced(standard: Standard, house: House) -> None:
    call = Driver(standard, house, words=True).greeted()
    call.say("总部的地址在哪里")
    assert call.prompts[-2:] == ["take_a_pen", "told"]


@pytest.mark.req("C9")
@pytest.mark.parametrize("question", ["去年的雨衣活动", "我的积分规则怎么算"])
def test_what_is_over_or_not_for_everybody_is_not_told(standard: Standard, house: House, question: str) -> None:
    call = Driver(standard, house, words=True).greeted()
    call.say(question)
    assert "told" not in call.prompts
    assert not {"雨衣活动已经结束。", "积分按月计算。"} & set(texts(call))


@pytest.mark.req("C9", "G1")
def test_who_has_proven_who_they_are_is_told_more(standard: Standard, house: House) -> None:
    call = Driver(standard, house, words=True).greeted()
    call.say("找上次那位客服")
    call.said()
    call.say("是的")
    assert call.call.snapshot.menu == "account"
    call.said()
    call.say("我的积分规则怎么算")
    assert texts(call)[-1] == "积分按月计算。"


def test_a_wish_is_not_looked_up(standard: Standard, house: House) -> None:
    call = Driver(standard, house, words=True).greeted()
    call.say("转人工")
    assert call.prompts[-1] == "transfer_operator"
    assert not call.notes("knowledge")


def test_a_house_without_knowledge_asks_again(standard: Standard) -> None:
    call = Driver(standard, words=True).greeted()
    call.say("请问雨伞可以借吗")
    assert call.prompts[-1] == "unclear_1"


@pytest.mark.req("C9", "G1")
def test_who_asks_what_only_they_may_hear_proves_who_they_are_and_is_told(tmp_path: Path, house: House) -> None:
    text = ANSWERS.replace("[gate.identity]", 'verified = "private"\n[gate.identity]', 1)
    (tmp_path / "asks.toml").write_text(text + PRIVATE, encoding="utf-8")
    call = Driver(load_standard(tmp_path / "asks.toml"), house, words=True).greeted()
    call.say("我的积分规则怎么算")
    assert (call.call.snapshot.menu, call.prompts[-1]) == ("who", "ask_help")
    assert "told" not in call.prompts
    call.said()
    call.say("是的")
    assert (call.call.snapshot.menu, texts(call)[-1]) == ("private", "积分按月计算。")
    call.said()
    call.say("去年的雨衣活动")
    assert texts(call)[-1] != "雨衣活动已经结束。"
