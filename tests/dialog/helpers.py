"""Drives a `Call` by hand: no wire, no clock, only facts."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.call import Call
from ivr.standards.house import House
from ivr.standards.load import load_standard
from ivr.standards.model import Standard

loaded = cache(load_standard)
"""Reading one takes longer than a call, and nothing changes it."""
PROMPT_S = 3.0
"""How long every playback lasts here."""

C = TypeVar("C", bound=do.Command)


class Driver:
    """A call and everything it asked for."""

    def __init__(self, standard: str | Standard = "general", house: House | None = None, words: bool = False) -> None:
        made = loaded(standard) if isinstance(standard, str) else standard
        self.call = Call(made, house or House(), words)
        self.now = 0.0
        self.asked: list[do.Command] = []

    def tell(self, event: ev.Event, at: float | None = None) -> list[do.Command]:
        """Hand over an event, by default at the present instant."""
        self.now = self.now if at is None else at
        got = self.call.handle(event, self.now)
        self.asked += got
        return got

    def connect(
        self, clock: str = "10:00", rings_before: int = 0, waited_s: float = 0.0, caller: str | None = "13800138000"
    ) -> list[do.Command]:
        """Ring, answer, connect; returns what followed the connect."""
        at = datetime.fromisoformat(f"2026-03-02T{clock}:00").replace(tzinfo=ZoneInfo("Asia/Shanghai"))
        self.tell(ev.Invited("4001", caller, at, rings_before, waited_s))
        self.due()
        return self.tell(ev.Connected())

    def due(self) -> list[do.Command]:
        """Let the deadline come."""
        assert self.call.deadline is not None
        return self.tell(ev.DeadlineReached(), max(self.now, self.call.deadline))

    def said(self) -> list[do.Command]:
        """Let what is being said come to its end."""
        play = self.last(do.Play)
        return self.tell(ev.PlaybackFinished(play.playback), max(self.now, play.at + PROMPT_S))

    def key(self, key: str) -> list[do.Command]:
        """Press a key."""
        return self.tell(ev.KeyPressed(key))

    def speak(self, seconds: float = 2.0) -> list[do.Command]:
        """The caller speaks, stops, and their turn ends; returns what followed."""
        self.tell(ev.SpeechOnset())
        self.tell(ev.SpeechConfirmed(), self.now + 0.25)
        end = self.now + seconds
        self.tell(ev.SpeechEnded(last_voiced=end), end + 0.3)
        return self.due()

    def utter(self, text: str, level: float = -25.0, mandarin: float = 1.0, confidence: float = 0.9) -> None:
        """The caller speaks and falls silent, and the recogniser has read it; the turn is not over yet."""
        self.tell(ev.SpeechOnset())
        self.tell(ev.SpeechConfirmed(), self.now + 0.25)
        end = self.now + 0.2 * len(text)
        self.tell(ev.SpeechEnded(end, voiced_s=0.2 * len(text), level=level, floor=-65.0), end + 0.3)
        turn = self.last(do.Listen).turn
        self.tell(ev.Recognized(turn, text, end, confidence, mandarin), end + 0.45)

    def say(self, text: str, level: float = -25.0, mandarin: float = 1.0, confidence: float = 0.9) -> list[do.Command]:
        """`utter`, and let the turn end; returns what followed."""
        self.utter(text, level, mandarin, confidence)
        return self.due()

    def greeted(self, caller: str | None = "13800138000") -> Driver:
        """Connected, and the greeting was heard."""
        self.connect(caller=caller)
        self.said()
        return self

    def notes(self, kind: str) -> list[dict[str, do.Scalar]]:
        """What went on record of a kind."""
        return [dict(command.fields) for command in self.asked if isinstance(command, do.Note) and command.kind == kind]

    def last(self, kind: type[C]) -> C:
        """The latest command of a kind."""
        return next(command for command in reversed(self.asked) if isinstance(command, kind))

    @property
    def prompts(self) -> list[str]:
        """Names of everything said so far."""
        return [u.name for command in self.asked if isinstance(command, do.Play) for u in command.utterances]
