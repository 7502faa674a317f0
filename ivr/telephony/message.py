"""A caller's message, as a WAV file in which nothing private is heard (requirements A6, G3)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import structlog

from ivr.files import OURS_ALONE
from ivr.recording.recorder import Recorder
from ivr.recording.seal import Original
from ivr.recording.wav import HEADER, PART, header, write_all

_MONO = 1

log = structlog.get_logger(__name__)


class MessageFile:
    """A `MessageSink` that writes ``<folder>/<name>-<n>.wav``, 16-bit mono at 8 kHz, and a `discretion.Tape`.

    What the caller says passes a delay line of its own. The file grows with silence as they speak, so that a full disk
    shows then and not after "your message is recorded", and gets its sound as that is decided. It bears the suffix
    ``.part`` until all of it is, so that nothing picks up half a message.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name, self._count = folder, name, 0
        self._taking: _Take | None = None
        self._ended: list[_Take] = []
        self._undecided: list[float] = []

    # ------------------------------------------------------------------ the message

    def start(self) -> None:
        """Begin a message; raises OSError where the folder or the file cannot be written."""
        self._count += 1
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._taking = _Take(self._folder / f"{self._name}-{self._count}.wav", self._undecided)

    def write(self, pcm: bytes, at: float | None = None) -> None:
        """Append audio that begins at `at`, seconds, or follows; raises OSError on a full disk."""
        if self._taking:
            self._taking.hear(pcm, at)

    def stop(self, keep: bool) -> str:
        """End the message; returns its path, empty where nothing is kept. Raises OSError where its end has no room."""
        take, self._taking = self._taking, None
        if take is None:
            return ""
        if not keep:
            take.discard()
            return ""
        self._ended.append(take)
        self._complete()
        return str(take.path)

    def close(self) -> None:
        """The call is over: what nobody decided is silence."""
        self._undecided.clear()
        self._complete_at_last()

    def _complete_at_last(self) -> None:
        try:
            self._complete()
        except OSError:
            log.exception("the end of a message was not written", call=self._name)

    def _complete(self) -> None:
        if not self._undecided:
            ended, self._ended = self._ended, []
            for take in ended:
                take.finish()

    # ------------------------------------------------------------------ what is known of it

    def turn_began(self, at: float) -> None:
        """The caller may be speaking since `at`."""
        self._undecided.append(at)
        for take in self._takes:
            take.hold(at)

    def turn_judged(self, from_s: float, until_s: float, mute: bool, keep_original: bool = False) -> None:
        """The verdict on what was said meanwhile. Originals are sealed by the recording of the call."""
        self._undecided = [at for at in self._undecided if not from_s <= at < until_s]
        for take in self._takes:
            take.judge(from_s, until_s, mute)
        self._complete_at_last()

    def sensitive(self, on: bool, at: float, keep_original: bool = False) -> None:
        """A message answers no question."""

    def read_back(self, on: bool, at: float) -> None:
        """Nor do we say anything in it."""

    def keep_text(self, text: str, from_s: float, until_s: float) -> None:
        """As for originals."""

    @property
    def _takes(self) -> list[_Take]:
        return [*self._ended, *([self._taking] if self._taking else [])]


class _Take:
    """One message; a `recorder.Sink`."""

    keeps = False

    def __init__(self, path: Path, undecided: list[float]) -> None:
        self.path, self._part = path, path.with_name(path.name + PART)
        self._undecided = list(undecided)
        self._recorder: Recorder | None = None
        self._reserved = self._size = 0
        self._file = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, OURS_ALONE)
        try:
            write_all(self._file, header(0, _MONO), 0)
        except OSError:
            self.discard()
            raise

    def hear(self, pcm: bytes, at: float | None) -> None:
        write_all(self._file, bytes(len(pcm)), HEADER + self._reserved)
        self._reserved += len(pcm)
        if self._recorder is None:
            self._recorder = Recorder(self, self.path.stem, began=at or 0.0)
            for began in self._undecided:
                self._recorder.turn_began(began)
        self._recorder.caller(pcm, at)
        self._recorder.us(bytes(len(pcm)), at)

    def hold(self, at: float) -> None:
        if self._recorder:
            self._recorder.turn_began(at)
        else:
            self._undecided.append(at)

    def judge(self, from_s: float, until_s: float, mute: bool) -> None:
        if self._recorder:
            self._recorder.turn_judged(from_s, until_s, mute)

    def write(self, pcm: bytes) -> None:
        """What has been decided: interleaved, the caller on the left."""
        sound = np.frombuffer(pcm, "<i2").reshape(-1, 2)[:, 0].tobytes()
        write_all(self._file, sound, HEADER + self._size)
        self._size += len(sound)

    def keep(self, original: Original) -> None:
        """Nothing is sealed here."""

    def end(self) -> None:
        """`finish` does what is left."""

    def finish(self) -> None:
        try:
            if self._recorder:
                self._recorder.close()
            os.ftruncate(self._file, HEADER + self._size)
            write_all(self._file, header(self._size, _MONO), 0)
            self._part.rename(self.path)
        finally:
            self.discard()

    def discard(self) -> None:
        os.close(self._file)
        self._part.unlink(missing_ok=True)
