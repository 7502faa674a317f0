"""What a leg says: audio placed on the sample clock, taken away frame by frame.

Two threads meet here. The session places, pauses and stops; the media thread takes one frame every 20 ms and does
nothing else. What is playing is one immutable value behind one attribute, so neither waits for the other.

Everything sits on frame boundaries: a prompt starts with a frame and is padded to whole frames when it is rendered, so
that a wait of 2.000 s is 100 packets at the caller's ear.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from ivr.audio import FRAME_BYTES, FRAME_S

SILENCE = bytes(FRAME_BYTES)
_TOLERANCE_S = 1e-6


@dataclass(frozen=True, slots=True)
class _Sound:
    pcm: bytes
    start: int  # frame number at which pcm begins
    paused_at: int | None = None  # frame number at which it fell silent


class Playout:
    """The outgoing half of a leg's media.

    `base` is the sample-clock instant, in seconds, of frame 0.
    """

    def __init__(self, base: float = 0.0) -> None:
        self.base = base
        self.frames = 0
        """Frames handed to the wire so far; only the media thread counts it up."""
        self.said: deque[bytes] | None = None
        """Where each frame is left as it goes to the wire, for whoever wants them; None: nobody does."""
        self._sound: _Sound | None = None

    @property
    def clock(self) -> float:
        """Seconds on the sample clock: the instant of the next frame."""
        return self.base + self.frames * FRAME_S

    def play(self, pcm: bytes, at: float) -> float:
        """Place little-endian 16-bit mono audio so that it starts at `at`, or with the next frame if that is past.

        Replaces whatever was playing. Returns the instant at which it will end, seconds.
        """
        start = max(self.frames, round((at - self.base) / FRAME_S + _TOLERANCE_S))
        self._sound = _Sound(pcm, start)
        return self._end(self._sound)

    def pause(self) -> None:
        """Fall silent from the next frame on, keeping the place."""
        sound = self._sound
        if sound and sound.paused_at is None:
            self._sound = replace(sound, paused_at=max(self.frames, sound.start))

    def resume(self) -> None:
        """Go on where `pause` stopped."""
        sound = self._sound
        if sound and sound.paused_at is not None:
            moved = max(self.frames, sound.paused_at) - sound.paused_at
            self._sound = _Sound(sound.pcm, sound.start + moved)

    def stop(self) -> None:
        """Fall silent from the next frame on, for good."""
        self._sound = None

    @property
    def ends_at(self) -> float | None:
        """Instant of the end of what is playing, seconds; None while paused or silent."""
        sound = self._sound
        return self._end(sound) if sound and sound.paused_at is None else None

    def _end(self, sound: _Sound) -> float:
        return self.base + (sound.start + -(-len(sound.pcm) // FRAME_BYTES)) * FRAME_S

    def take(self) -> bytes:
        """Next 20 ms for the wire (media thread only)."""
        frame = self._take()
        if self.said is not None:
            self.said.append(frame)
        return frame

    def _take(self) -> bytes:
        number, sound = self.frames, self._sound
        self.frames = number + 1
        if sound is None or (sound.paused_at is not None and number >= sound.paused_at):
            return SILENCE
        offset = (number - sound.start) * FRAME_BYTES
        if not 0 <= offset < len(sound.pcm):
            return SILENCE
        return sound.pcm[offset : offset + FRAME_BYTES].ljust(FRAME_BYTES, b"\0")
