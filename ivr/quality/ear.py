"""Which prompt is being heard: an ear that knows every prompt of a standard and compares waveforms.

No speech recognition is needed, and none could be as sure: what arrives is, but for G.711 and lost packets, the very
samples of the prompt. At each onset the first 0.3 s are correlated with the beginnings of all prompts (a matched
filter, so level and a shift of less than 20 ms do not matter); the winner is then followed packet by packet to its
end, or to where it falls silent. A prompt that was paused and goes on later is one prompt. Of prompts that begin alike,
such as two read-backs of numbers, the one that matches longest is the one that is heard.

The ear works while the call runs, because the robot caller reacts to what it hears.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ivr.audio import FRAME, FRAME_S
from ivr.quality.likeness import FIRST_FRAMES, Beginnings, KnownPrompt, Match, alike, compared
from ivr.quality.measure import Pcm, audible, frames
from ivr.quality.observed import HeardPrompt

_DECIDE = (FIRST_FRAMES, 30, 60)  # frames after which to say which it is; the later for prompts that begin alike
_ENDED = 8  # silent frames after which a sound shorter than that is over
_LOST = 6  # frames in a row that do not match: the prompt has stopped
_UNKNOWN_ENDED = 25
_ALIKE = 0.7  # correlation of one and the same prompt, at least
_APART = 0.05  # by how much the winner must lead
_HOPELESS = 0.45  # of the first 0.3 s: it is none of these, however it goes on


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
    rivals: Sequence[Match] = ()
    """The prompts that begin like this one, this one among them."""
    power_heard: float = 0.0
    power_known: float = 0.0
    """Of the frames that matched."""

    def hears(self, i: int, row: Pcm, is_audible: bool) -> int:
        """Compare the next frame that arrived; returns how many in a row were not as they should be."""
        k = i - self.onset
        if self.loud[k] and is_audible and alike(row, self.rows[k]):
            self.last = i
            self.power_heard += _power(row)
            self.power_known += _power(self.rows[k])
        return int(self.loud[self.last - self.onset + 1 : k + 1].sum())

    @property
    def complete(self) -> bool:
        """Whether no more of it is missing than a packet or two."""
        return int(self.loud[self.last - self.onset + 1 :].sum()) < _LOST

    @property
    def gain_db(self) -> float:
        """Level of what arrives against the prompt's usual one."""
        return 10 * math.log10(self.power_heard / self.power_known) if self.power_known and self.power_heard else 0.0


