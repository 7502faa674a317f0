"""No sequence of turns keeps a call for ever: noise that sounds like talk, one wish again and again, two machines."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from tests.dialog.helpers import Driver

HOUR_S = 3600.0
LONGEST_SILENCE_S = 12.0


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


def noise(driver: Driver) -> None:
    driver.tell(ev.SpeechOnset())
    driver.tell(ev.SpeechRejected(0.2, -50.0, -60.0), driver.now + 0.3)


def lost_words(driver: Driver) -> None:
    driver.speak()
    if driver.call.state.endswith("recognizing"):
        driver.tell(ev.RecognitionFailed(driver.last(do.Listen).turn, "late"))


def held(driver: Driver) -> None:
    driver.tell(ev.RemoteHold())
    driver.tell(ev.RemoteResume(), driver.now + 3.0)


def says(text: str) -> Callable[[Driver], object]:
    return lambda driver: driver.say(text)


def presses(key: str) -> Callable[[Driver], object]:
    return lambda driver: driver.key(key)


ACTS: list[Callable[[Driver], object]] = [
    noise,
    lost_words,
    held,
    go_on,
    *map(presses, "1579*#"),
    *map(
        says, ["", "查快递", "七七三零", "不对", "是的", "听不见", "耳朵不好", "没听懂", "再见", "你好", "今天天气不错"]
    ),
    lambda driver: driver.say("저기요", mandarin=0.1, confidence=0.3),
    lambda driver: driver.say("你去把菜洗一下", level=-40.0),
    lambda driver: driver.tell(ev.FaintSpeech(0.7, -58.0, -65.0), driver.now + 0.8),
]


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


@pytest.mark.req("B1", "B10", "C1")
@settings(max_examples=80, deadline=None)
@given(acts=st.lists(st.sampled_from(ACTS), max_size=12))
def test_nobody_is_left_in_silence(acts: list[Callable[[Driver], object]]) -> None:
    """Whatever happened: while nobody speaks there is a prompt, or the end, within twelve seconds."""
    driver = Driver(words=True).greeted()
    for act in acts:
        if not driver.call.ended:
            act(driver)
    while driver.call._playing:
        driver.said()
    quiet_since, heard = driver.now, len(driver.prompts)
    while not driver.call.ended and len(driver.prompts) == heard and not driver.call.state.startswith("transferring"):
        driver.due()
    assert driver.now <= quiet_since + LONGEST_SILENCE_S, driver.call.snapshot
