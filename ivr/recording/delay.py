"""The delay line of a recording: what the caller says is held back until it is known whether it may be written.

Positions are samples since the recording began, at 8 kHz, the same on both channels. Whatever leaves the line has been
decided; what is muted leaves it as silence. No clock, thread or file here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from ivr.audio import FRAME, RATE

CALLER, US = 0, 1
"""Left and right."""
LONGEST = 30 * RATE
"""A turn without a verdict is held so long; then all of it is muted, whatever the verdict will be."""
BLOCK = RATE
"""What leaves the line leaves it by the second, so that a frame costs next to nothing."""
RAMP = RATE // 200
"""5 ms on either side of what is muted, so that it does not click."""
MARGIN = 2 * FRAME
"""Two looks at one clock differ by a frame or two. So far from its place audio may lie, and so much more is muted on
either side of a span."""
GRACE = RATE + MARGIN + RAMP
"""Everything is held so long: voice activity tells of a turn a little after it began, by a second at most."""
LAG = 10 * RATE
"""How far one channel may run ahead of the other before that counts as silent: no loop that stalls is late by more."""
_MOST_AT_ONCE = 4 * BLOCK  # a long turn leaves the line over several frames, not all in one
_FADE: npt.NDArray[np.float32] = (np.arange(RAMP, 0, -1) / (RAMP + 1)).astype(np.float32)

Why = Literal["verdict", "sensitive", "read_back", "overdue", "unjudged"]
"""What muted a span: its words; the question it answers; that we said it ourselves; no verdict within `LONGEST`; no
verdict before the end of the call."""


class Clear(NamedTuple):
    """The caller's own audio of a muted span, or of a piece of it; never to be written but sealed."""

    start: int
    until: int
    pcm: bytes


@dataclass(eq=False)
class Mask:
    """A span that is muted, its margins included."""

    start: int
    until: int | None
    """None while it lasts."""
    why: Why
    channels: Collection[int] = (CALLER,)
    keep: bool = False
    """The original is handed out as `Clear`."""
    missed: int = 0
    """Samples at its beginning that had left the line before anybody knew."""
    clear: bytearray = field(default_factory=bytearray, repr=False)
    """Of the original, what has left the line and was not handed out yet."""


@dataclass(eq=False)
class _Turn:
    at: int
    start: int  # where it is held from
    overdue: Mask | None = None


