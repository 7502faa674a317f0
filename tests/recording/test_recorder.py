from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from structlog.testing import capture_logs

from ivr.audio import RATE
from ivr.recording.recorder import Masked, Recorder
from ivr.recording.seal import Key, Original, new_key, open_sealed, read_key
from ivr.recording.shelf import Shelf
from ivr.recording.wav import PART, recover
from tests.recording.story import CLEAR, LOUD, PRIVATE, Told, tell


class Memory:
    """A sink in memory."""

    def __init__(self, keeps: bool = True) -> None:
        self.keeps, self.pcm, self.originals, self.ended = keeps, bytearray(), list[Original](), 0

    def write(self, pcm: bytes) -> None:
        self.pcm += pcm

    def keep(self, original: Original) -> None:
        self.originals.append(original)

    def end(self) -> None:
        self.ended += 1


def recorded(keeps: bool = True, began: float = 0.0) -> tuple[Recorder, Memory, list[Masked]]:
    sink, told = Memory(keeps), list[Masked]()
    return Recorder(sink, "a1", began=began, told=told.append), sink, told


@pytest.mark.req("G3")
def test_times_are_those_of_the_call() -> None:
    recorder, sink, told = recorded(began=100.0)
    recorder.caller(CLEAR, 100.0)
    recorder.us(CLEAR, 100.0)
    recorder.turn_began(102.5)
    recorder.turn_judged(102.5, 102.75, mute=True, keep_original=True)
    recorder.close()
    assert told == [Masked(102.46, 102.79, "verdict", kept=True, missed_s=0.0)]
    assert sink.originals == [Original("a1", "audio", 102.46, 102.79, CLEAR[39_360:44_640])]
    caller = np.frombuffer(bytes(sink.pcm), "<i2")[::2]
    assert (caller[20_000:22_000] == 0).all()
    assert caller.tobytes()[:39_000] == CLEAR[:39_000]
    assert caller.tobytes()[44_800:] == CLEAR[44_800:]
    assert sink.ended == 1


def test_without_a_key_nothing_is_kept_and_told_so() -> None:
    recorder, sink, told = recorded(keeps=False)
    recorder.caller(CLEAR)
    recorder.turn_judged(2.5, 2.75, mute=True, keep_original=True)
    recorder.close()
    assert [masked.kept for masked in told] == [False]
    assert sink.originals == []


@pytest.mark.req("G3")
def test_a_private_question_mutes_the_caller_and_reading_back_mutes_both() -> None:
    recorder, sink, told = recorded()
    for on in (True, True, False, False):  # said twice is said once
        recorder.sensitive(on, 0.5 if on else 1.0)
        recorder.read_back(on, 1.5 if on else 2.0)
    recorder.caller(CLEAR)
    recorder.us(CLEAR)
    recorder.close()
    caller, us = np.frombuffer(bytes(sink.pcm), "<i2").reshape(-1, 2).T
    assert [(caller[at : at + 4000] == 0).all() for at in (4000, 8000, 12_000)] == [True, False, True]
    assert [(us[at : at + 4000] == 0).all() for at in (4000, 8000, 12_000)] == [False, False, True]
    assert [(masked.why, masked.from_s, masked.until_s) for masked in told] == [
        ("sensitive", 0.46, 1.04),
        ("read_back", 1.46, 2.04),
    ]


def test_a_turn_that_waits_too_long_is_told_at_once() -> None:
    recorder, _, told = recorded()
    recorder.turn_began(0.5)
    for _ in range(11):
        recorder.caller(CLEAR)
        recorder.us(CLEAR)
    assert told == [Masked(0.46, None, "overdue", kept=False, missed_s=0.0)]


def test_what_was_written_too_early_is_logged_as_a_fault() -> None:
    recorder, _, told = recorded()
    for _ in range(3):
        recorder.caller(CLEAR)
        recorder.us(CLEAR)
    with capture_logs() as logged:
        recorder.turn_judged(1.0, 9.0, mute=True)
    assert told[0].missed_s > 0
    assert [entry["log_level"] for entry in logged] == ["error"]


