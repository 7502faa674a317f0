from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ivr.recording.retention import old, remove

NAMES = (
    "2026-01-01/a.wav",
    "2026-01-01/a.sealed",
    "2026-01-01/b.wav.part",
    "2026-01-01/notes.txt",
    "2026-01-02/c.wav",
    "20260101T235959-0a1b2c3d-1.wav",
    "20260102T000000-0a1b2c3d-1.wav",
    "music.wav",
    "2026-13-45/d.wav",
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    return tmp_path


def test_what_is_old_is_told_by_its_day(folder: Path) -> None:
    found = [str(path.relative_to(folder)) for path in old(folder, date(2026, 1, 2))]
    assert found == ["2026-01-01/a.sealed", "2026-01-01/a.wav", "2026-01-01/b.wav.part", NAMES[5]]
    assert old(folder, date(2026, 1, 1)) == []
    assert old(folder / "none", date(2026, 1, 1)) == []


def test_what_is_removed_takes_its_empty_folder_along(folder: Path) -> None:
    gone = remove(old(folder, date(2026, 1, 3)))
    assert len(gone) == 6
    assert not (folder / "2026-01-02").exists()
    assert [path.name for path in (folder / "2026-01-01").iterdir()] == ["notes.txt"]
    assert (folder / "music.wav").exists()


def test_what_cannot_be_removed_is_logged_and_stays(folder: Path) -> None:
    with capture_logs() as logged:
        assert remove([folder / "2026-01-01", folder / "2026-01-02" / "c.wav"]) == [folder / "2026-01-02" / "c.wav"]
    assert [entry["file"] for entry in logged] == [str(folder / "2026-01-01")]
