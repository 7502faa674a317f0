"""The caller's turn, when it is over: was it for us, what does it mean, and what follows from that."""

from __future__ import annotations

from collections.abc import Sequence

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.knowing import Knowing
from ivr.dialog.meaning import YES_NO, Meaning, interpreter
from ivr.dialog.turn import Turn
from ivr.standards.acts import Act
from ivr.standards.expand import amend_of, read_of
from ivr.standards.house import Finding, House
from ivr.standards.model import Standard
from ivr.standards.said import Misheard
from ivr.understanding.answers import Answer
from ivr.understanding.mood import Mood
from ivr.understanding.verdict import Verdict, judge

_TO_BE_CONFIRMED = ("menu", "form", "transfer", "record")
_PLAIN = 0.4
"""By so much one answer must be likelier than any other."""
_SAID_BEFORE = ("again", "rephrase", "back")


class Sense(Knowing):
    """A call that makes sense of what was said."""

    def __init__(self, standard: Standard, house: House, words: bool = False) -> None:
        super().__init__(standard, house, words)
        self._invalid_keys = 0
        self._nowhere = 0
        self._mood = Mood(standard.strong_words)
        self._steer: Act | None = None

    def _turn_over(self) -> None:
        turn, meaning = self._turn, self._meaning()
        found = self._found(turn, meaning)
        verdict = self._judge(turn, meaning, found.score if found else 0.0)
        self._note_verdict(turn, verdict)
        self._invalid_keys = 0
        self._begin_turn()
        if self._is_machine(turn):
            self._finish("machine")
            return
        match verdict.kind:
            case "silent" | "noise":
                self._go_on()
            case "side_talk" if self._usual != ev.SILENT:  # B3 is for who talks only to others
                self._go_on()
            case "inaudible" | "side_talk" | "unintelligible":
                self._misheard(verdict.kind)
            case _ if not self._upset(turn, meaning):
                self._asides(turn)
                self._act_on(turn, meaning, found)

    def _act_on(self, turn: Turn, meaning: Meaning, found: Finding | None) -> None:
        """What was said to us leads to whatever it means, or, where that is not known, to a question."""
        if found:
            self._nowhere = 0
            self._answer(found)
        elif self._puts_right(turn, meaning):
            self._fill_on()
        elif meaning.decided != "none":
            self._take_in(turn, meaning.act if meaning.act and meaning.act.kind == "form" else None)
            self._understood(turn, meaning)
        elif self._here.form and self._take_in(turn):
            self._fill_on()
        elif self._steer:
            self._steer_on(self._steer)
        elif self._owed:
            self._go_on()
        elif turn.text is not None:
            self._misheard("unclear")
        elif not self._leads_nowhere():
            self._on_speech()

    def _fill_on(self) -> None:
        self._got_somewhere()
        self._fill(self._here.form)

    def _got_somewhere(self) -> None:
        self._ladders.understood()
        self._nowhere = 0

    def _interrupt(self) -> None:
        """What was understood so far of a long story is not lost (requirement E1)."""
        turn = self._turn
        if turn.heard and turn.words and turn.words.text:
            turn.cut_short = True
            self._turn_over()
        else:
            super()._interrupt()

    def _is_machine(self, turn: Turn) -> bool:
        """Whoever takes our call says 喂; a machine says all that it has to say (requirement A7)."""
        return bool(self._dialled.reason and not self._kept) and turn.voiced_s >= self._outbound.machine_s

    def _judge(self, turn: Turn, meaning: Meaning, known: float) -> Verdict:
        evidence = turn.evidence(self._usual, meaning.score, max(meaning.relevance, known))
        if turn.heard and turn.text is None:
            return Verdict("addressed", "near speech, no words", evidence)
        verdict = judge(evidence)
        if verdict.kind == "addressed":
            self._usual = turn.level if self._usual == ev.SILENT else (self._usual + turn.level) / 2
        return verdict

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
        here, standard = self._here, self.standard
        by_question = standard.unclear.get(here.asks) if verdict == "unclear" else None
        name = here.heard.get(verdict) or by_question or standard.heard.get(verdict)
        if self._leads_nowhere():
            return
        if name is None:
            self._on_speech()
        elif self.standard.ladder[name].on != "silence":
            self._take_turn(name)
        else:
            if self._ladders.name != name:
                self._ladders.enter(name)
            self._go_on()

    def _understood(self, turn: Turn, meaning: Meaning) -> None:
        if meaning.answer:
            self._answered(meaning, turn.text)
            return
        self._ladders.understood()
        act = meaning.act
        assert act is not None
        self._note("understood", intent=meaning.intent, score=meaning.score, margin=meaning.margin, text=turn.text)
        confirm, which = self.standard.confirm, self.standard.which
        sure = meaning.decided == "sure" or self._answers_plainly(meaning)
        if meaning.begun:
            self._filling.told[meaning.slot] = meaning.begun
        if act.kind in _SAID_BEFORE:
            if not self._leads_nowhere():
                self._perform(act)
        elif not sure and not self._has_title(meaning):
            self._misheard("unclear")
        elif meaning.other and which and self._menu not in (confirm, which):
            self._ask(which, meaning.intent, meaning.other)
        elif not sure and act.kind in _TO_BE_CONFIRMED and confirm and self._menu != confirm:
            self._ask(confirm, meaning.intent)
        else:
            self._nowhere = 0
            self._perform(act)

    def _upset(self, turn: Turn, meaning: Meaning) -> bool:
        """Whoever is upset hears first that we feel for them (requirement E1); whether that was all, for once."""
        self._steer = None
        if not turn.text or not self.standard.upset or self._here.closing:
            return False
        evidence = self._mood.hear(turn.text, turn.level, turn.voiced_s)
        if not evidence.upset:
            return False
        self._note("upset", turn=turn.number, **evidence._asdict())
        self._steer = self.standard.steers
        step = self._ladders.take_turn(self.standard.upset)
        if isinstance(step, str):
            self._said_first += (step,)
            return False
        if step.kind == "go_on" or (meaning.act and meaning.act.kind == "transfer"):  # a person all the same (D8)
            return False
        self._perform(step)
        return True

    def _asides(self, turn: Turn) -> None:
        """What is answered before their business, whatever else they said (requirements E4, E10)."""
        for name, aside in self.standard.aside.items():
            if turn.text and interpreter(self.standard).says(turn.text, aside.intent):
                self._note("aside", turn=turn.number, aside=name)
                self._said_first += self._chosen(aside.say)
                self._steer = aside.then

    def _steer_on(self, act: Act) -> None:
        """A question takes the lead: that of a menu of its own, or the one that we are waiting to hear answered."""
        here = self._here
        if not self._leads_nowhere():
            self._perform(act if here.wishes or here.closing else Act("again"))

    def _take_in(self, turn: Turn, form: Act | None = None, among: Sequence[str] = ()) -> bool:
        """What was told besides, of the form that it leads to or that we are in; whether there was anything.

        Of a form, what it lacks is taken in, or slots `among` those that it has.
        """
        name = form.name if form else self._here.form
        if not name or not turn.text:
            return False
        if form:
            self._filling.begin(name)
        reader, here = interpreter(self.standard), self._here
        missing = among or self._filling.lacks(name)
        open_slots = [slot for slot in missing if slot not in (here.slot, here.corrects)]
        told = reader.told(turn.text, name, open_slots, self._invited.local_time.date())
        for slot, answer in told.items():
            self._note("answer", slot=slot, value=answer.value, complete=True)
            self._filling.tell(slot, answer)
        return bool(told)

    def _puts_right(self, turn: Turn, meaning: Meaning) -> bool:
        """Of a form that is read back, what is told anew takes the old one's place, and what is called wrong is asked
        for again (requirement C3)."""
        form, here = self._here.form, self._menu
        if not form or here not in (read_of(form), amend_of(form)) or meaning.intent == "yes":
            return False
        denied = interpreter(self.standard).denied(turn.text or "", form)
        for slot in denied:
            self._filling.forget(slot)
        return self._take_in(turn, among=self.standard.form[form].slots) or bool(denied)

    def _answers_plainly(self, meaning: Meaning) -> bool:
        """Asked yes or no, who said something like the one and unlike the other has answered."""
        return self._here.asks == "yes_no" and meaning.intent in YES_NO and meaning.margin >= _PLAIN

    def _has_title(self, meaning: Meaning) -> bool:
        """We can ask whether this was meant; who perhaps said yes is not asked whether they did."""
        return all(self.standard.intent[name].title for name in (meaning.intent, meaning.other) if name)

    def _ask(self, menu: str, intent: str, other: str = "") -> None:
        """Confirm our reading before we act on it (C2)."""
        acts, title = self._acts(), {name: intent.title for name, intent in self.standard.intent.items()}
        self._values["intent"] = (title[intent],)
        self._values["other"] = (title[other],) if other else ()
        self._perform(Act("menu", menu))
        self._pending = acts[intent]
        self._choices = {name: acts[name] for name in (intent, other) if other}

    def _look_for_agent(self, slot: str, answer: Answer) -> None:
        """Whoever is going to be rung is looked for while the caller is asked whether they will wait (D4)."""
        if answer.complete and any(hold.number == slot for hold in self.standard.hold.values()):
            self._do(do.LookFor("agent", answer.value))

    def _answered(self, meaning: Meaning, text: str | None) -> None:
        answer, slot = meaning.answer, meaning.slot
        assert answer is not None
        self._filling.tell(slot, answer)
        self._note("answer", slot=slot, value=answer.value, complete=answer.complete)
        self._look_for_agent(slot, answer)
        if not answer.complete:
            self._misheard("unclear")
            return
        self._got_somewhere()
        if meaning.intent:  # a wish that tells it
            self._note("understood", intent=meaning.intent, score=meaning.score, margin=meaning.margin, text=text)
        self._perform(meaning.act or Act("again"))
