"""Recordings of whole calls, on a wire whose time the test moves; what is on disk afterwards is what is judged."""

from __future__ import annotations

import os
import wave
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from structlog.testing import capture_logs

pytest.importorskip("pjsua2", reason="pjsua2 is not installed: make pjsua2")

from ivr.audio import FRAME_S
from ivr.dialog.events import KeyPressed, Recognized
from ivr.recording.seal import new_key, open_sealed, read_key
from ivr.recording.wav import WavFile, part_of
from ivr.records import Calls, NewCall, NewTicket, Tickets
from ivr.records.tickets import SEALED
from ivr.service.taping import CUT
from ivr.speech.activity import Heard
from tests.service.test_worker import NOON, Bench, FakeLeg

STANDARD = Path(__file__).parents[1] / "standards" / "identity.toml"
ID = "110101199003077774"
LOUD, OTHER = b"\x00\x20" * 160, b"\x00\x10" * 160
"""Frames of a caller who says something private, and of one who does not."""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    new_key(tmp_path / "key")
    records = {"url": f"sqlite:///{tmp_path}/ivr.db", "recordings": str(tmp_path), "key_file": str(tmp_path / "key")}
    bench = Bench(tmp_path, taped=True, standard={"name": str(STANDARD)}, records=records)
    assert bench.keeper.database
    bench.keeper.database.upgrade()
    yield bench
    assert bench.taping
    bench.taping.close()
    bench.keeper.close()


@pytest.fixture
def full(small_disk: Callable[[str, str], Path]) -> None:
    """Where recordings go there is room for two seconds."""
    small_disk("2026-01-02", "64k")


def say(bench: Bench, text: str | None, frame: bytes = OTHER, seconds: float = 2.0) -> None:
    """A turn, as loud as `frame`, and its words."""
    bench.incoming = frame
    turn = bench.recogniser.turns[1][-1]
    last = bench.speak(seconds=seconds)
    bench.incoming = bytes(320)
    if text is not None:
        bench.recogniser.say = [Heard(1, last + 0.4, Recognized(turn, text, until=last, confidence=0.9))]
    bench.pass_time(4.0)


def press(bench: Bench, leg: FakeLeg, keys: str) -> None:
    for key in keys:
        bench.wire.happened(leg, KeyPressed(key))
        bench.pass_time(0.2)


def hung_up(bench: Bench, leg: FakeLeg) -> Path:
    """The recording of the call, when it is over."""
    leg.hang_up("")
    bench.pass_time(FRAME_S)
    assert bench.taping
    bench.taping.close()
    (path,) = bench.settings.records.recordings.glob("2026-01-02/*.wav")
    return path


def channels(path: Path) -> npt.NDArray[np.int16]:
    with wave.open(str(path)) as file:
        assert (file.getframerate(), file.getnchannels()) == (8000, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)


def seconds_of(channel: npt.NDArray[np.int16], frame: bytes) -> float:
    return float((channel == np.frombuffer(frame, "<i2")[0]).sum()) / 8000


def every_file(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "key")


@pytest.mark.req("G3")
def test_a_call_is_recorded_in_two_channels_in_step(bench: Bench) -> None:
    leg = bench.answered()
    say(bench, "我想问一下")
    path = hung_up(bench, leg)
    caller, us = channels(path).T
    assert len(caller) / 8000 == pytest.approx(len(leg.sent) * FRAME_S, abs=0.1)
    assert seconds_of(caller, OTHER) == pytest.approx(2.3, abs=0.1)
    assert seconds_of(us, b"\x00\x10") == pytest.approx(sum(leg.sent) * FRAME_S, abs=0.1)
    first = leg.sent.index(True) * FRAME_S
    assert float(np.argmax(us != 0)) / 8000 == pytest.approx(first, abs=0.041)
    assert path.stat().st_mode & 0o777 == 0o600
    assert bench.keeper.database
    bench.keeper.close()
    with bench.keeper.database.reading() as tx:
        (row,) = Calls(tx).list()
    assert row["recording"] == str(path)


@pytest.mark.req("G3")
def test_a_number_said_without_being_asked_is_nowhere_on_disk(bench: Bench) -> None:
    leg = bench.answered()
    say(bench, "我想问一下")
    say(bench, f"我的身份证号是{ID}", LOUD)
    caller, _ = channels(hung_up(bench, leg)).T
    bench.keeper.close()
    assert not (caller == np.frombuffer(LOUD, "<i2")[0]).any()
    assert seconds_of(caller, OTHER) > 2
    on_disk = every_file(bench.settings.records.recordings)
    assert ID.encode() not in on_disk
    assert ID[:8].encode() not in on_disk
    assert not list(bench.settings.records.recordings.rglob("*.sealed"))
    (note,) = bench.entries("note", "masked")
    assert note["until"] - note["from"] > 2


@pytest.mark.req("G3")
def test_the_answer_to_a_private_question_is_sealed_and_nowhere_else(bench: Bench) -> None:
    leg = bench.answered()
    press(bench, leg, "3")
    bench.pass_time(2.0)
    say(bench, ID, LOUD)
    path = hung_up(bench, leg)
    bench.keeper.close()
    assert not (channels(path) == np.frombuffer(LOUD, "<i2")[0]).any()
    on_disk = every_file(bench.settings.records.recordings)
    assert ID.encode() not in on_disk
    assert LOUD[:64] not in on_disk
    originals = list(open_sealed(path.with_suffix(".sealed"), read_key(bench.settings.records.key_file)))
    assert ID in [each.data.decode() for each in originals if each.kind == "text"]
    assert LOUD in b"".join(each.data for each in originals if each.kind == "audio")
    assert not any(bench.entries("note", "answer")[0]["value"].count(digit) for digit in ID)
    assert bench.keeper.database
    with bench.keeper.database.transaction() as tx:
        (row,) = Calls(tx).list()
        assert row["known"] == {"slots": {}, SEALED: True}
        ticket = Tickets(tx).get(Tickets(tx).open(NewTicket(kind="inquiry", call_id=row["id"]), NOON))
    assert ticket
    assert [each.what for each in ticket.history] == ["opened", SEALED]


