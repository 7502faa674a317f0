"""The stage: its configuration is one that the service reads, and its journal is read while it is written."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr import config
from ivr.errors import JobError, UserError
from ivr.simulation import stage as stages
from ivr.simulation.scenario import Caller, Scenario, load_scenarios
from ivr.simulation.stage import Journal, configuration, daytime, distinct, lines_of, stage


def test_the_catalogue_makes_a_configuration_that_is_read(tmp_path: Path) -> None:
    file = tmp_path / "ivr.toml"
    lines = lines_of(load_scenarios())
    file.write_text(configuration(lines, 5070, 10000, {"operator": "sip:0@127.0.0.1:5099"}, tmp_path), "utf-8")
    settings = config.load(file, environ={})
    assert settings.line_for("4003").answer_on_ring == 3
    assert settings.line_for("4008").company == "中通速递"
    assert settings.telephony.operator == "sip:0@127.0.0.1:5099"


def _scenario(number: str, ring: int) -> Scenario:
    line = {"number": number, "answer_on_ring": ring}
    head = {"name": "one", "group": "test", "file": Path("one.yaml"), "title": "t", "proves": ["A1"]}
    return Scenario.model_validate(head | {"line": line, "expect": [{"rings": ring}]})


def test_one_number_cannot_be_served_in_two_ways() -> None:
    with pytest.raises(UserError, match="4001"):
        lines_of([_scenario("4001", 1), _scenario("4001", 2)])


def test_each_call_comes_from_a_number_of_its_own() -> None:
    ours = _scenario("4001", 1)
    theirs = ours.model_copy(update={"caller": Caller(number="13800138000")})
    withheld = ours.model_copy(update={"caller": Caller(number=None)})
    numbers = [s.caller.number for s in distinct([ours, ours, theirs, theirs, withheld])]
    assert numbers == ["13800000001", "13800000002", "13800138000", "13800000004", None]


def _invited(call: str, caller: str) -> str:
    return json.dumps({"call": call, "t": 0.0, "event": "Invited", "caller": caller})


def test_the_journal_is_read_as_far_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    journal = Journal(file)
    assert journal.of("13800000001") == []
    file.write_text(_invited("a", "8613800000001") + "\n" + '{"call": "a", "t": 1.0, "sta', "utf-8")
    assert len(journal.of("13800000001")) == 1
    assert journal.state("13800000001") == ""
    with file.open("a", encoding="utf-8") as more:
        more.write('te": "greeting_saying"}\n' + _invited("b", "8613800000002") + "\n")
    assert journal.state("13800000001") == "greeting_saying"
    assert len(journal.of("13800000002")) == 1


def test_a_service_that_does_not_start_is_told_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stages, "configuration", lambda *_: "[sip]\nbined = 1\n")

    async def run() -> None:
        async with stage([_scenario("4001", 1)], tmp_path):
            pytest.fail("it started")

    with pytest.raises(JobError, match="bined"):
        asyncio.run(run())


@pytest.mark.parametrize("hour", range(24))
def test_on_a_stage_it_is_day(hour: int) -> None:
    now = datetime(2026, 11, 22, hour, 59, tzinfo=UTC)
    assert now.astimezone(ZoneInfo(daytime(now))).hour == 12
