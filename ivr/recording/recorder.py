"""The recorder of one call: takes its audio and what is known of it, and lets only what may be kept reach the disk.

Requirement G3. Every instant is in seconds on the call's sample clock. Nothing here waits, and nothing raises for want
of room on a disk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import structlog

from ivr.audio import RATE
from ivr.recording.delay import CALLER, US, Clear, DelayLine, Mask, Why
from ivr.recording.seal import Original

log = structlog.get_logger(__name__)


class Sink(Protocol):
    """Where what leaves the recorder goes; `ivr.recording.shelf.Reel` is the real one."""

    @property
    def keeps(self) -> bool:
        """Originals can be sealed."""

    def write(self, pcm: bytes) -> None:
        """Append interleaved audio."""

    def keep(self, original: Original) -> None:
        """Seal an original."""

    def end(self) -> None:
        """Nothing follows."""


class Masked(NamedTuple):
    """A span that is silence in the recording, for the call's record."""

    from_s: float
    until_s: float | None
    """None: it lasts still; this is told only of a turn that waited too long for its verdict."""
    why: Why
    kept: bool
    """Its original was sealed."""
    missed_s: float
    """How much at its beginning had been written before anybody knew: 0 but for a fault of ours."""


class Recorder:
    """Records a call from `began` on; `told` hears of every masked span.

    The caller's turns are announced by `turn_began` and released by `turn_judged`. A turn without a verdict after 30 s,
    or at the end of the call, is muted as a whole.
    """

    def __init__(
        self, sink: Sink, call: str, *, began: float = 0.0, told: Callable[[Masked], None] = lambda masked: None
    ) -> None:
        self._sink, self._call, self._began, self._tell = sink, call, began, told
        self._line = DelayLine(sink.write, self._keep, self._told)
        self._sensitive: Mask | None = None
        self._read_back: Mask | None = None
        self._closed = False

    # ------------------------------------------------------------------ audio

    def caller(self, pcm: bytes, at: float | None = None) -> None:
        """Audio from the caller, 16-bit mono at 8 kHz, that begins at `at` or follows what came before.

        A gap becomes silence; what comes too late for its place is dropped. Two frames either way count as neither.
        """
        self._add(CALLER, pcm, at)

    def us(self, pcm: bytes, at: float | None = None) -> None:
        """Audio that we said; as `caller`."""
        self._add(US, pcm, at)

    def _add(self, channel: int, pcm: bytes, at: float | None) -> None:
        if not self._closed:
            self._line.add(channel, pcm, None if at is None else round((at - self._began) * RATE))

    # ------------------------------------------------------------------ what is known of it

    def turn_began(self, at: float) -> None:
        """The caller may be speaking since `at`, which may lie a second in the past."""
        if not self._closed:
            self._line.hold(self._sample(at))

    def turn_judged(self, from_s: float, until_s: float, mute: bool, keep_original: bool = False) -> None:
        """The verdict on what was said from `from_s` up to `until_s`, and on each turn that began there."""
        if not self._closed:
            keep = keep_original and self._sink.keeps
            self._line.judge(self._sample(from_s), self._sample(until_s), mute, keep)

    def sensitive(self, on: bool, at: float, keep_original: bool = False) -> None:
        """What is asked for is private: the caller is muted, in-band keys included, until that is over."""
        keep = keep_original and self._sink.keeps
        self._sensitive = self._switched(self._sensitive, on, at, Mask(0, None, "sensitive", keep=keep))

    def read_back(self, on: bool, at: float) -> None:
        """We say something private ourselves: both are muted, as the caller's line may echo us."""
        self._read_back = self._switched(self._read_back, on, at, Mask(0, None, "read_back", channels=(CALLER, US)))

    def _switched(self, present: Mask | None, on: bool, at: float, mask: Mask) -> Mask | None:
        if self._closed or on == (present is not None):
            return present
        if present is not None:
            self._line.unmute(present, self._sample(at))
            return None
        mask.start = self._sample(at)
        self._line.mute(mask)
        return mask

    def keep_text(self, text: str, from_s: float, until_s: float) -> None:
        """Seal the words of a masked span, if originals can be kept."""
        if not self._closed:
            self._sink.keep(Original(self._call, "text", from_s, until_s, text.encode()))

    def close(self) -> None:
        """The call is over."""
        if not self._closed:
            self._closed = True
            self._line.close()
            self._sink.end()

    # ------------------------------------------------------------------ what the line tells

    def _told(self, mask: Mask) -> None:
        missed_s = mask.missed / RATE
        if missed_s:
            log.error("part of what is private had been recorded before it was known", call=self._call, missed=missed_s)
        until_s = None if mask.until is None else self._clock(mask.until)
        self._tell(Masked(self._clock(mask.start), until_s, mask.why, mask.keep, missed_s))

    def _keep(self, clear: Clear) -> None:
        self._sink.keep(Original(self._call, "audio", self._clock(clear.start), self._clock(clear.until), clear.pcm))

    def _sample(self, at: float) -> int:
        return max(0, round((at - self._began) * RATE))

    def _clock(self, sample: int) -> float:
        return round(self._began + sample / RATE, 4)
