from __future__ import annotations

import pytest

from ivr.cli.main import run
from ivr.cli.talk import _show
from ivr.errors import UserError
from ivr.service import talk


def test_without_a_sound_device_it_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def none() -> str:
        raise UserError("no microphone or no speaker → connect a headset")

    monkeypatch.setattr(talk, "sound_devices", none)
    assert run(["talk"]) == 2
    assert capsys.readouterr().err == "ivr: no microphone or no speaker → connect a headset\n"


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"command": "Play", "text": "您好"}, "◀ 您好"),
        ({"command": "Answer"}, "· Answer"),
        ({"event": "KeyPressed", "key": "0"}, "▶ [0]"),
        ({"event": "SpeechConfirmed"}, "▶ SpeechConfirmed"),
        ({"event": "Recognized", "text": "我想查", "final": False}, "▶ 我想查 …"),
        ({"event": "Recognized", "text": "我想查快递", "final": True}, "▶ 我想查快递"),
        ({"event": "Recognized", "text": "", "final": True}, "▶ (no words)"),
        ({"event": "RecognitionFailed", "turn": 1, "reason": "late"}, "▶ (no words: late)"),
        ({"note": "understood", "intent": "track", "score": 0.93, "text": "查快递"}, "  understood track, score 0.93"),
        ({"note": "reply", "reply_s": 0.9, "pause_s": 0.5, "words_s": None}, "  reply reply_s 0.9, pause_s 0.5"),
        ({"state": "ended", "outcome": "silence"}, "■ silence"),
    ],
)
def test_what_is_said_heard_and_pressed_is_shown(
    capsys: pytest.CaptureFixture[str], entry: dict[str, str], line: str
) -> None:
    _show({"t": 1.234, **entry})
    assert capsys.readouterr().out == f"   1.23 s  {line}\n"


def test_the_rest_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    _show({"t": 1.0, "event": "PlaybackFinished"})
    _show({"t": 1.0, "command": "Listen", "turn": 2, "expects": "text"})
    _show({"t": 1.0, "state": "greeting_waiting"})
    assert not capsys.readouterr().out
