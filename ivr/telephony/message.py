"""Writes a caller's message to a WAV file."""

from __future__ import annotations

import contextlib
import wave
from pathlib import Path


class MessageFile:
    """A `MessageSink` that writes ``<folder>/<name>-<n>.wav``, 16-bit mono at 8 kHz.

    The file bears the suffix ``.part`` until it is complete, so that nothing picks up half a message.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name, self._count = folder, name, 0
        self._wave: wave.Wave_write | None = None

    @property
    def _path(self) -> Path:
        return self._folder / f"{self._name}-{self._count}.wav"

    @property
    def _part(self) -> Path:
        return self._path.with_suffix(".wav.part")

    def start(self) -> None:
        """Begin a message; raises OSError where the folder or the file cannot be written."""
        self._count += 1
        self._folder.mkdir(parents=True, exist_ok=True)
        self._wave = wave.open(str(self._part), "wb")  # noqa: SIM115 - stays open for the length of the message
        self._wave.setnchannels(1)
        self._wave.setsampwidth(2)
        self._wave.setframerate(8000)

    def write(self, pcm: bytes) -> None:
        """Append audio; raises OSError on a full disk."""
        if self._wave:
            self._wave.writeframesraw(pcm)

    def stop(self, keep: bool) -> str:
        """Close the file; returns its path, or an empty string where nothing is kept."""
        if not self._wave:
            return ""
        try:
            self._wave.close()
        except OSError:
            self._part.unlink(missing_ok=True)
            raise
        finally:
            self._wave = None
        if not keep:
            with contextlib.suppress(OSError):
                self._part.unlink()
            return ""
        self._part.rename(self._path)
        return str(self._path)
