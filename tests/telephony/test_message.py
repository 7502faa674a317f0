"""Callers' messages: nothing private in them, and none lost."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from ivr.telephony.message import MessageFile

FRAME = b"\x00\x10" * 160
SECOND = 50


@pytest.fixture
def message(tmp_path: Path) -> MessageFile:
    message = MessageFile(tmp_path, "call")
    message.start()
    return message


def hear(message: MessageFile, from_s: float, until_s: float) -> None:
    for frame in range(round(from_s * SECOND), round(until_s * SECOND)):
        message.write(FRAME, frame / SECOND)


def sound(path: Path) -> npt.NDArray[np.int16]:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def heard(path: Path, at_s: float) -> bool:
    return bool(sound(path)[round(at_s * 8000)])


@pytest.mark.req("A6", "G3")
def test_what_is_private_is_silence_and_the_rest_is_not(message: MessageFile, tmp_path: Path) -> None:
    hear(message, 10.0, 12.0)
    message.turn_began(11.5)
    hear(message, 12.0, 15.0)
    message.turn_judged(11.5, 14.5, mute=True)
    message.turn_began(14.5)
    hear(message, 15.0, 18.0)
    message.turn_judged(14.5, 17.0, mute=False)
    path = Path(message.stop(keep=True))
    assert path == tmp_path / "call-1.wav"
    assert len(sound(path)) == 8 * 8000
    assert [heard(path, at - 10.0) for at in (11.0, 12.0, 14.0, 16.0, 17.9)] == [True, False, False, True, True]


@pytest.mark.req("G3")
def test_nothing_is_written_of_a_turn_before_its_verdict(message: MessageFile, tmp_path: Path) -> None:
    message.turn_began(0.2)
    hear(message, 0.0, 8.0)
    path = Path(message.stop(keep=True))
    assert not path.exists()
    (part,) = tmp_path.iterdir()
    assert FRAME[:64] not in part.read_bytes()[44 + 16000 :]
    message.turn_judged(0.2, 7.0, mute=False)
    assert heard(path, 3.0)
    assert not part.exists()


@pytest.mark.req("G3")
def test_a_turn_that_began_before_the_message_is_judged_in_it_as_well(tmp_path: Path) -> None:
    message = MessageFile(tmp_path, "call")
    message.turn_began(4.0)
    message.start()
    hear(message, 5.0, 9.0)
    message.turn_judged(4.0, 8.0, mute=True)
    path = Path(message.stop(keep=True))
    assert [heard(path, at) for at in (0.1, 2.9, 3.5)] == [False, False, True]


@pytest.mark.req("G3")
def test_what_nobody_decided_is_silence_when_the_call_is_over(message: MessageFile) -> None:
    hear(message, 0.0, 2.0)
    message.turn_began(2.0)
    hear(message, 2.0, 4.0)
    path = Path(message.stop(keep=True))
    message.close()
    assert [heard(path, at) for at in (1.0, 3.0)] == [True, False]


def test_two_messages_of_a_call_are_two_files(message: MessageFile, tmp_path: Path) -> None:
    hear(message, 0.0, 2.0)
    message.stop(keep=False)
    assert not list(tmp_path.iterdir())
    message.start()
    hear(message, 5.0, 7.0)
    assert Path(message.stop(keep=True)).name == "call-2.wav"
    assert [path.name for path in tmp_path.iterdir()] == ["call-2.wav"]
    assert message.stop(keep=True) == ""


@pytest.mark.req("B12")
def test_a_full_disk_shows_while_the_caller_speaks_though_nothing_is_decided(
    small_disk: Callable[[str, str], Path], tmp_path: Path
) -> None:
    message = MessageFile(small_disk("messages", "64k"), "call")
    message.turn_began(0.0)
    message.start()
    with pytest.raises(OSError, match="No space left"):
        hear(message, 0.0, 10.0)
    message.stop(keep=False)
    assert not list((tmp_path / "messages").iterdir())
