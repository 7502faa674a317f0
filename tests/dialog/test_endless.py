"""No sequence of turns keeps a call for ever: noise that sounds like talk, one wish again and again, two machines."""

from __future__ import annotations

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from tests.dialog.helpers import Driver

HOUR_S = 3600.0


def go_on(driver: Driver) -> None:
    """Let our own part run its course, a transfer come to nothing, and the far side confirm the end."""
    command = driver.asked[-1]
    if isinstance(command, do.HangUp):
        driver.tell(ev.RemoteHangup())
    elif driver.call.state == "transferring_referring":
        driver.tell(ev.TransferProgress(486), driver.now + 1.0)
    elif driver.call._playing:
        driver.said()
    elif driver.call.state.startswith("recording") or (driver.call.deadline or driver.now) < driver.now + 1e-3:
        driver.due()


@pytest.mark.req("B1")
@pytest.mark.parametrize("words", [True, False], ids=["words", "keys"])
def test_talk_without_words_is_a_television(words: bool) -> None:
    driver = Driver(words=words).greeted()
    while not driver.call.ended and driver.now < HOUR_S:
        driver.speak()
        if words and driver.call.state.endswith("recognizing"):
            driver.tell(ev.RecognitionFailed(driver.last(do.Listen).turn, "late"))
        for _ in range(3):
            go_on(driver)
    assert driver.call.outcome == "goodbye"
    assert driver.now < 300.0


def test_a_key_shows_that_it_is_no_television() -> None:
    driver = Driver().greeted()
    for _ in range(15):
        driver.speak()
        driver.key("9")
        assert driver.prompts[-2:] == ["anything_else", "end_keys"]


@pytest.mark.req("C1")
@pytest.mark.parametrize(
    "text", ["转人工", "查快递", "等一下", "留言", "给我回电话", "我耳朵不好", "你好", "再见", "好的", "谢谢", "听不见"]
)
def test_one_wish_again_and_again_ends_some_time(text: str) -> None:
    driver = Driver(words=True).greeted()
    limit = driver.call.standard.limits.call_s
    while not driver.call.ended and driver.now < 2 * limit:
        driver.say(text)
        go_on(driver)
    assert driver.call.ended
    assert driver.now < limit + 60.0
    assert "goodbye" in driver.prompts, "nobody is let go without a goodbye"


@pytest.mark.req("D8")
def test_a_person_may_still_be_asked_for_at_the_last() -> None:
    driver = Driver(words=True).greeted()
    driver.now = driver.call.standard.limits.call_s + 100.0
    driver.say("转人工")
    assert driver.prompts[-1] == "transfer_operator"
    go_on(driver)
    driver.tell(ev.TransferProgress(486))
    assert driver.prompts[-1] == "goodbye"
    driver.say("转人工")
    assert driver.call.outcome == "endless_call"
