from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.cli.main import run
from ivr.records import Audit, Database, Incidents, NewTicket, Tickets


@pytest.mark.req("F7")
def test_an_incident_is_seen_and_closed_on_the_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, database = tmp_path / "ivr.toml", Database(f"sqlite:///{tmp_path / 'ivr.db'}")
    config.write_text(f'[records]\nurl = "sqlite:///{tmp_path / "ivr.db"}"\n', "utf-8")
    database.upgrade()
    with database.transaction() as tx:
        for caller in "ab":
            Incidents(tx).report("system", "4001", caller, datetime.now(UTC), 600, 2)
        Incidents(tx).told(1, Tickets(tx).open(NewTicket(kind="incident", owner="supervisor"), datetime.now(UTC)))
    assert run(["incidents", "list", "--json", "--config", str(config)]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["kind"], row["line"], row["callers"]) == (1, "system", "4001", 2)
    assert run(["incidents", "close", "1", "--as", "li", "--config", str(config)]) == 0
    assert run(["incidents", "close", "1", "--as", "li", "--config", str(config)]) == 1
    assert capsys.readouterr().err.strip().endswith("there is no open incident 1 → ivr incidents list")
    with database.reading() as tx:
        assert Incidents(tx).all_open() == []
        ticket = Tickets(tx).get(1)
        assert ticket
        assert ticket.status == "closed"
        assert [(line.who, line.what, line.detail) for line in ticket.history][1:] == [
            ("li", "closed", "incident 1 closed")
        ]
        assert [(line.who, line.what, line.subject) for line in Audit(tx).list()] == [
            ("li", "incident closed", "incident 1")
        ]
    database.close()
