from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.cli.main import run


def test_a_wish_is_shown_with_its_score(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["understand", "我要赚人工"]) == 0
    out = capsys.readouterr().out
    assert "wo yao zhuan ren gong" in out
    assert "operator  1.0" in out
    assert "sure, margin" in out


def test_every_answer_that_it_may_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["understand", "一三八零零一三八零零零", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["decided"] == "none"
    values = {answer["as"]: answer["value"] for answer in found["answers"]}
    assert values["phone"] == values["waybill"] == values["digits"] == "13800138000"


def test_a_turn_that_corrects(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["understand", "--expects", "phone", "--before", "13800138000", "不对，最后是三八"]) == 0
    assert "13800138038" in capsys.readouterr().out


def test_words_that_say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["understand", "哈", "--expects", "phone"]) == 0
    assert "no intent; relevance 0.0\n\nno answer of this kind" in capsys.readouterr().out


def test_the_intents_of_a_house(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house = tmp_path / "house.toml"
    house.write_text(
        'name = "house"\ninherits = "general"\n[intent.operator]\nexamples = ["总机"]\nnegatives = []\n',
        encoding="utf-8",
    )
    assert run(["understand", "接总机", "--standard", str(house), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["intents"][0]["as in"] == "总机"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["x", "--expects", "colour"], 'there is no "colour"; write one of text, yes_no'),
        (["x", "--standard", "no"], 'no standard "no"'),
    ],
)
def test_what_does_not_exist(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["understand", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
