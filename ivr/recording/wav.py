"""The file of a recording: WAV, 16-bit, two channels at 8 kHz, good to play at every instant of its growth."""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ivr.audio import RATE
from ivr.files import OURS_ALONE

PART = ".part"
"""Suffix of a recording that is being written, or was when its process died."""
_CHANNELS = 2
_FRAME = 2 * _CHANNELS
HEADER = 44
"""Bytes in front of the audio."""
_MOST = 2**32 - HEADER - _FRAME  # what the header of a WAV file can tell: 37 hours


class WavFile:
    """Grows as ``<path>.part`` and bears its own name when it is complete.

    The header is brought up to date after each write, so that what it tells is there. The file is locked while it is
    being written (flock), by which `recover` knows that nobody does. Raises OSError as the disk does.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._part = part_of(path)
        self._size = 0
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = _new(self._part)
        try:
            write_all(self._file, header(0), 0)
        except OSError:
            self._discard()
            raise

    def write(self, pcm: bytes) -> None:
        """Append interleaved audio; of a write that fails nothing counts."""
        write_all(self._file, pcm, HEADER + self._size)
        self._size += len(pcm)
        write_all(self._file, header(self._size), 0)

    def close(self) -> None:
        """Complete the file with what is in it; without any audio there is none."""
        if not self._size:
            self._discard()
            return
        try:
            os.ftruncate(self._file, HEADER + self._size)
            os.fdatasync(self._file)
            self._part.rename(self.path)
        finally:
            os.close(self._file)

    def _discard(self) -> None:
        os.close(self._file)
        self._part.unlink(missing_ok=True)


def _new(part: Path) -> int:
    """A file that was not there, locked; `recover` may come between the one and the other, and clear it away."""
    while True:
        file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OURS_ALONE)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            is_there = os.fstat(file).st_nlink
        except OSError:
            os.close(file)
            raise
        if is_there:
            return file
        os.close(file)


class Recovered(NamedTuple):
    """A recording whose process died; what had been in its delay line is lost."""

    call: str
    path: Path
    seconds: float
    """How much there is of it."""
    until: float
    """When the last of it was written, in seconds since 1970."""


def recover(folder: Path) -> list[Recovered]:
    """Complete the recordings below `folder` that nobody writes any more. What cannot be repaired is left as it is."""
    found = []
    for part in sorted(folder.glob(f"*/*.wav{PART}")):
        with contextlib.suppress(OSError), _abandoned(part) as file:
            if recovered := _completed(file, part):
                found.append(recovered)
    return found


def part_of(path: Path) -> Path:
    """The file while it grows."""
    return path.with_name(path.name + PART)


@contextlib.contextmanager
def _abandoned(part: Path) -> Iterator[int]:
    """The open file; raises BlockingIOError where somebody writes it, OSError for a link: it may lead anywhere."""
    file = os.open(part, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield file
    finally:
        os.close(file)


def _completed(file: int, part: Path) -> Recovered | None:
    status = os.fstat(file)
    size = (status.st_size - HEADER) // _FRAME * _FRAME
    if size <= 0:
        part.unlink()
        return None
    os.ftruncate(file, HEADER + size)
    write_all(file, header(size), 0)
    path = part.with_suffix("")
    part.rename(path)
    return Recovered(path.stem, path, size / _FRAME / RATE, status.st_mtime)


def write_all(file: int, data: bytes, at: int) -> None:
    """All of it: a disk that is nearly full takes a part, and says so the next time."""
    written = 0
    while written < len(data):
        written += os.pwrite(file, data[written:], at + written)


def header(size: int, channels: int = _CHANNELS) -> bytes:
    """RIFF/WAVE header (Microsoft, 1991) of `size` bytes of 16-bit linear PCM at 8 kHz."""
    size, frame = min(size, _MOST), 2 * channels
    return struct.pack(
        "<4sI8sIHHIIHH4sI",
        *(b"RIFF", 36 + size, b"WAVEfmt ", 16, 1, channels, RATE, RATE * frame, frame, 16, b"data", size),
    )
