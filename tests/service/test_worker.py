from __future__ import annotations

import asyncio
import json
import shutil
import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

pytest.importorskip("pjsua2", reason="pjsua2 is not installed: make pjsua2")

from ivr.audio import FRAME_S
from ivr.backends import Backend
from ivr.config import Settings, StandardSettings
from ivr.dialog.events import (
    Connected,
    Event,
    Invited,
    KeyPressed,
    Recognized,
    RemoteHangup,
    RemoteHold,
    RemoteResume,
    SpeechConfirmed,
    SpeechEnded,
    SpeechOnset,
    SpeechPaused,
)
from ivr.dialog.known import Known
from ivr.errors import JobError, UserError
from ivr.service.callbacks import Order
from ivr.service.hearing import Hearing
from ivr.service.inquiries import Inquiries
from ivr.service.journal import Journal
from ivr.service.keeping import Keeper, Origin
from ivr.service.metrics import Metrics
from ivr.service.shelf import Shelf
from ivr.service.taping import Taping
from ivr.service.voices import Voices
from ivr.service.worker import Worker
from ivr.speech.activity import Heard
from ivr.speech.engine import Choice
from ivr.speech.recognition import Recognition, Statistics
from ivr.speech.voicing import Voicing
from ivr.standards.house import Utterance
from ivr.standards.load import load_standard
from ivr.standards.said import Expects
from ivr.telephony.legs import Happening
from ivr.telephony.message import MessageFile
from ivr.telephony.playout import Playout
from tests.service.engines import STALLS, THROWS
from tests.telephony import sipp
from tests.telephony.leg import AskedLeg
from tests.telephony.rtp import Packet, RtpPeer

