"""The session on a leg of the test's own: what is done, in which order, and what goes wrong quietly."""

from __future__ import annotations

import errno
import itertools
import resource
import signal
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.audio import FRAME_S
from ivr.config.settings import TelephonySettings
from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.call import Call
from ivr.errors import UserError
from ivr.speech.voicing import NORMAL, Voicing
from ivr.standards.acts import Act
from ivr.standards.house import House, Utterance
from ivr.standards.load import load_standard
from ivr.standards.said import Expects
from ivr.telephony.message import MessageFile
from ivr.telephony.numbers import listed
from ivr.telephony.playout import Playout
from ivr.telephony.presence import Presence
from ivr.telephony.session import Entry, MessageSink, Session
from tests.telephony.leg import AskedLeg

PROMPT = b"\1\2" * 8000  # one second


class HandLeg(AskedLeg):
    """A leg whose clock is moved by hand."""

    def __init__(self) -> None:
        self.playout, self.asked = Playout(), list[str]()

    @property
    def clock(self) -> float:
        return self.playout.clock


class Prompts:
    def __init__(self, missing: str = "") -> None:
        self.missing, self.voices = missing, list[Voicing]()

    def audio(self, utterances: Sequence[Utterance], pause_s: float, voice: Voicing) -> bytes:
        self.voices.append(voice)
        if any(utterance.name == self.missing for utterance in utterances):
            raise UserError(f"prompt {self.missing} cannot be had")
        return PROMPT


class FullDisk:
    """A disk with room for so many writes."""

    def __init__(self, room: int) -> None:
        self.room = room

    def start(self) -> None:
        self.write(b"")

    def write(self, pcm: bytes, at: float | None = None) -> None:
        self.room -= 1
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")

    def stop(self, keep: bool) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")


class Line:
    def __init__(self, prompts: Prompts | None = None, message: MessageSink | None = None) -> None:
        self.leg, self.entries = HandLeg(), list[Entry]()
        self.session = Session(
            Call(load_standard("general"), House()),
            self.leg,
            prompts or Prompts(),
            self.entries.append,
            message or FullDisk(10**6),
            {"operator": "sip:0@pbx.example"},
        )
        self.session.tell(ev.Invited("4001", None, datetime(2026, 3, 2, 9, tzinfo=UTC)))

    def run_to(self, instant: float) -> None:
        """Frame by frame, two frames ahead of the wire, as the worker does."""
        while self.leg.clock < instant:
            self.leg.playout.frames += 1
            self.session.advance(self.leg.clock + 2 * FRAME_S)

    def connect(self) -> None:
        self.run_to(1.0)
        self.session.tell(ev.Connected())

    def commands(self, name: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.get("command") == name]


@pytest.mark.req("B1")
def test_gaps_are_exact_although_deadlines_are_served_ahead_of_the_wire() -> None:
    line = Line()
    line.connect()
    line.run_to(20.0)
    plays = line.commands("Play")
    gaps = [later["start"] - earlier["end"] for earlier, later in itertools.pairwise(plays)]
    assert gaps == pytest.approx([2.0, 2.0, 2.0])
    assert line.leg.asked == ["ring", "answer", "hang_up silence"]


def test_what_fell_due_before_an_event_is_dealt_with_first() -> None:
    line = Line()
    line.connect()
    line.leg.playout.frames = 300  # the host slept
    line.session.tell(ev.KeyPressed("0"))
    order = [entry["event"] for entry in line.entries if "event" in entry]
    assert order[-2:] == ["PlaybackFinished", "KeyPressed"]


def test_a_prompt_that_cannot_be_had_does_not_stop_the_call() -> None:
    line = Line(Prompts(missing="greeting"))
    line.connect()
    line.run_to(5.0)
    assert line.commands("Play")[0]["error"] == "prompt greeting cannot be had"
    assert line.commands("Play")[1]["utterances"] == ["silent_1"]


