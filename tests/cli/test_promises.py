from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from ivr.cli.main import run
from ivr.records import Audit, Database, Promises

MAKE = ["promises", "make", "news", "13800138000", "--say", "包裹今天下午送到。", "--name", "王先生"]


@pytest.fixture
def house(tmp_path: Path) -> Path:
    config = tmp_path / "ivr.toml"
    config.write_text(f'[records]\nurl = "sqlite:///{tmp_path / "ivr.db"}"\n', "utf-8")
    Database(f"sqlite:///{tmp_path / 'ivr.db'}").upgrade()
    return config


@pytest.mark.req("F3", "F4")
def test_somebody_is_promised_a_call_and_it_can_be_called_off(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*MAKE, "--at", "+30m", "--config", str(house)]) == 0
    assert capsys.readouterr().out.startswith("promise 1: 13800138000 is rung from ")
    database = Database(f"sqlite:///{house.parent / 'ivr.db'}")
    with database.reading() as tx:
        (made,) = Promises(tx).list()
    assert made.say["slots"] == {"news": "包裹今天下午送到。", "name": "王先生"}
    assert made.not_before
    assert made.due_at - made.not_before == timedelta(minutes=30)
    assert run(["promises", "list", "--json", "--config", str(house)]) == 0
    assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["pending"]
    assert run(["promises", "cancel", "1", "--config", str(house)]) == 0
    assert run(["promises", "cancel", "1", "--config", str(house)]) == 1
    assert "ivr promises list --all" in capsys.readouterr().err
    with database.reading() as tx:
        trail = [(line.what, line.subject) for line in Audit(tx).list()]
    assert trail == [("promise made", "promise 1"), ("promise cancelled", "promise 1")]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"news": "gossip"}, 'no call of ours keeps a promise "gossip"; there are courier, news, apology'),
        ({"13800138000": "110"}, "110 may not be rung → see [telephony] outbound_allow"),
        ({"包裹今天下午送到。": " "}, "write what they are told: --say TEXT"),
        ({"王先生": "王先生", "--name": "--at"}, "is no time; write 15:30, +30m or +2h"),
    ],
)
def test_what_cannot_be_promised_is_told_in_one_line(
    house: Path, capsys: pytest.CaptureFixture[str], change: dict[str, str], line: str
) -> None:
    assert run([*(change.get(word, word) for word in MAKE), "--config", str(house)]) == 2
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
