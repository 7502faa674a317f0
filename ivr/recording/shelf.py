"""Where recordings are put: one thread of a process writes the files of all its calls, and no call waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import structlog

from ivr.recording.seal import SUFFIX, Key, Original, SealedFile
from ivr.recording.wav import WavFile

BACKLOG = 1024
"""Seconds of audio, of all calls together, that may wait for a slow disk: 32 MB."""
_LAST_WRITES_S = 10.0

log = structlog.get_logger(__name__)


class Reel:
    """The files of one call. Its methods return at once; what became of it is in `failure`."""

    def __init__(self, shelf: Shelf, path: Path) -> None:
        self.path = path
        """Of the recording, once the call is over."""
        self.sealed_path = path.with_suffix(SUFFIX)
        """Of the originals, if there are any."""
        self.failure = ""
        """Why the recording ended before the call, empty where it did not."""
        self._shelf = shelf
        self._wav: WavFile | None = None
        self._sealed: SealedFile | None = None

    @property
    def keeps(self) -> bool:
        """Originals can be sealed: there is a key."""
        return self._shelf.key is not None

    # ------------------------------------------------------------------ for the call

    def write(self, pcm: bytes) -> None:
        """Append interleaved audio."""
        self._shelf.put(self, partial(self._write, pcm))

    def keep(self, original: Original) -> None:
        """Seal the original of a masked span; without a key nothing is kept of it."""
        if self._shelf.key:
            self._shelf.put(self, partial(self._seal, original, self._shelf.key))

    def end(self) -> None:
        """The call is over."""
        self._shelf.put_last(self)

    # ------------------------------------------------------------------ in the thread

    def _write(self, pcm: bytes) -> None:
        self._wav = self._wav or WavFile(self.path)
        self._wav.write(pcm)

    def _seal(self, original: Original, key: Key) -> None:
        self._sealed = self._sealed or SealedFile(self.sealed_path, key)
        self._sealed.add(original)

    def finish(self) -> None:
        """Complete what there is, once. For the shelf's thread."""
        wav, sealed, self._wav, self._sealed = self._wav, self._sealed, None, None
        if sealed:
            sealed.close()
        if wav:
            wav.close()


class _Job(NamedTuple):
    reel: Reel
    do: Callable[[], None] | None
    """None: it is the reel's last."""


class Shelf:
    """Recordings below `folder`, one folder a day; originals are sealed with `key`, or not kept.

    A disk that fails, or is too slow, ends the recordings that meet it, is logged once, and is tried again by later
    calls. Nothing here raises.
    """

    def __init__(self, folder: Path, key: Key | None = None) -> None:
        self.key = key
        self._folder = folder
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._failing = False
        self._thread = threading.Thread(target=self._work, name="recordings", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Jobs that wait for the disk, most of them a second of audio."""
        return self._jobs.qsize()

    def begin(self, call: str, day: datetime) -> Reel:
        """The reel of a call; its file appears with its first second of audio."""
        return Reel(self, self._folder / f"{day:%Y-%m-%d}" / f"{call}.wav")

    def put(self, reel: Reel, do: Callable[[], None]) -> None:
        """Have it done, unless the reel failed before."""
        if reel.failure:
            return
        if self.waiting < BACKLOG:
            self._jobs.put(_Job(reel, do))
        else:
            self._failed(reel, f"more than {BACKLOG} s of audio wait for the disk")
            self.put_last(reel)

    def put_last(self, reel: Reel) -> None:
        """Have it finished."""
        self._jobs.put(_Job(reel, None))

    def close(self) -> None:
        """Write what waits, and end the thread; a disk that hangs is left behind."""
        self._jobs.put(None)
        self._thread.join(_LAST_WRITES_S)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.do is None:
                self._guarded(job.reel, job.reel.finish)
            elif not job.reel.failure and self._guarded(job.reel, job.do):
                self._recovered()
            elif job.reel.failure:
                self._guarded(job.reel, job.reel.finish)

    def _guarded(self, reel: Reel, do: Callable[[], None]) -> bool:
        try:
            do()
        except OSError as error:
            self._failed(reel, error.strerror or str(error))
        except Exception as error:
            log.exception("fault in a recording; it is ended", file=str(reel.path))
            reel.failure = reel.failure or repr(error)
        else:
            return True
        return False

    def _failed(self, reel: Reel, reason: str) -> None:
        reel.failure = reel.failure or reason
        if not self._failing:
            log.error("recordings cannot be written; calls go on without them", file=str(reel.path), reason=reason)
        self._failing = True

    def _recovered(self) -> None:
        if self._failing:
            log.warning("recordings are written again")
        self._failing = False
