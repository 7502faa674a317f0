from __future__ import annotations

import fcntl
import wave
from pathlib import Path

import pytest
import soundfile

from ivr.recording.wav import PART, WavFile, part_of, recover

SECOND = bytes(range(200)) * 160


def test_it_can_be_played_at_every_instant_and_takes_its_name_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "2026-02-03" / "a1.wav"
    file = WavFile(path)
    for seconds in range(1, 4):
        file.write(SECOND)
        with wave.open(str(part_of(path))) as audio:
            assert (audio.getnframes(), audio.getnchannels(), audio.getframerate()) == (8000 * seconds, 2, 8000)
    assert not path.exists()
    file.close()
    assert path.read_bytes()[44:] == 3 * SECOND
    assert soundfile.info(path).duration == 3
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_without_audio_there_is_no_file(tmp_path: Path) -> None:
    WavFile(tmp_path / "day" / "a1.wav").close()
    assert not list(tmp_path.glob("*/*"))


def test_two_recordings_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    file = WavFile(tmp_path / "a1.wav")
    with pytest.raises(FileExistsError):
        WavFile(tmp_path / "a1.wav")
    file.close()


@pytest.mark.parametrize("size", [0, 3, 4, 5, 31_999, 32_000])
@pytest.mark.parametrize("told", [0, 4, 10**9])
def test_what_a_crash_left_behind_is_completed(tmp_path: Path, size: int, told: int) -> None:
    folder = tmp_path / "2026-02-03"
    folder.mkdir()
    part = folder / f"a1.wav{PART}"
    header = bytearray(wav_of(tmp_path)[:44])
    header[40:44] = told.to_bytes(4, "little")
    part.write_bytes(header + SECOND[:size])
    found = recover(tmp_path)
    assert not part.exists()
    if size < 4:
        assert found == []
        return
    assert [(each.call, each.path, each.seconds) for each in found] == [("a1", folder / "a1.wav", size // 4 / 8000)]
    with wave.open(str(folder / "a1.wav")) as audio:
        assert audio.readframes(10**6) == SECOND[: size // 4 * 4]
    assert recover(tmp_path) == []


def wav_of(folder: Path) -> bytes:
    file = WavFile(folder / "model.wav")
    file.write(SECOND)
    file.close()
    return (folder / "model.wav").read_bytes()


def test_a_recording_that_is_being_written_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "2026-02-03" / "a1.wav"
    file = WavFile(path)
    file.write(SECOND)
    assert recover(tmp_path) == []
    file.write(SECOND)
    file.close()
    assert path.read_bytes()[44:] == 2 * SECOND


def test_who_recovers_just_as_a_recording_begins_takes_nothing_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared = list[int]()

    def late(file: int, how: int) -> None:
        if not cleared:
            cleared.append(file)
            assert recover(tmp_path) == []
        flock(file, how)

    flock = fcntl.flock
    monkeypatch.setattr(fcntl, "flock", late)
    file = WavFile(tmp_path / "day" / "a1.wav")
    file.write(SECOND)
    file.close()
    assert (tmp_path / "day" / "a1.wav").read_bytes()[44:] == SECOND


def test_a_header_without_audio_or_less_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    for size in (0, 10, 44):
        (tmp_path / "day" / f"a{size}.wav{PART}").write_bytes(bytes(size))
    assert recover(tmp_path) == []
    assert list((tmp_path / "day").iterdir()) == []


def test_no_folder_is_no_recording(tmp_path: Path) -> None:
    assert recover(tmp_path / "none") == []


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere, day = tmp_path / "elsewhere", tmp_path / "2026-01-01"
    elsewhere.write_bytes(bytes(1001))
    day.mkdir()
    (day / f"a.wav{PART}").symlink_to(elsewhere)
    assert recover(tmp_path) == []
    assert elsewhere.read_bytes() == bytes(1001)
