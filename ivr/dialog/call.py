"""One call: events in, commands out.

`Call` holds what a call knows and does what the rows of `ivr.dialog.states` ask for. It has no clock: every instant is
given to it, on the sample clock. It has no wire: what it wants done it returns. So a call of a minute runs in a
millisecond, the same in a test as on the line, and any order of events can be tried on it.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import NamedTuple

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.ladders import Ladders
from ivr.dialog.line import RING_S, TONE_S, Hearing, Line
from ivr.dialog.meaning import NUMBERS, OPEN_ENDED, YES_NO, Meaning, interpreter
from ivr.dialog.turn import Turn
from ivr.standards.house import House
from ivr.standards.model import Act, Menu, Misheard, Recording, Said, Standard, TransferTo
from ivr.understanding.answers import from_keys
from ivr.understanding.verdict import Verdict, judge

__all__ = ["RING_S", "TONE_S", "Call", "Snapshot"]

_TRIGGERS: dict[type[ev.Event], str] = {
    ev.Invited: "invite",
    ev.Connected: "connect",
    ev.DeadlineReached: "due",
    ev.PlaybackFinished: "said",
    ev.SpeechOnset: "onset",
    ev.SpeechConfirmed: "confirmed",
    ev.SpeechRejected: "rejected",
    ev.SpeechPaused: "paused",
    ev.SpeechEnded: "ended",
    ev.FaintSpeech: "faint",
    ev.Recognized: "recognized",
    ev.RecognitionFailed: "recognized",
    ev.KeyPressed: "key",
    ev.RemoteHold: "hold",
    ev.RemoteResume: "resume",
    ev.TransferProgress: "progress",
    ev.RecordingFailed: "failed",
    ev.MediaLost: "lost",
    ev.RemoteHangup: "hung_up",
}

_EARLY_S = 1e-6
_TO_BE_CONFIRMED = ("menu", "transfer", "record")
_SAID_BEFORE = ("again", "rephrase", "back")
_NODS = ("yes", "thanks")
"""Said into our voice by somebody who listens; we say once more what they talked into."""


class Snapshot(NamedTuple):
    """Where a call stands, for journals and pictures."""

    state: str
    menu: str
    ladder: str
    step: int


class Call(Line):
    """The life of one call by one standard.

    `words` says that a recogniser will answer each `Listen`; without one, voice activity and keys carry the call.

    Attributes:
        outcome: how the call ended, empty while it runs: the reason of a ladder's hang-up, ``transferred``,
            ``caller_hung_up``, ``cancelled``, ``leg_failed``, ``media_lost``, ``far_hold``, ``endless_turn`` or
            ``no_ack``.
    """

    def __init__(self, standard: Standard, house: House, words: bool = False) -> None:
        super().__init__(standard, house)
        self._conditions: set[str] = set()
        self._menu = self.standard.opening.menu
        self._block: Menu | TransferTo | Recording = self.standard.menu[self._menu]
        self._came_from = self._menu
        self._ladders = Ladders(standard)
        self._owed: tuple[str, ...] = ()
        self._promised: set[str] = set()
        # keys
        self._invalid_keys = 0
        self._typed = ""
        # the caller's turn
        self._words = words
        self._turn = Turn(0, "text", False)
        self._turn_began: float | None = None
        self._pause_from = 0.0
        self._acknowledged_at = -math.inf
        self._acknowledgements = 0
        self._long_turns = 0
        self._nowhere = 0
        self._read: tuple[ev.Recognized | None, Meaning] = (None, Meaning())
        self._usual = ev.SILENT
        # what was understood
        self._slots: dict[str, str] = {}
        self._pending: Act | None = None
        self._choices: dict[str, Act] = {}
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
    def snapshot(self) -> Snapshot:
        """Where the call stands."""
        return Snapshot(self.state, self._menu, self._ladders.name, self._ladders.step)

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
        super()._hear(event)
        if not self._far_hold:
            self._turn.hear(event)
        match event:
            case ev.SpeechConfirmed() if self._playing:
                self._turn.over_prompt = True
            case ev.SpeechEnded():
                self._pause_from = self._last_voiced

    def _open(self) -> None:
        opening = self.standard.opening
        self._conditions |= {"late"} if self._rings > opening.late_after_rings else set()
        self._conditions |= {"queued"} if self._invited.waited_s > 0 else set()
        self._greet_by_the_clock()
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
            self._owed = ()
            self._speak()

    def _say(self, *prompts: str) -> None:
        """In the menu that we are in, whose silence is then waited for anew."""
        self._stop_voice()
        self._to_say = prompts
        self._ladders.enter(self._patience)
        self._go("say_again")

    # ------------------------------------------------------------------ nobody's turn: the ladder

    @property
    def _here(self) -> Menu:
        return self.standard.menu[self._menu]

    @property
    def _patience(self) -> str:
        """Ladder of silence of this menu: whoever was heard before is no silent caller any more."""
        menu = self._here
        return menu.once_heard if menu.once_heard and self._usual != ev.SILENT else menu.no_input

    def _step_left(self) -> bool:
        return self._ladders.step_left

    def _next_step(self) -> None:
        self._note_verdict(self._turn, judge(self._turn.evidence(self._usual, 0.0, 0.0)))
        self._to_say = (self._ladders.take_step(),)

    def _last_act(self) -> None:
        self._perform(self._ladders.then)

    def _start_waiting(self) -> None:
        self._turn_began = None
        self._due_in(-math.inf if self._inaudible() else self._ladders.wait_s, since=self._waited_from)

    def _start_judging(self) -> None:
        limits = self.standard.limits
        grace = limits.judging_s if self._step_left() else limits.verdict_s  # nobody is cut off in a doubt (I2)
        self._due_in(self._ladders.wait_s + grace, since=self._waited_from)

    def _inaudible(self) -> bool:
        return self._turn.faint_s >= self.standard.limits.inaudible_s and not self._turn.heard

    def _fell_faintly_silent(self) -> bool:
        return not (isinstance(self._event, ev.FaintSpeech) and self._event.goes_on)

    def _go_on(self) -> None:
        """As if nothing had been said: what is due is due."""
        self._stop_voice()
        if self._owed:
            self._to_say = self._owed
            self._go("say_again")
        else:
            self._go("climb")

    # ------------------------------------------------------------------ the caller's turn: how long

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
            self._on_speech()

    # ------------------------------------------------------------------ the caller's turn: what it means

    def _turn_over(self) -> None:
        turn, meaning = self._turn, self._meaning()
        verdict = self._judge(turn, meaning)
        self._note_verdict(turn, verdict)
        self._invalid_keys = 0
        self._begin_turn()
        match verdict.kind:
            case "silent" | "noise":
                self._go_on()
            case "side_talk" if self._usual != ev.SILENT:  # B3 is for who talks only to others
                self._go_on()
            case "inaudible" | "side_talk" | "unintelligible":
                self._misheard(verdict.kind)
            case _ if meaning.decided != "none":
                self._understood(turn, meaning)
            case _ if self._owed:
                self._go_on()
            case _ if turn.text is None:
                self._on_speech()
            case _:
                self._misheard("unclear")

    def _judge(self, turn: Turn, meaning: Meaning) -> Verdict:
        evidence = turn.evidence(self._usual, meaning.score, meaning.relevance)
        if turn.heard and turn.text is None:
            return Verdict("addressed", "near speech, no words", evidence)
        verdict = judge(evidence)
        if verdict.kind == "addressed":
            self._usual = turn.level if self._usual == ev.SILENT else (self._usual + turn.level) / 2
        return verdict

    def _meaning(self) -> Meaning:
        """Of the words so far, where they reach to the end of what was said."""
        text, words = self._turn.text, self._turn.words
        if not text:
            return Meaning()
        if self._read[0] is not words:
            today = self._invited.local_time.date()
            reader = interpreter(self.standard)
            self._read = words, reader.read(text, self._here, self._acts(), self._slots, today)
        return self._read[1]

    def _acts(self) -> dict[str, Act]:
        """What words can lead to here: in a menu on the way `back`, also what they could where it leads."""
        menu = self._here
        behind = self.standard.menu[self._came_from].intents if _returns(menu) else {}
        before = {intent: act for intent, act in behind.items() if intent not in YES_NO}
        nods = dict.fromkeys(_NODS, Act("again")) if self._turn.over_prompt else {}
        known = {name: act for name, act in nods.items() if name in self.standard.intent}
        return {**known, **before, **self.standard.always, **menu.intents, **self._choices}

    def _on_speech(self) -> None:
        self._perform(self._here.on_speech)

    def _leads_nowhere(self) -> bool:
        """Another turn after which nothing is known; too many in a row end the call as an endless turn does."""
        self._nowhere += 1
        if self._nowhere <= self.standard.limits.nowhere_turns:
            return False
        if self._here.closing:
            self._go_on()
        else:
            self._perform(self.standard.endless_turn)
        return True

    def _misheard(self, verdict: Misheard) -> None:
        name = self._here.heard.get(verdict) or self.standard.heard.get(verdict)
        if self._leads_nowhere():
            return
        if name is None:
            self._on_speech()
        elif self.standard.ladder[name].on == "turn":
            step = self._ladders.take_turn(name)
            if isinstance(step, str):
                self._say(step)
            else:
                self._perform(step)
        else:
            if self._ladders.name != name:
                self._ladders.enter(name)
            self._go_on()

    def _understood(self, turn: Turn, meaning: Meaning) -> None:
        if meaning.answer:
            self._answered(meaning)
            return
        self._ladders.understood()
        act = meaning.act
        assert act is not None
        self._note("understood", intent=meaning.intent, score=meaning.score, margin=meaning.margin, text=turn.text)
        confirm, which = self.standard.confirm, self.standard.which
        if act.kind in _SAID_BEFORE:
            if not self._leads_nowhere():
                self._perform(act)
        elif meaning.other and which and self._menu not in (confirm, which):
            self._ask(which, meaning.intent, meaning.other)
        elif meaning.decided != "sure" and act.kind in _TO_BE_CONFIRMED and confirm and self._menu != confirm:
            self._ask(confirm, meaning.intent)
        else:
            self._nowhere = 0
            self._perform(act)

    def _ask(self, menu: str, intent: str, other: str = "") -> None:
        """Confirm our reading before we act on it (C2)."""
        acts, title = self._acts(), {name: intent.title for name, intent in self.standard.intent.items()}
        self._values["intent"] = (title[intent],)
        self._values["other"] = (title[other],) if other else ()
        self._perform(Act("menu", menu))
        self._pending = acts[intent]
        self._choices = {name: acts[name] for name in (intent, other) if other}

    def _answered(self, meaning: Meaning) -> None:
        answer, slot = meaning.answer, meaning.slot
        assert answer is not None
        self._slots[slot] = answer.value
        self._note("answer", slot=slot, value=answer.value, complete=answer.complete)
        if not answer.complete:
            self._misheard("unclear")
            return
        self._ladders.understood()
        self._nowhere = 0
        self._values[slot] = answer.spoken
        self._perform(meaning.act or Act("again"))

    def _note(self, kind: str, **fields: do.Scalar) -> None:
        self._do(do.Note(kind, fields))

    def _note_verdict(self, turn: Turn, verdict: Verdict) -> None:
        self._note("verdict", turn=turn.number, verdict=verdict.kind, why=verdict.why, **asdict(verdict.evidence))

    # ------------------------------------------------------------------ keys

    def _on_key(self) -> None:
        assert isinstance(self._event, ev.KeyPressed)
        key, block = self._event.key, self._block
        keys: dict[str, Act] = getattr(block, "keys", {})
        if isinstance(block, Menu) and block.asks in NUMBERS:
            self._type(key)
        elif act := keys.get(key):
            self._invalid_keys = 0
            self._perform(act)
        elif isinstance(block, Menu):
            self._invalid_key(block)

    def _type(self, key: str) -> None:
        if key == "#":
            self._keys_over()
        else:
            self._typed = "" if key == "*" else self._typed + key
            self._go("type")

    def _start_keying(self) -> None:
        self._stop_voice()
        self._due_in(self.standard.limits.between_keys_s)

    def _keys_over(self) -> None:
        """A number was entered; a single key may be one that leads elsewhere."""
        menu, typed = self._here, self._typed
        self._typed = ""
        answer = from_keys(typed, menu.asks)
        if act := menu.keys.get(typed):
            self._perform(act)
        elif answer and answer.complete:
            self._understood(self._turn, Meaning(slot=menu.slot, answer=answer, act=menu.on_answer, decided="sure"))
        else:
            self._invalid_key(menu)

    def _invalid_key(self, menu: Menu) -> None:
        self._invalid_keys += 1
        if menu.closing or self._invalid_keys >= self.standard.limits.invalid_keys:
            self._invalid_keys = 0
            self._on_speech()  # any key shows that somebody is there
        else:
            self._say(self.standard.invalid_key, *self._owed)

    # ------------------------------------------------------------------ acts

    def _perform(self, act: Act) -> None:
        self._stop_voice()
        self._end_recording()
        match act.kind:
            case "menu":
                self._turn_to(act.name)
            case "again":
                self._turn_to(self._menu)
            case "rephrase":
                self._turn_to(self._menu, other_words=True)
            case "back":
                self._turn_to(self._came_from, other_words=True)
            case "confirmed":
                assert self._pending is not None
                self._perform(self._pending)
            case "unclear":
                self._misheard("unclear")
            case "go_on":
                self._waited_from = self._now
                self._go_on()
            case "ladder":
                self._waited_from = self._now
                self._ladders.enter(act.name)
                self._go("climb")
            case "transfer":
                self._enter(self.standard.transfer[act.name])
                self._leave("refer")
            case "record":
                self._message_heard = False
                self._enter(self.standard.recording[act.name])
                self._leave("take_message")
            case "hang_up":
                self._finish(act.name)

    def _turn_to(self, menu: str, other_words: bool = False) -> None:
        self._enter_menu(menu, other_words)
        self._leave("close" if self._here.closing else "converse")

    def _enter_menu(self, name: str, other_words: bool = False) -> None:
        menu = self.standard.menu[name]
        if _returns(menu) and not _returns(self._here):
            self._came_from = self._menu
        if menu.slot:  # asked for anew
            self._slots.pop(menu.slot, None)
        self._menu, self._typed, self._choices = name, "", {}
        self._enter(menu, menu.other_words if other_words and menu.other_words else menu.say)
        self._ladders.enter(self._patience)
        self._begin_turn()
        if menu.voice:
            self._speak_as(menu.voice)
        if menu.owes and menu.owes not in self._promised:
            self._promised.add(menu.owes)
            self._note("owed", promise=menu.owes)

    def _enter(self, block: Menu | TransferTo | Recording, say: list[Said] | None = None) -> None:
        self._block, self._owed = block, ()
        self._to_say = tuple(said.say for said in (block.say if say is None else say) if self._holds(said))
        if self._words and not isinstance(block, Menu):
            self._do(do.Listen(0, "text"))

    def _holds(self, said: Said) -> bool:
        return said.when is None or said.when in self._conditions

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


def _returns(menu: Menu) -> bool:
    """It leads back to where the caller was."""
    return any(act.kind == "back" for act in (menu.on_speech, *menu.intents.values(), *menu.keys.values()))
