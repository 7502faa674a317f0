from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.cli.main import run


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "hat.md").write_text(
        '+++\nid = "hat"\ntitle = "帽子"\nquestions = ["帽子怎么退"]\nbusiness = "商城"\nquestion_type = "售后"\n'
        'product = "帽子"\nowner = "商城组"\nvalid_from = 2026-01-01\nvalid_until = 2026-03-31\n'
        "+++\n请您把帽子寄回来。\n",
        encoding="utf-8",
    )
    return tmp_path


def test_list_tells_who_keeps_what_until_when(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["knowledge", "list", "--folder", str(house), "--on", "2026-04-01", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["owner"], row["valid"]) == ("hat", "商城组", "2026-01-01 – 2026-03-31 !")
    assert run(["knowledge", "list"]) == 0
    assert capsys.readouterr().out.count("\n") > 35


@pytest.mark.req("C9")
def test_check_passes_on_what_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["knowledge", "check", "--on", "2026-06-01"]) == 0
    assert capsys.readouterr().out == "knowledge: OK, 42 entries, 0 out of date\n"


@pytest.mark.req("C9")
def test_check_tells_what_is_over_and_what_is_wrong(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["knowledge", "check", "--folder", str(house), "--on", "2026-04-01"]) == 0
    assert "out of date: hat: valid until 2026-03-31 → 商城组" in capsys.readouterr().out
    (house / "bad.md").write_text("没有头", encoding="utf-8")
    assert run(["knowledge", "check", "--folder", str(house)]) == 1
    errors = capsys.readouterr().err
    assert "bad.md: has no head" in errors
    assert "ivr: 1 faults in what the house knows (above)" in errors


@pytest.mark.req("C9")
def test_search_tells_which_entry_answers_and_why(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--folder", "general", "--folder", str(house), "--on", "2026-02-01"]
    assert run(["knowledge", "search", "冒子怎么退", *where, "--json"]) == 0
    (hit,) = json.loads(capsys.readouterr().out)
    assert (hit["id"], hit["decided"], hit["as in"]) == ("hat", "sure", "帽子怎么退")
    assert run(["knowledge", "search", "怎么寄快递", *where]) == 0
    assert "首先，请您准备好" in capsys.readouterr().out
    assert run(["knowledge", "search", "帮我订一张机票", *where, "--typed"]) == 0
    assert capsys.readouterr().out == "no entry answers this\n"


@pytest.mark.req("C9")
def test_search_keeps_from_callers_what_is_not_for_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["knowledge", "search", "话费余额是多少"]) == 0
    assert capsys.readouterr().out == "no entry answers this\n"
    assert run(["knowledge", "search", "话费余额是多少", "--access", "verified"]) == 0
    assert "balance" in capsys.readouterr().out


def test_a_base_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["knowledge", "list", "--folder", "post"]) == 2
    assert 'ivr: no knowledge "post"; there are general, telecom, zto' in capsys.readouterr().err


def test_a_name_longer_than_names_can_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["knowledge", "list", "--folder", "快" * 200]) == 2
    assert "there are general, telecom, zto" in capsys.readouterr().err
