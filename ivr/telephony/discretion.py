"""What may be written of a call: its journal, every private number masked, and the verdicts its recording waits for.

Requirement G3: one place, before anybody reads the journal. What the caller said or keyed is held back, with all that
follows, until it is known whether it is private; that is when we act on it, or later where a number may be torn over
two turns. Its audio is held back in the recorder meanwhile. Whoever is killed with something held back has not
written it.

What a recogniser was to read and did not counts as private: nobody knows what it was. Without a recogniser only what
private questions ask for can be known, and keys.
"""

from __future__ import annotations

import math
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from ivr.dialog.meaning import NUMBERS
from ivr.standards.acts import Act
from ivr.standards.blocks import Menu
from ivr.standards.model import Standard
from ivr.standards.privacy import Privacy
from ivr.understanding.numerals import ascii_digits
from ivr.understanding.sensitive import MASK, Judged, Watcher, find, masked, without_digits

Entry = dict[str, Any]
LONGEST_S = 25.0
"""What is undecided for so long counts as private, a little before the recorder thinks so too."""
_LEAD_S = 0.5
"""Before an onset is told: what a recogniser would have been given."""
_KEY_LEAD_S = 0.3
"""A tone is noticed when it has sounded for a while."""
_TAIL_S = 0.5
"""Tones and last words go on after they were understood."""
_NOISE_S = 0.5
"""A sound that was no speech, and that none has followed for so long."""
_COVERS_S = 0.05
_RUN_S = 4.0
"""Keys that follow one another so soon are one number."""
_NUMBER_S = 10.0
"""Longest pause between the keys of a number that was asked for."""
_SHORT_RUN = 2
"""Keys in a row, where no number is asked for, that can be a choice and a slip."""
_LEAST = 4
_MESSAGE = "*message"
"""No slot of a standard is called so."""
_PIECE = 6
"""Digits of a private number, and of a part of one, by which it is known again."""
_NO_DIGIT = re.compile(r"[^\d]")
_SAID = ("text", "value", "alternatives", "key", "summary")


class Tape(Protocol):
    """The recording; `ivr.telephony.tape.Tape` is the real one."""

    def turn_began(self, at: float) -> None:
        """The caller may be speaking since `at`."""

    def turn_judged(self, from_s: float, until_s: float, mute: bool, keep_original: bool = False) -> None:
        """The verdict on what was said meanwhile."""

    def sensitive(self, on: bool, at: float, keep_original: bool = False) -> None:
        """What is asked for is private."""

    def read_back(self, on: bool, at: float) -> None:
        """We say something private ourselves."""

    def keep_text(self, text: str, from_s: float, until_s: float) -> None:
        """Seal these words, if originals can be kept."""


@dataclass(eq=False)
class _Stretch:
    """What the caller says, or keys, up to the moment at which we act on it."""

    number: int
    turn: int
    began: float
    menu: Menu
    private: bool
    """The question is."""
    voiced: bool = False
    spoke_until: float = -math.inf
    quiet_since: float | None = None
    """It was no speech so far."""
    text: str = ""
    covers: float = -math.inf
    keys: str = ""
    until: float = math.inf
    secret: bool | None = None
    """None: not decided yet."""
    judged: Judged | None = None

    @property
    def said(self) -> str:
        return "，".join(part for part in (self.text, self.keys) if part)

    @property
    def unread(self) -> bool:
        return self.voiced and self.covers < self.spoke_until - _COVERS_S

    @property
    def keeps(self) -> bool:
        """The original of what is private in it is sealed."""
        return self.menu.keep_original and (self.private or self.menu.slot == _MESSAGE)

    def veiled(self, text: str) -> str:
        """Of what was said in it, as it may be written."""
        if self.menu.private and self.menu.asks not in NUMBERS:
            return MASK * len(text)
        known = self.judged if self.judged and self.judged.text == text and not self.private else None
        if self.secret:
            return known.masked if known and known.private else without_digits(text)
        return text if known else masked(text, find(text, asked=self.menu.asks))


