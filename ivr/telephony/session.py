"""One call on one leg: carries out what the core asks for, and tells it what happened, in order of the sample clock.

The same session runs on a SIP leg, on a microphone, and in virtual time; only the leg differs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Protocol
from urllib.parse import quote

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.call import Call, Snapshot
from ivr.dialog.inquiring import NOBODY
from ivr.errors import UserError
from ivr.speech.voicing import NORMAL, Voicing
from ivr.standards.house import Utterance
from ivr.standards.said import Expects
from ivr.telephony.leg import Leg
from ivr.telephony.presence import Presence
from ivr.telephony.replies import ReplyClock

TICK_S = 0.02
"""How often whoever owns a session advances it: once a frame."""
AHEAD_S = 0.06
"""How far ahead of the wire: three frames, so that a prompt starts exactly with its frame although the loop turns
once a frame and now and then late."""

Entry = dict[str, Any]
"""One line of a call's journal: ``t`` (seconds on the sample clock) and what happened, flat, fit for JSON; only what
inquiries are about, and what comes back, are tables of their own."""


class PromptSource(Protocol):
    """Where the audio of prompts comes from."""

    def audio(self, utterances: Sequence[Utterance], pause_s: float, voice: Voicing) -> bytes:
        """16-bit little-endian mono at 8 kHz, whole 20 ms frames; raises UserError where a prompt cannot be had."""


class Ear(Protocol):
    """Who listens to the caller for us; what was heard comes back through `Session.tell`."""

    def listen(self, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        """What is heard from now on belongs to this turn; the arguments are those of `Listen`."""


class Desk(Protocol):
    """Who asks others on behalf of the call; what they say comes back through `Session.tell`."""

    def inquire(self, inquiry: int, of: str, about: Mapping[str, str]) -> None:
        """Ask, without waiting; the arguments are those of `Inquire`."""

    def withdraw(self, inquiry: int) -> None:
        """Nobody waits for it any more."""


class PlainEar:
    """An ear that listens to everything alike."""

    def listen(self, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        """No turn differs from another."""


_ABSENT: Mapping[Presence, int] = {"busy": 486, "away": 480}
_LONGEST_HEADER = 600
"""Bytes of a header that tells what a call is about: many proxies cut a message at 4 kB, UDP at 1.3 kB."""


def header_text(text: str) -> str:
    """Text as it may stand in a SIP header: UTF-8, percent-encoded (RFC 3986), whole characters, 600 bytes at most."""
    encoded, room = [], _LONGEST_HEADER
    for character in text:
        piece = quote(character, safe="")
        room -= len(piece)
        if room < 0:
            break
        encoded.append(piece)
    return "".join(encoded)


class MessageSink(Protocol):
    """Where a caller's message goes."""

    def start(self) -> None:
        """Begin a message; raises OSError where it cannot be written."""

    def write(self, pcm: bytes, at: float | None = None) -> None:
        """Append 16-bit mono audio at 8 kHz that begins at `at` on the sample clock, or follows what came before.

        Raises OSError where it cannot be written.
        """

    def stop(self, keep: bool) -> str:
        """End the message and return the path of its file, empty if it was not kept."""