@pytest.mark.parametrize("room", [0, 5])
def test_a_full_disk_is_told_to_the_caller(room: int) -> None:
    line = Line(message=FullDisk(room))
    line.connect()
    line.session.tell(ev.KeyPressed("1"))
    line.run_to(3.0)
    for _ in range(10):
        line.session.hear(b"\0" * 320)
    line.run_to(3.1)
    assert line.commands("Play")[-1]["utterances"] == ["message_failed"]


def test_a_disk_that_is_full_at_once_is_told_behind_what_was_being_done() -> None:
    line = Line(message=FullDisk(0))
    line.connect()
    line.session.tell(ev.KeyPressed("1"))
    line.run_to(3.1)
    kinds = [entry.get("command") or entry.get("event") for entry in line.entries]
    failed = kinds.index("RecordingFailed")
    assert kinds.index("StartRecording") < failed
    listened = [entry["turn"] for entry in line.entries if entry.get("command") == "Listen"]
    assert listened == sorted(listened)


@pytest.mark.req("D8")
def test_a_transfer_goes_to_the_configured_address() -> None:
    line = Line()
    line.connect()
    line.session.tell(ev.KeyPressed("0"))
    line.run_to(4.0)
    assert line.leg.asked[-1] == "transfer sip:0@pbx.example"


def test_a_message_is_a_wav_file_under_its_final_name_only_when_complete(tmp_path: Path) -> None:
    sink = MessageFile(tmp_path, "call")
    sink.start()
    sink.write(PROMPT)
    assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
    kept = sink.stop(keep=True)
    assert Path(kept).stat().st_size == 44 + len(PROMPT)
    sink.start()
    assert sink.stop(keep=False) == ""
    assert [path.name for path in tmp_path.iterdir()] == ["call-1.wav"]


