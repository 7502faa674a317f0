from __future__ import annotations

from pathlib import Path

import pytest

from ivr.files import data_folder
from ivr.standards.house import House, fill, utterances
from ivr.standards.load import StandardError, load_standard, shipped


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_standard_is_in_order(name: str) -> None:
    assert load_standard(name).name == name


@pytest.mark.req("A10")
def test_a_standard_inherits_and_overrides() -> None:
    general, zto = load_standard("general"), load_standard("zto")
    assert zto.ladder["silent"] == general.ladder["silent"]
    assert zto.ladder["patience"].last_wait_s == 10.0
    assert zto.wording["goodbye"].text == "感谢您的来电，再会！"


def test_variables_are_filled_and_the_agent_number_is_read_digit_by_digit() -> None:
    house = House("安达速运", "杭州", "8016")
    assert fill("{hello}，{company}{site}{agent}", house, "上午好") == "上午好，安达速运杭州八零幺六"


def test_utterances_lists_every_greeting_once() -> None:
    texts = [said.text for said in utterances(load_standard("general"), House()) if said.name == "greeting"]
    assert [text.partition("，")[0] for text in texts] == ["您好", "上午好", "下午好", "晚上好"]


def _house(tmp_path: Path, change: str) -> Path:
    path = tmp_path / "house.toml"
    path.write_text(f'name = "house"\ninherits = "general"\ntitle = "t"\nsources = []\n{change}\n', "utf-8")
    return path


@pytest.mark.req("A10")
def test_false_takes_away_what_is_inherited_and_turns_a_switch_off(tmp_path: Path) -> None:
    change = "[wishes]\ntrack = false\nship = false\n[menu.anything_else]\nwishes = false"
    general, house = load_standard("general"), load_standard(_house(tmp_path, change))
    assert {*general.wishes} - {*house.wishes} == {"track", "ship"}
    assert general.menu["anything_else"].wishes
    assert not house.menu["anything_else"].wishes
    assert any("track" in menu.intents for menu in general.menu.values())
    assert not any({"track", "ship"} & menu.intents.keys() for menu in (house.menu | house.form).values())


def test_a_wish_that_is_taken_away_may_be_given_another_way(tmp_path: Path) -> None:
    change = '[wishes]\ntrack = false\n[menu.goodbye.intents]\ntrack = "transfer operator"'
    assert str(load_standard(_house(tmp_path, change)).menu["goodbye"].intents["track"].name) == "operator"


