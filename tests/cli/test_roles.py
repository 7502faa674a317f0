"""Who may see what of callers (requirement G7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.cli.main import run
from ivr.records import Approvals, Audit, Calls, Database, NewApproval, NewCall

NOW = datetime.now(UTC)
ROLES = '[roles]\nlin = "agent"\nwang = "supervisor"\nzhao = "auditor"\n'


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One call, of which a supervisor is asked something."""
    config, url = tmp_path / "ivr.toml", f"sqlite:///{tmp_path / 'ivr.db'}"
    config.write_text(f'[records]\nurl = "{url}"\nrecordings = "{tmp_path / "recordings"}"\n{ROLES}', "utf-8")
    (tmp_path / "recordings" / "1").mkdir(parents=True)
    (tmp_path / "recordings" / "1" / "one.wav").write_bytes(b"RIFF")
    database = Database(url)
    database.upgrade()
    with database.transaction() as tx:
        Calls(tx).opened(NewCall(id="one", line="4001", caller="8613800138000", dialled="4001"), NOW)
        ask = NewApproval(
            call_id="one", inquiry=1, kind="abuse", caller="86138", evidence={}, deadline_at=NOW + timedelta(days=1)
        )
        Approvals(tx).ask(ask, NOW)
    database.close()
    at_the_keyboard(monkeypatch, "lin")
    return config


def at_the_keyboard(monkeypatch: pytest.MonkeyPatch, login: str) -> None:
    monkeypatch.setattr("ivr.cli.roles.account", lambda: login)


def ivr(house: Path, *arguments: str) -> int:
    return run([*arguments, "--config", str(house)])


def trail(house: Path) -> list[tuple[str, str]]:
    database = Database(f"sqlite:///{house.parent / 'ivr.db'}")
    with database.reading() as tx:
        lines = [(line.who, line.what) for line in Audit(tx).list()]
    database.close()
    return lines


AUDIO = ("records", "audio", "one", "--reason", "complaint", "--out")
OPEN = ("records", "open", "one", "--role", "supervisor", "--reason", "complaint", "--out")
GRANT = ("approvals", "grant", "1", "--role", "supervisor")
ASKS = {
    "list": ("records", "list"),
    "show": ("records", "show", "one"),
    "export": ("records", "export"),
    "audio": (*AUDIO, "new.wav"),
    "open": (*OPEN, "new"),
    "audit": ("records", "audit"),
    "approvals": ("approvals", "list"),
    "promises": ("promises", "list"),
    "incidents": ("incidents", "list"),
    "grant": GRANT,
}


@pytest.mark.req("G7")
@pytest.mark.parametrize(
    ("login", "allowed"),
    [
        ("lin", {"list", "show", "approvals", "promises", "incidents"}),
        ("zhao", {"list", "audit", "approvals", "promises", "incidents"}),
        ("wang", set(ASKS) - {"open"}),  # which they may, but nothing of this call was sealed
        ("somebody", set[str]()),
    ],
)
def test_each_role_sees_what_it_may_and_no_more(
    house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, login: str, allowed: set[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    at_the_keyboard(monkeypatch, login)
    assert {name for name, asked in ASKS.items() if ivr(house, *asked) == 0} == allowed
    assert {who for who, _ in trail(house)} <= {login}


@pytest.mark.req("G7")
def test_who_is_refused_sees_one_line_and_stands_nowhere_as_having_seen(
    house: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new.wav"
    assert ivr(house, *AUDIO, str(out)) == 2
    said = capsys.readouterr().err
    assert said == 'ivr: "lin" is agent, and may not do this (audio) → ask a supervisor\n'
    assert not out.exists()
    assert trail(house) == []


@pytest.mark.req("G7")
@pytest.mark.parametrize("environment", ["LOGNAME", "USER"])
def test_nobody_is_somebody_else_by_saying_so(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: str
) -> None:
    monkeypatch.setenv(environment, "wang")
    assert ivr(house, "records", "export", "--as", "wang") == 2
    assert 'you are "lin", not "wang"' in capsys.readouterr().err
    assert ivr(house, "records", "show", "one") == 0
    assert trail(house) == [("lin", "show")]


@pytest.mark.req("G7", "E6")
def test_an_office_is_held_not_claimed(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ivr(house, *GRANT) == 2
    assert '"lin" is agent, and may not do this (approval)' in capsys.readouterr().err
    database = Database(f"sqlite:///{house.parent / 'ivr.db'}")
    with database.reading() as tx:
        asked = Approvals(tx).get(1)
    database.close()
    assert asked is not None
    assert not asked.decision


@pytest.mark.req("G7")
def test_a_house_without_roles_goes_by_the_rights_of_its_files(house: Path) -> None:
    house.write_text(house.read_text("utf-8").replace(ROLES, ""), "utf-8")
    assert ivr(house, "records", "export", "--as", "anybody") == 0
    assert trail(house) == [("anybody", "export")]


def test_a_role_that_there_is_not_is_told(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house.write_text(house.read_text("utf-8").replace('"auditor"', '"boss"'), "utf-8")
    assert ivr(house, "records", "list") == 2
    said = capsys.readouterr().err
    assert "roles.zhao: input should be 'agent', 'supervisor' or 'auditor'" in said
