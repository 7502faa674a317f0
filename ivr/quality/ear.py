"""Which prompt is being heard: an ear that knows every prompt of a standard and compares waveforms.

No speech recognition is needed, and none could be as sure: what arrives is, but for G.711 and lost packets, the very
samples of the prompt. At each onset the first 0.3 s are correlated with the beginnings of all prompts (a matched
filter, so level and a shift of less than 20 ms do not matter); the winner is then followed packet by packet to its end,
or to where it falls silent. A prompt that was paused and goes on later is one prompt.

The ear works while the call runs, because the robot caller reacts to what it hears.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ivr.audio import FRAME, FRAME_S
from ivr.quality.measure import Pcm, audible, frames
from ivr.quality.observed import HeardPrompt

_DECIDE = (15, 30, 60)  # frames after which to say which prompt it is; the later ones for prompts that begin alike
_ENDED = 8  # silent frames after which a sound shorter than that is over
_LOST = 6  # frames in a row that do not match: the prompt has stopped
_UNKNOWN_ENDED = 25
_ALIKE = 0.7  # correlation of one and the same prompt, at least
_APART = 0.05  # by how much the winner must lead
_FRAME_ALIKE = 0.5


class KnownPrompt(NamedTuple):
    """A prompt that may be heard."""

    name: str
    text: str
    pcm: Pcm


class _Match(NamedTuple):
    prompt: KnownPrompt
    likeness: float
    shift: int
    """Samples by which it arrives later than the onset's frame boundary."""
    skip: int = 0
    """Frames of the prompt that were heard before (a prompt that goes on after a pause)."""


@dataclass(slots=True)
class _Following:
    """A prompt being heard, laid over the frames that arrive."""

    prompt: KnownPrompt
    rows: Pcm
    loud: NDArray[np.bool_]
    onset: int
    skip: int
    last: int
    """Last frame (of what arrives) that was audible and matched."""