def test_a_message_without_room_leaves_no_file_and_no_open_handle(tmp_path: Path) -> None:
    line = Line(message=MessageFile(tmp_path, "call"))
    line.connect()
    line.session.tell(ev.KeyPressed("1"))
    line.run_to(2.9)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        line.run_to(3.0)
        line.session.hear(PROMPT)
        line.session.hear(PROMPT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    line.run_to(3.1)
    assert line.commands("Play")[-1]["utterances"] == ["message_failed"]
    assert list(tmp_path.iterdir()) == []


def test_what_a_caller_said_is_kept_when_the_call_is_buried(tmp_path: Path) -> None:
    line = Line(message=MessageFile(tmp_path / "messages", "call"))
    line.connect()
    line.session.tell(ev.KeyPressed("1"))
    line.run_to(3.0)
    line.session.hear(PROMPT)
    line.session.close()
    kept = tmp_path / "messages" / "call-1.wav"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.req("B1")
def test_our_voice_is_on_the_wire_only_while_it_is_heard() -> None:
    line = Line()
    line.connect()
    line.run_to(1.5)
    assert line.session.speaking
    line.run_to(2.5)
    assert not line.session.speaking


# ---------------------------------------------------------------- hearing


class Obedient(Call):
    """A core that asks for what the test tells it to, whatever happens."""

    def __init__(self) -> None:
        super().__init__(load_standard("general"), House())
        self.next: list[do.Command] = []

    def handle(self, event: ev.Event, now: float) -> list[do.Command]:
        asked, self.next = self.next, []
        return asked


class NotingEar:
    def __init__(self) -> None:
        self.asked: list[tuple[int, Expects, tuple[str, ...]]] = []

    def listen(self, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        self.asked.append((turn, expects, tuple(phrases)))


class NotingDesk:
    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []

    def inquire(self, inquiry: int, of: str, about: Mapping[str, str]) -> None:
        self.asked.append((inquiry, of, dict(about)))

    def withdraw(self, inquiry: int) -> None:
        self.asked.append((inquiry,))


class Puppet:
    """A session whose core and clock are in the test's hands."""

    def __init__(self) -> None:
        self.call, self.leg, self.prompts, self.ear = Obedient(), HandLeg(), Prompts(), NotingEar()
        self.entries: list[Entry] = []
        self.session = Session(
            self.call, self.leg, self.prompts, self.entries.append, FullDisk(10**6), {}, ear=self.ear
        )

    def happens(self, at: float, event: ev.Event, *asked: do.Command, state: str = "conversation_saying") -> None:
        self.leg.playout.frames = round(at / FRAME_S)
        self.call.next, self.call.state = list(asked), state
        self.session.tell(event, at)


def play(number: int, at: float) -> do.Play:
    return do.Play(number, (Utterance("greeting", "您好"),), at)


def test_the_ear_is_told_what_to_listen_for_and_the_journal_leaves_the_phrases_out() -> None:
    puppet = Puppet()
    puppet.happens(1.0, ev.Connected(), do.Listen(3, "yes_no", ("是", "不是")))
    assert puppet.ear.asked == [(3, "yes_no", ("是", "不是"))]
    assert {"t": 1.0, "command": "Listen", "turn": 3, "expects": "yes_no"} in puppet.entries


@pytest.mark.req("B5", "B11")
def test_everything_said_from_then_on_is_louder_and_slower() -> None:
    puppet = Puppet()
    puppet.happens(1.0, ev.Connected(), play(1, 1.0))
    puppet.happens(2.0, ev.KeyPressed("1"), do.SetVoice(6.0, 0.8), play(2, 2.0))
    puppet.happens(3.0, ev.KeyPressed("1"), play(3, 3.0))
    assert puppet.prompts.voices == [NORMAL, Voicing(6.0, 0.8), Voicing(6.0, 0.8)]


def test_others_are_asked_on_behalf_of_the_call_and_the_journal_says_what_about() -> None:
    puppet, about = Puppet(), {"waybill": "773012345678", "caller": "8613800138000"}
    desk = puppet.session.desk = NotingDesk()
    puppet.happens(1.0, ev.Connected(), do.Inquire(1, "shipment", about))
    puppet.happens(2.0, ev.KeyPressed("1"), do.Withdraw(1))
    puppet.happens(3.0, ev.Replied(1, "found", {"status": "派送中"}))
    assert desk.asked == [(1, "shipment", about), (1,)]
    assert {"t": 1.0, "command": "Inquire", "inquiry": 1, "of": "shipment", "about": about} in puppet.entries
    assert {"t": 2.0, "command": "Withdraw", "inquiry": 1} in puppet.entries
    replied = {"event": "Replied", "inquiry": 1, "outcome": "found", "values": {"status": "派送中"}}
    assert {"t": 3.0} | replied in puppet.entries


@pytest.mark.req("B12")
def test_where_nobody_can_be_asked_that_is_known_at_once() -> None:
    puppet = Puppet()
    puppet.happens(1.0, ev.Connected(), do.Inquire(1, "shipment", {}), do.Withdraw(7))
    puppet.session.advance(1.02)
    assert puppet.entries[-1] == {"t": 1.0, "event": "Replied", "inquiry": 1, "outcome": "nobody", "values": {}}


def test_a_note_is_a_flat_entry() -> None:
    puppet = Puppet()
    evidence: dict[str, do.Scalar] = {
        "verdict": "inaudible",
        "why": "faint",
        "level": -51.23456,
        "text": None,
        "over_prompt": True,
    }
    puppet.happens(1.0, ev.Connected(), do.Note("verdict", evidence))
    assert {"t": 1.0, "note": "verdict"} | evidence | {"level": -51.235} in puppet.entries


def test_what_was_recognised_is_a_flat_entry() -> None:
    puppet = Puppet()
    puppet.happens(1.0, ev.Recognized(2, "七七三", until=0.61234, confidence=0.87654, alternatives=("七七", "七三")))
    assert puppet.entries[0] == {
        "t": 1.0,
        "event": "Recognized",
        "turn": 2,
        "text": "七七三",
        "until": 0.612,
        "confidence": 0.877,
        "mandarin": 1.0,
        "alternatives": "七七 / 七三",
        "final": True,
    }


def test_a_reply_is_timed_from_the_callers_last_sound_to_our_first() -> None:
    puppet = Puppet()
    puppet.happens(1.0, ev.Connected(), do.Listen(1, "text"))
    puppet.happens(2.0, ev.SpeechConfirmed(), state="conversation_listening")
    puppet.happens(3.3, ev.SpeechEnded(last_voiced=3.0), state="conversation_pausing")
    puppet.happens(3.5, ev.Recognized(1, "你好", until=3.0), state="conversation_pausing")
    puppet.happens(3.8, ev.DeadlineReached(), do.Listen(2, "text"), play(1, 3.9))
    notes = [entry for entry in puppet.entries if "note" in entry]
    assert notes == [{"t": 3.8, "note": "reply", "turn": 1, "reply_s": 0.9, "pause_s": 0.8, "words_s": 0.5}]


def waiting(presence: Presence) -> Line:
    """A caller who agreed to wait for the supervisor, both by key."""
    line = Line()
    general = load_standard("general")
    keys = {**general.menu["greeting"].keys, "2": Act("menu", "supervisor_consent")}
    greeting = general.menu["greeting"].model_copy(update={"keys": keys})
    standard = general.model_copy(update={"menu": {**general.menu, "greeting": greeting}})
    line.session = Session(
        Call(standard, House()),
        line.leg,
        Prompts(),
        line.entries.append,
        FullDisk(10**6),
        {"supervisor": "sip:7000@pbx.example"},
        presence=lambda target, number: presence,
        caller="13800138000",
    )
    line.session.tell(ev.Invited("4001", "13800138000", datetime(2026, 3, 2, 9, tzinfo=UTC)))
    line.connect()
    for key in "21":
        line.session.tell(ev.KeyPressed(key))
    line.run_to(line.leg.clock + 3.0)
    return line


@pytest.mark.req("D3", "D4")
@pytest.mark.parametrize("presence", ["available", "unknown"])
def test_whoever_may_be_there_is_rung_and_told_about_the_caller(presence: Presence) -> None:
    line = waiting(presence)
    summary = "%E6%9D%A5%E7%94%B5%E5%8F%B7%E7%A0%8113800138000"
    fields = {"X-Caller": "13800138000", "X-Summary": summary}
    assert line.leg.asked[-2:] == ["hold", f"consult sip:7000@pbx.example {fields}"]


@pytest.mark.req("D4")
@pytest.mark.parametrize(("presence", "prompt"), [("busy", "supervisor_busy"), ("away", "supervisor_away")])
def test_whoever_is_known_not_to_be_there_is_not_rung(presence: Presence, prompt: str) -> None:
    line = waiting(presence)
    assert not [asked for asked in line.leg.asked if asked.startswith("consult")]
    assert line.leg.asked[-1] == "take_back"
    line.session.tell(ev.TakenBack())
    assert prompt in line.commands("Play")[-1]["utterances"]


@pytest.mark.req("D4")
@pytest.mark.parametrize(
    ("number", "rung"),
    [("8001", True), ("13905718826", False), ("008613905718826", False), ("110", False), ("95588", False)],
)
def test_no_caller_is_put_through_to_what_is_no_agent_s_number(number: str, rung: bool) -> None:
    puppet = Puppet()
    puppet.session.targets = {"agent": "sip:{agent}@pbx.example"}
    allowed = TelephonySettings().agents_allow
    puppet.session.is_agent = lambda named: listed(named, allowed)
    puppet.happens(1.0, ev.Connected(), do.Consult("agent", "", number))
    puppet.session.advance(1.0)
    assert any(asked.startswith(f"consult sip:{number}@") for asked in puppet.leg.asked) == rung
    told = [entry["code"] for entry in puppet.entries if entry.get("event") == "TargetProgress"]
    assert told == ([] if rung else [480])
