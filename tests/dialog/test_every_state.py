"""What is proved of each shipped standard by going everywhere, with the real core: see `exploring`.

`ivr.standards.proofs` refuses a house's own standard for what can be told from its tables; here calls are made.
"""

from __future__ import annotations

from datetime import datetime

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.standards.acts import Act
from ivr.standards.load import load_standard, shipped
from ivr.standards.proofs import PERSON, SHORTEST_PAUSE_S
from ivr.standards.ways import reached
from tests.dialog.exploring import Place, explore, fork, incoming, place, press
from tests.dialog.helpers import Driver

LONGEST_S = 900.0
"""No caller who gives nothing is kept for longer, wherever they fell silent."""
SECTIONS = ("menu", "transfer", "hold", "recording")
Places = dict[Place, Driver]


@pytest.fixture(scope="module", params=shipped())
def places(request: pytest.FixtureRequest) -> Places:
    """Every place of a standard, with a call that is there and waits."""
    return explore(load_standard(request.param))


def test_every_state_is_come_to(places: Places) -> None:
    standard = next(iter(places.values())).call.standard
    assert {there for there in reached(standard) if there[0] in SECTIONS} == places.keys()


@pytest.mark.req("B10")
def test_every_state_has_a_deadline(places: Places) -> None:
    assert [there for there, driver in places.items() if driver.call.deadline is None] == []


@pytest.mark.req("D8")
def test_whoever_asks_for_a_person_or_presses_0_is_put_through_at_once(places: Places) -> None:
    assert [there for there, driver in places.items() if not _gets_person(driver, "key")] == []
    menus = {there: driver for there, driver in places.items() if there[0] == "menu"}
    assert [there for there, driver in menus.items() if not _gets_person(driver, "word")] == []


@pytest.mark.req("B10", "D2", "I2")
def test_whoever_falls_silent_is_let_go_in_time_and_after_a_pause(places: Places) -> None:
    ended = {there: _fall_silent(fork(driver)) for there, driver in places.items()}
    assert [there for there, (lasted, _) in ended.items() if lasted > LONGEST_S] == []
    assert [there for there, (_, pause) in ended.items() if pause < SHORTEST_PAUSE_S] == []


def _gets_person(driver: Driver, by: str) -> bool:
    if place(driver)[0] == "transfer":
        return True
    other = fork(driver)
    if by == "word":
        other.say("转人工")
    else:
        press(other, PERSON)
        other.tell(ev.TakenBack())
    return place(other)[0] == "transfer"


def _fall_silent(driver: Driver) -> tuple[float, float]:
    """How long a call goes on with whoever gives nothing, and the pause between our last word and its end."""
    began, heard = driver.now, driver.now
    while driver.asked[-1:] == [] or not isinstance(driver.asked[-1], do.HangUp):
        if driver.now - began > LONGEST_S:
            return driver.now - began, 0.0
        if driver.call.state == "transferring_referring":
            driver.tell(ev.TransferProgress(486), driver.now + 1.0)
        elif driver.call._playing and driver.call.state != "holding_resting":
            driver.said()
            heard = driver.now
        else:
            driver.due()
    return driver.now - began, driver.now - heard


@pytest.mark.parametrize("ours", [False, True], ids=["theirs", "ours"])
def test_before_the_first_word_there_is_a_deadline_too(ours: bool) -> None:
    driver = Driver()
    now = datetime.fromisoformat("2026-03-02T10:00:00+08:00")
    driver.tell(ev.Dialled("13800138000", now, "news") if ours else ev.Invited("4001", "13800138000", now))
    for state in ("dialling",) if ours else ("alerting", "answering"):
        assert driver.call.state == state
        driver.due()
    assert driver.call.state == "ending"
    driver.due()
    assert driver.call.ended


def _altered(section: str, name: str, **fields: object) -> Driver:
    """A call as it begins by `general` with another block, which no check has seen."""
    standard = load_standard("general")
    blocks = getattr(standard, section)
    other = blocks[name].model_copy(update=fields)
    return incoming(standard.model_copy(update={section: {**blocks, name: other}}))


def test_a_standard_that_breaks_it_would_be_found() -> None:
    assert _gets_person(_altered("menu", "goodbye"), "word")
    assert not _gets_person(_altered("menu", "greeting", intents={"operator": Act("menu", "help")}), "word")
    assert not _gets_person(_altered("menu", "greeting", keys={PERSON: Act("menu", "help")}), "key")
    assert _fall_silent(_altered("ladder", "silent", last_wait_s=0.0))[1] == 0.0
    assert _fall_silent(_altered("ladder", "silent", then=Act("menu", "greeting"), restarts=99))[0] > LONGEST_S
