from __future__ import annotations

import pytest

from ivr.config import Settings
from ivr.errors import UserError
from ivr.service.shelf import shelf_of
from ivr.service.voices import Voices, improvised, prepare, sayable
from ivr.speech.prompts import PromptStore


def test_every_line_is_asked_with_its_own_house() -> None:
    settings = Settings.model_validate({"line": [{"number": "4008", "name": "zto", "site": "广州"}]})
    texts = [utterance.text for served, utterance in sayable(settings, shelf_of(settings)) if served.name == "zto"]
    assert "您好，广州中通速递，八零零幺号为您服务" in texts


def test_what_a_robot_will_say_is_known_line_by_line() -> None:
    lines = [{"number": number, "company": "从未录过的公司"} for number in ("1", "2")]
    settings = Settings.model_validate({"line": lines})
    voices = Voices(settings)
    texts = improvised(settings, shelf_of(settings), voices)
    assert texts
    assert len(set(texts)) == len(texts)
    assert all("从未录过的公司" in text for text in texts)


def test_what_nobody_can_speak_is_named_and_counted() -> None:
    settings = Settings.model_validate({"standard": {"company": "从未录过的公司"}})
    voices = Voices(settings)
    voices._stores = {None: PromptStore(None, sets=[], synthesizer=None)}
    with pytest.raises(UserError, match=r"^prompt greeting: .* \(and \d+ more: ivr prompts list\)$"):
        prepare(settings, shelf_of(settings), voices)
