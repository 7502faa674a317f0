"""Wishes of the flows, each where it is said; and that they take nothing from the others."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from ivr.dialog.meaning import Meaning, interpreter
from ivr.standards.load import load_standard

DATA = Path(__file__).parent / "data"
Said = dict[str, dict[str, list[str]]]
FLOWS: list[Said] = [tomllib.loads((DATA / f"{flow}.toml").read_text("utf-8")) for flow in ("business", "account")]
SAID: Said = {
    half: {name: texts for flow in FLOWS for name, texts in flow[half].items()} for half in ("choose", "hold")
}
GENERAL = load_standard("general")
WHERE = {
    "dont_know": "shipment.weight",
    "not_received": "shipment_told",
    "another": "shipment_more",
    "received": "courier_came",
    "courier_phone": "shipment_more",
    "written": "courier_phone",
    "not_clear": "shipment_told",
    "works_now": "diagnosis.network",
    "still_broken": "diagnosis.network",
    "not_yet": "diagnosis.network",
    "this_phone": "whose.account",
    "no_code": "identity.code",
    "why_identity": "identity.id_tail",
    "password": "identity.code",
    "card_number": "identity.id_tail",
}
"""Menu in which it is said; the others are said to the greeting."""


MEANT = {"加盟你们要什么条件", "我想应聘快递员", "帮我订个机票"}
"""No wishes where only the conversation itself is known, but wishes of these flows."""


def read(name: str, text: str) -> Meaning:
    menu = GENERAL.menu[WHERE.get(name, "greeting")]
    acts = {**GENERAL.always, **menu.intents, **dict.fromkeys(menu.choices, GENERAL.always["operator"])}
    return interpreter(GENERAL).read(text, menu, acts, {}, date(2026, 3, 2))


def means(name: str, text: str) -> bool:
    """Read as that wish, as one that leads to the same, or as the answer that it stands for."""
    meaning, menu = read(name, text), GENERAL.menu[WHERE.get(name, "greeting")]
    if meaning.answer:
        return meaning.answer.value == menu.choices.get(name)
    return meaning.decided in ("sure", "likely") and meaning.act == (menu.intents | GENERAL.always).get(name)


@pytest.mark.parametrize("half", SAID)
def test_at_least_95_percent_are_read_right(half: str) -> None:
    told = [(name, text) for name, texts in SAID[half].items() for text in texts]
    wrong = [(name, text, read(name, text)) for name, text in told if not means(name, text)]
    assert len(wrong) <= 0.05 * len(told), wrong


@pytest.mark.parametrize("half", ["choose", "hold"])
def test_other_wishes_are_still_understood_at_the_greeting(half: str) -> None:
    others = tomllib.loads((DATA / f"{half}.toml").read_text("utf-8"))
    known = {*GENERAL.always, *GENERAL.menu["greeting"].intents} & others.keys() - SAID[half].keys()
    told = [(name, text) for name in sorted(known) for text in others[name]]
    taken = [(name, text, got.intent) for name, text in told if (got := read("", text)).intent in SAID[half]]
    assert len(told) > 100
    assert len(taken) <= 0.01 * len(told), taken


@pytest.mark.parametrize("half", ["choose", "hold"])
def test_words_that_were_no_wish_lead_nowhere(half: str) -> None:
    none = tomllib.loads((DATA / f"{half}.toml").read_text("utf-8"))["none"]
    acted_on = [(text, got.intent) for text in none if (got := read("", text)).decided == "sure"]
    assert [one for one in acted_on if one[1] in SAID[half] and one[0] not in MEANT] == []
