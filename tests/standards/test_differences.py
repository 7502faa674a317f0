"""Where the sources disagree, the standards differ by their data, each as its source has it."""

from __future__ import annotations

import pytest

from ivr.standards.acts import Act
from ivr.standards.load import load_standard, shipped
from ivr.standards.model import Standard
from ivr.standards.ways import prompts

CHANNELS = ("12315", "12381", "三一五", "工信部", "通信管理局", "消协", "媒体", "记者", "微博", "法院", "监管")


@pytest.fixture(scope="module")
def by_name() -> dict[str, Standard]:
    return {name: load_standard(name) for name in shipped()}


@pytest.mark.req("A8")
def test_zto_asks_for_the_name_first_and_may_say_miss(by_name: dict[str, Standard]) -> None:
    assert {name: of.form["track"].slots[0] for name, of in by_name.items()} == {
        "general": "waybill",
        "telecom": "waybill",
        "unicom-online": "waybill",
        "zto": "name",
    }
    assert {name: of.titles["小姐"] for name, of in by_name.items() if of.titles["小姐"] != "女士"} == {"zto": "小姐"}


@pytest.mark.req("B1")
def test_silence_is_waited_for_two_seconds_or_online_a_minute(by_name: dict[str, Standard]) -> None:
    steps = {name: [step.wait_s for step in of.ladder["silent"].steps] for name, of in by_name.items()}
    assert steps.pop("unicom-online") == [60.0] * 3
    assert all(waits == [2.0] * 3 for waits in steps.values())
    online = by_name["unicom-online"]
    assert [step.say for step in online.ladder["silent"].steps] == ["silent_1", "silent_1", "silent_3"]


@pytest.mark.req("B2")
def test_zto_asks_a_faint_caller_to_repeat(by_name: dict[str, Standard]) -> None:
    asked = {name: of.wording["inaudible_1"].text for name, of in by_name.items()}
    assert asked.pop("zto") == "对不起，声音太小，麻烦您重复一遍"
    assert set(asked.values()) == {"对不起！我这里听不清您的声音，请您大声一点好吗？"}


@pytest.mark.req("D1")
def test_two_standards_do_not_say_that_somebody_waited_long(by_name: dict[str, Standard]) -> None:
    def says(of: Standard) -> list[str]:
        said = dict.fromkeys(prompt for _, prompt in prompts(of))
        return [name for name in said if "久等" in of.wording[name].text]

    assert {name: "hold_thanks_3" in says(of) for name, of in by_name.items()} == {
        "general": True,
        "telecom": True,
        "unicom-online": False,
        "zto": False,
    }
    assert says(by_name["zto"]) == says(by_name["unicom-online"]) == []


@pytest.mark.req("D2")
def test_a_hold_lasts_a_minute_or_online_five(by_name: dict[str, Standard]) -> None:
    limits = {name: {hold.limit_s for hold in of.hold.values()} for name, of in by_name.items()}
    assert limits == {"general": {60.0}, "telecom": {60.0}, "unicom-online": {300.0}, "zto": {60.0}}


@pytest.mark.req("D4")
def test_zto_puts_through_to_an_agent_at_once(by_name: dict[str, Standard]) -> None:
    asked = {name: of.menu["agent_first"].asks for name, of in by_name.items()}
    assert asked == {"general": "yes_no", "telecom": "yes_no", "unicom-online": "yes_no", "zto": "digits"}
    assert by_name["zto"].menu["agent_first"].on_answer == Act("menu", "agent_consent")


@pytest.mark.req("E1")
def test_a_long_story_is_interrupted_after_the_standards_time(by_name: dict[str, Standard]) -> None:
    turns = {name: of.limits.turn_s for name, of in by_name.items()}
    assert turns == {"general": 60.0, "telecom": 60.0, "unicom-online": 60.0, "zto": 120.0}
    assert all(of.interrupts for of in by_name.values())


@pytest.mark.req("E5")
def test_one_names_no_channel_and_one_leads_up_its_chain(by_name: dict[str, Standard]) -> None:
    online = by_name["unicom-online"]
    assert not [name for name, said in online.wording.items() for word in CHANNELS if word in said.text]
    chain, telecom = ["chain_supervisor", "chain_city", "chain_province", "chain_national"], by_name["telecom"]
    assert [telecom.menu[menu].intents["no"].name for menu in chain[:-1]] == chain[1:]
    assert not [name for name, of in by_name.items() if name != "telecom" and set(chain) & of.menu.keys()]


@pytest.mark.req("E6")
def test_abuse_is_met_in_each_standards_own_steps(by_name: dict[str, Standard]) -> None:
    steps = {name: [step.say for step in of.ladder["abuse"].steps] for name, of in by_name.items()}
    assert steps.pop("unicom-online") == ["abuse_1", "abuse_2"] * 2
    assert all(said == ["abuse_1", "abuse_2"] for said in steps.values())
    ends = {name: of.ladder["abuse"].then.name for name, of in by_name.items()}
    assert ends.pop("telecom") == "abuse_ask"
    assert set(ends.values()) == {"abuse_end"}
    assert by_name["telecom"].menu["abuse_ask"].inquires == "supervisor"
    assert "录音" in by_name["general"].wording["abuse_1"].text  # A9: the notice is the warning


@pytest.mark.req("G6")
def test_zto_tells_the_surname(by_name: dict[str, Standard]) -> None:
    told = {name for name, of in by_name.items() if any(s.say == "our_surname" for s in of.menu["our_number"].say)}
    assert told == {"zto"}


@pytest.mark.req("I2")
def test_the_caller_has_two_seconds_to_hang_up_first_or_ten(by_name: dict[str, Standard]) -> None:
    patience = {name: of.ladder["patience"].last_wait_s for name, of in by_name.items()}
    assert patience == {"general": 2.0, "telecom": 2.0, "unicom-online": 2.0, "zto": 10.0}
