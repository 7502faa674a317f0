"""Forms become menus and ladders; wishes are understood where a menu is open to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.standards.acts import Act
from ivr.standards.expand import keyed, menu_of
from ivr.standards.load import load_standard
from ivr.standards.privacy import Privacy
from ivr.standards.said import Expects

PARCELS = load_standard(Path(__file__).with_name("parcels.toml"))


@pytest.mark.parametrize(
    ("slot", "whats"), [("to", ["", "read", "again"]), ("mobile", ["", "why", "read", "again"]), ("pay", [""])]
)
def test_a_slot_has_the_menus_that_it_needs(slot: str, whats: list[str]) -> None:
    made = {name for name in PARCELS.menu if name == f"ship.{slot}" or name.startswith(f"ship.{slot}.")}
    assert made == {menu_of("ship", slot, what) for what in whats}


def test_a_question_tapers_to_what_the_form_does_at_last() -> None:
    ladder = PARCELS.ladder["ship.mobile.taper"]
    assert [step.say for step in ladder.steps] == ["mobile_shorter", "mobile_keys"]
    assert (ladder.on, ladder.then) == ("turn", Act("transfer", "operator"))


@pytest.mark.parametrize(
    ("menu", "act"),
    [
        ("ship.to", Act("transfer", "operator")),
        ("ship.mobile", Act("menu", "ship.mobile.why")),
        ("ship.mobile.why", Act("transfer", "operator")),
        ("ship.day", Act("skip")),
        ("identity.code", Act("menu", "anything_else")),
    ],
)
@pytest.mark.req("G1")
def test_a_refusal_leads_where_slot_and_form_say(menu: str, act: Act) -> None:
    assert PARCELS.menu[menu].intents["rather_not"] == act


@pytest.mark.req("D8")
def test_the_forms_keys_give_way_to_those_that_answer() -> None:
    assert set(PARCELS.menu["ship.to"].keys) == {"0", "1", "9"}
    assert set(PARCELS.menu["ship.pay"].keys) == {"0", "9"}
    assert set(PARCELS.menu["ship.insured"].keys) == {"0"}


@pytest.mark.parametrize(
    ("asks", "choices", "keys"),
    [("yes_no", {}, {"1": "yes", "9": "no"}), ("choice", {"a": "x", "b": "y"}, {"1": "x", "2": "y"}), ("text", {}, {})],
)
def test_a_single_key_answers(asks: Expects, choices: dict[str, str], keys: dict[str, str]) -> None:
    assert keyed(asks, choices) == keys


def test_wishes_are_open_where_a_menu_says_so_and_yield_to_its_own() -> None:
    assert PARCELS.menu["help"].intents["ship"] == Act("form", "ship")
    assert PARCELS.menu["help"].intents["no"] == Act("menu", "goodbye")
    assert "ship" not in PARCELS.menu["sure"].intents


@pytest.mark.req("G3")
def test_a_private_slot_is_private_in_its_menus_and_wherever_it_is_spoken(tmp_path: Path) -> None:
    assert {"pin", "code"} <= Privacy.of(PARCELS).slots
    assert "waybill" not in Privacy.of(PARCELS).slots
    assert {"ship.pin", "identity.code"} <= Privacy.of(PARCELS).menus
    path = tmp_path / "house.toml"
    path.write_text(
        f'name = "house"\ninherits = "{Path(__file__).with_name("parcels")}"\ntitle = "t"\nsources = []\n'
        "[slot.fee]\nprivate = true\n",
        "utf-8",
    )
    assert "shipped" in Privacy.of(load_standard(path)).prompts
