"""One call: events in, commands out.

`Call` holds what a call knows and does what the rows of `ivr.dialog.states` ask for. It has no clock: every instant is
given to it, on the sample clock. It has no wire: what it wants done it returns. So a call of a minute runs in a
millisecond, the same in a test as on the line, and any order of events can be tried on it.
"""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime
from enum import Enum
from typing import NamedTuple

from transitions.extensions import HierarchicalMachine

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.states import STATES, TABLE
from ivr.standards.house import House, Utterance, fill
from ivr.standards.model import Act, Menu, Recording, Said, Standard, TransferTo

_TRIGGERS: dict[type[ev.Event], str] = {
    ev.Invited: "invite",
    ev.Connected: "connect",
    ev.DeadlineReached: "due",
    ev.PlaybackFinished: "said",
    ev.SpeechOnset: "onset",
    ev.SpeechConfirmed: "confirmed",
    ev.SpeechRejected: "rejected",
    ev.SpeechEnded: "ended",
    ev.KeyPressed: "key",
    ev.RemoteHold: "hold",
    ev.RemoteResume: "resume",
    ev.TransferProgress: "progress",
    ev.RecordingFailed: "failed",
    ev.MediaLost: "lost",
    ev.RemoteHangup: "hung_up",
}

RING_S = 5.0
"""Chinese ringback: 1 s of tone, 4 s of pause (requirement A1)."""
TONE_S = 1.0
_EARLY_S = 1e-6
_NEVER = datetime.min.replace(tzinfo=UTC)

# An event without a row is ignored by design; the library would warn of each.
logging.getLogger("transitions").setLevel(logging.ERROR)

# One machine serves every call: it holds the table, a call holds its state.
_MACHINE = HierarchicalMachine(
    model=None, states=STATES, transitions=TABLE, initial="idle", auto_transitions=False, ignore_invalid_triggers=True
)


class Hearing(Enum):
    """What voice activity says of the caller right now."""

    NOTHING = "nothing"
    SOUND = "sound"
    SPEECH = "speech"


class Snapshot(NamedTuple):
    """Where a call stands, for journals and pictures."""

    state: str
    menu: str
    ladder: str
    step: int


