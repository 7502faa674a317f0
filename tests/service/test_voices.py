from __future__ import annotations

import pytest

from ivr.config import Settings
from ivr.errors import UserError
from ivr.service.shelf import shelf_of
from ivr.service.voices import Voices, improvised, prepare, sayable
from ivr.speech.g711 import Pcm
from ivr.speech.mastering import beep
from ivr.speech.prompts import PromptStore
from ivr.speech.tts import Synthesizer


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
    with pytest.raises(UserError, match=r"^prompt \w+: .* \(and \d+ more: ivr prompts list\)$"):
        prepare(settings, shelf_of(settings), voices)


class Robot(Synthesizer):
    """Counts what it is asked to speak."""

    spoken = 0

    def speak_now(self, text: str, limit_s: float | None = None) -> Pcm:
        self.spoken += 1
        return beep()


def test_the_run_time_voice_is_at_hand_before_a_call_wants_it() -> None:
    voices, robot = Voices(Settings.model_validate({})), Robot()
    voices._synthesizer = robot
    voices.start()
    assert robot.spoken == 1