def test_a_mark_that_some_editors_begin_with_is_no_mistake(tmp_path: Path) -> None:
    path = _house(tmp_path, "")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_standard(path) == load_standard(_house(tmp_path, ""))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("[always]\noperator = false", "house.toml: always: "),
        ("[wishes]\ntrak = false", "house.toml: wishes.trak: nothing of that name is inherited"),
        (
            "[ladder.silent]\nlast_wiat_s = 2.0",
            "house.toml: ladder.silent.last_wiat_s: unknown key → did you mean last_wait_s?",
        ),
        ('[menu.goodbye]\nsay = "goodbye"', "house.toml: menu.goodbye.say: must be a list → write it in [ ]"),
        ("[menu.goodbye]\nno_input = false", "house.toml: menu.goodbye.no_input: missing → add it"),
        ('[menu.offer]\nsay = ["nothing"]', 'house.toml: menu.offer.say[0]: unknown prompt "nothing"'),
        ('[menu.offer]\nno_input = "gone"', "house.toml: menu.offer.no_input: there is no [ladder.gone]"),
        ('[menu.extra]\nreq = "D8"\nno_input = "silent"\non_speech = "menu offer"', "house.toml: menu.extra: is never"),
        ('[menu.extra]\nreq = "D8"\non_speech = "menu offer"', "house.toml: menu.extra.no_input: missing → add it"),
        ('[[ladder.silent.steps]]\nsay = "silent_1"', "house.toml: ladder.silent.steps[0].wait_s: missing → add it"),
        ('[wording.greeting]\ntext = ""', "house.toml: wording.greeting: has no text"),
        ('[wording.greeting]\ntext = "{nickname}"', "house.toml: wording.greeting: unknown variable {nickname}"),
        ('[menu.offer]\non_speech = "shout loudly"', 'house.toml: menu.offer.on_speech: "shout loudly" is no act'),
        ('[menu.offer]\non_speech = "menu away"', "house.toml: menu.offer.on_speech: there is no [menu.away]"),
        (
            '[menu.offer.keys]\n7 = "hang_up rude"',
            "house.toml: menu.offer.keys.7: only the end of a ladder may hang up",
        ),
        (
            '[menu.offer.keys]\n7 = "hold supervisor"',
            "house.toml: menu.offer.keys.7: puts a caller on hold who was not asked",
        ),
        (
            '[menu.supervisor_consent]\non_speech = "hold supervisor"',
            "house.toml: menu.supervisor_consent.on_speech: puts a caller on hold who was not asked",
        ),
        (
            '[menu.help]\nsay = [{ say = "ask_help", owes = "gold" }]',
            "house.toml: menu.help.say[0].owes: there is no [promise.gold]",
        ),
        (
            '[form.complaint]\nowes = "gold"',
            "house.toml: form.complaint.owes: there is no [promise.gold], so nobody would keep it",
        ),
        ('[form.press]\nowes = "press"', "house.toml: form.press.owed: goes with owes"),
        ('[form.complaint]\nowed = "menu gone"', "house.toml: form.complaint.owed: there is no [menu.gone]"),
        ('[aside.hardship]\nintent = "luck"', "house.toml: aside.hardship.intent: there is no [intent.luck]"),
        ('[aside.hardship]\nthen = "menu gone"', "house.toml: aside.hardship.then: there is no [menu.gone]"),
        ('[aside.hardship]\nsay = ["hum"]', 'house.toml: aside.hardship.say[0]: unknown prompt "hum"'),
        ('steers = "menu gone"', "house.toml: steers: there is no [menu.gone]"),
        ('interrupts = ["hum"]', 'house.toml: interrupts[0]: unknown prompt "hum"'),
        ('[promise.branch]\ndue_at = "noon"', 'house.toml: promise.branch.due_at: "noon" is neither a time'),
        ('[promise.courier]\ndue_on = "noday"', 'house.toml: promise.courier.due_on: no menu asks for "noday"'),
        ('[form.track]\ntakes = ["hat"]', "house.toml: form.track.takes[0]: there is no [slot.hat]"),
        ("[form.shipment]\namend = []", "house.toml: form.shipment.amend: goes with read"),
        ('[slot.expected_by.later]\nthan = "hat"', "house.toml: slot.expected_by.later: there is no [slot.hat]"),
        (
            '[menu.help]\nsay = [{ say = "ask_help", knows = "hat" }]',
            'house.toml: menu.help.say[0]: no menu asks for "hat", and no [slot.hat] is told',
        ),
        ('[opening]\ncame_back = "no_such"', "house.toml: opening.came_back: there is no [menu.no_such]"),
        ('[hold.supervisor]\nowes = "gold"', "house.toml: hold.supervisor.owes: there is no [promise.gold]"),
        ('[hold.supervisor]\nsummary = ["{waist}"]', "house.toml: hold.supervisor.summary: unknown slot {waist}"),
        ('[hold.supervisor]\nsummary = ["{phone"]', "house.toml: hold.supervisor.summary: a brace that is no slot"),
        ('[wording.silent_1]\ntext = "您好{ company }"', "house.toml: wording.silent_1: a brace that is no variable"),
        ('[menu.help.keys]\n10 = "menu offer"', "house.toml: menu.help.keys.10: String should match pattern"),
        ('[hold.agent]\nnumber = ""', "house.toml: hold.agent.number: names the slot with the agent's number"),
        ('[hold.agent]\nnumber = "hat"', 'house.toml: hold.agent.number: no menu asks for "hat"'),
        ('hold_music = "jazz"', 'house.toml: hold_music: unknown prompt "jazz"'),
        (
            '[hold.supervisor.intents]\nfly = "menu help"',
            "house.toml: hold.supervisor.intents.fly: there is no",
        ),
        ('[hold.supervisor]\nmusic = "jazz"', 'house.toml: hold.supervisor.music: unknown prompt "jazz"'),
        ('[ladder.silent]\nthen = "menu greeting"', "general.toml: menu.greeting.no_input: a caller who gives nothing"),
        ('[opening]\nmenu = "away"', "house.toml: opening.menu: there is no [menu.away]"),
        ('endless_turn = "menu offer"', "house.toml: endless_turn: must lead to a closing menu"),
        ("[limits]\nturns = 3", "house.toml: limits.turns: unknown key → did you mean turn_s?"),
        ('verified = "answered"', "house.toml: verified: [menu.answered] tells what not everybody may hear"),
        ("[limits]\nturn_s = nan", "house.toml: limits.turn_s: Input should be a finite number"),
        ("[limits]\nturn_s = -1.0", "house.toml: limits.turn_s: Input should be greater"),
        ("[promise.branch]\ndue_s = 1e300", "house.toml: promise.branch.due_s: Input should be less"),
        ("[" + ".".join(["a"] * 3000) + "]", "house.toml: tables lie too deep within one another"),
        ("x = " + "[" * 20_000, "house.toml: not valid TOML: maximum recursion depth exceeded"),
        ("x = " + "9" * 5000, "house.toml: not valid TOML: Exceeds the limit (4300 digits)"),
        ('[slot.phone]\npattern = "a{99999999999}"', "house.toml: slot.phone.pattern: is no regular expression"),
        ('[menu."a\\nb\\u001b"]\nsay = []', "house.toml: menu.a\\nb\\x1b.req: missing → add it"),
    ],
)
def test_a_mistake_is_one_line_that_names_file_and_key(tmp_path: Path, change: str, line: str) -> None:
    with pytest.raises(StandardError) as caught:
        load_standard(_house(tmp_path, change))
    assert any(found.startswith(line) for found in caught.value.lines), caught.value.lines
    assert not any("\n" in line for line in (str(caught.value), *caught.value.lines))