@pytest.mark.req("B12")
@pytest.mark.usefixtures("full")
def test_a_full_disk_disturbs_no_call(bench: Bench) -> None:
    with capture_logs() as logged:
        leg = bench.answered()
        for _ in range(3):
            say(bench, "我想问一下", seconds=4.0)
        assert bench.said()[-3:] == ["vague_1", "vague_2", "vague_3"], "every turn is answered"
        leg.hang_up("")
        bench.pass_time(FRAME_S)
        assert bench.taping
        bench.taping.close()
    assert [entry["event"] for entry in logged if entry["log_level"] == "error"] == [
        "recordings cannot be written; calls go on without them"
    ]


def leave(bench: Bench, text: str | None, frame: bytes = OTHER) -> None:
    """A stretch of a message, and its words."""
    bench.incoming = frame
    turn = bench.recogniser.turns[1][-1]
    last = bench.speak(seconds=2.0)
    bench.incoming = bytes(320)
    if text is not None:
        bench.recogniser.say = [Heard(1, last + 0.4, Recognized(turn, text, until=last, confidence=0.9))]
    bench.pass_time(1.0)


@pytest.mark.req("A6", "G3")
def test_a_number_in_a_message_is_nowhere_on_disk_and_the_rest_of_it_is(bench: Bench) -> None:
    leg = bench.answered()
    press(bench, leg, "1")
    bench.pass_time(20.0, until=lambda: "message_tone" in bench.said())
    bench.pass_time(5.0, until=lambda: bench.entries("command", "StartRecording"))
    leave(bench, "我姓王，请给我回电话")
    leave(bench, f"我的身份证号是{ID}", LOUD)
    leave(bench, "谢谢你们，再见")
    press(bench, leg, "#")
    bench.pass_time(1.0)
    assert bench.said()[-3:] == ["message_done", "anything_else", "end_keys"]
    call = hung_up(bench, leg)
    bench.keeper.close()
    (path,) = bench.settings.records.recordings.glob("*-1.wav")
    with wave.open(str(path)) as file:
        message = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    for recorded in (message, channels(call)[:, 0]):
        assert not (recorded == np.frombuffer(LOUD, "<i2")[0]).any()
        assert seconds_of(recorded, OTHER) > 3.5
    assert ID[:8].encode() not in every_file(bench.settings.records.recordings)
    assert bench.keeper.database
    with bench.keeper.database.reading() as tx:
        (row,) = Calls(tx).list()
        (ticket,) = Tickets(tx).list()
        found, full = Tickets(tx).get(ticket.id), Calls(tx).get(row["id"])
    assert found
    assert full
    assert row["recording"] == str(call), "the recording of the call and the message are two things"
    assert [(line.what, line.detail) for line in found.history][-1] == ("message", str(path))
    assert "我姓王，请给我回电话" in [turn["text"] for turn in full["turns"]], "whoever rings back can read it"


@pytest.mark.req("A6", "G3")
def test_the_end_of_a_message_waits_for_its_words(bench: Bench) -> None:
    leg = bench.answered()
    press(bench, leg, "1")
    bench.pass_time(20.0, until=lambda: bench.entries("command", "StartRecording"))
    leave(bench, None)
    press(bench, leg, "#")
    assert bench.said()[-1] == "message_tone"
    bench.pass_time(3.0)
    assert bench.said()[-3] == "message_done", "not for ever"
    hung_up(bench, leg)
    (path,) = bench.settings.records.recordings.glob("*-1.wav")
    with wave.open(str(path)) as file:
        assert not any(file.readframes(file.getnframes())[2 * 8000 : 4 * 8000]), "nobody knows what it was"


@pytest.mark.req("G3")
def test_what_nobody_could_read_is_muted(bench: Bench) -> None:
    leg = bench.answered()
    say(bench, None, LOUD)
    path = hung_up(bench, leg)
    assert not (channels(path) == np.frombuffer(LOUD, "<i2")[0]).any()


def test_a_line_may_go_unrecorded(tmp_path: Path) -> None:
    bench = Bench(tmp_path, taped=True, standard={"record": False})
    bench.answered()
    assert bench.taping
    bench.taping.close()
    assert not list(tmp_path.rglob("*.wav*"))


@pytest.mark.req("F1")
def test_a_recording_that_a_dead_process_left_is_completed_and_its_record_says_so(bench: Bench) -> None:
    path = bench.settings.records.recordings / "2026-01-01" / "a-call.wav"
    assert bench.taping
    file = WavFile(path)
    file.write(bytes(64_000))
    bench.taping.recover(bench.keeper)
    assert part_of(path).exists(), "somebody is writing it"
    del file
    part = part_of(path).read_bytes()
    part_of(path).unlink()
    part_of(path).write_bytes(part)
    os.utime(part_of(path), (NOON.timestamp(), NOON.timestamp() + 4))
    bench.keeper.put(lambda tx: Calls(tx).opened(NewCall(id="a-call"), NOON))
    bench.taping.recover(bench.keeper)
    assert len(channels(path)) == 16_000
    bench.keeper.close()
    assert bench.keeper.database
    with bench.keeper.database.reading() as tx:
        row = Calls(tx).get("a-call")
    assert row
    ((note, at),) = [(event["entry"]["note"], event["at"]) for event in row["events"]]
    assert (note, at) == (CUT, NOON + timedelta(seconds=4)), "when the recording ended, and not when that was found"