def test_words_are_sealed_and_nothing_follows_the_end() -> None:
    recorder, sink, _ = recorded()
    recorder.keep_text("一一零", 1.0, 2.0)
    recorder.close()
    recorder.close()
    recorder.caller(CLEAR)
    recorder.turn_began(1.0)
    recorder.turn_judged(1.0, 2.0, mute=True)
    recorder.sensitive(True, 1.0)
    recorder.keep_text("一一零", 1.0, 2.0)
    assert sink.originals == [Original("a1", "text", 1.0, 2.0, "一一零".encode())]
    assert sink.ended == 1
    assert not sink.pcm


# ------------------------------------------------------------------ on a real disk


def clear_samples(path: Path) -> int:
    """How much of a recording is not silence; fails where something private can be heard."""
    samples = np.frombuffer(path.read_bytes()[44:].ljust(4, b"\0")[: (path.stat().st_size - 44) // 2 * 2], "<i2")
    assert not (np.abs(samples.astype(int)) >= LOUD).any(), f"something private stands in {path.name}"
    return int((samples != 0).sum())


def assert_nothing_private(folder: Path) -> int:
    """In no file; returns how many samples of other sound there are."""
    pieces = [PRIVATE[at : at + 8] for at in range(0, len(PRIVATE), 1600)]
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(piece in content for piece in pieces)
    return sum(clear_samples(path) for path in folder.glob("*/*.wav*"))


@pytest.mark.req("G3")
def test_a_whole_call_keeps_everything_but_what_is_private(tmp_path: Path) -> None:
    key = Key(bytes(32))
    shelf = Shelf(tmp_path, key)
    tell(Told(shelf, "a1"))
    shelf.close()
    assert sorted(path.name for path in tmp_path.glob("*/*")) == ["a1.sealed", "a1.wav"]
    assert assert_nothing_private(tmp_path) > 40 * RATE
    originals = list(open_sealed(tmp_path / "2026-02-03" / "a1.sealed", key))
    assert len(originals) == 8
    assert all(PRIVATE in original.data for original in originals)
    assert {original.call for original in originals} == {"a1"}


@pytest.fixture(params=["disk", "memory"])
def somewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A folder on the disk, or on a file system in memory."""
    if request.param == "disk":
        yield tmp_path
    elif not Path("/dev/shm").is_dir():
        pytest.skip("no /dev/shm → run on Linux with tmpfs")
    else:
        folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


@pytest.mark.req("G3")
def test_kill_9_at_any_moment_leaves_nothing_private_behind(somewhere: Path) -> None:
    """Eight processes, each killed in the midst of a call."""
    chance = random.Random(somewhere.parts[1])
    new_key(somewhere / "key")
    heard = recovered = opened = 0
    for run in range(8):
        folder = somewhere / f"run{run}"
        told_until_killed(folder, somewhere / "key", chance.uniform(0, 0.2))
        heard += assert_nothing_private(folder)
        recovered += sum(check_recovered(folder))
        heard += assert_nothing_private(folder)
        opened += sum(whole_originals(path, read_key(somewhere / "key")) for path in folder.glob("*/*.sealed"))
    assert heard > 0
    assert recovered > 0
    assert opened > 0


def told_until_killed(folder: Path, key: Path, seconds: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.recording.story", str(folder), str(key)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(seconds)  # the moment of death is what is tried
    finally:
        process.kill()
        process.communicate()


def check_recovered(folder: Path) -> Iterator[bool]:
    for found in recover(folder):
        with wave.open(str(found.path)) as audio:
            yield audio.getnframes() == found.seconds * RATE > 0
    assert not list(folder.glob(f"*/*{PART}"))


def whole_originals(path: Path, key: Key) -> int:
    """How many there are; the last may have been cut short."""
    count, originals = 0, open_sealed(path, key)
    while True:
        try:
            assert PRIVATE in next(originals).data
            count += 1
        except StopIteration:
            return count
        except Exception as error:
            assert "cut short" in str(error)  # noqa: PT017 - whichever it is
            return count
