from __future__ import annotations

import pytest

from ivr.config import Settings
from ivr.errors import UserError
from ivr.service.shelf import shelf_of
from ivr.service.voices import PAUSE_S, Voices, improvised, limber_up, prepare, sayable, tempi
from ivr.speech.g711 import Pcm
from ivr.speech.mastering import beep
from ivr.speech.prompts import PromptStore
from ivr.speech.tts import Synthesizer
from ivr.speech.voicing import Voicing
from ivr.standards.load import load_standard
from ivr.standards.said import Voice


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


class Robot(Synthesizer):
    """Counts what it is asked to speak."""

    spoken = 0

    def speak_now(self, text: str) -> Pcm:
        self.spoken += 1
        return beep()


@pytest.mark.req("B11")
def test_slow_speech_and_the_run_time_voice_are_at_hand_before_a_call_wants_them() -> None:
    settings = Settings.model_validate({"line": [{"number": "1", "name": "general"}]})
    shelf, voices, robot = shelf_of(settings), Voices(settings), Robot()
    voices._synthesizer = robot
    limber_up(settings, shelf, voices)
    assert robot.spoken == 1
    ((served, utterance), *_) = sayable(settings, shelf)
    store = voices.of(served)
    made = store._slow.cache_info().misses
    store.audio([utterance], PAUSE_S, Voicing(6.0, *tempi(shelf[served.name])))
    assert store._slow.cache_info().misses == made > 50


def test_a_standard_that_never_slows_down_needs_nothing() -> None:
    standard = load_standard("general")
    louder = {name: menu.model_copy(update={"voice": Voice(louder_db=6)}) for name, menu in standard.menu.items()}
    assert tempi(standard) == {0.8}
    assert tempi(standard.model_copy(update={"menu": louder})) == set()