def test_toml_that_is_none_and_files_that_are_not_there(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ", "utf-8")
    with pytest.raises(StandardError, match=r"broken\.toml: not valid TOML"):
        load_standard(broken)
    with pytest.raises(StandardError, match="cannot be read"):
        load_standard(tmp_path / "none.toml")
    broken.write_text('name = "a"\nincludes = ["a\\u0000"]\n', "utf-8")
    with pytest.raises(StandardError, match="cannot be read: embedded null byte"):
        load_standard(broken)
    broken.write_text(f'name = "a"\ninherits = "{"a" * 300}"\n', "utf-8")
    with pytest.raises(StandardError, match='no standard "a'):
        load_standard(broken)
    with pytest.raises(StandardError, match="there are general"):
        load_standard("generel")


def test_inheriting_in_a_circle(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('inherits = "b"', "utf-8")
    (tmp_path / "b.toml").write_text('inherits = "a"', "utf-8")
    with pytest.raises(StandardError, match="circle"):
        load_standard(tmp_path / "a.toml")


def test_prescribed_wording_stands_as_the_source_has_it() -> None:
    general = load_standard("general")
    assert general.wording["silent_1"].text == "您好，请问有什么可以帮您？"
    assert general.wording["silent_2"].text == "您好，很高兴为您服务。"
    assert all(wording.req for wording in general.wording.values())
    assert (data_folder("prompts") / "general.toml").exists()
