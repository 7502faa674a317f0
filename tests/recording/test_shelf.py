from __future__ import annotations

import os
import resource
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ivr.recording import shelf as shelf_module
from ivr.recording.seal import Key, Original, open_sealed
from ivr.recording.shelf import Reel, Shelf
from ivr.recording.wav import WavFile

DAY = datetime(2026, 2, 3)
SECOND = bytes(range(1, 201)) * 160


def audio(path: Path) -> bytes:
    return path.read_bytes()[44:]


def test_many_calls_are_written_side_by_side(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    reels = [shelf.begin(f"c{number}", DAY) for number in range(20)]
    for _ in range(5):
        for reel in reels:
            reel.write(SECOND)
    for reel in reels:
        reel.end()
    shelf.close()
    assert all(audio(reel.path) == 5 * SECOND for reel in reels)
    assert {reel.failure for reel in reels} == {""}
    assert not list(tmp_path.rglob("*.part"))


def test_originals_are_kept_where_there_is_a_key(tmp_path: Path) -> None:
    original = Original("a1", "text", 0.0, 1.0, b"secret")
    for key in (Key(bytes(32)), None):
        shelf = Shelf(tmp_path, key)
        reel = shelf.begin(f"with{key is None}", DAY)
        assert reel.keeps == (key is not None)
        reel.keep(original)
        reel.end()
        shelf.close()
        assert reel.sealed_path.exists() == (key is not None)
        if key:
            assert list(open_sealed(reel.sealed_path, key)) == [original]


@pytest.fixture
def small(small_disk: Callable[[str, str], Path]) -> Path:
    return small_disk("small", "256k")


def written(shelf: Shelf, call: str, seconds: int) -> Reel:
    reel = shelf.begin(call, DAY)
    for _ in range(seconds):
        reel.write(SECOND)
    reel.end()
    return reel


def wait_for(shelf: Shelf) -> None:
    """Until all that waits is done: a job that says so comes last."""
    done = threading.Event()
    shelf.put(shelf.begin("none", DAY), done.set)
    assert done.wait(10)


def test_a_full_disk_ends_recordings_is_logged_once_and_later_calls_are_recorded_again(small: Path) -> None:
    with capture_logs() as logged:
        shelf = Shelf(small)
        first, second = written(shelf, "a", 20), written(shelf, "b", 20)
        shelf._jobs.put(None)
        shelf._thread.join()
        assert "No space" in first.failure
        assert "No space" in second.failure
        assert audio(first.path)[: 4 * len(SECOND)] == 4 * SECOND
        assert not list(small.rglob("*.part"))
        assert [entry["log_level"] for entry in logged] == ["error"]
        first.path.unlink()
    with capture_logs() as logged:
        shelf = Shelf(small)
        full = written(shelf, "c", 20)
        wait_for(shelf)
        full.path.unlink()
        later = written(shelf, "d", 2)
        shelf.close()
    assert later.failure == ""
    assert audio(later.path) == 2 * SECOND
    assert [entry["log_level"] for entry in logged] == ["error", "warning"]


def test_a_file_that_may_not_grow_ends_where_it_is_whole(tmp_path: Path) -> None:
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, usual[1]))
    try:
        shelf = Shelf(tmp_path)
        reel = written(shelf, "a", 60)
        shelf.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert reel.failure == "File too large"
    assert audio(reel.path) == 31 * SECOND


def test_a_disk_that_hangs_holds_up_no_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hangs, write = threading.Event(), WavFile.write

    def slow(file: WavFile, pcm: bytes) -> None:
        assert hangs.wait(10)
        write(file, pcm)

    monkeypatch.setattr(WavFile, "write", slow)
    monkeypatch.setattr(shelf_module, "BACKLOG", 5)
    with capture_logs() as logged:
        shelf = Shelf(tmp_path)
        reels = [written(shelf, name, 10) for name in ("a", "b")]
        assert all("wait for the disk" in reel.failure for reel in reels)
        hangs.set()
        shelf.close()
    assert not list(tmp_path.rglob("*.part"))
    assert [entry["log_level"] for entry in logged] == ["error"]


def test_a_folder_that_cannot_be_made_disturbs_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with capture_logs() as logged:
        shelf = Shelf(tmp_path / "file")
        reels = [written(shelf, name, 3) for name in ("a", "b")]
        shelf.close()
    assert all(reel.failure == os.strerror(20) for reel in reels)
    assert len(logged) == 1


def test_a_fault_of_ours_ends_one_recording_and_no_other(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    reel = shelf.begin("a", DAY)
    reel.write(SECOND)

    def fault() -> None:
        raise ValueError("oops")

    with capture_logs() as logged:
        shelf.put(reel, fault)
        other = written(shelf, "b", 2)
        shelf.close()
    assert [entry["log_level"] for entry in logged] == ["error"]
    assert "oops" in reel.failure
    assert audio(reel.path) == SECOND
    assert audio(other.path) == 2 * SECOND
