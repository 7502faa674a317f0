"""Writes a caller's message to a WAV file."""

from __future__ import annotations

import contextlib
import os
import wave
from pathlib import Path
from typing import IO

from ivr.files import OURS_ALONE


class MessageFile:
    """A `MessageSink` that writes ``<folder>/<name>-<n>.wav``, 16-bit mono at 8 kHz.

    The file bears the suffix ``.part`` until it is complete, so that nothing picks up half a message.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name, self._count = folder, name, 0
        self._wave: wave.Wave_write | None = None
        self._file: IO[bytes]

    @property
    def _path(self) -> Path:
        return self._folder / f"{self._name}-{self._count}.wav"

    @property
    def _part(self) -> Path:
        return self._path.with_suffix(".wav.part")

    def start(self) -> None:
        """Begin a message; raises OSError where the folder or the file cannot be written."""
        self._count += 1
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # unbuffered, so that a full disk shows while the caller speaks and not after "your message is recorded"
        self._file = os.fdopen(
            os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OURS_ALONE), "wb", buffering=0
        )
        self._wave = wave.open(self._file, "wb")  # noqa: SIM115 - open for the length of the message
        self._wave.setnchannels(1)
        self._wave.setsampwidth(2)
        self._wave.setframerate(8000)

    def write(self, pcm: bytes) -> None:
        """Append audio; raises OSError on a full disk."""
        if self._wave:
            self._wave.writeframesraw(pcm)

    def stop(self, keep: bool) -> str:
        """Close the file; returns its path, empty where nothing is kept. Raises OSError where its end has no room."""
        if not self._wave:
            return ""
        audio, self._wave = self._wave, None
        try:
            audio.close()  # completes the header, and may find the disk full
            self._file.close()
            if keep:
                self._part.rename(self._path)
        finally:
            with contextlib.suppress(OSError):
                self._file.close()
            self._part.unlink(missing_ok=True)
        return str(self._path) if keep else ""
