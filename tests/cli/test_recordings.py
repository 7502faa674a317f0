from __future__ import annotations

import json
import wave
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.cli.main import run
from ivr.recording.seal import Original, SealedFile, new_key, read_key
from ivr.recording.wav import WavFile
from ivr.records import Audit, Database

CALL = "20260101T080000-1a"
SOUND = b"\x00\x20" * 8000


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A recorded call, one span of it sealed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IVR_RECORDS_URL", f"sqlite:///{tmp_path}/ivr.db")
    monkeypatch.setenv("IVR_RECORDS_RECORDINGS", str(tmp_path / "recordings"))
    monkeypatch.setenv("IVR_RECORDS_KEY_FILE", str(tmp_path / "key"))
    database = Database(f"sqlite:///{tmp_path}/ivr.db")
    database.upgrade()
    new_key(tmp_path / "key")
    path = tmp_path / "recordings" / "2026-01-01" / f"{CALL}.wav"
    recording, sealed = WavFile(path), SealedFile(path.with_suffix(".sealed"), read_key(tmp_path / "key"))
    recording.write(bytes(32_000))
    recording.close()
    sealed.add(Original(CALL, "audio", 1.0, 2.0, SOUND))
    sealed.add(Original(CALL, "text", 1.0, 2.0, "一一零一".encode()))
    sealed.close()
    return database


def trail(database: Database) -> list[tuple[str, str, str, str]]:
    with database.reading() as tx:
        return [(line.who, line.what, line.subject, line.detail) for line in Audit(tx).list()]


@pytest.mark.req("G7")
def test_who_listens_is_in_the_trail(database: Database, tmp_path: Path) -> None:
    command = ["records", "audio", CALL, "--out", "copy.wav", "--reason", "complaint 12", "--as", "wang"]
    assert run(command) == 0
    assert trail(database) == [("wang", "audio", CALL, "complaint 12")]
    with wave.open("copy.wav") as file:
        assert (file.getnchannels(), file.getnframes()) == (2, 8000)
    assert (tmp_path / "copy.wav").stat().st_mode & 0o777 == 0o600
    assert run(command) == 2, "nothing is written over"


@pytest.mark.req("G7")
def test_originals_are_opened_for_a_role_and_a_reason(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["records", "open", CALL, "--role", "supervisor", "--reason", "police 7", "--as", "li", "--out", "opened"]
    assert run(command) == 0
    sound, text = map(Path, capsys.readouterr().out.split())
    with wave.open(str(sound)) as file:
        assert file.readframes(10_000) == SOUND
    assert text.read_text(encoding="utf-8") == "一一零一\n"
    assert sound.stat().st_mode & 0o777 == text.stat().st_mode & 0o777 == 0o600
    assert trail(database) == [("li", "open", CALL, "supervisor: police 7")]


@pytest.mark.req("G7")
@pytest.mark.parametrize("left_out", ["--role", "--reason"])
def test_nobody_opens_without_saying_why(left_out: str) -> None:
    options = {"--role": "supervisor", "--reason": "police 7", "--out": "opened"}
    given = [part for name, value in options.items() if name != left_out for part in (name, value)]
    assert run(["records", "open", CALL, *given]) == 2
    assert not Path("opened").exists()


@pytest.mark.req("G7")
def test_without_a_trail_nothing_is_opened(database: Database, tmp_path: Path) -> None:
    database.close()
    (tmp_path / "ivr.db").write_bytes(b"no database at all" * 100)
    assert run(["records", "open", CALL, "--role", "r", "--reason", "r", "--as", "li", "--out", "opened"]) == 1
    assert not Path("opened").exists()


def test_another_key_opens_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["records", "key", "--out", "other"]) == 0
    capsys.readouterr()
    command = [
        "records",
        "open",
        CALL,
        "--role",
        "r",
        "--reason",
        "r",
        "--as",
        "li",
        "--out",
        "opened",
        "--key",
        "other",
    ]
    assert run(command) == 2
    assert "sealed with another key" in capsys.readouterr().err


def test_a_call_that_was_not_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["records", "audio", "nobody", "--out", "x.wav", "--reason", "r"]) == 1
    assert 'there is no recording of call "nobody"' in capsys.readouterr().err


@pytest.mark.req("G7")
def test_the_trail_is_shown_and_checked(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["records", "audio", CALL, "--out", "copy.wav", "--reason", "complaint 12", "--as", "wang"]) == 0
    capsys.readouterr()
    assert run(["records", "audit", CALL, "--json"]) == 0
    (line,) = json.loads(capsys.readouterr().out)
    assert (line["who"], line["what"], line["call"], line["detail"]) == ("wang", "audio", CALL, "complaint 12")
    assert run(["records", "audit", "--has", line["hash"]]) == 0
    with database.transaction() as tx:
        tx.exec_driver_sql("UPDATE audit SET who = 'nobody'")
    assert run(["records", "audit"]) == 1
    assert "altered at row 1" in capsys.readouterr().err


@pytest.mark.req("G7")
@pytest.mark.parametrize(
    ("harm", "told"),
    [
        ("UPDATE audit SET at = 'once' WHERE seq = 2", "cannot be read"),
        ("UPDATE audit SET detail = '' WHERE seq = 1", "altered at row 1"),
        ("DELETE FROM audit WHERE seq = 2", "altered at row 3"),
        ("UPDATE audit SET seq = 9 - seq WHERE seq > 1", "altered at row 6"),
        ("DELETE FROM audit WHERE seq = 3", "no such row any more"),
        ("DELETE FROM audit", "no such row any more"),
    ],
)
def test_no_row_is_altered_moved_or_taken_out_unseen(
    database: Database, capsys: pytest.CaptureFixture[str], harm: str, told: str
) -> None:
    with database.transaction() as tx:
        for call in "abc":
            Audit(tx).append("wang", "show", call, "why", datetime.now(UTC))
        noted = Audit(tx).list()[-1].hash
    assert run(["records", "audit", "--has", noted]) == 0
    with database.transaction() as tx:
        tx.exec_driver_sql(harm)
    assert run(["records", "audit", "--has", noted]) == 1
    assert told in capsys.readouterr().err


def test_prune_says_how_much_went(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    old = tmp_path / "recordings" / "2020-01-01"
    old.mkdir()
    (old / "20200101T080000-1a.wav").write_bytes(b"x")
    assert run(["records", "prune", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["files"] >= 1
    assert not old.exists()