class Discretion:
    """Reads the journal of one call, hands on to `write` what may be written of it, in order, and judges for `tape`.

    `words` says that a recogniser reads what is said. Every entry gets the `time` at which it came.
    """

    def __init__(
        self,
        standard: Standard,
        tape: Tape,
        write: Callable[[Entry], None],
        *,
        words: bool,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._standard, self._tape, self._write, self._words, self._clock = standard, tape, write, words, clock
        self._privacy = Privacy.of(standard)
        self._queue: deque[tuple[Entry, _Stretch | None]] = deque()
        self._watcher = Watcher()
        self._undecided: dict[int, _Stretch] = {}
        self._secrets: set[str] = set()
        self._open: _Stretch | None = None
        self._last: _Stretch | None = None
        self._count = self._turn = self._run = 0
        self._keyed_at = -math.inf
        self._speaking = self._reading_back = False
        self._menu = standard.opening.menu
        self._asked, self._private = standard.menu[self._menu], self._menu in self._privacy.menus
        self._now = 0.0
        self._shown: dict[str, str] = {}

    # ------------------------------------------------------------------ what comes in

    def __call__(self, entry: Entry) -> None:
        """Another line of the journal."""
        self._now = max(self._now, float(entry["t"]))
        self._tire()
        stretch = self._belongs_to(entry)
        self._queue.append(({"time": self._clock().isoformat()} | entry, stretch))
        if entry.get("state") == "ended":
            self.end()
        self._release()

    def end(self) -> None:
        """The call is over, however it ended: what is undecided is decided."""
        self._close()
        for judged in self._watcher.end():
            self._decide(judged)
        self._release()

    def slots(self, slots: Mapping[str, str]) -> dict[str, str]:
        """Answers as they may be written: private ones are left out, new ones wait until it is known what they are."""
        if not self._undecided:
            kept = {name: value for name, value in slots.items() if name not in self._privacy.slots}
            self._shown = {name: self.veiled(value) for name, value in kept.items()}
        return {name: value for name, value in self._shown.items() if name in slots}

    def told(self, values: Mapping[str, str]) -> dict[str, str]:
        """What others are asked about in this moment, as it may be written elsewhere: of private slots the length."""
        told = self._told(values)
        return {name: without_digits(value) for name, value in told.items()} if self._undecided else told

    def _told(self, values: Mapping[str, str]) -> dict[str, str]:
        private = self._privacy.slots
        return {name: MASK * len(value) if name in private else self.veiled(value) for name, value in values.items()}

    def veiled(self, text: str) -> str:
        """Text in which something may stand that the caller said, as it may be written."""
        digits = _NO_DIGIT.sub("", ascii_digits(text))
        if any(secret in digits for secret in self._secrets):
            return without_digits(text)
        return masked(text, find(text))

    def _belongs_to(self, entry: Entry) -> _Stretch | None:
        """The stretch whose words are in the entry; opens and closes stretches by the way."""
        match entry:
            case {"event": "SpeechOnset" | "SpeechConfirmed" | "SpeechRejected" | "SpeechEnded"}:
                self._hears(entry)
            case {"event": "Recognized", "turn": turn, "text": text, "until": until, "final": final}:
                return self._reads(turn, text, until, final=final)
            case {"event": "KeyPressed", "key": key}:
                return self._keyed(key)
            case {"event": "RemoteHold"}:
                self._speaking = False
                self._close()
            case {"note": "verdict", "text": str(text)} if text:
                return self._open or self._last
            case {"note": "understood" | "answer"}:
                if not self._words:
                    self._close()
                return self._last
            case {"command": "StartRecording"}:
                self._ask(_message(entry), private=False)
            case {"command": "StopRecording"}:
                self._ask_as_in(self._menu)
            case {"command": "Listen", "turn": turn}:
                self._next_turn(turn)
            case {"command": "Play"} if self._open and self._open.keys and not self._open.voiced:
                self._close()
            case {"menu": str(menu)} if menu != self._menu:
                self._enter(menu)
        return None

    # ------------------------------------------------------------------ the caller

    def _hears(self, entry: Entry) -> None:
        if not self._words:
            return
        stretch = self._begin(self._now - _LEAD_S)
        stretch.quiet_since = None
        match entry["event"]:
            case "SpeechConfirmed":
                stretch.voiced = self._speaking = True
                stretch.spoke_until = math.inf
            case "SpeechRejected":
                stretch.quiet_since = None if stretch.voiced else self._now
            case "SpeechEnded":
                self._speaking, stretch.spoke_until = False, entry["last_voiced"]
                if not self._turn:  # nobody reads it
                    self._close()

    def _begin(self, at: float) -> _Stretch:
        """The stretch that is open, or a new one."""
        if self._open is None:
            self._count += 1
            menu, private = self._asked, self._private
            began = max(at, self._last.until if self._last else 0.0, 0.0)
            self._open = _Stretch(self._count, self._turn, began, menu, private)
            self._undecided[self._count] = self._open
            self._tape.turn_began(self._open.began)
        return self._open

    def _reads(self, turn: int, text: str, until: float, *, final: bool) -> _Stretch | None:
        stretch = next((each for each in (self._open, self._last) if each and each.turn == turn), None)
        if stretch and find(text, asked=stretch.menu.asks):
            stretch.secret = True  # a later reading of the same words may be a worse one
        if stretch and final:
            stretch.text, stretch.covers = text, until
        return stretch

    def _keyed(self, key: str) -> _Stretch:
        self._run = self._run + 1 if self._now - self._keyed_at <= _RUN_S else 1
        self._keyed_at = self._now
        stretch = self._begin(self._now - _KEY_LEAD_S)
        stretch.quiet_since = None
        stretch.keys += key
        if stretch.menu.asks not in NUMBERS and not stretch.voiced:  # it leads somewhere; a number leads nowhere
            stretch.secret = self._run > _SHORT_RUN or None
            self._close()
        return stretch

    def _next_turn(self, turn: int) -> None:
        self._close()
        self._turn = turn
        if self._speaking:
            stretch = self._begin(self._now)
            stretch.voiced, stretch.spoke_until = True, math.inf

    def _enter(self, menu: str) -> None:
        self._menu = menu
        self._ask_as_in(menu)

    def _ask_as_in(self, menu: str) -> None:
        self._ask(self._standard.menu[menu], private=menu in self._privacy.menus)

    def _ask(self, block: Menu, *, private: bool) -> None:
        """What is said from now on answers this."""
        before, self._asked, self._private = self._private, block, private
        if self._open and not self._open.said:
            self._open.menu, self._open.private = block, private
        if private != before:
            self._tape.sensitive(
                private, self._now if private else self._now + _TAIL_S, private and block.keep_original
            )

    # ------------------------------------------------------------------ what it was

    def _tire(self) -> None:
        """Nobody waits for ever: not for speech after a noise, nor for keys, nor for the rest of a number."""
        stretch = self._open
        if stretch and not stretch.voiced:
            since = self._keyed_at + _NUMBER_S if stretch.keys else (stretch.quiet_since or math.inf) + _NOISE_S
            if self._now > since:
                self._close()
        if stretch and self._now - stretch.began > LONGEST_S:
            stretch.secret = True
        oldest = next(iter(self._undecided.values()), None)
        if oldest and oldest is not self._open and self._now - oldest.began > LONGEST_S:
            for judged in self._watcher.end():
                self._decide(judged)

    def _close(self) -> None:
        """We act on what was said, or nothing was."""
        stretch, self._open = self._open, None
        if stretch is None:
            return
        stretch.until, self._last = self._now, stretch
        if not stretch.said:
            self._settle(stretch, secret=stretch.unread)
            return
        kinds = ("number",) if stretch.private else ()
        for judged in self._watcher.hear(stretch.number, stretch.said, kinds, asked=stretch.menu.asks):
            self._decide(judged)

    def _decide(self, judged: Judged) -> None:
        stretch = self._undecided[judged.turn]
        stretch.judged = judged
        self._secrets.update(piece for span in judged.spans for piece in _pieces(span.digits))
        self._settle(stretch, secret=judged.private or stretch.private or stretch.unread or bool(stretch.secret))

    def _settle(self, stretch: _Stretch, *, secret: bool) -> None:
        del self._undecided[stretch.number]
        stretch.secret = secret
        keep = secret and stretch.keeps
        self._tape.turn_judged(stretch.began, stretch.until, secret or stretch.unread, keep)
        if keep and stretch.said:
            self._tape.keep_text(stretch.said, stretch.began, stretch.until)

    # ------------------------------------------------------------------ what goes out

    def _release(self) -> None:
        while self._queue and not self._waits(self._queue[0][1]):
            entry, stretch = self._queue.popleft()
            self._write(self._discreet(entry, stretch))

    def _waits(self, stretch: _Stretch | None) -> bool:
        return stretch is not None and stretch.secret is None

    def _discreet(self, entry: Entry, stretch: _Stretch | None) -> Entry:
        match entry:
            case {"command": "Play", "text": str(text)}:
                shown = entry | {"text": self._spoken(entry["utterances"], text)}
                self._read_back(shown["text"] != text, entry["start"])
                return shown
            case {"event": "PlaybackFinished"} | {"command": "StopPlayback"} | {"state": "ended"}:
                self._read_back(False, entry["t"])
            case {"command": "Inquire", "about": dict(values)}:
                return entry | {"about": self._told(values)}
            case {"event": "Replied", "values": dict(values)}:
                return entry | {"values": self._told(values)}
            case {"note": "answer", "slot": slot, "value": str(value)} if slot in self._privacy.slots:
                return entry | {"value": MASK * len(value)}
        veil = stretch.veiled if stretch else self.veiled
        said = {name: entry[name] for name in _SAID if isinstance(entry.get(name), str)}
        return (
            entry | {name: veil(value) for name, value in said.items() if name != "key" or stretch} if said else entry
        )

    def _spoken(self, prompts: list[str], text: str) -> str:
        if self._privacy.prompts.intersection(prompts):
            return without_digits(text)
        return self.veiled(text) if self._privacy.speaking.intersection(prompts) else text

    def _read_back(self, on: bool, at: float) -> None:
        if self._reading_back:
            self._tape.read_back(False, at)
        if on:
            self._tape.read_back(True, at)
        self._reading_back = on


def _message(entry: Entry) -> Menu:
    """A message answers no question, as it were in a menu of its own."""
    keep = bool(entry.get("keep_original"))
    return Menu(req="A6", slot=_MESSAGE, no_input="", on_speech=Act("go_on"), keep_original=keep)


def _pieces(digits: str) -> list[str]:
    """By any of these a number is known again, or a part of it."""
    if len(digits) <= _PIECE:
        return [digits] if len(digits) >= _LEAST else []
    return [digits[at : at + _PIECE] for at in range(len(digits) - _PIECE + 1)]
