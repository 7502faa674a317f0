"""Questions that cannot be asked, or not be answered, are told of when a standard is read, each in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.standards.load import load_standard
from tests.standards.helpers import complaints, house

PARCELS = str(Path(__file__).with_name("parcels"))

MENU = '[menu.extra]\nreq = "D8"\nno_input = "no_choice"\non_speech = "unclear"\nkeys = { 0 = "transfer operator" }\n'
WAY = '[menu.help.keys]\n7 = "menu extra"\n'


@pytest.mark.parametrize(
    ("change", "line"),
    [
        # inquiries
        ('inquires = "orders"', "menu.extra.answers: say what follows from the answer, at least failed"),
        (
            'inquires = "orders"\nanswers = { found = "menu help" }',
            "menu.extra.answers: say what follows from the answer, at least failed",
        ),
        ('answers = { failed = "menu help" }', "menu.extra.inquires: say who is asked"),
        ('hands = ["waybill"]', "menu.extra.inquires: say who is asked"),
        (
            'inquires = "orders"\nhands = ["hat"]\nanswers = { failed = "menu help" }',
            'menu.extra.hands: no menu asks for "hat"; there are caller, ',
        ),
        (
            'inquires = "supervisor"\nanswers = { failed = "menu help", found = "menu help" }',
            "menu.extra.answers.found: a supervisor answers granted, refused, failed",
        ),
        ('inquires = "orders"\nanswers = "menu help"', "menu.extra.answers: Input should be a valid dictionary"),
        ('inquires = "orders"\nanswers = { failed = "help" }', 'menu.extra.answers.failed: "help" is no act'),
        ('inquires = "orders"\nanswers = { failed = 7 }', 'menu.extra.answers.failed: "7" is no act'),
        ('inquires = "orders"\nwithin_s = 0\nanswers = { failed = "menu help" }', "menu.extra.within_s: Input should"),
        # choices
        ('asks = "choice"\nchoices = { yes = "是" }', "menu.extra.asks: needs a slot for the answer, and on_answer"),
        (
            'asks = "choice"\nslot = "colour"\non_answer = "menu help"\nchoices = { red = "红" }',
            "menu.extra.choices.red: there is no [intent.red]",
        ),
        (
            'asks = "text"\nslot = "colour"\non_answer = "menu help"\nchoices = { yes = "是" }',
            'menu.extra.choices: goes with asks = "choice", and only there',
        ),
        ('asks = "phone"', "menu.extra.asks: needs a slot for the answer, and on_answer"),
        ('asks = "phone"\nslot = "agent"\non_answer = "menu help"', "menu.extra.slot: {agent} is filled by the house"),
        ('answered = ["help"]', "menu.extra.answered: needs a slot that may have been told, and on_answer"),
        ('corrects = "hat"', 'menu.extra.corrects: no menu asks for "hat"'),
        # gates
        ('needs = ["key"]', "menu.extra.needs[0]: there is no [gate.key]"),
        ('grants = "key"', "menu.extra.grants: there is no [gate.key]"),
        ('denies = "key"', "menu.extra.denies: there is no [gate.key]"),
        (
            'grants = "key"\n[gate.key]\nreq = "G1"\nthrough = "menu help"\ntries = 2',
            'gate.key.tries: goes with barred, and with a menu that has denies = "key"',
        ),
        (
            'grants = "key"\n[gate.key]\nreq = "G1"\nthrough = "menu help"\nshares = "lock"',
            "gate.key.shares: names another gate",
        ),
        ('form = "nothing"', "menu.extra.form: there is no [form.nothing]"),
        ('form = "track"', "menu.extra.form: asks for no slot of [form.track]"),
        # patience
        ('once_heard = "gone"', "menu.extra.once_heard: there is no [ladder.gone]"),
        ('once_heard = "unclear"', "menu.extra.once_heard: [ladder.unclear] goes by turns, and silence is none"),
    ],
)
def test_a_menu_that_asks_what_cannot_be(tmp_path: Path, change: str, line: str) -> None:
    found = complaints(tmp_path, MENU + change + "\n" + WAY)
    assert any(each.startswith(f"house.toml: {line}") for each in found), found


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("[slot.phone]\nprivate = true", "general.toml: slot.phone.read: is private, and would be read out in clear"),
        ('[slot.phone]\npattern = "["', "house.toml: slot.phone.pattern: is no regular expression"),
        ('[slot.phone]\nchoices = { yes = "是" }', "house.toml: slot.phone.choices: goes with asks"),
        ('[slot.phone]\nasks = "choice"', "house.toml: slot.phone.choices: goes with asks"),
        ('[slot.phone]\nasks = "colour"', "house.toml: slot.phone.asks: Input should be"),
        ("[slot.phone]\nsay = []", "house.toml: slot.phone.say: [form.call_back] asks for it; say how"),
        ('[slot.phone]\nsay = ["gone"]', 'house.toml: slot.phone.say[0]: unknown prompt "gone"'),
        ('[slot.phone]\nread = "gone"', 'house.toml: slot.phone.read: unknown prompt "gone"'),
        ('[slot.phone]\nwhy = ["gone"]', 'house.toml: slot.phone.why[0]: unknown prompt "gone"'),
        ('[slot.phone]\ntaper = ["gone"]', 'house.toml: slot.phone.taper[0]: unknown prompt "gone"'),
        ('[slot.phone]\nno_input = "gone"', "house.toml: slot.phone.no_input: there is no [ladder.gone]"),
        ('[slot.phone.intents]\ngone = "skip"', "house.toml: slot.phone.intents.gone: there is no [intent.gone]"),
        ('[slot.phone.keys]\n7 = "menu gone"', "house.toml: slot.phone.keys.7: there is no [menu.gone]"),
        ('[slot.surname]\nreq = "F9"\nasks = "text"', "house.toml: slot.surname: {surname} is filled by the house"),
        ('[form.call_back]\nslots = ["hat"]', "house.toml: form.call_back.slots[0]: there is no [slot.hat]"),
        ("[form.call_back]\nslots = []", "house.toml: form.call_back.slots: must not be empty"),
        ('[form.call_back]\nno_input = "gone"', "house.toml: form.call_back.no_input: there is no [ladder.gone]"),
        ('[form.call_back]\nat_last = "menu gone"', "house.toml: form.call_back.at_last: there is no [menu.gone]"),
        ('[form.call_back.intents]\ngone = "menu help"', "house.toml: form.call_back.intents.gone: there is no"),
        ('[gate.key]\nreq = "G1"\nthrough = "menu help"', "house.toml: gate.key: can never be passed"),
        (
            '[promise.call_back]\nsummary = ["电话{hat}"]',
            "house.toml: promise.call_back.summary: unknown slot {hat}; there are caller, ",
        ),
        (
            '[slot.colleague]\nreq = "G3"\nasks = "digits"\nprivate = true\n'
            '[promise.call_back]\nsummary = ["{colleague}"]',
            "house.toml: promise.call_back.summary: {colleague} is private, and a summary stays in tickets",
        ),
        (
            '[menu.hold_back]\non_answer = "menu hold_back"',
            "general.toml: menu.hold_back.no_input: a caller who gives nothing is never let go",
        ),
        (
            '[menu."call_back.phone"]\n' + MENU.partition("\n")[2],
            "house.toml: menu.call_back.phone: stands in for one of",
        ),
    ],
)
def test_slots_forms_gates_and_summaries_that_cannot_be(tmp_path: Path, change: str, line: str) -> None:
    found = complaints(tmp_path, change)
    assert any(each.startswith(line) for each in found), found


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ('[slot.pay.choices]\nred = "红"', "slot.pay.choices.red: there is no [intent.red]"),
        ('[slot.pay.keys]\n2 = "menu help"', "slot.pay.keys.2: is how one of its answers is keyed"),
        ('[slot.insured.keys]\n9 = "menu help"', "slot.insured.keys.9: is how one of its answers is keyed"),
        (
            '[menu.verified]\nneeds = ["identity"]\n[menu.identity_passed]\nneeds = ["identity"]',
            "gate.identity: can never be passed",
        ),
        ('[hold.supervisor]\nsummary = ["{pin}"]', "hold.supervisor.summary: {pin} is private"),
        ('[form.ship]\nread = ["gone"]', 'form.ship.read[0]: unknown prompt "gone"'),
        ('[form.ship]\namend = ["gone"]', 'form.ship.amend[0]: unknown prompt "gone"'),
        ("[form.ship]\namend = []", "form.ship.amend: goes with read"),
        ('[form.ship]\ntakes = ["gone"]', "form.ship.takes[0]: there is no [slot.gone]"),
        ('[form.ship.keys]\n7 = "menu gone"', "form.ship.keys.7: there is no [menu.gone]"),
        ('[form.ship]\nno_input = "gone"', "form.ship.no_input: there is no [ladder.gone]"),
        ('refusals = ["gone"]', "refusals[0]: there is no [intent.gone]"),
    ],
)
def test_mistakes_in_a_house_that_asks_everything(tmp_path: Path, change: str, line: str) -> None:
    found = complaints(tmp_path, change, PARCELS)
    assert any(each.startswith(("house.toml: " + line, "parcels.toml: " + line)) for each in found), found


def test_a_choice_of_ten_is_too_many_for_keys(tmp_path: Path) -> None:
    names = ["yes", "no", "hello", "thanks", "wait", "repeat", "end", "operator", "track", "ship"]
    choices = ", ".join(f'{name} = "{name}"' for name in names)
    found = complaints(tmp_path, f"[slot.pay]\nchoices = {{ {choices} }}", PARCELS)
    assert any("slot.pay.choices: has more than 9" in each for each in found)


def test_each_mistake_in_a_slot_is_told_once(tmp_path: Path) -> None:
    assert len(complaints(tmp_path, '[slot.phone]\nsay = ["gone"]')) == 1


def test_a_standard_may_have_a_menu_of_a_form_itself(tmp_path: Path) -> None:
    own = MENU.partition("\n")[2] + 'form = "call_back"\nslot = "phone"\nasks = "phone"\non_answer = "next"\n'
    made = load_standard(house(tmp_path, '[menu."call_back.phone"]\n' + own))
    assert made.menu["call_back.phone"].say == []
