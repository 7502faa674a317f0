"""A caller who waits: on hold while we ring somebody for them, who then takes the call over (requirements D1-D5)."""

from __future__ import annotations

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.errands import Errands
from ivr.dialog.meaning import interpreter
from ivr.standards.acts import Act
from ivr.standards.errands import Hold
from ivr.standards.house import House
from ivr.standards.model import Standard

_BUSY = frozenset({486, 600})
_AWAY = frozenset({404, 410, 480, 604})
"""Final responses of somebody who is on the telephone, and of somebody who is not there (RFC 3261, section 21)."""


class Holding(Errands):
    """A call whose caller can be asked to wait."""

    def __init__(self, standard: Standard, house: House, words: bool = False) -> None:
        super().__init__(standard, house, words)
        self._held_from = 0.0
        self._consulting = False
        self._returns_to: Act | None = None

    @property
    def _hold(self) -> Hold:
        assert isinstance(self._block, Hold)
        return self._block

    # ------------------------------------------------------------------ the caller waits

    def _start_resting(self) -> None:
        hold = self._hold
        self._fell_silent()
        self._held_from = self._now
        if self._holds_line:
            self._do(do.Hold())
        elif self._words and hold.intents:
            self._begin_turn()
        if hold.rings:
            self._consult(hold)
        self._play_music()
        self._due_in(min(hold.back_s, hold.ring_s if hold.rings else hold.back_s))

    def _play_music(self) -> None:
        due = self._due
        self._fell_silent()
        if self._music and not self._far_hold:
            self._to_say = (self._music,)
            self._speak()
            self._due = due

    @property
    def _music(self) -> str:
        return self._hold.music or (self.standard.hold_music if self.house.own_music else "")

    @property
    def _holds_line(self) -> bool:
        return self._hold.reinvite and not self._music

    def _rather_not_wait(self) -> None:
        assert isinstance(self._event, ev.KeyPressed)
        if act := self._hold.keys.get(self._event.key):
            self._come_back(act)

    def _heard_while_waiting(self) -> None:
        """A caller on hold talks to others as well: only a wish that we are sure of ends the wait."""
        text, acts = self._turn.text, self._hold.intents
        if text is None:
            return
        today = self._invited.local_time.date()
        meaning = interpreter(self.standard).read(text, self._here, acts, {}, today)
        if meaning.act and meaning.decided == "sure":
            self._note("understood", intent=meaning.intent, score=meaning.score, margin=meaning.margin, text=text)
            self._come_back(meaning.act)
        else:
            self._begin_turn()

    def _waited_too_long(self) -> None:
        hold = self._hold
        if self._now < self._held_from + hold.back_s:  # it has rung long enough
            self._come_back(hold.failed)
        else:
            self._pledge(hold.owes, self._held_from + hold.limit_s)
            self._come_back(hold.back)

    # ------------------------------------------------------------------ whom we ring

    def _consult(self, hold: Hold) -> None:
        summary = self._summary(hold.summary)
        self._consulting = True
        self._note("consulted", target=hold.rings, summary=summary)
        self._do(do.Consult(hold.rings, summary, self._filling.told.get(hold.number, "")))

    def _dismiss(self) -> None:
        if self._consulting:
            self._consulting = False
            self._do(do.Dismiss())

    def _target_answers(self) -> bool:
        assert isinstance(self._event, ev.TargetProgress)
        return self._consulting and 200 <= self._event.code < 300

    def _target_is_gone(self) -> bool:
        assert isinstance(self._event, ev.TargetProgress)
        return self._consulting and self._event.code >= 300

    def _nobody_to_talk_to(self) -> None:
        assert isinstance(self._event, ev.TargetProgress)
        hold, code = self._hold, self._event.code
        self._consulting = False
        act = hold.busy if code in _BUSY else hold.away if code in _AWAY else None
        self._come_back(act or hold.failed)

    # ------------------------------------------------------------------ handing over

    def _start_handing(self) -> None:
        """Who answered may hang up at any moment, as they do once the caller is theirs: what counts is the NOTIFY."""
        self._do(do.HandOver())
        self._due_in(self.standard.limits.hand_over_s)

    def _handing_failed(self) -> None:
        self._come_back(self._hold.failed)

    # ------------------------------------------------------------------ back with the caller

    def _come_back(self, act: Act) -> None:
        self._returns_to = act
        self._stop_voice()
        self._dismiss()
        self._go("come_back")

    def _start_returning(self) -> None:
        if self._holds_line:
            self._do(do.TakeBack())
            self._due_in(self.standard.limits.take_back_s)
        else:
            self._due_in(0.0)

    def _back_again(self) -> None:
        act, thanks = self._returns_to, self._hold.thanks
        assert act is not None
        self._said_first = tuple(each.say for each in thanks if self._held_from + each.after_s <= self._now)[-1:]
        self._perform(act)

    # ------------------------------------------------------------------ the end

    def _start_ending(self) -> None:
        self._dismiss()
        super()._start_ending()

    def _start_ended(self) -> None:
        self._dismiss()
        super()._start_ended()