class Ear:
    """Feed it 20 ms at a time; read `heard`, or be told through `changed`."""

    def __init__(self, known: Beginnings, changed: Callable[[], None] = lambda: None) -> None:
        self._known = known
        self._candidates: Sequence[Match] = ()  # after a first look at a sound: what it may be
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

    def _rank(self, match: Match) -> tuple[float, bool, float]:
        """Of prompts that begin with the same words the one that is waited for is the first guess."""
        return round(match.likeness, 2), match.prompt.name in self._known.preferred, match.likeness

    def _decide(self, i: int, ended: bool) -> None:
        onset, self._onset = self._onset or 0, None
        sound = np.concatenate(self._rows[onset : i + 1])
        matches = sorted(self._matches(sound), key=self._rank, reverse=True)
        sure = not matches[1:] or matches[0].likeness - matches[1].likeness >= _APART
        final = ended or i - onset + 1 >= _DECIDE[-1]
        if matches and matches[0].likeness >= _ALIKE and (sure or final):
            self._begin(matches[0], onset, [m for m in matches if m.likeness > matches[0].likeness - _APART])
        elif final:
            self._begin_unknown(onset, i)
        else:
            self._onset, self._candidates = onset, [match for match in matches if match.likeness >= _HOPELESS]

    def _matches(self, sound: Pcm) -> list[Match]:
        if len(sound) > FIRST_FRAMES * FRAME:
            return [compared(sound, match.prompt, match.skip) for match in self._candidates]
        if len(sound) == FIRST_FRAMES * FRAME:
            found = self._known.matches(sound)
        else:
            found = [compared(sound, prompt, 0) for prompt in self._known.prompts]
        return [*found, compared(sound, *self._cut)] if self._cut else found

    def _begin(self, match: Match, onset: int, rivals: Sequence[Match]) -> None:
        self._following = _following(match, onset, rivals)
        start = self._arrivals[onset]
        if self._cut and match.prompt is self._cut[0] and match.skip >= self._cut[1]:
            self.heard[-1] = replace(self.heard[-1], end=start + FRAME_S)
        else:
            self.heard.append(_heard(match.prompt, start, start + FRAME_S))
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
        if now.hears(i, self._rows[i], self._audible[i]) >= _LOST:
            self._stop(now)
        elif k == len(now.rows) - 1:
            if rival := self._going_on(now):
                self._change_to(rival, now)
            else:
                self._finish(now)

    def _stop(self, now: _Following) -> None:
        """It fell silent before its end (or, if only a packet or two are missing, the line lost them)."""
        if rival := self._better(now):
            self._change_to(rival, now)
            return
        self._finish(now)
        if not now.complete:
            self._cut = (now.prompt, now.skip + now.last - now.onset + 1)
        self._next = now.last + 1

    def _better(self, now: _Following) -> _Following | None:
        """Of the prompts that begin like this one, that which matches longest, or ends where this one goes on."""
        best = max(self._rivals(now), key=_reach, default=None)
        return best if best and _reach(best) > _reach(now) else None

    def _going_on(self, now: _Following) -> _Following | None:
        """Of the prompts that this one, whole, is only the beginning of, the shortest."""
        longer = (rival for rival in self._rivals(now) if rival.last >= now.last and not rival.complete)
        return min(longer, key=lambda rival: len(rival.rows), default=None)

    def _rivals(self, now: _Following) -> list[_Following]:
        """The others, each followed as far as it goes."""
        rivals = [_following(match, now.onset, now.rivals) for match in now.rivals if match.prompt is not now.prompt]
        for rival in rivals:
            for i in range(rival.onset, min(len(self._rows), rival.onset + len(rival.rows))):
                if rival.hears(i, self._rows[i], self._audible[i]) >= _LOST:
                    break
        return rivals

    def _change_to(self, rival: _Following, now: _Following) -> None:
        """It was this prompt all the time. What it was taken for stays a rival only while that goes no further."""
        rivals = [match for match in rival.rivals if match.prompt is not now.prompt or not rival.complete]
        self._following = replace(rival, last=rival.onset, power_heard=0.0, power_known=0.0, rivals=rivals)
        before = self.heard[-1]
        self.heard[-1] = _heard(rival.prompt, before.start, before.end)
        self._next = now.onset
        self._changed()

    def _finish(self, now: _Following) -> None:
        self._following = None
        end = self._arrivals[now.last] + FRAME_S
        self.heard[-1] = replace(self.heard[-1], end=end, complete=now.complete, gain_db=now.gain_db)
        self._changed()


def _reach(of: _Following) -> int:
    """Up to which frame it was heard; one that was heard to its end is not outdone by a few frames alike by chance."""
    return of.last + _LOST * of.complete


def _following(match: Match, onset: int, rivals: Sequence[Match]) -> _Following:
    pcm = match.prompt.pcm[match.skip * FRAME :]
    rows = frames(np.pad(pcm, (max(match.shift, 0), 0))[max(-match.shift, 0) :])
    return _Following(match.prompt, rows, audible(rows), onset, match.skip, onset, rivals)


def _heard(prompt: KnownPrompt, start: float, end: float) -> HeardPrompt:
    return HeardPrompt(prompt.name, start, end, False, prompt.text, tempo=prompt.tempo)


def _power(row: Pcm) -> float:
    return float((row.astype(np.float64) ** 2).sum())