@dataclass(eq=False)
class Session:
    """Glues a `Call` to a `Leg`."""

    call: Call
    leg: Leg
    prompts: PromptSource
    journal: Callable[[Entry], None]
    """Called with one `Entry` for each event, command and change of state."""
    message: MessageSink
    targets: Mapping[str, str]
    """SIP URI of each name that a `Transfer` may carry."""
    ear: Ear = field(default_factory=PlainEar)
    presence: Callable[[str, str], Presence] = lambda target, number: "unknown"
    """Whether a target, or the agent of that number, can be rung, as far as is known right now."""
    is_agent: Callable[[str], bool] = lambda number: True
    """Whether a number that a caller named may be an agent's."""
    caller: str = ""
    """Number of the far side, for whom we consult about them."""
    desk: Desk | None = None
    """Without one there is nobody to be asked."""
    _voice: Voicing = field(default=NORMAL, init=False)
    _replies: ReplyClock = field(default_factory=ReplyClock, init=False)
    _playback: int = field(default=0, init=False)
    _recording: bool = field(default=False, init=False)
    _snapshot: Snapshot | None = field(default=None, init=False)
    _later: deque[tuple[float, Callable[[], None]]] = field(default_factory=deque, init=False)

    @property
    def ended(self) -> bool:
        """The call is over and the leg may be forgotten."""
        return self.call.ended

    @property
    def speaking(self) -> bool:
        """Our voice is on the wire."""
        end = self.leg.playout.ends_at
        return end is not None and end > self.leg.clock

    def tell(self, event: ev.Event, now: float | None = None) -> None:
        """Hand over an event that happened at `now` (sample clock, seconds; the leg's clock if left out).

        What fell due before it is dealt with first.
        """
        instant = self.leg.clock if now is None else now
        self.advance(instant)
        self._handle(event, instant)

    def advance(self, until: float) -> None:
        """Deal with every end of a playback and every deadline up to `until`, in order.

        `until` may lie ahead of the leg's clock: prompts are then placed before the wire needs them.
        """
        while self._later and self._later[0][0] <= self.leg.clock:
            self._later.popleft()[1]()
        while (due := self._next(until)) is not None:
            self._handle(*due)

    def close(self) -> None:
        """Let go of the call, however it ended: a message that is being recorded is kept as it is."""
        if self._recording:
            self._stop_recording(keep=True)

    def next_due(self) -> float | None:
        """Instant of the next end of a playback or deadline, seconds on the sample clock."""
        dues = (self._playback_end, self.call.deadline, self._later[0][0] if self._later else None)
        return min((due for due in dues if due is not None), default=None)

    def hear(self, pcm: bytes, at: float | None = None) -> None:
        """Audio from the caller, 16-bit mono at 8 kHz, from `at` on; kept while a message is being recorded."""
        if self._recording:
            self._guard_disk(lambda: self.message.write(pcm, at))

    @property
    def _playback_end(self) -> float | None:
        return self.leg.playout.ends_at if self._playback else None

    def _next(self, until: float) -> tuple[ev.Event, float] | None:
        """What is due up to `until`, and when. Asked fifty times a second of every call: nothing is made in vain."""
        end, deadline = self._playback_end, self.call.deadline
        if end is not None and end <= until and (deadline is None or end <= deadline):
            return ev.PlaybackFinished(self._playback), end
        return (ev.DeadlineReached(), deadline) if deadline is not None and deadline <= until else None

    def _handle(self, event: ev.Event, now: float) -> None:
        if isinstance(event, ev.PlaybackFinished):
            self._playback = 0
        if not isinstance(event, ev.DeadlineReached):
            self._write(now, {"event": type(event).__name__} | _flat(event))
        self._replies.heard(event, now)
        commands = self.call.handle(event, now)
        self._replies.moved(self.call.state, now)
        for command in commands:
            entry = _named(command) | self._carry_out(command, now)
            self._write(now, entry)
            self._time_reply(command, entry, now)
        self._note_state(now)

    def _time_reply(self, command: do.Command, entry: Entry, now: float) -> None:
        match command:
            case do.Listen(turn=turn):
                self._replies.turn_begins(turn)
            case do.Note(kind="verdict", fields=fields):
                self._replies.judged(fields.get("verdict"))
            case do.Play() if entry["end"] > entry["start"] and (reply := self._replies.answered(entry["start"])):
                self._write(now, {"note": "reply"} | reply._asdict())

    def _note_state(self, now: float) -> None:
        snapshot = self.call.snapshot
        if snapshot != self._snapshot:
            self._snapshot = snapshot
            outcome = {"outcome": self.call.outcome} if self.call.outcome else {}
            self._write(now, snapshot._asdict() | outcome)

    def _write(self, now: float, entry: Entry) -> None:
        self.journal({"t": round(now, 3)} | entry)

    def _carry_out(self, command: do.Command, now: float) -> Entry:
        """Do it; what came of it goes into the journal beside the command."""
        leg = self.leg
        match command:
            case do.Play():
                return self._play(command)
            case do.PausePlayback():
                leg.playout.pause()
            case do.ResumePlayback():
                leg.playout.resume()
            case do.StopPlayback():
                leg.playout.stop()
            case do.SetVoice(gain_db=gain_db, tempo=tempo):
                self._voice = Voicing(gain_db, tempo)
            case do.Listen(turn=turn, expects=expects, phrases=phrases):
                self.ear.listen(turn, expects, phrases)
            case do.LookFor(target=target, number=number) if self.is_agent(number):
                self.presence(target, number)  # who is asked about is looked for
            case do.StartRecording():
                self._recording = True
                self._guard_disk(self.message.start)
            case do.StopRecording(keep=keep):
                return self._stop_recording(keep)
            case do.Inquire(inquiry=inquiry, of=of, about=about):
                self._inquire(inquiry, of, about)
            case do.Withdraw(inquiry=inquiry) if self.desk:
                self.desk.withdraw(inquiry)
            case _ if signal := self._signal(command):
                self._on_wire(now, signal)
        return {}

    def _signal(self, command: do.Command) -> Callable[[], None] | None:
        """What a command asks of SIP; None for one that asks nothing of it."""
        leg = self.leg
        plain = {do.Ring: leg.ring, do.Answer: leg.answer, do.Hold: leg.hold, do.TakeBack: leg.take_back}
        plain |= {do.HandOver: leg.hand_over, do.Dismiss: leg.dismiss}
        match command:
            case do.Transfer(target=target):
                return partial(leg.transfer, self.targets[target])
            case do.Consult():
                return partial(self._consult, command)
            case do.HangUp(reason=reason):
                return partial(leg.hang_up, reason)
        return plain.get(type(command))

    def _consult(self, whom: do.Consult) -> None:
        known = not whom.number or self.is_agent(whom.number)
        presence = self.presence(whom.target, whom.number) if known else "away"
        if presence in _ABSENT:
            progress = ev.TargetProgress(_ABSENT[presence])
            self._later.append((self.leg.clock, lambda: self.tell(progress)))
        else:
            uri = self.targets[whom.target].replace("{agent}", whom.number)
            self.leg.consult(uri, {"X-Caller": self.caller, "X-Summary": header_text(whom.summary)})

    def _inquire(self, inquiry: int, of: str, about: Mapping[str, str]) -> None:
        if self.desk:
            self.desk.inquire(inquiry, of, about)
        else:
            self._later.append((self.leg.clock, lambda: self.tell(ev.Replied(inquiry, NOBODY))))

    def _on_wire(self, instant: float, action: Callable[[], None]) -> None:
        """Signalling cannot be placed ahead on the sample clock as audio can: it waits until the wire is there."""
        if instant <= self.leg.clock:
            action()
        else:
            self._later.append((instant, action))

    # ------------------------------------------------------------------ our voice

    def _play(self, command: do.Play) -> Entry:
        failure: Entry = {}
        try:
            pcm = self.prompts.audio(command.utterances, command.pause_s, self._voice)
        except UserError as error:  # a prompt that cannot be had is as good as said: the call goes on
            pcm, failure = b"", {"error": str(error)}
        end = self.leg.playout.play(pcm, command.at)
        self._playback = command.playback
        return {
            "utterances": [utterance.name for utterance in command.utterances],
            "text": "".join(utterance.text for utterance in command.utterances),
            "start": round(end - len(pcm) / 16000, 3),
            "end": round(end, 3),
        } | failure

    # ------------------------------------------------------------------ the caller's message

    def _stop_recording(self, keep: bool) -> Entry:
        if not self._recording:
            return {}
        self._recording = False
        try:
            return {"file": self.message.stop(keep)}
        except OSError as error:
            return {"error": f"the end of the message was not written: {error.strerror}"}

    def _guard_disk(self, action: Callable[[], None]) -> None:
        try:
            action()
        except OSError as error:
            self._recording = False
            with suppress(OSError):
                self.message.stop(keep=False)
            failed = ev.RecordingFailed(error.strerror or str(error))
            self._later.append((self.leg.clock, lambda: self.tell(failed)))  # not amidst the commands of another event


def _named(command: do.Command) -> Entry:
    if isinstance(command, do.Note):
        return {"note": command.kind} | {name: _scalar(value) for name, value in command.fields.items()}
    return {"command": type(command).__name__} | _flat(command)


def _flat(thing: ev.Event | do.Command) -> Entry:
    fields = asdict(thing)
    for left_out in ("headers", "utterances", "phrases", "known", "incidents"):
        fields.pop(left_out, None)
    return {name: _scalar(value) for name, value in fields.items()}


def _scalar(value: object) -> do.Scalar | dict[str, str]:
    match value:
        case dict():
            return value
        case float():
            return round(value, 3)
        case str() | int() | None:
            return value
        case tuple():
            return " / ".join(map(str, value))
    return str(value)
