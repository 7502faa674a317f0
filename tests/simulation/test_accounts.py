"""Calls about accounts, in virtual time: nothing that proves who somebody is, and nothing of theirs, is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ivr.files import data_folder
from ivr.simulation.rehearsal import Prompts
from ivr.simulation.scenario import Scenario, load_scenarios
from ivr.simulation.virtual import VirtualCall
from ivr.standards.load import load_standard
from ivr.understanding.numerals import ascii_digits

ACCOUNTS = load_scenarios([data_folder("scenarios") / "account"])
NAMES = ("王小明", "王晓明", "陈芳", "李强")
NUMBERS = ("7774", "7775", "123X", "246810", "111111", "135790", "864209", "987654", "622202", "411111")
HELD = ("一百二十八元五角", "128.50", "五分", "0.05", "59.00", "100.00")
"""What the made-up accounts hold, as it is told and as it is spoken."""


@pytest.fixture(scope="module")
def prompts() -> Iterator[Prompts]:
    prompts = Prompts()
    yield prompts
    prompts.close()


def strings(value: object) -> Iterator[str]:
    """Every text in it, however deep."""
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from strings(each)
        case list() | tuple():
            for each in value:
                yield from strings(each)


def written(call: VirtualCall) -> str:
    """Everything in the journal that is a text, and the digits of it all, however they were written."""
    texts = "|".join(strings([{**entry, "time": ""} for entry in call.journal]))
    return texts + "|" + re.sub(r"[^\dXx]", "", ascii_digits(texts))


@pytest.mark.req("G3", "G1", "G8")
@pytest.mark.parametrize("scenario", [pytest.param(each, id=each.name) for each in ACCOUNTS])
def test_nothing_private_is_written(scenario: Scenario, prompts: Prompts) -> None:
    call = VirtualCall(scenario, prompts.store)
    call.run()
    text = written(call)
    assert [private for private in (*NAMES, *HELD, *NUMBERS) if private in text] == []
    assert re.search("王(小|晓)明|七七七四|二四六八|八六四二", text) is None
    told = [entry for entry in call.journal if entry.get("command") == "Inquire" and "full_name" in entry["about"]]
    assert all(set(str(entry["about"]["full_name"])) <= {"■"} for entry in told)


@pytest.mark.req("G8")
def test_what_is_masked_was_said_and_heard(prompts: Prompts) -> None:
    """The journal is silent, the call was not: whoever greps for nothing finds nothing."""
    scenario = next(each for each in ACCOUNTS if each.name == "balance_told")
    call = VirtualCall(scenario, prompts.store)
    heard = {prompt.name: prompt.text for prompt in call.run().heard}
    assert "一百二十八元五角" in heard["balance_told"]
    asked = [entry["of"] for entry in call.journal if entry.get("command") == "Inquire"]
    assert asked == ["send_code", "identity", "account"]
    spoken = next(str(entry["text"]) for entry in call.journal if "balance_told" in str(entry.get("utterances")))
    assert "■" in spoken


@pytest.mark.req("G1")
def test_nobody_learns_which_part_was_wrong(prompts: Prompts) -> None:
    """A wrong code, another name and another card sound the same, and take three tries in all."""
    scenario = next(each for each in ACCOUNTS if each.name == "three_wrong_codes")
    call = VirtualCall(scenario, prompts.store)
    heard = [prompt.name for prompt in call.run().heard]
    assert [name for name in heard if str(name).startswith("identity_")] == [
        "identity_consent", "identity_wrong_1", "identity_wrong_2", "identity_barred", "identity_barred",
    ]  # fmt: skip
    assert sum(entry.get("command") == "Inquire" and entry["of"] == "identity" for entry in call.journal) == 3


@pytest.mark.req("G2")
def test_nobody_is_asked_for_a_password_or_a_whole_card_number() -> None:
    asked = {
        text
        for name, wording in load_standard("general").wording.items()
        if name.startswith("ask_") and re.search("密码|卡号", text := wording.text)
    }
    assert asked == set()