class Ear:
    """Feed it 20 ms at a time; read `heard`, or be told through `changed`."""

    def __init__(self, known: Sequence[KnownPrompt], changed: Callable[[], None] = lambda: None) -> None:
        different = {prompt.pcm.tobytes(): prompt for prompt in reversed(known) if len(prompt.pcm)}
        self._known = list(different.values())  # of prompts that sound the same, the first stands for all
        self._changed = changed
        self._rows: list[Pcm] = []
        self._arrivals: list[float] = []
        self._audible: list[bool] = []
        self._next = 0  # frame to look at
        self._onset: int | None = None
        self._unknown: int | None = None  # last audible frame of a sound that is no prompt
        self._following: _Following | None = None
        self._cut: tuple[KnownPrompt, int] | None = None  # what fell silent last, and after how many frames
        self.heard: list[HeardPrompt] = []
        """What was heard, in order; the last may still be going on."""

    @property
    def busy(self) -> bool:
        """Whether the last of `heard` is still going on."""
        return self._following is not None or self._unknown is not None

    def feed(self, pcm: Pcm, arrival: float) -> None:
        """The next 20 ms, 160 samples, which arrived at `arrival` seconds. A lost packet is 160 zeros."""
        self._rows.append(pcm)
        self._arrivals.append(arrival)
        self._audible.append(bool(audible(pcm)))
        self._catch_up()

    def close(self) -> None:
        """The call is over: decide on what is left."""
        while self._following or self._onset is not None:
            if self._following:
                self._stop(self._following)
            else:
                self._decide(len(self._rows) - 1, ended=True)
            self._catch_up()
        self._unknown = None

    def _catch_up(self) -> None:
        while self._next < len(self._rows):
            self._next += 1
            self._look(self._next - 1)

    def _look(self, i: int) -> None:
        if self._following:
            self._follow(self._following, i)
        elif self._unknown is not None:
            self._wait_for_silence(self._unknown, i)
        elif self._onset is not None:
            ended = not any(self._audible[max(self._onset, i - _ENDED + 1) : i + 1])
            if ended or i - self._onset + 1 in _DECIDE:
                self._decide(i, ended)
        elif self._audible[i]:
            self._onset = i

    # ------------------------------------------------------------------ which prompt

    def _decide(self, i: int, ended: bool) -> None:
        onset, self._onset = self._onset or 0, None
        sound = np.concatenate(self._rows[onset : i + 1])
        matches = sorted(self._matches(sound), key=lambda match: match.likeness, reverse=True)[:2]
        sure = not matches[1:] or matches[0].likeness - matches[1].likeness >= _APART
        final = ended or i - onset + 1 >= _DECIDE[-1]
        if matches and matches[0].likeness >= _ALIKE and (sure or final):
            self._begin(matches[0], onset)
        elif final:
            self._begin_unknown(onset, i)
        else:
            self._onset = onset

    def _matches(self, sound: Pcm) -> list[_Match]:
        found = [_match(sound, prompt, 0) for prompt in self._known]
        return [*found, _match(sound, *self._cut)] if self._cut else found

    def _begin(self, match: _Match, onset: int) -> None:
        pcm = match.prompt.pcm[match.skip * FRAME :]
        rows = frames(np.pad(pcm, (max(match.shift, 0), 0))[max(-match.shift, 0) :])
        self._following = _Following(match.prompt, rows, audible(rows), onset, match.skip, onset)
        start = self._arrivals[onset]
        if match.skip:
            self.heard[-1] = replace(self.heard[-1], end=start + FRAME_S)
        else:
            self.heard.append(HeardPrompt(match.prompt.name, start, start + FRAME_S, False, match.prompt.text))
        self._cut = None
        self._changed()
        self._next = onset  # what arrived meanwhile is looked at as part of the prompt

    def _begin_unknown(self, onset: int, i: int) -> None:
        last = max(k for k in range(onset, i + 1) if self._audible[k])
        self._unknown = last
        self.heard.append(HeardPrompt(None, self._arrivals[onset], self._arrivals[last] + FRAME_S))
        self._changed()

    def _wait_for_silence(self, last: int, i: int) -> None:
        if self._audible[i]:
            self._unknown = i
            self.heard[-1] = replace(self.heard[-1], end=self._arrivals[i] + FRAME_S)
        elif i - last >= _UNKNOWN_ENDED:
            self._unknown = None
            self._changed()

    # ------------------------------------------------------------------ to its end

    def _follow(self, now: _Following, i: int) -> None:
        k = i - now.onset
        if now.loud[k] and self._audible[i] and _alike(self._rows[i], now.rows[k]):
            now.last = i
        missed = int(now.loud[now.last - now.onset + 1 : k + 1].sum())
        if missed >= _LOST:
            self._stop(now)
        elif k == len(now.rows) - 1:
            self._finish(now, complete=True)

    def _stop(self, now: _Following) -> None:
        """It fell silent before its end (or, if only a packet or two are missing, the line lost them)."""
        heard = now.last - now.onset + 1
        complete = int(now.loud[heard:].sum()) < _LOST
        self._finish(now, complete)
        if not complete:
            self._cut = (now.prompt, now.skip + heard)
        self._next = now.last + 1

    def _finish(self, now: _Following, complete: bool) -> None:
        self._following = None
        self.heard[-1] = replace(self.heard[-1], end=self._arrivals[now.last] + FRAME_S, complete=complete)
        self._changed()


def _match(sound: Pcm, prompt: KnownPrompt, skip: int) -> _Match:
    """How alike a sound and a prompt (after `skip` frames of it) begin, at the best shift below a frame."""
    skip += int(audible(frames(prompt.pcm[skip * FRAME :])).argmax())
    part = prompt.pcm[skip * FRAME : skip * FRAME + len(sound)].astype(np.float32)
    heard = sound[: len(part) + FRAME].astype(np.float32)
    size = 1 << (len(heard) + FRAME).bit_length()
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(part, size)), size)
    near = np.concatenate((product[-FRAME + 1 :], product[:FRAME]))
    best = int(near.argmax())
    norm = float(np.linalg.norm(heard[: len(part)]) * np.linalg.norm(part)) or 1.0
    return _Match(prompt, float(near[best]) / norm, best - FRAME + 1, skip)


def _alike(one: Pcm, other: Pcm) -> bool:
    a, b = one.astype(np.float32), other.astype(np.float32)
    return bool(a @ b >= _FRAME_ALIKE * np.linalg.norm(a) * np.linalg.norm(b))
