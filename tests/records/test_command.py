"""`ivr db` and `ivr records`, on both databases."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.cli.main import run
from ivr.records import Audit, Calls, Database, NewCall, NewTicket, Promise, Promises, Tickets


@pytest.fixture(autouse=True)
def configured(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IVR_RECORDS_URL", url)


@pytest.fixture
def calls(database: Database) -> datetime:
    """Three calls: one closed two days ago, one lost, one open; returns now."""
    now = datetime.now(UTC)
    with database.transaction() as tx:
        calls = Calls(tx)
        calls.opened(NewCall(id="c1", line="4001", caller="13800000001", dialled="4001"), now - timedelta(days=2))
        calls.note("c1", [{"t": 1.5, "command": "Play", "text": "上午好"}, {"t": 3.25, "event": "KeyPressed"}])
        calls.stands("c1", "offer", {"name": "王芳"}, matter="inquiry")
        calls.closed("c1", "helped", now - timedelta(days=2) + timedelta(seconds=61))
        calls.opened(NewCall(id="c2", caller="=cmd()\x1b[2J", instance="box:0"), now - timedelta(hours=2))
        calls.lost("box:0", now)
        calls.opened(NewCall(id="c3", direction="out", dialled="13800000001"), now)
        Tickets(tx).open(NewTicket(kind="inquiry", call_id="c1", summary="查件"), now)
        Promises(tx).make(Promise(kind="reply", due_at=now, call_id="c1"), now)
    return now


def ids(capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    assert run(["records", "list", "--json", *options]) == 0
    return [call["id"] for call in json.loads(capsys.readouterr().out)]


@pytest.mark.usefixtures("calls")
@pytest.mark.parametrize(
    ("options", "found"),
    [
        ([], ["c1", "c2", "c3"]),
        (["--open"], ["c3"]),
        (["--lost"], ["c2"]),
        (["--open", "--lost"], ["c2", "c3"]),
        (["--number", "13800000001"], ["c1", "c3"]),
        (["--since", "24h"], ["c2", "c3"]),
        (["--since", "3d"], ["c1", "c2", "c3"]),
        (["--since", "30m"], ["c3"]),
        (["--since", "2000-01-01"], ["c1", "c2", "c3"]),
        (["--since", "2100-01-01T08:00+08:00"], []),
    ],
    ids=" ".join,
)
def test_list_finds_what_is_asked_for(capsys: pytest.CaptureFixture[str], options: list[str], found: list[str]) -> None:
    assert ids(capsys, *options) == found


@pytest.mark.usefixtures("calls")
def test_list_shows_a_line_a_call_and_no_call_commands_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["records", "list"]) == 0
    head, first, second, third = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["call", "began", "s"]
    assert " 61 " in first
    assert "inquiry" in first
    assert "=cmd()\\x1b[2J" in second
    assert "→" in third


@pytest.mark.usefixtures("calls")
@pytest.mark.req("G7", "F1")
def test_show_tells_the_call_and_the_trail_tells_who_saw_it(
    capsys: pytest.CaptureFixture[str], database: Database
) -> None:
    assert run(["records", "show", "c1", "--as", "王主管"]) == 0
    out = capsys.readouterr().out
    assert "matter: inquiry" in out
    assert '{"name": "王芳"}' in out
    assert "上午好" in out
    assert "ticket 1: open, 查件" in out
    assert "promise 1: reply, pending" in out
    with database.reading() as tx:
        (line,) = Audit(tx).list()
    assert (line.who, line.what, line.subject) == ("王主管", "show", "c1")


@pytest.mark.usefixtures("calls")
def test_show_for_machines_is_whole_and_local(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["records", "show", "c1", "--json"]) == 0
    call = json.loads(capsys.readouterr().out)
    assert call["began_at"].endswith("+08:00")
    assert [event["entry"]["t"] for event in call["events"]] == [1.5, 3.25]
    assert call["tickets"][0]["summary"] == "查件"


@pytest.mark.req("G7")
@pytest.mark.usefixtures("calls")
def test_who_looks_is_by_default_who_is_logged_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database: Database
) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "lin")
    assert run(["records", "export", "--number", "13800000001"]) == 0
    capsys.readouterr()
    with database.reading() as tx:
        assert [(line.who, line.what, line.subject) for line in Audit(tx).list()] == [
            ("lin", "export", "c1"),
            ("lin", "export", "c3"),
        ]


def test_who_cannot_be_named_sees_nothing(
    calls: datetime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nobody() -> str:
        raise KeyError("uid")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert run(["records", "show", "c1"]) == 2
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", "ivr: who are you? → name yourself with --as USER\n")


@pytest.mark.usefixtures("calls")
def test_export_is_csv_that_no_spreadsheet_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["records", "export", "--as", "lin"]) == 0
    first, second, _ = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (first["id"], json.loads(first["known"])) == ("c1", {"name": "王芳"})
    assert second["caller"].startswith("'=cmd()")


@pytest.mark.usefixtures("calls")
def test_export_for_machines_is_everything_a_call_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["records", "export", "--json", "--as", "lin"]) == 0
    exported = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [call["id"] for call in exported] == ["c1", "c2", "c3"]
    assert exported[0]["turns"][0]["text"] == "上午好"


def test_nothing_to_show_is_shown_as_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["records", "export", "--as", "lin"]) == 0
    assert run(["records", "list"]) == 0
    assert capsys.readouterr().out.strip() == ""


@pytest.mark.parametrize(
    ("command", "code", "message"),
    [
        (["records", "show", "c9"], 1, 'ivr: there is no call "c9" → ivr records list'),
        (
            ["records", "list", "--since", "soon"],
            2,
            'ivr: --since "soon" is no time → write e.g. 2026-11-22, 30m, 24h or 7d',
        ),
        (
            ["records", "list", "--since", "0001-01-01"],
            2,
            'ivr: --since "0001-01-01" is no time → write e.g. 2026-11-22, 30m, 24h or 7d',
        ),
    ],
    ids=["no call", "no time", "before time"],
)
def test_a_mistake_is_one_line(capsys: pytest.CaptureFixture[str], command: list[str], code: int, message: str) -> None:
    assert run(command) == code
    assert capsys.readouterr().err == f"{message}\n"


# ---------------------------------------------------------------- the database itself


def test_upgrade_again_changes_nothing_and_current_agrees(
    capsys: pytest.CaptureFixture[str], database: Database
) -> None:
    assert run(["db", "upgrade"]) == 0
    assert run(["db", "current"]) == 0
    assert capsys.readouterr().out == f"{database.name}: {database.expected()}\n" * 2


def test_without_a_database_one_line_says_what_to_do(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IVR_RECORDS_URL", f"sqlite://{tmp_path}/none.db")
    assert run(["records", "list"]) == 1
    error = capsys.readouterr().err
    assert (
        error == f"ivr: {tmp_path}/none.db: unable to open database file → bring it back, or make one: ivr db upgrade\n"
    )
    assert not (tmp_path / "none.db").exists()
    assert run(["db", "upgrade"]) == 0
    assert run(["records", "list"]) == 0


@pytest.mark.parametrize(
    "command", [["promises", "cancel"], ["incidents", "close"]], ids=lambda command: str(command[0])
)
def test_a_row_that_no_database_counts_to(capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert run([*command, "99999999999999999999"]) == 2
    assert "is not in the range 1<=x<=" in capsys.readouterr().err


def test_another_program_s_database_is_left_alone(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("create table calls (x)")
    monkeypatch.setenv("IVR_RECORDS_URL", f"sqlite://{file}")
    assert run(["db", "upgrade"]) == 1
    told = f"ivr: {file}: holds another program's tables → set [records] url to a database of its own\n"
    assert capsys.readouterr().err == told
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("select name from sqlite_master").fetchall() == [("calls",)]


def test_an_old_database_is_told_from_ours(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty.db").touch()
    monkeypatch.setenv("IVR_RECORDS_URL", f"sqlite://{tmp_path}/empty.db")
    assert run(["db", "current"]) == 1
    output = capsys.readouterr()
    assert output.out == f"{tmp_path}/empty.db: no tables\n"
    assert output.err.endswith("→ ivr db upgrade\n")
    assert run(["records", "list"]) == 1
    assert capsys.readouterr().err == f"ivr: {tmp_path}/empty.db: no such table: calls → ivr db upgrade\n"
