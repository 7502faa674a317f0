"""What callers or systems put into our mouth is looked at before we say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.dialog import events as ev
from ivr.speech.wording import bars
from ivr.standards.house import House
from ivr.standards.load import load_standard
from ivr.standards.model import Standard
from tests.dialog.helpers import Driver

ASKS_A_CITY = """
name = "asking"
inherits = "general"
title = "asks for a city"
sources = ["ours"]
wishes = { ship = "form send" }
[wording]
ask_city = { req = "F2", text = "请问您要寄到哪个城市？" }
read_city = { req = "F2", text = "您要寄到{city}，对吗？" }
[slot.city]
req = "F2"
asks = "text"
say = ["ask_city"]
read = "read_city"
[form.send]
req = "F2"
slots = ["city"]
then = "menu help"
refused = "transfer operator"
at_last = "transfer operator"
no_input = "no_choice"
keys = { 0 = "transfer operator" }
"""


def sent_to(folder: Path, city: str, house: House) -> Driver:
    (folder / "asking.toml").write_text(ASKS_A_CITY, encoding="utf-8")
    call = Driver(load_standard(folder / "asking.toml"), house, words=True).greeted()
    call.say("我要寄快递")
    call.said()
    call.say(city)
    return call


@pytest.mark.req("H1")
@pytest.mark.parametrize(("said", "prompt"), [("北京", "read_city"), ("随便你们", "left_unsaid")])
def test_words_of_a_caller_that_must_not_be_said_are_not_said_after_them(
    tmp_path: Path, said: str, prompt: str
) -> None:
    call = sent_to(tmp_path, said, House(bars=lambda text: "随便你" in text))
    assert call.prompts[-1] == prompt
    assert [note["prompt"] for note in call.notes("barred")] == (["read_city"] if prompt == "left_unsaid" else [])


TELLS = """
name = "telling"
inherits = "general"
title = "tells what a system says"
sources = ["ours"]
[wording]
placed = { req = "F2", text = "{name}，您好！您的快件现在：{place}。" }
[slot.place]
req = "F2"
asks = "text"
say = ["placed"]
[menu.greeting.keys]
4 = "menu look_up"
[menu.look_up]
req = "F2"
say = ["looking_up"]
inquires = "shipment"
answers = { found = "menu placed", missing = "menu help", failed = "menu help" }
no_input = "no_choice"
on_speech = "go_on"
keys = { 0 = "transfer operator" }
[menu.placed]
req = "F2"
say = ["placed"]
no_input = "no_choice"
on_speech = "menu offer"
keys = { 0 = "transfer operator" }
"""


@pytest.fixture(scope="module")
def telling(tmp_path_factory: pytest.TempPathFactory) -> Standard:
    file = tmp_path_factory.mktemp("house") / "telling.toml"
    file.write_text(TELLS, encoding="utf-8")
    return load_standard(file)


def told(standard: Standard, place: str, name: str = "王小明") -> str:
    """The prompt after which a caller has heard what a system says."""
    call = Driver(standard, House(bars=bars)).greeted()
    call.key("4")
    call.said()
    call.tell(ev.Replied(1, "found", {"place": place, "name": name}))
    return call.prompts[-1]


BETWEEN = ["", " ", "，", "。", "！", "……", "·", "*", "啊", "x", "<b>", "\n", "\u200b", "\ufe0f", "9"]


@pytest.mark.req("H1", "H2")
@pytest.mark.parametrize("text", ["这里不归我们部门管", "闭嘴", "绝对不会丢", "顺丰的服务很差"])
@pytest.mark.parametrize("between", BETWEEN)
def test_nothing_between_its_characters_gets_it_past_the_gate(telling: Standard, text: str, between: str) -> None:
    assert told(telling, between.join(text)) == "left_unsaid"


@pytest.mark.req("H1")
@pytest.mark.parametrize("text", ["這裡不歸我們部門管", "不龟我们布门管", "毕嘴", "bu gui wo men bu men guan"])
def test_nor_does_another_spelling(telling: Standard, text: str) -> None:
    assert told(telling, text) == "left_unsaid"


@pytest.mark.req("H1", "A8")
@pytest.mark.parametrize("name", ["尤冰", "曲思", "吴辽", "王小明"])
def test_a_name_is_said_whatever_it_sounds_like(telling: Standard, name: str) -> None:
    assert told(telling, "上海浦东。预计明天到", name) == "placed"


@pytest.mark.req("B12", "C6")
def test_half_a_sentence_is_not_said_where_what_belongs_into_it_cannot_be_said(telling: Standard) -> None:
    assert told(telling, "上海" * 300) == "left_unsaid"


@pytest.mark.req("H1", "F5")
@pytest.mark.parametrize("place", ["闭嘴", "上海" * 300])
def test_whoever_is_told_that_somebody_will_explain_is_owed_that(telling: Standard, place: str) -> None:
    call = Driver(telling, House(bars=bars)).greeted()
    call.key("4")
    call.said()
    call.tell(ev.Replied(1, "found", {"place": place, "name": "王小明"}))
    assert [note["promise"] for note in call.notes("owed")] == ["left_unsaid"]