NOON = datetime(2026, 1, 2, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai
SPOKEN_S = 1.0


class Tones:
    """Prompts of a second each."""

    def audio(self, utterances: Sequence[Utterance], pause_s: float, voice: Voicing) -> bytes:
        if any(utterance.name == "broken" for utterance in utterances):
            raise UserError("broken")
        return b"\x00\x10" * int(8000 * SPOKEN_S)


class AllTones:
    def of(self, served: StandardSettings) -> Tones:
        return Tones()


@dataclass(eq=False)
class FakeLeg(AskedLeg):
    """A leg whose time is moved by the test, a frame at a time."""

    number: int
    wire: FakeWire
    playout: Playout = field(default_factory=Playout)
    asked: list[str] = field(default_factory=list)
    received: deque[bytes] = field(default_factory=deque)
    sent: list[bool] = field(default_factory=list)
    """Of each frame, whether it was audible."""
    before: float = 0.0
    running: bool = False
    faulty: bool = False

    @property
    def clock(self) -> float:
        return self.playout.clock if self.running else self.before

    def take_received(self) -> bytes:
        audio = b"".join(self.received)
        self.received.clear()
        return audio

    def ring(self) -> None:
        if self.faulty:
            raise RuntimeError("no bell")
        super().ring()

    def answer(self) -> None:
        super().answer()
        self.running, self.playout.base = True, self.before
        self.wire.happened(self, Connected())

    def hang_up(self, reason: str) -> None:
        super().hang_up(reason)
        self.wire.happened(self, RemoteHangup())


class FakeWire:
    def __init__(self) -> None:
        self.registered: bool | None = None
        self.queue: list[Happening] = []
        self.calls: list[str] = []
        self.draining = asyncio.Event()
        self.dialled: list[FakeLeg] = []

    def start(self) -> None:
        self.calls.append("start")

    def poll(self) -> list[Happening]:
        queue, self.queue = self.queue, []
        return queue

    def dial(self, uri: str, fields: Mapping[str, str]) -> Any:  # noqa: ANN401 - a leg like one
        if uri == "sip:nobody@127.0.0.1":
            raise UserError("no line free")
        leg = FakeLeg(100 + len(self.calls), self)
        self.calls.append(f"dial {uri} {fields['X-Reason']}")
        self.dialled.append(leg)
        return leg

    def drain(self) -> None:
        self.calls.append("drain")
        self.draining.set()

    def close(self) -> None:
        self.calls.append("close")

    def happened(self, leg: FakeLeg, event: Event) -> None:
        self.queue.append(Happening(cast(Any, leg), event, leg.clock))


class FakeEars:
    """Hears what the test says it hears."""

    def __init__(self) -> None:
        self.streams: set[int] = set()
        self.added: list[int] = []
        self.muted: set[int] = set()
        self.taken: dict[int, int] = {}
        self.say: list[Heard] = []

    def add(self, stream: int) -> None:
        self.streams.add(stream)
        self.added.append(stream)

    def remove(self, stream: int) -> None:
        self.streams.remove(stream)

    def mute_inband(self, stream: int) -> None:
        self.muted.add(stream)

    def expect(self, stream: int, short: bool) -> None:
        assert stream in self.streams

    def process(self, audio: Mapping[int, bytes], speaking: Collection[int] = ()) -> list[Heard]:
        for stream, pcm in audio.items():
            self.taken[stream] = self.taken.get(stream, 0) + len(pcm)
        heard, self.say = self.say, []
        return heard


class FakeRecogniser:
    """Recognises what the test says it does."""

    def __init__(self) -> None:
        self.ready, self.broken = True, False
        self.statistics = Statistics()
        self.streams: list[int] = []
        self.added: list[int] = []
        self.turns: dict[int, list[int]] = {}
        self.say: list[Heard] = []

    def add(self, stream: int) -> None:
        self.streams.append(stream)
        self.added.append(stream)

    def remove(self, stream: int) -> None:
        self.streams.remove(stream)

    def listen(self, stream: int, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        self.turns.setdefault(stream, []).append(turn)

    def process(self, audio: Mapping[int, bytes], heard: Sequence[Heard]) -> list[Heard]:
        if self.broken:
            raise RuntimeError("broken")
        answers, self.say = self.say, []
        return answers

    def close(self) -> None:
        pass


class Bench:
    """A worker on a fake wire, and its time."""

    def __init__(
        self,
        folder: Path,
        *,
        real: bool = False,
        taped: bool = False,
        backends: Mapping[str, Backend] | None = None,
        **settings: object,
    ) -> None:
        base = {"records": {"url": "", "recordings": str(folder)}, "telephony": {"operator": "sip:0@127.0.0.1"}}
        self.settings = Settings.model_validate(base | settings)
        self.metrics, self.wire, self.ears, self.recogniser = Metrics(), FakeWire(), FakeEars(), FakeRecogniser()
        self.journal = folder / "journal.jsonl"
        shelf = Shelf(served.name for served in self.settings.served)
        self.keeper = Keeper(self.settings, "bench")
        self.taping = Taping(self.settings, shelf, lambda: NOON) if taped else None
        self.inquiries = None if backends is None else Inquiries(backends, self.keeper, self.metrics)
        self.worker = Worker(
            self.settings,
            cast(Voices, AllTones()),
            shelf,
            Journal(self.journal),
            self.metrics,
            keeper=self.keeper,
            taping=self.taping,
            inquiries=self.inquiries,
        )
        if not real:
            self.worker.wire, self.worker.hearing = self.wire, Hearing(self.ears, self.recogniser)
        self.legs: list[FakeLeg] = []
        self.incoming = bytes(320)
        """What callers send, a frame."""

    def invite(self, dialled: str = "4008", faulty: bool = False) -> FakeLeg:
        leg = FakeLeg(len(self.legs) + 1, self.wire, faulty=faulty)
        self.legs.append(leg)
        self.wire.happened(leg, Invited(dialled, "8613812345678", NOON))
        self.worker.tick()
        return leg

    def pass_time(self, seconds: float, until: Callable[[], object] = lambda: False) -> None:
        """Two ticks a frame, as on the real wire."""
        for _ in range(round(seconds / FRAME_S)):
            for leg in self.legs:
                if leg.running:
                    leg.sent.append(any(leg.playout.take()))
                    leg.received.append(self.incoming)
                leg.before += FRAME_S
            self.worker.tick()
            self.worker.tick()
            if until():
                return

    def answered(self) -> FakeLeg:
        """A call that has been greeted."""
        leg = self.invite()
        self.pass_time(20.0, until=lambda: self.said()[-1:] == ["silent_1"])
        return leg

    def speak(self, stream: int = 1, seconds: float = 1.0) -> float:
        """A caller speaks, then falls silent; returns the last voiced instant, in seconds of received audio."""
        began = self.ears.taken[stream] / 16000
        last = began + seconds
        for at, event in (
            (began + 0.08, SpeechOnset()),
            (began + 0.25, SpeechConfirmed()),
            (last + 0.16, SpeechPaused(last)),
            (last + 0.3, SpeechEnded(last, voiced_s=seconds, level=-22.0, floor=-66.0)),
        ):
            self.pass_time(at - self.ears.taken[stream] / 16000)
            self.ears.say = [Heard(stream, at, event)]
            self.pass_time(FRAME_S)
        return last

    def wait_for(self, condition: Callable[[], object], within_s: float = 30.0) -> None:
        """For what another process does; no time passes on the line."""
        end = time.monotonic() + within_s
        while not condition():
            assert time.monotonic() < end, "it did not come to that"
            self.worker.tick()
            time.sleep(0.005)

    def said(self) -> list[str]:
        return [name for play in self.entries("command", "Play") for name in play["utterances"]]

    def entries(self, kind: str, name: str) -> list[dict[str, Any]]:
        """What the journal has of this kind (event, command, note) and name."""
        lines = self.journal.read_text().splitlines() if self.journal.exists() else []
        return [entry for line in lines if (entry := json.loads(line)).get(kind) == name]

    def counts(self, metric: str) -> dict[tuple[str, ...], float]:
        """Values of a metric by their labels, in the order of the labels' names."""
        samples = [sample for family in self.metrics.snapshot() for sample in family.samples]
        return {tuple(labels[key] for key in sorted(labels)): v for name, labels, v in samples if name == metric}

    def calls_ended(self) -> dict[tuple[str, str], float]:
        return {(standard, outcome): n for (outcome, standard), n in self.counts("ivr_calls_total").items()}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.req("A1")
def test_a_call_rings_for_its_second_and_is_answered_not_before(bench: Bench) -> None:
    leg = bench.invite()
    assert leg.asked == ["ring"]
    bench.pass_time(0.98)
    assert leg.asked == ["ring"]
    bench.pass_time(0.04)
    assert leg.asked == ["ring", "answer"]
    assert bench.metrics.active == 1


@pytest.mark.req("B1")
def test_prompts_are_placed_to_the_frame(bench: Bench) -> None:
    leg = bench.invite()
    bench.pass_time(9.0)
    starts = [frame for frame in range(1, len(leg.sent)) if leg.sent[frame] and not leg.sent[frame - 1]]
    assert len(starts) == 3
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert set(gaps) == {150}, "a second of prompt and two of silence"


@pytest.mark.req("A10")
def test_each_number_is_served_by_its_own_standard(tmp_path: Path) -> None:
    bench = Bench(tmp_path, line=[{"number": "95338", "name": "zto", "company": "中通速递"}])
    for number in ("4008", "95338"):
        leg = bench.invite(number)
        bench.wire.happened(leg, RemoteHangup(487))
        bench.worker.tick()
    assert set(bench.calls_ended()) == {("general", "cancelled"), ("zto", "cancelled")}


def test_a_call_that_is_over_is_forgotten(bench: Bench) -> None:
    leg = bench.invite()
    bench.wire.happened(leg, RemoteHangup(487))
    bench.worker.tick()
    assert not bench.ears.streams
    assert bench.metrics.active == 0
    bench.wire.happened(leg, KeyPressed("1"))
    bench.worker.tick()


def test_what_is_heard_is_told_on_the_sample_clock(bench: Bench) -> None:
    leg = bench.invite()
    bench.pass_time(2.0, until=lambda: leg.running)
    answered = leg.clock
    bench.pass_time(3.0)
    assert bench.ears.taken[1] == pytest.approx(3.0 * 16000, abs=640)
    bench.ears.say = [
        Heard(1, 2.5, SpeechOnset()),
        Heard(1, 2.75, SpeechConfirmed()),
        Heard(1, 2.98, SpeechEnded(last_voiced=2.9)),
    ]
    bench.pass_time(FRAME_S)
    (ended,) = bench.entries("event", "SpeechEnded")
    assert ended["last_voiced"] == pytest.approx(answered + 2.9, abs=0.021)


@pytest.mark.req("C1")
def test_whoever_speaks_after_a_hold_is_heard_to_begin(bench: Bench) -> None:
    leg = bench.invite()
    bench.pass_time(3.0)
    bench.wire.happened(leg, KeyPressed("5"))
    bench.worker.tick()
    bench.ears.muted.clear()
    bench.ears.taken.clear()
    bench.wire.happened(leg, RemoteHold())
    bench.worker.tick()
    assert bench.ears.added == [1, 1], "the ears start anew"
    assert bench.recogniser.added == [1, 1], "what was said before the hold is not part of what comes after it"
    assert bench.ears.muted == {1}, "its keys still come as events"
    bench.wire.happened(leg, RemoteResume())
    resumed = leg.clock
    bench.pass_time(1.0)
    bench.ears.say = [Heard(1, 0.5, SpeechOnset())]
    bench.pass_time(FRAME_S)
    (onset,) = bench.entries("event", "SpeechOnset")
    assert onset["t"] == pytest.approx(resumed + 0.5, abs=0.021)


def test_a_bridge_that_stands_still_ends_the_worker(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.invite()
    bench.pass_time(2.0)
    bench.legs.clear()  # no leg is asked for frames any more
    host = time.monotonic()
    monkeypatch.setattr("ivr.service.worker.time.monotonic", lambda: host + 4.9)
    bench.worker.tick()
    monkeypatch.setattr("ivr.service.worker.time.monotonic", lambda: host + 10.0)
    with pytest.raises(JobError, match="stands still"):
        bench.worker.tick()


def test_a_key_that_comes_as_event_and_as_tone_is_one_key(bench: Bench) -> None:
    leg = bench.invite()
    bench.pass_time(2.0)
    bench.ears.say = [Heard(1, 0.9, KeyPressed("0"))]
    bench.pass_time(FRAME_S)
    bench.wire.happened(leg, KeyPressed("0"))
    bench.pass_time(3.0)
    assert bench.journal.read_text().count('"KeyPressed"') == 1
    assert bench.ears.muted == {1}
    assert leg.asked.count("transfer sip:0@127.0.0.1") == 1


def test_a_fault_in_one_call_ends_that_call_and_no_other(bench: Bench) -> None:
    good = bench.invite()
    with capture_logs() as logs:
        bad = bench.invite(faulty=True)
    assert [entry["log_level"] for entry in logs] == ["error"]
    bench.pass_time(1.5)
    assert bad.asked == ["hang_up fault"]
    assert good.asked == ["ring", "answer"]
    assert bench.calls_ended() == {("general", "fault"): 1}
    assert bench.ears.streams == {1}


def test_a_fault_at_the_end_of_a_call_leaves_none_of_the_rest_undone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    leg = bench.invite()
    bench.pass_time(1.5)
    monkeypatch.setattr(MessageFile, "close", lambda _: 1 / 0)
    with capture_logs() as logs:
        bench.wire.happened(leg, RemoteHangup())
        bench.pass_time(1.0)
    assert {entry["event"] for entry in logs} == {"fault at the end of a call"}
    assert bench.calls_ended() == {("general", "caller_hung_up"): 1}
    assert bench.ears.streams == set()


def test_the_registration_is_reported(bench: Bench) -> None:
    bench.worker.tick()
    assert bench.metrics.registered is None
    bench.wire.registered = True
    bench.worker.tick()
    assert bench.metrics.registered is True
    bench.wire.registered = False
    bench.worker.tick()
    assert bench.metrics.registered is False


def test_greeting_and_gaps_are_measured(bench: Bench) -> None:
    bench.invite()
    bench.pass_time(9.0)
    counts = {
        name: value
        for family in bench.metrics.snapshot()
        for name, _, value in family.samples
        if name in {"ivr_greeting_seconds_count", "ivr_greeting_seconds_sum", "ivr_gap_error_seconds_sum"}
    }
    assert counts["ivr_greeting_seconds_count"] == 1
    assert counts["ivr_greeting_seconds_sum"] <= 0.3
    assert counts["ivr_gap_error_seconds_sum"] == pytest.approx(0.0, abs=1e-6)


# ---------------------------------------------------------------- words


def test_words_are_told_on_the_sample_clock(bench: Bench) -> None:
    leg = bench.answered()
    last = bench.speak()
    bench.recogniser.say = [Heard(1, last + 0.4, Recognized(1, "人工服务", until=last, confidence=0.9))]
    bench.pass_time(1.0)
    (entry,) = bench.entries("event", "Recognized")
    assert entry["until"] == pytest.approx(last + leg.clock - bench.ears.taken[1] / 16000, abs=0.021)
    assert entry["t"] - entry["until"] == pytest.approx(0.4, abs=0.001)


@pytest.mark.req("D8")
def test_a_wish_in_words_is_granted(bench: Bench) -> None:
    leg = bench.answered()
    last = bench.speak()
    bench.recogniser.say = [Heard(1, last + 0.4, Recognized(1, "帮我转人工客服", until=last, confidence=0.9))]
    bench.pass_time(4.0)
    assert "transfer sip:0@127.0.0.1" in leg.asked
    (reply,) = bench.entries("note", "reply")
    assert reply["reply_s"] <= 0.6
    assert reply["words_s"] == pytest.approx(0.4, abs=0.02)
    assert bench.counts("ivr_reply_seconds_count") == {(): 1}
    assert bench.counts("ivr_verdicts_total")["addressed",] == 1


def test_a_line_that_hears_keys_has_no_recogniser(tmp_path: Path) -> None:
    bench = Bench(tmp_path, line=[{"number": "4009", "hears": "keys"}])
    bench.invite("4009")
    bench.invite("4008")
    assert bench.recogniser.added == [2]


def test_calls_that_come_while_the_recogniser_loads_are_served_without(bench: Bench) -> None:
    bench.recogniser.ready = False
    bench.answered()
    bench.recogniser.ready = True
    bench.speak()
    bench.pass_time(1.0)
    assert bench.said()[-2:] == ["acknowledge", "offer_keys"]
    assert not bench.recogniser.added


def test_words_that_come_too_late_change_nothing(bench: Bench) -> None:
    bench.answered()
    last = bench.speak()
    bench.pass_time(4.0)
    said = bench.said()
    assert said[-2:] == ["acknowledge", "offer_keys"]
    bench.recogniser.say = [Heard(1, last + 4.0, Recognized(1, "帮我转人工客服", until=last, confidence=0.9))]
    bench.pass_time(2.0)
    assert bench.said() == said


def test_a_fault_in_recognition_ends_no_call(bench: Bench) -> None:
    leg = bench.answered()
    bench.speak()
    bench.recogniser.broken = True
    with capture_logs() as logs:
        bench.pass_time(2.0)
    assert [entry["log_level"] for entry in logs] == ["error"]
    assert bench.said()[-2:] == ["acknowledge", "offer_keys"]
    bench.wire.happened(leg, KeyPressed("0"))
    bench.pass_time(4.0)
    assert "transfer sip:0@127.0.0.1" in leg.asked
    assert bench.counts("ivr_recognition_failures_total") == {("fault",): 1}
    assert bench.counts("ivr_recognizer_ready") == {(): 0}


@pytest.mark.parametrize("choice", [THROWS, STALLS], ids=lambda choice: choice.name)
@pytest.mark.req("D8", "B12")
def test_with_a_recogniser_that_fails_there_are_keys_and_a_person(tmp_path: Path, choice: Choice) -> None:
    bench = Bench(tmp_path)
    recognition = Recognition(choice, threads=1)
    bench.worker.hearing = Hearing(bench.ears, recognition)
    try:
        bench.wait_for(lambda: recognition.ready)
        leg = bench.answered()
        bench.speak()
        if choice is THROWS:
            bench.wait_for(lambda: bench.entries("event", "RecognitionFailed"))
        bench.pass_time(4.0)
        assert bench.said()[-2:] == ["acknowledge", "offer_keys"]
        bench.wire.happened(leg, KeyPressed("0"))
        bench.pass_time(4.0)
        assert "transfer sip:0@127.0.0.1" in leg.asked
    finally:
        recognition.close()


# ---------------------------------------------------------------- the end of the worker


async def _stopped(bench: Bench, stop: asyncio.Event) -> None:
    bench.worker.listen()
    await asyncio.wait_for(bench.worker.run(stop), 20)


def test_without_calls_it_stops_at_once(bench: Bench) -> None:
    async def life() -> None:
        stop = asyncio.Event()
        stop.set()
        await _stopped(bench, stop)

    asyncio.run(life())
    assert bench.wire.calls == ["start", "drain", "close"]


def test_running_calls_finish_first(bench: Bench) -> None:
    async def life() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(_stopped(bench, stop))
        leg = bench.invite()
        stop.set()
        await bench.wire.draining.wait()
        assert "close" not in bench.wire.calls
        bench.wire.happened(leg, RemoteHangup())
        await running
        assert leg.asked == ["ring"]

    asyncio.run(life())
    assert bench.wire.calls == ["start", "drain", "close"]


def test_calls_that_do_not_finish_in_time_are_hung_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path, sip={"drain_timeout_s": 0})

    async def life() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(_stopped(bench, stop))
        leg = bench.invite()
        stop.set()
        await running
        assert leg.asked == ["ring", "hang_up shutdown"]

    asyncio.run(life())
    assert bench.wire.calls == ["start", "drain", "close"]


# ---------------------------------------------------------------- on the wire


@pytest.mark.sip
@pytest.mark.req("A1", "A3", "B1")
def test_a_silent_caller_hears_prompts_two_seconds_apart_to_the_packet(
    tmp_path: Path, free_port: Callable[[], int]
) -> None:
    if not shutil.which("sipp"):
        pytest.skip("SIPp is not installed: apt-get install sip-tester")
    port = free_port()
    bench = Bench(tmp_path, sip={"bind": f"127.0.0.1:{port}", "rtp_ports": "33000-33998"}, real=True)

    packets: list[Packet] = []

    async def life(peer: RtpPeer) -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_reader(peer.fileno(), lambda: packets.extend(peer.received()))
        bench.worker.listen()
        serving = asyncio.create_task(bench.worker.run(stop))
        steps = sipp.invite(sipp.sdp(peer.port)) + sipp.answered() + sipp.pause(7.5) + sipp.bye()
        run = sipp.start(tmp_path, "caller", steps, port, free_port())
        assert await asyncio.to_thread(run.process.wait) == 0
        stop.set()
        await serving

    with RtpPeer() as peer:
        asyncio.run(life(peer))
    audible = [packet.payload != b"\xd5" * 160 for packet in packets]
    edges = [n for n in range(1, len(audible)) if audible[n] != audible[n - 1]]
    assert edges[0] <= 15, "the greeting begins within 300 ms"
    assert [later - earlier for earlier, later in pairwise(edges[:5])] == [50, 100, 50, 100]
    assert {later.sequence - earlier.sequence for earlier, later in pairwise(packets)} == {1}
    assert {later.timestamp - earlier.timestamp for earlier, later in pairwise(packets)} == {160}
    assert bench.calls_ended() == {("general", "caller_hung_up"): 1}


# ---------------------------------------------------------------- calls that we make


def order(bench: Bench, told: list[str]) -> Order:
    served = bench.settings.standard
    origin = Origin(served, load_standard(served.name), "4008", "out", "13800138000", Known("track.waybill"))
    return Order("13800138000", "dropped", origin, lambda: told.append("kept"), told.append)


@pytest.mark.req("B9", "A7")
def test_whom_it_rings_is_served_by_the_standard_and_whoever_asked_for_it_is_told(tmp_path: Path) -> None:
    told: list[str] = []
    bench = Bench(tmp_path, telephony={"outbound": "sip:{number}@127.0.0.1"})
    bench.worker.dial("a-call", order(bench, told))
    assert bench.wire.calls == ["dial sip:13800138000@127.0.0.1 dropped"]
    (leg,) = bench.legs = bench.wire.dialled
    leg.running = True
    bench.wire.happened(leg, Connected())
    bench.pass_time(2.0)
    bench.wire.happened(leg, KeyPressed("1"))
    bench.worker.tick()
    assert told == ["kept"]
    bench.wire.happened(leg, RemoteHangup(200))
    bench.worker.tick()
    bench.pass_time(0.1)
    assert told == ["kept", "caller_hung_up"]


@pytest.mark.req("A7")
@pytest.mark.parametrize("outbound", ["", "sip:{number}"])
def test_a_call_that_cannot_be_made_leaves_nothing_behind(tmp_path: Path, outbound: str) -> None:
    bench = Bench(tmp_path, telephony={"outbound": outbound and "sip:{number}@127.0.0.1"})
    nobody = replace(order(bench, []), number="nobody")
    with pytest.raises(UserError, match="no line free" if outbound else "telephony.outbound"):
        bench.worker.dial("a-call", nobody)
    assert not bench.metrics.active
