from __future__ import annotations

import base64
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.errors import JobError, UserError
from ivr.recording.seal import Key, Original, SealedFile, new_key, open_sealed, read_key

KEY, OTHER = Key(bytes(range(32))), Key(bytes(range(1, 33)))
PRIVATE = [
    Original("a1", "audio", 1.5, 4.25, os.urandom(4000)),
    Original("a1", "text", 1.5, 4.25, "身份证号一一零一零一".encode()),
    Original("a1", "audio", 60.0, 60.5, b""),
]


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    path = tmp_path / "day" / "a1.sealed"
    file = SealedFile(path, KEY)
    for original in PRIVATE:
        file.add(original)
    file.close()
    return path


@pytest.mark.req("G3")
def test_what_was_sealed_comes_back_and_stands_nowhere_in_clear(sealed: Path) -> None:
    assert list(open_sealed(sealed, KEY)) == PRIVATE
    content = sealed.read_bytes()
    assert PRIVATE[0].data[:16] not in content
    assert PRIVATE[1].data not in content
    assert sealed.stat().st_mode & 0o777 == 0o600


def test_another_key_is_told_in_one_line(sealed: Path) -> None:
    with pytest.raises(UserError, match="another key"):
        list(open_sealed(sealed, OTHER))


@settings(deadline=None)
@given(st.data())
def test_any_altered_byte_is_noticed(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    path = tmp_path_factory.mktemp("altered") / "a1.sealed"
    file = SealedFile(path, KEY)
    for original in PRIVATE:
        file.add(original._replace(data=original.data[:40]))
    file.close()
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    with pytest.raises((UserError, JobError)) as error:
        list(open_sealed(path, KEY))
    assert "\n" not in str(error.value)


def test_records_cannot_change_places(sealed: Path, tmp_path: Path) -> None:
    lengths, path = [], tmp_path / "b.sealed"
    file = SealedFile(path, KEY)
    for original in (PRIVATE[2], PRIVATE[2]._replace(call="b2")):
        before = path.stat().st_size
        file.add(original)
        lengths.append(path.stat().st_size - before)
    file.close()
    content = path.read_bytes()
    head, first, second = content[: -sum(lengths)], content[-sum(lengths) : -lengths[1]], content[-lengths[1] :]
    path.write_bytes(head + second + first)
    with pytest.raises(JobError, match="record 1 was altered"):
        list(open_sealed(path, KEY))


def test_a_crash_costs_the_last_record_at_most(sealed: Path) -> None:
    whole = sealed.read_bytes()
    for lost in range(1, 60):
        sealed.write_bytes(whole[:-lost])
        found = open_sealed(sealed, KEY)
        assert [next(found), next(found)] == PRIVATE[:2]
        with pytest.raises(JobError, match="record 3 is cut short"):
            next(found)


def test_a_crash_may_cut_the_very_head_short(sealed: Path) -> None:
    whole = sealed.read_bytes()
    for size in range(20):
        sealed.write_bytes(whole[:size])
        with pytest.raises(JobError, match="is cut short"):
            list(open_sealed(sealed, KEY))


def test_what_is_no_sealed_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        list(open_sealed(tmp_path / "none.sealed", KEY))
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(UserError, match="no sealed recording"):
        list(open_sealed(tmp_path / "a.wav", KEY))


def test_a_disk_that_fills_up_leaves_what_is_whole(sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, written = sealed.with_name("full.sealed"), os.pwrite
    file = SealedFile(path, KEY)
    file.add(PRIVATE[1])
    room = [100]

    def nearly_full(target: int, data: bytes, at: int) -> int:
        if not room[0]:
            raise OSError(28, "No space left on device")
        size = written(target, data[: room[0]], at)
        room[0] -= size
        return size

    monkeypatch.setattr(os, "pwrite", nearly_full)
    with pytest.raises(OSError, match="No space"):
        file.add(PRIVATE[0])
    file.close()
    assert list(open_sealed(path, KEY)) == [PRIVATE[1]]
    with pytest.raises(OSError, match="No space"):
        SealedFile(sealed.with_name("none.sealed"), KEY)
    assert not sealed.with_name("none.sealed").exists()


# ------------------------------------------------------------------ keys


def test_a_new_key_is_for_us_alone_and_can_be_read(tmp_path: Path) -> None:
    for name in ("one", "other"):
        new_key(tmp_path / name)
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert read_key(tmp_path / "one").secret != read_key(tmp_path / "other").secret


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    new_key(tmp_path / "key")
    before = read_key(tmp_path / "key")
    with pytest.raises(UserError, match="exists already"):
        new_key(tmp_path / "key")
    assert read_key(tmp_path / "key") == before
    with pytest.raises(UserError, match="name a file that can be written"):
        new_key(tmp_path / "none" / "key")


@pytest.mark.parametrize("content", [KEY.secret, base64.b64encode(KEY.secret), base64.b64encode(KEY.secret) + b"\n"])
def test_a_key_may_be_raw_or_base64(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    assert read_key(path) == KEY


@pytest.mark.parametrize("content", [b"", b"short", bytes(33), b"\xff" * 44, base64.b64encode(bytes(16))])
def test_what_is_no_key_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(UserError, match="holds no key") as error:
        read_key(path)
    assert "\n" not in str(error.value)


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    new_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o640)
    with pytest.raises(UserError, match=r"mode 0640.*chmod 600"):
        read_key(tmp_path / "key")
    with pytest.raises(UserError, match="ivr records key --out"):
        read_key(tmp_path / "none")


def test_a_key_tells_nothing_of_itself_where_it_is_printed() -> None:
    assert str(KEY) == "Key()"
