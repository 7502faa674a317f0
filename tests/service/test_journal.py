from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ivr.errors import UserError
from ivr.service.journal import Journal


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def test_each_entry_is_on_disk_at_once_with_its_call(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    write = Journal(path).of("a1")
    write({"t": 1.0, "event": "Connected"})
    assert lines(path)[0].items() >= {"call": "a1", "t": 1.0, "event": "Connected"}.items()
    write({"t": 1.1, "command": "Play", "text": "您好"})
    assert "您好" in path.read_text(encoding="utf-8")


def test_several_workers_append_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    one, other = Journal(path), Journal(path)
    one.write({"worker": 0})
    other.write({"worker": 1})
    one.write({"worker": 0})
    assert [entry["worker"] for entry in lines(path)] == [0, 1, 0]


def test_only_the_service_may_read_it(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.jsonl")
    assert (tmp_path / "journal.jsonl").stat().st_mode & 0o077 == 0


def test_without_a_file_nothing_is_kept() -> None:
    Journal().of("a1")({"event": "Connected"})


def test_a_full_disk_is_logged_once_and_disturbs_nothing() -> None:
    journal = Journal(Path("/dev/full"))
    with capture_logs() as logged:
        for _ in range(3):
            journal.write({"event": "Connected"})
    assert [entry["log_level"] for entry in logged] == ["error"]
    assert os.strerror(errno.ENOSPC) in logged[0]["reason"]


def test_room_again_starts_a_new_line_and_counts_the_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    whole = os.write
    monkeypatch.setattr(os, "write", lambda file, data: whole(file, data[:5]))
    journal.write({"event": "torn"})
    monkeypatch.undo()
    with capture_logs() as logged:
        journal.write({"event": "Connected"})
    assert path.read_text(encoding="utf-8").splitlines()[1:] == ['{"event":"Connected"}']
    assert logged[0]["entries_lost"] == 1


def test_a_file_that_cannot_be_opened_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--journal"):
        Journal(tmp_path / "no" / "such" / "folder.jsonl")


def test_closed_it_keeps_quiet(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.close()
    journal.close()
    journal.write({"event": "late"})
    assert not lines(tmp_path / "journal.jsonl")