class Call:
    """The life of one call by one standard.

    Attributes:
        state: name of the state in the table, e.g. ``greeting_waiting``.
        deadline: sample-clock instant, seconds, at which `DeadlineReached` is expected; None only when ended.
        outcome: how the call ended, empty while it runs: the reason of a ladder's hang-up, ``transferred``,
            ``caller_hung_up``, ``cancelled``, ``leg_failed``, ``media_lost``, ``far_hold``, ``endless_turn`` or
            ``no_ack``.
    """

    def __init__(self, standard: Standard, house: House) -> None:
        self.standard, self.house = standard, house
        self.state = "idle"
        self.deadline: float | None = None
        self.outcome = ""
        self._now = 0.0
        self._event: ev.Event = ev.Event()
        self._commands: list[do.Command] = []
        self._invited = ev.Invited("", None, _NEVER)
        self._invited_at = 0.0
        self._hello = self.standard.opening.hello[0].text
        self._conditions: set[str] = set()
        self._block: Menu | TransferTo | Recording = self.standard.menu[self.standard.opening.menu]
        self._menu = self.standard.opening.menu
        self._next_step_of: dict[str, int] = {}
        self._entered: dict[str, int] = {}
        self._invalid_keys = 0
        # our voice
        self._to_say: tuple[str, ...] = ()
        self._owed: tuple[str, ...] = ()
        self._delay = 0.0
        self._cut_off_at = -math.inf
        self._playback = 0
        self._playing = False
        self._insists = self._insisting = False
        self._waited_from = 0.0
        # the caller's voice
        self._hearing = Hearing.NOTHING
        self._turn_began: float | None = None
        self._last_voiced = 0.0
        self._far_hold = False
        self._suspended = ""
        self._waited = 0.0
        self._long_turns = 0
        # the caller's message
        self._recording = False
        self._message_began = 0.0
        self._message_heard = False

    # ------------------------------------------------------------------ the outside

    def handle(self, event: ev.Event, now: float) -> list[do.Command]:
        """Take in what happened at `now` (seconds on the sample clock) and return what is to be done, in order.

        An event that means nothing in the present state is ignored; an instant before the last one counts as now.
        """
        if not self._concerns_us(event, now):
            return []
        self._now, self._event, self._insists = max(self._now, now), event, False
        self._hear(event)
        self._go(_TRIGGERS[type(event)])
        asked, self._commands = self._commands, []
        return asked

    @property
    def ended(self) -> bool:
        """Nothing will happen any more."""
        return self.state == "ended"

    @property
    def snapshot(self) -> Snapshot:
        """Where the call stands."""
        return Snapshot(self.state, self._menu, self._ladder_name, self._next_step_of.get(self._ladder_name, 0))

    # ------------------------------------------------------------------ the frame of every step

    def _concerns_us(self, event: ev.Event, now: float) -> bool:
        match event:
            case _ if self.ended:
                return False
            case ev.DeadlineReached():
                return self.deadline is not None and now >= self.deadline - _EARLY_S
            case ev.PlaybackFinished(playback=number):
                return self._playing and number == self._playback
        return True

    def _hear(self, event: ev.Event) -> None:
        match event:
            case ev.RemoteHold():
                self._far_hold, self._hearing = True, Hearing.NOTHING
            case ev.RemoteResume():
                self._far_hold = False
            case _ if self._far_hold:
                pass  # what the far side plays to us on hold is not the caller
            case ev.SpeechOnset() if self._hearing is Hearing.NOTHING:
                self._hearing = Hearing.SOUND
            case ev.SpeechConfirmed():
                self._hearing = Hearing.SPEECH
            case ev.SpeechRejected():
                self._hearing = Hearing.NOTHING
            case ev.SpeechEnded(last_voiced=instant):
                self._hearing, self._last_voiced = Hearing.NOTHING, instant

    def _go(self, trigger: str) -> bool:
        return bool(_MACHINE.trigger_event(self, trigger))

    def _do(self, command: do.Command) -> None:
        self._commands.append(command)

    def _due_in(self, seconds: float, since: float | None = None) -> None:
        self.deadline = max(self._now, (self._now if since is None else since) + seconds)

    # ------------------------------------------------------------------ ringing and opening

    def _start_alerting(self) -> None:
        assert isinstance(self._event, ev.Invited)
        self._invited, self._invited_at = self._event, self._now
        self._do(do.Ring())
        self._due_in(TONE_S + RING_S * (self.house.answer_on_ring - 1))

    def _start_answering(self) -> None:
        self._do(do.Answer())
        self._due_in(self.standard.limits.connect_s)

    def _open(self) -> None:
        opening = self.standard.opening
        rings = self._invited.rings_before + int((self._now - self._invited_at) // RING_S) + 1
        self._conditions |= {"late"} if rings > opening.late_after_rings else set()
        self._conditions |= {"queued"} if self._invited.waited_s > 0 else set()
        clock = self._invited.local_time.strftime("%H:%M")
        self._hello = [hello.text for hello in opening.hello if hello.since <= clock][-1]
        self._delay = opening.greeting_delay_s
        self._enter_menu(opening.returned if "x-returned" in self._invited.headers else opening.menu)

    # ------------------------------------------------------------------ our turn

    def _start_saying(self) -> None:
        self._turn_began = None
        if self._far_hold:  # it is said when the far side is back
            self._suspended = "saying"
            self._go("stand_by")
        elif self._playing:
            self._do(do.ResumePlayback())
            self._due_in(self.standard.limits.saying_s)
        elif not self._to_say:
            self._go("said")
        elif self._hearing is Hearing.SPEECH and not self._insists and self._interruptible():
            self._owed = self._to_say  # never talk over the caller (C1): it is said when they have finished
            self._go("yield_turn")
        else:
            self._speak()

    def _speak(self) -> None:
        limits = self.standard.limits
        utterances = tuple(self._utterance(name) for name in self._to_say)
        at = max(self._now + self._delay, self._cut_off_at + limits.breath_s)
        self._owed, self._delay = (), 0.0
        self._playback += 1
        self._playing, self._insisting = True, self._insists
        self._do(do.Play(self._playback, utterances, at, limits.between_prompts_s))
        self._due_in(limits.saying_s)

    def _utterance(self, name: str) -> Utterance:
        return Utterance(name, fill(self.standard.wording[name].text, self.house, self._hello))

    def _interruptible(self) -> bool:
        return not self._insisting and all(self.standard.wording[name].interruptible for name in self._to_say)

    def _start_pause(self) -> None:
        self._do(do.PausePlayback())
        self._due_in(self.standard.limits.verdict_s)

    def _stop_voice(self) -> None:
        if self._playing:
            self._do(do.StopPlayback())
            self._cut_off_at = self._now
        self._fell_silent()

    def _fell_silent(self) -> None:
        self._playing = self._insisting = False

    # ------------------------------------------------------------------ nobody's turn: the ladder

    @property
    def _ladder_name(self) -> str:
        return self.standard.menu[self._menu].no_input

    def _enter_ladder(self) -> None:
        name = self._ladder_name
        entered = self._entered.get(name, 0)
        ladder = self.standard.ladder[name]
        last = max(len(ladder.steps) - 1, 0)  # nobody is let go without having heard the last step again
        self._next_step_of[name] = 0 if entered <= ladder.restarts else min(self._next_step_of[name], last)
        self._entered[name] = entered + 1

    def _step_left(self) -> bool:
        return self._next_step_of[self._ladder_name] < len(self.standard.ladder[self._ladder_name].steps)

    def _wait_s(self) -> float:
        ladder = self.standard.ladder[self._ladder_name]
        return ladder.steps[self._next_step_of[self._ladder_name]].wait_s if self._step_left() else ladder.last_wait_s

    def _next_step(self) -> None:
        name = self._ladder_name
        self._to_say = (self.standard.ladder[name].steps[self._next_step_of[name]].say,)
        self._next_step_of[name] += 1

    def _last_act(self) -> None:
        self._perform(self.standard.ladder[self._ladder_name].then)

    def _begin_wait(self) -> None:
        self._fell_silent()
        self._waited_from = self._now

    def _start_waiting(self) -> None:
        self._turn_began = None
        self._due_in(self._wait_s(), since=self._waited_from)

    def _start_judging(self) -> None:
        limits = self.standard.limits
        grace = limits.judging_s if self._step_left() else limits.verdict_s  # nobody is cut off in a doubt (I2)
        self._due_in(self._wait_s() + grace, since=self._waited_from)

    # ------------------------------------------------------------------ the caller's turn

    def _caller_speaks(self) -> bool:
        return self._hearing is Hearing.SPEECH

    def _sound_unjudged(self) -> bool:
        return self._hearing is Hearing.SOUND

    def _start_listening(self) -> None:
        self._fell_silent()
        self._turn_began = self._now if self._turn_began is None else self._turn_began
        self._due_in(self.standard.limits.turn_s, since=self._turn_began)

    def _start_pausing(self) -> None:
        self._due_in(self.standard.limits.end_of_turn_s, since=self._last_voiced)

    def _owes_prompt(self) -> bool:
        return bool(self._owed)

    def _turn_over(self) -> None:
        self._invalid_keys = 0
        self._perform(self._on_speech())

    def _insist_now(self) -> None:
        self._insists = True

    def _turn_too_long(self) -> None:
        self._insist_now()
        self._long_turns += 1
        if self.standard.menu[self._menu].closing:
            self._finish("endless_turn")
        elif self._long_turns >= self.standard.limits.long_turns:
            self._perform(self.standard.endless_turn)
        else:
            self._turn_over()

    def _on_speech(self) -> Act:
        return self.standard.menu[self._menu].on_speech

    def _on_key(self) -> None:
        assert isinstance(self._event, ev.KeyPressed)
        keys: dict[str, Act] = getattr(self._block, "keys", {})
        if act := keys.get(self._event.key):
            self._invalid_keys = 0
            self._perform(act)
        elif isinstance(self._block, Menu):
            self._invalid_key(self._block)

    def _invalid_key(self, menu: Menu) -> None:
        self._invalid_keys += 1
        if menu.closing or self._invalid_keys >= self.standard.limits.invalid_keys:
            self._turn_over()  # any key shows that somebody is there
            return
        self._stop_voice()
        self._to_say = (self.standard.invalid_key, *self._owed)
        self._enter_ladder()
        self._go("say_again")

    # ------------------------------------------------------------------ hold by the far side

    def _suspend(self) -> None:
        self._suspended = self.state.rpartition("_")[2]
        self._waited = self._now - self._waited_from
        if self._playing and self._suspended != "paused":
            self._do(do.PausePlayback())
        self._end_recording()

    def _start_held(self) -> None:
        self._due_in(self.standard.limits.far_hold_s)

    def _was_saying(self) -> bool:
        return self._suspended in {"saying", "paused"}

    def _was_listening(self) -> bool:
        return self._suspended in {"listening", "pausing"}

    def _take_up(self) -> None:
        self._waited_from, self._last_voiced = self._now - self._waited, self._now

    def _held_too_long(self) -> None:
        self._finish("far_hold")

    # ------------------------------------------------------------------ acts

    def _perform(self, act: Act) -> None:
        self._stop_voice()
        self._end_recording()
        match act.kind:
            case "menu":
                self._enter_menu(act.name)
                self._leave("close" if self.standard.menu[act.name].closing else "converse")
            case "transfer":
                self._enter(self.standard.transfer[act.name])
                self._leave("refer")
            case "record":
                self._message_heard = False
                self._enter(self.standard.recording[act.name])
                self._leave("take_message")
            case "hang_up":
                self._finish(act.name)

    def _enter(self, block: Menu | TransferTo | Recording) -> None:
        self._block = block
        self._owed = ()
        self._to_say = tuple(said.say for said in block.say if self._holds(said))

    def _enter_menu(self, name: str) -> None:
        self._menu = name
        self._enter(self.standard.menu[name])
        self._enter_ladder()

    def _holds(self, said: Said) -> bool:
        return said.when is None or said.when in self._conditions

    def _finish(self, reason: str) -> None:
        self.outcome = self.outcome or reason
        self._leave("finish")

    def _leave(self, trigger: str) -> None:
        moved = self._go(trigger)
        assert moved, f"no row for {trigger} in {self.state}"

    # ------------------------------------------------------------------ a person

    def _start_referring(self) -> None:
        assert isinstance(self._block, TransferTo)
        self._fell_silent()
        self._do(do.Transfer(self._block.target))
        self._due_in(self._block.timeout_s)

    def _on_progress(self) -> None:
        assert isinstance(self._event, ev.TransferProgress)
        if 200 <= self._event.code < 300:
            self._finish("transferred")
        elif self._event.code >= 300:
            self._transfer_failed()

    def _transfer_failed(self) -> None:
        assert isinstance(self._block, TransferTo)
        self._perform(self._block.failed)

    # ------------------------------------------------------------------ a message

    def _start_taking(self) -> None:
        assert isinstance(self._block, Recording)
        self._fell_silent()
        self._recording = True
        self._message_began, self._message_heard = self._now, False
        self._do(do.StartRecording(self._block.limit_s))
        self._await_more()

    def _await_more(self) -> None:
        """Until the limit while the caller speaks, for a verdict while something sounds, else for their next words."""
        assert isinstance(self._block, Recording)
        block, began = self._block, self._message_began
        self._message_heard = self._message_heard or self._hearing is Hearing.SPEECH
        patience = self._last_voiced + block.silence_s if self._message_heard else began + 2 * block.silence_s
        if self._hearing is Hearing.SPEECH:
            patience = math.inf
        elif self._hearing is Hearing.SOUND:
            patience = max(patience, self._now + self.standard.limits.verdict_s)
        self.deadline = max(self._now, min(patience, began + block.limit_s))

    def _ends_message(self) -> bool:
        assert isinstance(self._event, ev.KeyPressed)
        assert isinstance(self._block, Recording)
        return self._event.key == self._block.end_key

    def _message_over(self) -> None:
        assert isinstance(self._block, Recording)
        self._perform(self._block.done if self._message_heard else self._block.empty)

    def _message_failed(self) -> None:
        assert isinstance(self._block, Recording)
        self._recording = False
        self._perform(self._block.failed)

    def _end_recording(self) -> None:
        if self._recording:
            self._recording = False
            self._do(do.StopRecording(keep=self._message_heard))

    # ------------------------------------------------------------------ the end

    def _never_acknowledged(self) -> None:
        self.outcome = "no_ack"

    def _on_media_lost(self) -> None:
        self.outcome = self.outcome or "media_lost"

    def _far_end(self) -> None:
        assert isinstance(self._event, ev.RemoteHangup)
        answered = self.state not in {"idle", "alerting", "answering"}
        failed = "leg_failed" if answered else "cancelled"
        self.outcome = self.outcome or (failed if self._event.code >= 300 else "caller_hung_up")

    def _start_ending(self) -> None:
        self._stop_voice()
        self._end_recording()
        self._do(do.HangUp(self.outcome))
        self._due_in(self.standard.limits.hang_up_s)

    def _start_ended(self) -> None:
        self._stop_voice()
        self._end_recording()
        self.deadline = None
