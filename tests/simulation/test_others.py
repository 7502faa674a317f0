"""Whom calls ask in scenarios: in virtual time, and the same over SIP, by the real service."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from aiohttp import ClientSession

from ivr.config import load
from ivr.config.backends import HttpBackend
from ivr.errors import UserError
from ivr.simulation.house import House
from ivr.simulation.rehearsal import rehearse_over_sip
from ivr.simulation.scenario import Scenario, load_scenario
from ivr.simulation.stage import configuration, distinct, lines_of, stage
from ivr.simulation.virtual import VirtualCall
from ivr.speech.voicing import Voicing
from ivr.standards.house import Utterance
from ivr.telephony.session import Entry

STANDARD = Path(__file__).parents[1] / "standards" / "asking.toml"
FOUND: dict[str, object] = {"answers": [{"about": {"waybill": ""}, "values": {"place": "上海"}, "after_s": 0.5}]}


def scenario(key: str, expect: str, others: Mapping[str, object]) -> Scenario:
    """Somebody presses a key behind the greeting, and hears what came of it."""
    return Scenario.model_validate(
        {
            "name": f"asks_{expect}",
            "group": "test",
            "file": Path("test.yaml"),
            "title": "t",
            "proves": ["B12"],
            "line": {"name": str(STANDARD)},
            "script": [
                {"after": {"prompt": "greeting", "delay": 0.3}, "key": key},
                {"after": {"prompt": expect, "delay": 0.5}, "do": "hang_up"},
            ],
            "expect": [{"heard": each} for each in ("greeting", "looking" if key == "4" else "asking_leave", expect)],
            **others,
        }
    )


WAYS: list[tuple[str, str, dict[str, object]]] = [
    ("4", "found_it", {"backends": {"shipment": FOUND}}),
    ("4", "not_there", {"backends": {"shipment": {"answers": [{"about": {"waybill": "7"}}]}}}),
    ("4", "not_there", {"backends": {"shipment": {"sample": True}}}),
    ("4", "not_there", {"backends": {"shipment": {}}}),
    ("4", "is_down", {"backends": {"shipment": {"fails": True}}}),
    ("4", "is_down", {"backends": {"shipment": FOUND | {"slow_s": 5}}}),
    ("4", "is_down", {}),
    ("5", "leave_given", {"approval": {"decision": "granted", "after_s": 1.0}}),
    ("5", "leave_refused", {"approval": {"decision": "refused"}}),
    ("5", "leave_refused", {"approval": {"decision": "none"}}),
    ("5", "leave_refused", {}),
]


class Tones:
    def audio(self, utterances: Sequence[Utterance], pause_s: float, voice: Voicing) -> bytes:
        return b"\0\0" * 8000 * len(utterances)


def journal_of(some: Scenario) -> list[Entry]:
    call = VirtualCall(some, Tones())
    call.run()
    return call.journal


@pytest.mark.req("B12", "E6", "F10")
@pytest.mark.parametrize(("key", "expect", "others"), WAYS)
def test_in_virtual_time_they_answer_as_the_scenario_says(key: str, expect: str, others: dict[str, object]) -> None:
    journal = journal_of(scenario(key, expect, others))
    assert any(expect in entry.get("utterances", ()) for entry in journal)


def test_answers_come_when_the_scenario_says_and_not_once_they_are_withdrawn() -> None:
    journal = journal_of(scenario("4", "found_it", {"backends": {"shipment": FOUND}}))
    (asked,) = [entry["t"] for entry in journal if entry.get("command") == "Inquire"]
    (replied,) = [entry["t"] for entry in journal if entry.get("event") == "Replied"]
    assert replied - asked == pytest.approx(0.5)
    late = journal_of(scenario("4", "is_down", {"backends": {"shipment": FOUND | {"slow_s": 5}}}))
    assert not [entry for entry in late if entry.get("event") == "Replied"]


@pytest.mark.parametrize(
    ("others", "line"),
    [
        ("backends: {shipment: {sample: true, fails: true}}", "keep one of sample, answers, fails"),
        ("backends: {weather: {sample: true}}", "the sample answers no"),
        ("backends: {supervisor: {fails: true}}", '"supervisor" cannot be the name of a backend'),
        ("backends: {shipment: {answer: []}}", "backends.shipment.answer: "),
        ("approval: {decision: maybe}", "approval.decision: "),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, others: str, line: str) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(f"title: t\nproves: [B12]\nexpect: [{{heard: greeting}}]\n{others}\n", "utf-8")
    with pytest.raises(UserError) as caught:
        load_scenario(file)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_service_is_told_where_the_house_is(tmp_path: Path) -> None:
    both = [
        scenario("4", "found_it", {"backends": {"shipment": FOUND, "ticket": {"sample": True}}}),
        scenario("4", "not_there", {"backends": {"shipment": {"sample": True}}}),
    ]

    async def told() -> str:
        house = House(both)
        async with house.open():
            return configuration(lines_of(both), 5070, 10000, {}, tmp_path, house.settings)

    (tmp_path / "ivr.toml").write_text(asyncio.run(told()), "utf-8")
    backends = load(tmp_path / "ivr.toml", environ={}).backends
    assert backends["ticket"].kind == "sample"
    assert isinstance(backends["shipment"], HttpBackend)
    assert backends["shipment"].outcomes == {"found": "found", "missing": "missing", "nobody": "nobody"}
    assert House([scenario("4", "is_down", {})]).settings == ""


def test_a_scenario_without_a_system_has_nobody_to_ask_even_where_another_has() -> None:
    has, has_not = distinct(
        [scenario("4", "found_it", {"backends": {"shipment": FOUND}}), scenario("4", "is_down", {})]
    )

    async def ask(caller: str | None) -> object:
        house = House([has, has_not])
        async with house.open(), ClientSession() as session:
            url = tomllib.loads(house.settings)["backends"]["shipment"]["url"]
            async with session.post(url, json={"caller": f"86{caller}", "waybill": ""}) as answer:
                return (await answer.json())["outcome"]

    assert [asyncio.run(ask(each.caller.number)) for each in (has, has_not)] == ["found", "nobody"]


@pytest.mark.sip
@pytest.mark.req("B12", "E6", "F10")
def test_over_sip_the_service_asks_for_real(tmp_path: Path) -> None:
    """All of them side by side, each answered in its own way."""
    pytest.importorskip("pjsua2", reason="pjsua2 is not installed: make pjsua2")
    all_of_them = distinct([scenario(key, expect, others) for key, expect, others in WAYS])

    async def run() -> dict[str, list[str]]:
        async with stage(all_of_them, tmp_path) as (place, journal):
            rehearsals = await rehearse_over_sip(all_of_them, place, journal_of=journal.of_scenario)
        return {
            f"{number} {each.scenario.name}": [f"{fault.what}: {fault.measured}" for fault in each.faults]
            for number, each in enumerate(rehearsals)
        }

    faults = asyncio.run(run())
    assert len(faults) == len(WAYS)
    assert not {name: told for name, told in faults.items() if told}
