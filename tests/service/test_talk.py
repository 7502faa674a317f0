"""A call on a sound device, without the device: the test is microphone, speaker and clock."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from ivr.backends import opened
from ivr.config.backends import AnyBackend, SampleBackend
from ivr.dialog.call import Call
from ivr.dialog.events import Invited, Recognized
from ivr.errors import UserError
from ivr.service import talk as module
from ivr.service.hearing import Hearing, StreamEar
from ivr.service.talk import STREAM, SoundLeg, Talk, sound_devices
from ivr.speech.activity import Heard, VoiceActivity
from ivr.speech.recognition import Statistics
from ivr.speech.voicing import Voicing
from ivr.standards.house import House, Utterance
from ivr.standards.load import load_standard
from ivr.standards.said import Expects
from ivr.telephony.message import MessageFile
from ivr.telephony.session import Entry, Session

SILENCE = bytes(320)
PROMPT = np.full(8000, 3000, "<i2").tobytes()  # one second, audible throughout


class Prompts:
    def audio(self, utterances: Sequence[Utterance], pause_s: float, voice: Voicing) -> bytes:
        return PROMPT


class Dictated:
    """A recogniser that answers what the test says."""

    ready = True

    def __init__(self) -> None:
        self.statistics = Statistics()
        self.answers: list[Heard] = []

    def add(self, stream: int) -> None:
        pass

    def remove(self, stream: int) -> None:
        pass

    def listen(self, stream: int, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        pass

    def process(self, audio: Mapping[int, bytes], heard: Sequence[Heard]) -> list[Heard]:
        answers, self.answers = self.answers, []
        return answers

    def close(self) -> None:
        pass


class Room:
    """Microphone, speaker and clock in one: time passes in frames."""

    def __init__(self, folder: Path, standard: str | Path = "general") -> None:
        self.time, self.closed = 0.0, False
        self.spoken: list[bytes] = []
        self.journal: list[Entry] = []
        self._exchange: Callable[[bytes], bytes] | None = None
        self.leg = SoundLeg(self.open, now=lambda: self.time)
        call, message = Call(load_standard(standard), House()), MessageFile(folder, "talk")
        self.words = Dictated()
        hearing, targets = Hearing(VoiceActivity(1), self.words), {"operator": "", "supervisor": ""}
        hearing.add(STREAM, words=True)
        ear = StreamEar(hearing, STREAM)
        session = Session(call, self.leg, Prompts(), self.journal.append, message, targets, ear=ear)
        self.talk = Talk(session, self.leg, hearing, Invited("", None, datetime(2026, 3, 2, 10, tzinfo=UTC)))

    def open(self, exchange: Callable[[bytes], bytes]) -> Room:
        self._exchange = exchange
        return self

    def close(self) -> None:
        self.closed, self._exchange = True, None

    def frame(self, heard: bytes = SILENCE) -> None:
        if self._exchange:
            self.spoken.append(self._exchange(heard))
        self.talk.turn()
        self.time += 0.02

    def until(self, condition: Callable[[], bool], within_s: float = 60.0) -> None:
        end = self.time + within_s
        while not condition():
            assert self.time < end, self.journal[-5:]
            self.frame()

    def gaps(self) -> list[float]:
        """Seconds of silence between two things said."""
        audible = [number for number, frame in enumerate(self.spoken) if any(frame)]
        return [(b - a - 1) * 0.02 for a, b in itertools.pairwise(audible) if b - a > 5]

    def said(self) -> list[str]:
        return [name for entry in self.journal for name in entry.get("utterances", [])]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


@pytest.mark.req("B1")
def test_the_ladder_for_a_silent_caller_is_exact_on_a_sound_device_too(room: Room) -> None:
    room.until(lambda: room.talk.session.ended)
    assert room.said() == ["greeting", "silent_1", "silent_2", "silent_3"]
    assert room.gaps() == pytest.approx([2.0, 2.0, 2.0])
    assert room.closed
    assert room.talk.session.call.outcome == "silence"


def test_it_answers_when_the_first_ring_has_sounded(room: Room) -> None:
    room.until(lambda: bool(room.spoken))
    assert room.leg.playout.base == pytest.approx(1.0, abs=0.06)


def test_a_key_of_the_keyboard_is_a_key_of_the_telephone(room: Room) -> None:
    room.until(lambda: "greeting" in room.said())
    room.talk.press("9")
    room.until(lambda: "anything_else" in room.said())


@pytest.mark.req("D8")
def test_nobody_to_transfer_to_is_said(room: Room) -> None:
    room.until(lambda: "greeting" in room.said())
    room.talk.press("0")
    room.until(lambda: "operator_busy" in room.said())


def test_words_are_told_on_the_sample_clock(room: Room) -> None:
    room.until(lambda: bool(room.spoken))
    room.words.answers = [Heard(STREAM, 0.5, Recognized(1, "你好", until=0.3))]
    room.frame()
    (entry,) = [entry for entry in room.journal if entry.get("event") == "Recognized"]
    answered = room.leg.playout.base
    assert (entry["text"], entry["t"], entry["until"]) == ("你好", round(answered + 0.5, 3), round(answered + 0.3, 3))


def test_whoever_sits_there_may_hang_up(room: Room) -> None:
    room.until(lambda: "greeting" in room.said())
    room.talk.hang_up()
    assert room.talk.session.ended
    assert room.closed


def test_without_a_sound_device_it_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoDevices:
        PortAudioError = RuntimeError

        def query_devices(self, kind: str) -> None:
            raise RuntimeError(kind)

    monkeypatch.setattr(module, "_sounddevice", NoDevices)
    with pytest.raises(UserError, match="no microphone or no speaker → connect a headset"):
        sound_devices()


def test_a_device_that_cannot_do_8_khz_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Picky:
        PortAudioError = RuntimeError

        def RawStream(self, **_: object) -> None:  # noqa: N802 - sounddevice's name
            raise RuntimeError("Invalid sample rate")

    monkeypatch.setattr(module, "_sounddevice", Picky)
    with pytest.raises(UserError, match="does not work at 8 kHz: Invalid sample rate → choose another: --device"):
        module.open_sound(None)(lambda _: SILENCE)


@pytest.mark.req("F10", "B12")
@pytest.mark.parametrize(
    ("backends", "prompt"), [({"shipment": SampleBackend(kind="sample")}, "not_there"), ({}, "is_down")]
)
async def test_the_houses_systems_can_be_asked_here_too(
    tmp_path: Path, backends: dict[str, AnyBackend], prompt: str
) -> None:
    room, systems = Room(tmp_path, Path(__file__).parents[1] / "standards" / "asking.toml"), opened(backends)
    room.talk.asks(systems)
    room.until(lambda: "greeting" in room.said())
    room.talk.press("4")
    async with asyncio.timeout(20):
        while prompt not in room.said():
            room.frame()
            await asyncio.sleep(0.005)
    room.talk.hang_up()
    for system in systems.values():
        await system.close()
