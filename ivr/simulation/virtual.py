"""Runs a scenario in virtual time: the real core and session on a leg made of arithmetic.

Nothing waits. The runner looks for whatever happens next (the caller's act, a deadline, the end of a prompt) and sets
the clock to it, so that the whole catalogue runs in the blink of an eye and to the exact sample.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from ivr.audio import FRAME_S
from ivr.dialog import events as ev
from ivr.dialog.call import Call
from ivr.dialog.dropping import DROPPED
from ivr.dialog.known import NOTHING, Known
from ivr.quality.observed import CallerAct, HeardPrompt, Observed
from ivr.simulation.ears import Ears
from ivr.simulation.others import VirtualDesk
from ivr.simulation.scenario import Act, Recognizer, Scenario, Understood
from ivr.simulation.sounds import sound_file
from ivr.speech.houses import house_of
from ivr.speech.voicing import Voicing
from ivr.standards.house import Utterance
from ivr.standards.load import load_standard
from ivr.telephony.discretion import Discretion
from ivr.telephony.playout import Playout
from ivr.telephony.session import Entry, PromptSource, Session
from ivr.telephony.tape import Tape

MEDIA_TIMEOUT_S = 10.0
SPEECH_S_A_CHARACTER = 0.17
KEY_S = 0.1

_PROGRESS: Mapping[str, Sequence[tuple[float, int]]] = {
    "answers": ((0.1, 100), (0.3, 180), (2.0, 200)),
    "busy": ((0.1, 100), (0.5, 486)),
    "no_answer": ((0.1, 100), (0.3, 180)),
    "refuses": ((0.1, 603),),
}


_TARGET: Mapping[str, Sequence[tuple[float, int]]] = {
    "answers": ((0.2, 180), (2.0, 200)),
    "busy": ((0.2, 486),),
    "away": ((0.2, 480),),
    "no_answer": ((0.2, 180),),
    "hangs_up": ((0.2, 180), (2.0, 200), (2.1, 487)),
}
_HANDED_OVER: Mapping[str, Sequence[tuple[float, int]]] = {"answers": ((0.1, 100), (0.4, 200))}
_NOBODY_THERE = ((0.1, 100), (0.3, 481))
_REINVITE_S = 0.04
_RECALL_S = 0.1
_PICKED_UP_S = 1.0


class _Playout(Playout):
    """A playout that remembers what was audible when."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[HeardPrompt] = []
        self._parts: list[HeardPrompt] = []

    def announce(self, parts: list[HeardPrompt]) -> None:
        """What the next `play` consists of, timed from its start."""
        self._parts = parts

    def play(self, pcm: bytes, at: float) -> float:
        """Place it, and note when each utterance will be heard."""
        end = super().play(pcm, at)
        start = end - len(pcm) / 16000
        self.heard += [replace(part, start=start + part.start, end=start + part.end) for part in self._parts]
        return end

    def pause(self) -> None:
        """Cut off what is being said; `resume` mends it."""
        super().pause()
        self._cut()

    def stop(self) -> None:
        """Cut off what is being said, for good."""
        super().stop()
        self._cut()

    def resume(self) -> None:
        """What was cut off ends later by the length of the pause."""
        super().resume()
        if self.heard and self.heard[-1].end != self.ends_at and self.ends_at is not None:
            self.heard[-1] = replace(self.heard[-1], end=self.ends_at, complete=True)

    def _cut(self) -> None:
        now = self.clock
        self.heard = [prompt for prompt in self.heard if prompt.start < now]
        if self.heard and self.heard[-1].end > now:
            self.heard[-1] = replace(self.heard[-1], end=now, complete=False)


@dataclass(eq=False)
class _Prompts:
    """Tells the playout what its audio consists of."""

    source: PromptSource
    playout: _Playout

    def audio(self, utterances: Sequence[Utterance], pause_s: float, voice: Voicing) -> bytes:
        """As the source has it."""
        parts, at = [], 0.0
        for utterance in utterances:
            seconds = len(self.source.audio([utterance], pause_s, voice)) / 16000
            heard = HeardPrompt(utterance.name, at, at + seconds, True, utterance.text, voice.gain_db, voice.tempo)
            parts.append(heard)
            at += seconds + pause_s
        self.playout.announce(parts)
        return self.source.audio(utterances, pause_s, voice)


class _Message:
    """A message that is never written."""

    def start(self) -> None:
        """Nothing to open."""

    def write(self, pcm: bytes, at: float | None = None) -> None:
        """Nothing to write."""

    def stop(self, keep: bool) -> str:
        """Nothing to keep."""
        return "message.wav" if keep else ""


