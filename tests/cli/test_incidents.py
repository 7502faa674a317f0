from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.cli.main import run
from ivr.records import Audit, Database, Incidents


@pytest.mark.req("F7")
def test_an_incident_is_seen_and_closed_on_the_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, database = tmp_path / "ivr.toml", Database(f"sqlite:///{tmp_path / 'ivr.db'}")
    config.write_text(f'[records]\nurl = "sqlite:///{tmp_path / "ivr.db"}"\n', "utf-8")
    database.upgrade()
    with database.transaction() as tx:
        for caller in "ab":
            Incidents(tx).report("system", "4001", caller, datetime.now(UTC), 600, 2)
    assert run(["incidents", "list", "--json", "--config", str(config)]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["kind"], row["line"], row["callers"]) == (1, "system", "4001", 2)
    assert run(["incidents", "close", "1", "--as", "li", "--config", str(config)]) == 0
    assert run(["incidents", "close", "1", "--as", "li", "--config", str(config)]) == 1
    assert capsys.readouterr().err.strip().endswith("there is no open incident 1 → ivr incidents list")
    with database.reading() as tx:
        assert Incidents(tx).all_open() == []
        assert [(line.who, line.what, line.subject) for line in Audit(tx).list()] == [
            ("li", "incident closed", "incident 1")
        ]
    database.close()
