from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.cli.main import run
from ivr.records import Approvals, Audit, Database, NewApproval

NOW = datetime.now(UTC)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Two calls ask; nobody waits for the second any more."""
    config = tmp_path / "ivr.toml"
    config.write_text(f'[records]\nurl = "sqlite:///{tmp_path / "ivr.db"}"\n', "utf-8")
    database = Database(f"sqlite:///{tmp_path / 'ivr.db'}")
    database.upgrade()
    with database.transaction() as tx:
        for call in ("one", "two"):
            said = {"said": "难听的话\n", "strikes": "3"}
            asked = NewApproval(
                call_id=call,
                inquiry=1,
                kind="abuse",
                caller="86138",
                evidence=said,
                deadline_at=NOW + timedelta(days=1),
            )
            Approvals(tx).ask(asked, NOW)
        Approvals(tx).expire("two", 1, "the call ended", NOW)
    database.close()
    return config


def ivr(house: Path, *arguments: str) -> int:
    return run(["approvals", *arguments, "--config", str(house)])


def trail(house: Path) -> list[tuple[str, str, str, str]]:
    database = Database(f"sqlite:///{house.parent / 'ivr.db'}")
    with database.reading() as tx:
        lines = [(line.who, line.what, line.subject, line.detail) for line in Audit(tx).list()]
    database.close()
    return lines


@pytest.mark.req("E6", "G7")
@pytest.mark.parametrize(("verb", "decision"), [("grant", "granted"), ("refuse", "refused")])
def test_a_supervisor_decides_once_and_stands_in_the_audit_trail(
    house: Path, capsys: pytest.CaptureFixture[str], verb: str, decision: str
) -> None:
    assert ivr(house, verb, "1", "--role", "supervisor", "--as", "wang", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["id"], shown["decision"], shown["by"]) == (1, decision, "wang")
    assert trail(house) == [("wang", f"approval {decision}", "one", "supervisor: approval 1, abuse")]
    assert ivr(house, "grant", "1", "--role", "supervisor", "--as", "li") == 1
    assert f"approval 1: {decision} by wang at " in capsys.readouterr().err
    assert len(trail(house)) == 1


@pytest.mark.req("E6")
def test_what_nobody_waits_for_any_more_cannot_be_granted(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ivr(house, "grant", "2", "--role", "supervisor") == 1
    error = capsys.readouterr().err
    assert "approval 2: nobody waits for it since " in error
    assert error.endswith(": the call ended\n")
    assert trail(house) == []


@pytest.mark.req("E6")
def test_what_has_run_out_of_time_cannot_be_granted_though_nobody_closed_it(
    house: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = Database(f"sqlite:///{house.parent / 'ivr.db'}")
    with database.transaction() as tx:
        late = NewApproval(call_id="three", inquiry=1, kind="abuse", deadline_at=NOW - timedelta(seconds=1))
        number = Approvals(tx).ask(late, NOW)
    database.close()
    assert ivr(house, "grant", str(number), "--role", "supervisor") == 1
    assert capsys.readouterr().err.endswith(": time ran out\n")
    assert trail(house) == []


@pytest.mark.req("G7")
@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (
            ["grant", "1", "--role", "agent"],
            2,
            '"agent" may not decide this → --role supervisor, if that is your office',
        ),
        (["grant", "1"], 2, "Missing option '--role'"),
        (["refuse", "7", "--role", "supervisor"], 1, "there is no approval 7 → ivr approvals list"),
        (["grant", "x", "--role", "supervisor"], 2, "'x' is not a valid integer"),
        (["grant", "9" * 30, "--role", "supervisor"], 2, "is not in the range"),
    ],
)
def test_who_may_not_or_cannot_decide_is_told_in_one_line(
    house: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, line: str
) -> None:
    assert ivr(house, *arguments) == code
    assert line in capsys.readouterr().err
    assert trail(house) == []


def test_open_ones_are_listed_and_all_on_demand(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ivr(house, "list") == 0
    first, row = capsys.readouterr().out.splitlines()
    assert first.split() == ["id", "what", "caller", "asked", "until", "decision", "by", "call", "evidence"]
    assert row.startswith("1 ")
    assert row.endswith("said 难听的话\\n，strikes 3")
    assert ivr(house, "list", "--all", "--json") == 0
    assert [each["decision"] for each in json.loads(capsys.readouterr().out)] == ["", "expired"]
