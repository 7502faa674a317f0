from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.cli.main import run

HOUSE = """
[backends.shipment]
kind = "sample"
[backends.account]
kind = "sqlite"
file = "nowhere.db"
query = "select 1"
"""


@pytest.fixture
def house(tmp_path: Path) -> list[str]:
    config = tmp_path / "ivr.toml"
    config.write_text(HOUSE, "utf-8")
    return ["--config", str(config)]


def test_each_is_listed_with_its_state(house: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["backends", "list", "--json", *house]) == 0
    file = str(tmp_path / "nowhere.db")
    assert json.loads(capsys.readouterr().out) == [
        {"name": "shipment", "kind": "sample", "where": "sample data", "state": "answers"},
        {"name": "account", "kind": "sqlite", "where": file, "state": f"{file}: unable to open database file"},
    ]


@pytest.mark.req("F2")
def test_one_is_asked_as_a_call_would(house: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["backends", "ask", "shipment", "waybill=773012345678", *house]) == 0
    first, *values = capsys.readouterr().out.splitlines()
    assert first.startswith("found, ")
    assert "  status = 正在派送" in values
    assert run(["backends", "ask", "shipment", "waybill=1", "--json", *house]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["outcome"], answer["values"]) == ("missing", {})


@pytest.mark.parametrize(
    ("arguments", "code", "line"),
    [
        (
            ["ask", "weather"],
            2,
            'there is no backend "weather" in ivr.toml; there is shipment, account → [backends.NAME]',
        ),
        (["ask", "shipment", "773"], 2, '"773" is no slot; write e.g. waybill=773012345678'),
        (["ask", "shipment", "waybill=\udcff"], 2, "is no slot"),
        (["ask", "account"], 1, "unable to open database file"),
    ],
)
def test_what_goes_wrong_is_one_line(
    house: list[str], capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, line: str
) -> None:
    assert run(["backends", *arguments, *house]) == code
    error = capsys.readouterr().err
    assert line in error
    assert error.count("\n") == 1
