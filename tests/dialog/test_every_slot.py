"""Every slot of every form of every shipped standard: nonsense, silence, interruptions, a person (issue: bad input)."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.standards.acts import Act
from ivr.standards.expand import menu_of
from ivr.standards.load import load_standard, shipped
from tests.dialog.helpers import Driver

STANDARDS = {name: load_standard(name) for name in shipped()}
SLOTS = [
    (name, form, slot)
    for name, standard in STANDARDS.items()
    for form, of in standard.form.items()
    for slot in of.slots
]
FITTING: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("callers.toml").read_text("utf-8"))["fitting"]
NONSENSE = "锅里的汤好像溢了"
LONGEST_S = 400.0


def asked(standard: str, form: str, slot: str) -> Driver:
    """A call in which this is being asked."""
    driver = Driver(STANDARDS[standard], words=True).greeted()
    driver.call._filling.begin(form)
    driver.call._perform(Act("menu", menu_of(form, slot)))
    driver.tell(ev.DeadlineReached())
    driver.asked += driver.call._commands
    return driver


def fits(driver: Driver) -> str:
    menu = driver.call._here
    if menu.asks == "choice":
        return driver.call.standard.intent[next(iter(menu.choices))].examples[0]
    return FITTING[menu.asks][0]


@pytest.mark.req("D8")
@pytest.mark.parametrize(("standard", "form", "slot"), SLOTS)
def test_a_person_is_one_wish_away(standard: str, form: str, slot: str) -> None:
    driver = asked(standard, form, slot)
    driver.say("转人工")
    assert driver.call.state.startswith("transferring")


@pytest.mark.req("B6")
@pytest.mark.parametrize(("standard", "form", "slot"), SLOTS)
def test_nonsense_leads_to_a_way_out(standard: str, form: str, slot: str) -> None:
    """Never the same twice running; and after so much of it something else, most of all a person."""
    driver = asked(standard, form, slot)
    menu, heard = driver.call.snapshot.menu, [driver.last(do.Play).utterances]
    nonsense = "嗯" if driver.call._here.asks == "text" else NONSENSE
    for _ in range(5):
        driver.said()
        driver.say(nonsense)
        heard.append(driver.last(do.Play).utterances)
        if driver.call.snapshot.menu != menu or driver.call.state.startswith("transferring"):
            break
    else:
        pytest.fail(f"asked for ever: {heard}")
    assert all(one != other for one, other in pairwise(heard)), heard


@pytest.mark.req("B10")
@pytest.mark.parametrize(("standard", "form", "slot"), SLOTS)
def test_silence_is_let_go_after_reminders(standard: str, form: str, slot: str) -> None:
    driver = asked(standard, form, slot)
    since = len(driver.prompts)
    while not isinstance(driver.asked[-1], do.HangUp | do.Transfer) and driver.now < LONGEST_S:
        if driver.call._playing:
            driver.said()
        else:
            driver.due()
    assert isinstance(driver.asked[-1], do.HangUp | do.Transfer)
    assert len(driver.prompts) - since >= 2


@pytest.mark.req("C1")
@pytest.mark.parametrize(("standard", "form", "slot"), SLOTS)
def test_an_answer_into_our_question_counts(standard: str, form: str, slot: str) -> None:
    driver = asked(standard, form, slot)
    driver.say(fits(driver))
    assert slot in driver.call._filling.told
    assert driver.call.snapshot.menu != menu_of(form, slot)
