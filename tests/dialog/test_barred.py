"""What callers or systems put into our mouth is looked at before we say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.standards.house import House
from ivr.standards.load import load_standard
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


@pytest.mark.req("H1")
@pytest.mark.parametrize(("said", "prompt"), [("北京", "read_city"), ("随便你们", "left_unsaid")])
def test_words_of_a_caller_that_must_not_be_said_are_not_said_after_them(
    tmp_path: Path, said: str, prompt: str
) -> None:
    (tmp_path / "asking.toml").write_text(ASKS_A_CITY, encoding="utf-8")
    house = House(bars=lambda text: "随便你" in text)
    call = Driver(load_standard(tmp_path / "asking.toml"), house, words=True).greeted()
    call.say("我要寄快递")
    call.said()
    call.say(said)
    assert call.prompts[-1] == prompt
    assert [note["prompt"] for note in call.notes("barred")] == (["read_city"] if prompt == "left_unsaid" else [])
