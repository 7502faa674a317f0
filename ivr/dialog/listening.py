"""The caller's turn, while it lasts: how long a pause ends it, by what was asked and by the words so far."""

from __future__ import annotations

import math

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.inquiring import Inquiring
from ivr.dialog.meaning import OPEN_ENDED, YES_NO, Meaning, interpreter
from ivr.dialog.turn import Turn
from ivr.standards.acts import Act
from ivr.standards.blocks import Menu
from ivr.standards.house import House
from ivr.standards.model import Standard
from ivr.standards.ways import returns

_NODS = ("yes", "thanks")
"""Said into our voice by somebody who listens; we say once more what they talked into."""


class Listening(Inquiring):
    """A call that lets its caller finish."""

    def __init__(self, standard: Standard, house: House, words: bool = False) -> None:
        super().__init__(standard, house, words)
        self._pause_from = 0.0
        self._acknowledged_at = -math.inf
        self._acknowledgements = 0
        self._long_turns = 0
        self._read: tuple[ev.Recognized | None, Meaning] = (None, Meaning())

    def _hear(self, event: ev.Event) -> None:
        super()._hear(event)
        if not self._far_hold:
            self._turn.hear(event)
        match event:
            case ev.SpeechConfirmed() if self._playing:
                self._turn.over_prompt = True
            case ev.SpeechEnded():
                self._pause_from = self._last_voiced

    def _take_up(self) -> None:
        super()._take_up()
        if self._was_listening():  # what they were saying is lost: they have the usual time to say it again
            self._pause_from = self._waited_from = self._now

    def _begin_turn(self) -> None:
        menu = self._here
        self._turn = Turn(self._turn.number + 1, menu.asks, self._words)
        if self._words:
            self._do(do.Listen(self._turn.number, menu.asks, self._phrases(menu)))

    def _phrases(self, menu: Menu) -> tuple[str, ...]:
        if menu.asks not in ("yes_no", "choice"):
            return ()
        intents = self.standard.intent
        return tuple(phrase for name in self._acts() for phrase in intents[name].examples)

    def _start_listening(self) -> None:
        self._stop_voice()
        self._turn_began = self._now if self._turn_began is None else self._turn_began
        self._due_in(self.standard.limits.turn_s, since=self._turn_began)

    def _start_pausing(self) -> None:
        if self._playing:
            return  # an acknowledgement is being said: the pause begins when it is over
        pause_s = self._pause_s()
        if self._acknowledges():
            pause_s = min(pause_s, self.standard.limits.acknowledge_pause_s)
        self._due_in(pause_s, since=self._pause_from)

    def _pause_s(self) -> float:
        """Pause that ends this turn, by what was asked and by what was said so far."""
        limits, meaning = self.standard.limits, self._meaning()
        usual = limits.pause_s.get(self._turn.expects, limits.end_of_turn_s)
        if meaning.complete:
            return usual if meaning.answer and self._turn.expects in OPEN_ENDED else limits.complete_s
        if meaning.answer:
            return limits.incomplete_s
        wish = self._turn.expects == "text" and not self._here.on_answer
        return limits.end_of_turn_s if wish else usual

    def _acknowledges(self) -> bool:
        """Whether a long turn is not over yet, by the words of it; until those are here it may well be."""
        limits, began = self.standard.limits, self._turn_began
        return (
            bool(self.standard.acknowledgements and began is not None)
            and self._turn.listens
            and not self._turn.awaits_words
            and not self._meaning().complete
            and self._pause_from - max(began or 0.0, self._acknowledged_at) >= limits.acknowledge_s
            and self._pause_s() > limits.acknowledge_pause_s
        )

    def _acknowledge(self) -> None:
        prompts = self.standard.acknowledgements
        self._to_say = (prompts[self._acknowledgements % len(prompts)],)
        self._acknowledgements, self._acknowledged_at = self._acknowledgements + 1, self._now
        self._speak()

    def _acknowledged(self) -> None:
        self._fell_silent()
        self._pause_from = self._acknowledged_at = self._now
        if self.state.endswith("pausing"):
            self._start_pausing()

    def _awaits_words(self) -> bool:
        return self._turn.awaits_words

    def _words_are_here(self) -> bool:
        return not self._turn.awaits_words

    def _start_recognizing(self) -> None:
        self._due_in(self.standard.limits.recognition_s)

    def _owes_prompt(self) -> bool:
        return bool(self._owed)

    def _insist_now(self) -> None:
        self._insists = True

    def _turn_too_long(self) -> None:
        self._insist_now()
        self._long_turns += 1
        if self._here.closing:
            self._finish("endless_turn")
        elif self._long_turns >= self.standard.limits.long_turns:
            self._perform(self.standard.endless_turn)
        else:
            self._said_first += self._chosen(self.standard.interrupts)
            self._interrupt()

    def _interrupt(self) -> None:
        """Act on a turn that did not end by itself."""
        self._on_speech()

    # ------------------------------------------------------------------ the words so far

    def _meaning(self) -> Meaning:
        """Of the words so far, where they reach to the end of what was said."""
        text, words = self._turn.text, self._turn.words
        if not text:
            return Meaning()
        if self._read[0] is not words:
            today = self._invited.local_time.date()
            reader = interpreter(self.standard)
            self._read = words, reader.read(text, self._here, self._acts(), self._filling.told, today)
        return self._read[1]

    def _acts(self) -> dict[str, Act]:
        """What words can lead to here: in a menu on the way `back`, also what they could where it leads."""
        menu = self._here
        behind = self.standard.menu[self._came_from].intents if returns(menu) else {}
        before = {intent: act for intent, act in behind.items() if intent not in YES_NO}
        nods = dict.fromkeys(_NODS, Act("again")) if self._turn.over_prompt else {}
        known = {name: act for name, act in nods.items() if name in self.standard.intent}
        chosen = dict.fromkeys(menu.choices, menu.on_answer or Act("unclear"))
        return {**known, **before, **self.standard.always, **menu.intents, **chosen, **self._choices}