@dataclass(eq=False)
class VirtualCall:
    """One scenario in virtual time; a `Leg` and its caller at once."""

    scenario: Scenario
    source: PromptSource
    journal: list[Entry] = field(default_factory=list)
    seen: Observed = field(default_factory=Observed)
    acts: list[CallerAct] = field(default_factory=list)
    _playout: _Playout = field(default_factory=_Playout)
    _now: float = 0.0
    _queue: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _number: Iterator[int] = field(default_factory=itertools.count)
    _script: list[Act] = field(default_factory=list)
    _free_at: float = 0.0
    _held: bool = False
    _dead: bool = False
    _known: Known = NOTHING
    _rings: float | None = None
    _consulted: str = ""

    def __post_init__(self) -> None:
        line = self.scenario.line
        house = house_of(line)
        words = line.hears == "words"
        call = Call(load_standard(line.name), house, words)
        prompts = _Prompts(self.source, self._playout)
        targets = {"operator": "operator", "supervisor": "supervisor", "agent": "agent {agent}"}
        recognizer = self.scenario.recognizer or Recognizer()
        self._ears = Ears(self._at, self._tell_now, recognizer if words else None)
        write = Discretion(call.standard, Tape(""), self.journal.append, words=words)
        self.session = Session(call, self, prompts, write, _Message(), targets, self._ears, desk=self._desk())
        self._script = list(self.scenario.script)

    def _desk(self) -> VirtualDesk:
        scenario = self.scenario
        return VirtualDesk(
            scenario.backends,
            scenario.approval,
            scenario.caller.number or "",
            self._local_time().date(),
            lambda seconds, action: self._at(self._now + seconds, action),
            self._tell_now,
        )

    # ------------------------------------------------------------------ the runner

    def run(self) -> Observed:
        """The whole call, from the INVITE to its end."""
        begin = self._dialled if self._is_ours else self._invited
        self._at(0.0, lambda: self.session.tell(begin()))
        if remembered := self._remembered():
            self._tell(_RECALL_S, remembered)
        while not self.session.ended:
            act, due = self._next_act(), self.session.next_due()
            event = self._queue[0][0] if self._queue else None
            instants = [instant for instant in (act, due, event) if instant is not None]
            if not instants:
                break
            self._move(min(instants))
            if event == min(instants):
                heapq.heappop(self._queue)[2]()
            elif act == min(instants):
                self._perform(self._script.pop(0))
            else:
                self.session.advance(min(instants))
        return replace(self.seen, heard=tuple(self._playout.heard), caller=tuple(self.acts))

    def second(self) -> VirtualCall:
        """The call that follows when this one is over; we ring nobody where nothing is owed."""
        owed = any(entry.get("note") == "owed" and entry.get("promise") == DROPPED for entry in self.journal)
        second = VirtualCall(self.scenario.second, self.source, _known=self.session.call.standing if owed else NOTHING)
        second._rings = self.scenario.called_back.rings if owed and self.scenario.called_back else None
        return second

    @property
    def _is_ours(self) -> bool:
        return self.scenario.is_called or bool(self.scenario.called_for)

    def _remembered(self) -> ev.Remembered | None:
        """What the records know of who rings us."""
        remembered = ev.Remembered(self._known, self.scenario.tickets, self.scenario.overdue)
        return None if self._is_ours or remembered == ev.Remembered() else remembered

    def _dialled(self) -> ev.Dialled:
        """Our INVITE; the telephone rings and is answered, unless nobody was promised a call."""
        if self.scenario.called_for:
            slots = {slot: each[0] for slot, each in self.scenario.values.items()}
            self._rings, self._known = _PICKED_UP_S, Known(slots=slots)
        if self._rings is None:
            self._tell(self._now, ev.RemoteHangup(480))
        else:
            self.seen = replace(self.seen, ringing=self._now)
            self._at(self._now + self._rings, self.answer)
        reason = self.scenario.called_for or DROPPED
        return ev.Dialled(self.scenario.caller.number or "", self._local_time(), reason, self._known)

    @property
    def clock(self) -> float:
        """Virtual seconds since the INVITE."""
        return self._now

    def _move(self, instant: float) -> None:
        self._now = max(self._now, instant)
        self._playout.frames = round(self._now / FRAME_S)

    def _at(self, instant: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (max(instant, self._now), next(self._number), action))

    def _tell(self, instant: float, event: ev.Event) -> None:
        self._at(instant, lambda: self.session.tell(event))

    def _tell_now(self, event: ev.Event) -> None:
        self.session.tell(event)

    def _invited(self) -> ev.Invited:
        headers = {name.lower(): value for name, value in self.scenario.caller.headers.items()}
        rings, waited = int(headers.get("x-rings", 0)), float(headers.get("x-waited", 0))
        number, caller = self.scenario.line.number, self.scenario.caller.number
        incidents = self.scenario.incidents
        return ev.Invited(number, caller, self._local_time(), rings, waited, headers, incidents=incidents)

    def _local_time(self) -> datetime:
        return datetime.fromisoformat(f"2026-03-02T{self.scenario.clock or '10:00'}:00+08:00")

    # ------------------------------------------------------------------ the leg

    @property
    def playout(self) -> Playout:
        """What we say."""
        return self._playout

    def ring(self) -> None:
        """180 arrives at once."""
        self.seen = replace(self.seen, ringing=self._now)

    def answer(self) -> None:
        """200 is acknowledged at once."""
        self.seen = replace(self.seen, answered=self._now, status=200)
        self._tell(self._now, ev.Connected())

    def transfer(self, uri: str) -> None:
        """The far side takes the REFER and reports as the scenario says."""
        self.seen = replace(self.seen, transfer=uri, transferred=self._now)
        for delay, code in _PROGRESS[self.scenario.operator]:
            self._tell(self._now + delay, ev.TransferProgress(code))

    def hold(self) -> None:
        """The far side takes the re-INVITE."""
        self._at(self._now + _REINVITE_S, self._held_by_us)

    def _held_by_us(self) -> None:
        self.seen = replace(self.seen, holds=(*self.seen.holds, (self._now, self._now)))
        self._tell_now(ev.Held())

    def take_back(self) -> None:
        """The far side takes this one as well."""
        self._at(self._now + _REINVITE_S, self._taken_back)

    def _taken_back(self) -> None:
        *before, (began, _) = self.seen.holds
        self.seen = replace(self.seen, holds=(*before, (began, self._now)))
        self._tell_now(ev.TakenBack())

    def consult(self, uri: str, fields: Mapping[str, str]) -> None:
        """The target does as the scenario says, until it is dismissed."""
        self._consulted = uri
        for delay, code in _TARGET[self.scenario.target]:
            self._at(self._now + delay, partial(self._target_does, code))

    def _target_does(self, code: int) -> None:
        if self._consulted:
            self._tell_now(ev.TargetProgress(code))

    def hand_over(self) -> None:
        """The far side calls the target in our stead."""
        self.seen = replace(self.seen, transfer=self._consulted, transferred=self._now)
        for delay, code in _HANDED_OVER.get(self.scenario.target, _NOBODY_THERE):
            self._at(self._now + delay, partial(self._handed_over, code))

    def _handed_over(self, code: int) -> None:
        if code == 200:
            self.seen = replace(self.seen, joined=self._now)
        self._tell_now(ev.TransferProgress(code))

    def dismiss(self) -> None:
        """Nobody rings on."""
        self._consulted = ""

    def hang_up(self, reason: str) -> None:
        """BYE; a dead line does not confirm it."""
        if self.seen.ended is None:
            self.seen = replace(self.seen, ended=self._now, ended_by="us")
        if not self._dead:
            self._tell(self._now, ev.RemoteHangup())

    # ------------------------------------------------------------------ the caller

    def _next_act(self) -> float | None:
        """When the next act is due, as far as can be told now: a prompt that is cut will not end."""
        due = self._due_act(self._script[0]) if self._script else None
        return due if due is None else max(due, self._now)

    def _due_act(self, act: Act) -> float | None:
        trigger = act.trigger
        origin: float | None
        match trigger.kind:
            case "ringing":
                origin = 0.0
            case "connected":
                origin = self.seen.answered
            case "previous":
                return self._free_at
            case "prompt_start" | "prompt_end":
                origin = self._heard_at(trigger.prompt, trigger.nth, trigger.kind == "prompt_end")
        return None if origin is None else origin + trigger.delay

    def _heard_at(self, name: str, nth: int, end: bool) -> float | None:
        times = [prompt for prompt in self._playout.heard if prompt.name == name]
        if len(times) < nth:
            return None
        prompt = times[nth - 1]
        if not end:
            return prompt.start
        return prompt.end if prompt.complete else None

    def _seconds(self, act: Act) -> float:
        match act.verb:
            case "say":
                return SPEECH_S_A_CHARACTER * len(act.say or "")
            case "play":
                return len(sound_file(self.scenario.file.parent / str(act.play))) / 8000
            case "silence":
                return act.silence or 0.0
            case "key":
                return KEY_S
        return 0.0

    def _perform(self, act: Act) -> None:
        start, seconds = self._now, self._seconds(act)
        self._free_at = start + seconds
        match act.verb:
            case "say":
                self._note(CallerAct("speech", start, start + seconds, act.say or ""))
                self._ears.speech(start, seconds, act.gain_db, act.understood or Understood(text=act.say or ""))
            case "play":
                self._note(CallerAct("sound", start, start + seconds, act.play or ""))
                self._ears.sound(start, self.scenario.file.parent / str(act.play), act.gain_db, act.understood)
            case "key":
                self._note(CallerAct("key", start, start + seconds, act.key or ""))
                self._tell(start, ev.KeyPressed(act.key or ""))
            case "hold" | "resume":
                self._note(CallerAct(act.verb, start, start))
                self._held = act.verb == "hold"
                self._tell(start, ev.RemoteHold() if self._held else ev.RemoteResume())
            case "hang_up" | "cancel":
                self._note(CallerAct(act.verb, start, start))
                status = self.seen.status or 487
                self.seen = replace(self.seen, ended=start, ended_by="caller", status=status)
                self._tell(start, ev.RemoteHangup(200 if act.verb == "hang_up" else 487))
            case "drop":
                self._note(CallerAct("drop", start, start))
                self._dead = True
                if self.scenario.caller.media != "never" and not self._held:
                    self._tell(start + MEDIA_TIMEOUT_S, ev.MediaLost())

    def _note(self, act: CallerAct) -> None:
        self.acts.append(act)