class DelayLine:
    """Holds two channels of 16-bit audio; `out` gets what leaves it, both interleaved, and `clear` the originals.

    `told` hears of every mask when it ends, and of one that is overdue when it begins as well.
    """

    def __init__(
        self, out: Callable[[bytes], None], clear: Callable[[Clear], None], told: Callable[[Mask], None]
    ) -> None:
        self.start = 0
        """Everything before it has left the line."""
        self._out, self._clear, self._told = out, clear, told
        self._tracks, self._ends = (bytearray(), bytearray()), [0, 0]
        self._turns: list[_Turn] = []
        self._masks: list[Mask] = []
        self._look_at = GRACE + BLOCK

    @property
    def end(self) -> int:
        """Where the channel that is further on ends."""
        return max(self._ends)

    # ------------------------------------------------------------------ what comes in

    def add(self, channel: int, pcm: bytes, at: int | None = None) -> None:
        """Audio of one channel, whole samples, that begins at `at` or, by default, where the channel ends.

        A gap becomes silence; what comes too late for its place is dropped. Two frames either way are neither.
        """
        ends = self._ends
        if at is not None and not -MARGIN <= at - ends[channel] <= MARGIN:
            pcm = self._placed(channel, pcm, at)
        self._tracks[channel].extend(pcm)
        ends[channel] += len(pcm) >> 1
        if ends[channel] >= self._look_at:
            self._settle()

    def _placed(self, channel: int, pcm: bytes, at: int) -> bytes:
        while (gap := at - self._ends[channel]) > 0:
            self._silence(channel, min(gap, BLOCK))
            self._settle()
        return pcm[-2 * gap :] if gap else pcm

    def _silence(self, channel: int, samples: int) -> None:
        self._tracks[channel].extend(bytes(2 * samples))
        self._ends[channel] += samples

    # ------------------------------------------------------------------ what is known of it

    def hold(self, at: int) -> None:
        """The caller's turn began: from `at` on nothing leaves before `judge`."""
        self._turns.append(_Turn(at, max(at - MARGIN, self.start)))
        self._look_at = 0

    def judge(self, start: int, until: int, mute: bool, keep: bool) -> None:
        """The verdict on each turn that began from `start` up to `until`, and on all that was said there."""
        closed = [turn for turn in self._turns if start <= turn.at < until]
        self._turns = [turn for turn in self._turns if turn not in closed]
        for mask in (turn.overdue for turn in closed if turn.overdue):
            self.unmute(mask, until)
        if mute:
            missed = max(0, min([self.start, *(turn.start for turn in closed)]) - start)
            mask = Mask(max(start - MARGIN, 0), until + MARGIN, "verdict", keep=keep, missed=missed)
            self._masks.append(mask)
            self._told(mask)
        self._look_at = 0

    def mute(self, mask: Mask) -> None:
        """From `mask.start` on, less the margin, until `unmute`."""
        mask.missed = max(0, self.start - mask.start)
        mask.start = max(mask.start - MARGIN, 0)
        self._masks.append(mask)

    def unmute(self, mask: Mask, at: int) -> None:
        """The mask ends at `at` and the margin, or with what has left the line in silence."""
        mask.until = max(at + MARGIN, mask.start, self.start if mask.start < self.start else 0)
        self._told(mask)

    # ------------------------------------------------------------------ what goes out

    def close(self) -> None:
        """No more comes: what lacks a verdict is muted, and all leaves the line."""
        end = self.end
        for channel, at in enumerate(self._ends):
            self._silence(channel, end - at)
        for turn in self._turns:
            if not turn.overdue:
                self._masks.append(Mask(turn.start, None, "unjudged"))
        self._turns = []
        for mask in self._masks:
            if mask.until is None:
                self.unmute(mask, end - MARGIN)
            elif mask.until > end:
                mask.until = end
        while self.start < end:
            self._release(min(end, self.start + _MOST_AT_ONCE))

    def _settle(self) -> None:
        end = self.end
        for channel, at in enumerate(self._ends):
            if end - at > LAG:
                self._silence(channel, end - at - LAG)
        self._give_up(end)
        held = [turn.start for turn in self._turns if not turn.overdue]
        until = min(end - GRACE, *self._ends, *(start - RAMP for start in held))
        if until - self.start >= BLOCK:
            self._release(min(until, self.start + _MOST_AT_ONCE))
        more = until - self.start >= BLOCK
        self._look_at = 0 if more else min([end + BLOCK, *(start + LONGEST for start in held)])

    def _give_up(self, end: int) -> None:
        for turn in self._turns:
            if not turn.overdue and end - turn.start >= LONGEST:
                turn.overdue = Mask(turn.start, None, "overdue")
                self._masks.append(turn.overdue)
                self._told(turn.overdue)

    def _release(self, until: int) -> None:
        size = until - self.start
        block = np.empty((size, 2), np.dtype("<i2"))
        for channel, track in enumerate(self._tracks):
            block[:, channel] = np.frombuffer(track, "<i2", size)
            del track[: 2 * size]
        for mask in self._masks:
            if mask.keep:
                self._set_aside(mask, block[:, CALLER])
        for mask in self._masks:
            for channel in mask.channels:
                _silenced(block[:, channel], mask, self.start)
        self.start = until
        self._out(block.tobytes())
        self._masks = [mask for mask in self._masks if mask.until is None or mask.until + RAMP > until]

    def _set_aside(self, mask: Mask, samples: npt.NDArray[np.int16]) -> None:
        """What is about to be muted; handed out when the span ends, or has become as long as any turn."""
        first, last = mask.start - self.start, (self.end if mask.until is None else mask.until) - self.start
        mask.clear += samples[max(first, 0) : max(last, 0)].tobytes()
        at = self.start + min(max(last, 0), len(samples))
        if mask.clear and (last <= len(samples) or len(mask.clear) >= 2 * LONGEST):
            self._clear(Clear(at - len(mask.clear) // 2, at, bytes(mask.clear)))
            mask.clear.clear()


def _silenced(samples: npt.NDArray[np.int16], mask: Mask, start: int) -> None:
    """Mute the part of a span that lies in samples which begin at `start`, with its ramps."""
    size = len(samples)
    first = mask.start - start
    last = size + RAMP if mask.until is None else mask.until - start
    if first - RAMP >= size or last + RAMP <= 0 or last <= first:
        return
    samples[max(first, 0) : max(last, 0)] = 0
    _fade(samples, first - RAMP, _FADE)
    _fade(samples, last, _FADE[::-1])


def _fade(samples: npt.NDArray[np.int16], at: int, gains: npt.NDArray[np.float32]) -> None:
    first, last = max(at, 0), min(at + RAMP, len(samples))
    if first < last:
        samples[first:last] = (samples[first:last] * gains[first - at : last - at]).astype(np.int16)
