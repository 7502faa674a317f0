"""The telephone side of a call: ringing, our voice, the far side's hold, the end. What is said is not known here."""

from __future__ import annotations

import logging
import math
from datetime import UTC, datetime
from enum import Enum

from transitions.extensions import HierarchicalMachine

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.known import NOTHING
from ivr.dialog.states import STATES, TABLE
from ivr.standards.errands import Outbound
from ivr.standards.house import House, Utterance, Values, fill, utter
from ivr.standards.model import Standard
from ivr.standards.said import Voice

RING_S = 5.0
"""Chinese ringback: 1 s of tone, 4 s of pause (requirement A1)."""
TONE_S = 1.0
LOUDEST_DB = 18.0
EARLY_S = 1e-6
"""A deadline counts as reached by so little before it."""
_REFUSALS = {486: "busy", 600: "busy", 408: "no_answer", 480: "no_answer", 487: "no_answer", 603: "declined"}
"""What becomes of a call that we make, by the final response (RFC 3261); anything else has failed."""
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


class Line:
    """One telephone line in use; `Call` knows what to say on it.

    Attributes:
        state: name of the state in the table, e.g. ``greeting_waiting``.
        outcome: how the call ended, empty while it runs.
    """

    def __init__(self, standard: Standard, house: House) -> None:
        self.standard, self.house = standard, house
        self.state = "idle"
        self._due: float | None = None
        self._pledge_at = math.inf
        self.outcome = ""
        self._now = 0.0
        self._event: ev.Event = ev.Event()
        self._commands: list[do.Command] = []
        self._invited = ev.Invited("", None, _NEVER)
        self._dialled = ev.Dialled("", _NEVER, "")
        self._known = NOTHING
        self._owed_before: tuple[str, ...] = ()
        self._overdue: tuple[str, ...] = ()
        self._invited_at = 0.0
        self._hello = self.standard.opening.hello[0].text
        self._values: dict[str, tuple[str, ...]] = {}
        # our voice
        self._to_say: tuple[str, ...] = ()
        self._heard_from_us: set[str] = set()
        self._delay = 0.0
        self._breath_until = -math.inf
        self._playback = 0
        self._playing = False
        self._pauses = 0
        self._insists = self._insisting = False
        self._waited_from = 0.0
        self._louder_db, self._tempo, self._slower = 0.0, 1.0, 1.0
        # the caller's
        self._hangup: ev.RemoteHangup | None = None
        self._hearing = Hearing.NOTHING
        self._last_voiced = 0.0
        self._far_hold = False
        self._suspended = ""
        self._waited = 0.0

    @property
    def deadline(self) -> float | None:
        """Of the state that we are in, or of what is to be promised by then."""
        return None if self._due is None else min(self._due, self._pledge_at)

    @property
    def ended(self) -> bool:
        """Nothing will happen any more."""
        return self.state == "ended"

    def _go(self, trigger: str) -> bool:
        return bool(_MACHINE.trigger_event(self, trigger))

    def _do(self, command: do.Command) -> None:
        self._commands.append(command)

    def _due_in(self, seconds: float, since: float | None = None) -> None:
        self._due = max(self._now, (self._now if since is None else since) + seconds)

    def _hear(self, event: ev.Event) -> None:
        match event:
            case ev.RemoteHold():
                self._far_hold, self._hearing = True, Hearing.NOTHING
            case ev.RemoteResume():
                self._far_hold = False
            case ev.Remembered() if self.state in {"alerting", "answering"}:
                self._known, self._owed_before, self._overdue = event.known, event.owed, event.overdue
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

    # ------------------------------------------------------------------ ringing

    def _start_alerting(self) -> None:
        assert isinstance(self._event, ev.Invited)
        self._invited, self._invited_at = self._event, self._now
        self._do(do.Ring())
        self._due_in(TONE_S + RING_S * (self.house.answer_on_ring - 1))

    def _start_answering(self) -> None:
        self._do(do.Answer())
        self._due_in(self.standard.limits.connect_s)

    @property
    def _rings(self) -> int:
        return self._invited.rings_before + int((self._now - self._invited_at) // RING_S) + 1

    # ------------------------------------------------------------------ dialling

    def _start_dialling(self) -> None:
        """The telephone of whoever we ring is, from here on, our caller's."""
        assert isinstance(self._event, ev.Dialled)
        self._dialled = dialled = self._event
        self._known = dialled.known
        self._invited, self._invited_at = ev.Invited("", dialled.number, dialled.local_time), self._now
        self._due_in(self._outbound.ring_s)

    @property
    def _outbound(self) -> Outbound:
        return self.standard.outbound[self._dialled.reason]

    def _nobody_answers(self) -> None:
        self.outcome = "no_answer"

    def _greet_by_the_clock(self) -> None:
        clock = self._invited.local_time.strftime("%H:%M")
        self._hello = [hello.text for hello in self.standard.opening.hello if hello.since <= clock][-1]
        self._delay = self.standard.opening.greeting_delay_s

    # ------------------------------------------------------------------ our turn

    def _speak(self) -> None:
        limits = self.standard.limits
        utterances = tuple(self._utterance(name) for name in self._to_say)
        self._heard_from_us.update(self._to_say)
        at = max(self._now + self._delay, self._breath_until)
        self._delay = 0.0
        self._playback += 1
        self._pauses = 0
        self._playing, self._insisting = True, self._insists
        self._do(do.Play(self._playback, utterances, at, limits.between_prompts_s))
        self._due_in(limits.saying_s)

    def _utterance(self, name: str) -> Utterance:
        wording = self.standard.wording[name]
        return utter(name, fill(wording.text, self.house, self._hello), self._spoken, wording.kind)

    @property
    def _spoken(self) -> Values:
        """What wording may use besides the house's own names."""
        return self._values

    def _interruptible(self) -> bool:
        return not self._insisting and all(self.standard.wording[name].interruptible for name in self._to_say)

    def _rests(self) -> bool:
        """Our voice gives way to a sound; not for ever, if sound after sound was nothing."""
        return self._interruptible() and self._pauses < self.standard.limits.pauses

    def _start_pause(self) -> None:
        self._pauses += 1
        self._do(do.PausePlayback())
        self._due_in(self.standard.limits.verdict_s)

    def _stop_voice(self) -> None:
        if self._playing:
            self._do(do.StopPlayback())
            self._waited_from = self._now
            self._breath_until = self._now + self.standard.limits.breath_s
        self._fell_silent()

    def _fell_silent(self) -> None:
        self._playing = self._insisting = False

    def _begin_wait(self) -> None:
        if self._playing:  # what comes by itself, or by an answer from elsewhere, is not said in one word with it
            self._breath_until = self._now + self.standard.limits.between_prompts_s
        self._fell_silent()
        self._waited_from = self._now

    def _speak_as(self, voice: Voice) -> None:
        self._louder_db = min(self._louder_db + voice.louder_db, LOUDEST_DB)
        self._tempo = min(self._tempo, voice.tempo)
        self._do(do.SetVoice(self._louder_db, min(self._tempo, self._slower)))

    def _pace(self, tempo: float) -> None:
        """What we say from here on, and until this is told again, is said no faster than that."""
        if tempo != self._slower:
            self._slower = tempo
            self._do(do.SetVoice(self._louder_db, min(self._tempo, tempo)))

    def _caller_speaks(self) -> bool:
        return self._hearing is Hearing.SPEECH

    def _sound_unjudged(self) -> bool:
        return self._hearing is Hearing.SOUND

    # ------------------------------------------------------------------ hold by the far side

    def _suspend(self) -> None:
        self._suspended = self.state.rpartition("_")[2]
        self._waited = self._now - self._waited_from
        if self._suspended in {"listening", "pausing"}:
            self._stop_voice()  # an acknowledgement is not taken up again
        elif self._playing and self._suspended != "paused":
            self._do(do.PausePlayback())
        self._end_recording()

    def _start_held(self) -> None:
        self._due_in(self.standard.limits.far_hold_s)

    def _was_saying(self) -> bool:
        return self._suspended in {"saying", "paused"}

    def _was_listening(self) -> bool:
        return self._suspended in {"listening", "pausing", "recognizing"}

    def _take_up(self) -> None:
        self._waited_from, self._last_voiced = self._now - self._waited, self._now

    def _held_too_long(self) -> None:
        self._finish("far_hold")

    # ------------------------------------------------------------------ the end

    def _finish(self, reason: str) -> None:
        self.outcome = self.outcome or reason
        self._leave("finish")

    def _leave(self, trigger: str) -> None:
        moved = self._go(trigger)
        assert moved, f"no row for {trigger} in {self.state}"

    def _never_acknowledged(self) -> None:
        self.outcome = "no_ack"

    def _on_media_lost(self) -> None:
        self.outcome = self.outcome or "media_lost"

    def _far_end(self) -> None:
        assert isinstance(self._event, ev.RemoteHangup)
        code = self._event.code
        if self.state == "dialling":
            self.outcome = self.outcome or _REFUSALS.get(code, "failed")
        elif self.state in {"idle", "alerting", "answering"}:
            self.outcome = self.outcome or ("cancelled" if code >= 300 else "caller_hung_up")
        else:
            self.outcome = self.outcome or ("leg_failed" if code >= 300 else "caller_hung_up")
            self._hangup = self._event

    def _start_ending(self) -> None:
        self._stop_voice()
        self._end_recording()
        self._settle()
        self._do(do.HangUp(self.outcome))
        self._due_in(self.standard.limits.hang_up_s)

    def _start_ended(self) -> None:
        self._stop_voice()
        self._end_recording()
        self._settle()
        self._due = None

    def _end_recording(self) -> None:
        """A call that records ends it here."""

    def _settle(self) -> None:
        """A call that owes something for the way it ended says so here; called again it has nothing to add."""
