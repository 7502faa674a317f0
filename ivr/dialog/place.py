"""Where a call is in its standard: its menu, its ladders, what it says there, and the acts that lead elsewhere."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from dataclasses import asdict
from datetime import datetime, timedelta

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.addressing import by_name, has_name, has_title
from ivr.dialog.dropping import DROPPED, was_dropped
from ivr.dialog.filling import Filling
from ivr.dialog.ladders import Ladders
from ivr.dialog.line import EARLY_S, Hearing, Line
from ivr.dialog.reckoning import due_at
from ivr.dialog.turn import Turn
from ivr.standards.acts import Act
from ivr.standards.blocks import Menu
from ivr.standards.errands import Hold, Recording, TransferTo
from ivr.standards.expand import named
from ivr.standards.house import VARIABLE, House, Utterance, Values, fill
from ivr.standards.model import Standard
from ivr.standards.said import Condition, Misheard, Said
from ivr.standards.ways import returns
from ivr.understanding.sensitive import find, masked
from ivr.understanding.verdict import Verdict, judge

NOON = 12
_PART_ENDS = re.compile(r"[，。；\s]+$")


class Place(Line, ABC):
    """A call on its way through a standard."""

    def __init__(self, standard: Standard, house: House, words: bool = False) -> None:
        super().__init__(standard, house)
        self._opened_at = 0.0
        self._conditions: set[str] = set()
        self._menu = self.standard.opening.menu
        self._block: Menu | TransferTo | Hold | Recording = self.standard.menu[self._menu]
        self._came_from = self._menu
        self._form_menu = ""
        self._ladders = Ladders(standard)
        self._owed: tuple[str, ...] = ()
        self._said_first: tuple[str, ...] = ()
        self._pledged = ""
        self._promised: dict[str, str] = {}
        self._typed = ""
        # the caller's turn
        self._words = words
        self._turn = Turn(0, "text", False)
        self._turn_began: float | None = None
        self._usual = ev.SILENT
        # what was understood
        self._filling = Filling(standard)
        self._matter = self._given_up = False
        self._connected = self._kept = self._settled = False
        self._choices: dict[str, Act] = {}

    @abstractmethod
    def _perform(self, act: Act) -> None:
        """Do what the standard says."""

    @abstractmethod
    def _begin_turn(self) -> None:
        """What is said from now on answers the menu that we are in."""

    @abstractmethod
    def _inquire(self, menu: str) -> None:
        """Ask whom that menu asks, and nobody else any more."""

    @abstractmethod
    def _reply_is_here(self) -> bool:
        """Whom we asked has answered, and that was not acted on yet."""

    @abstractmethod
    def _misheard(self, verdict: Misheard) -> None:
        """Nobody can act on what was heard."""

    def _open(self) -> None:
        opening, known = self.standard.opening, self._known
        stopped = self.standard.menu.get(known.menu)
        self._filling.know(known.slots, self._local_now, stopped)
        self._matter = bool(known.menu)
        holding: dict[Condition, bool] = {
            "late": not self._dialled.reason and self._rings > opening.late_after_rings,
            "queued": self._invited.waited_s > 0,
            "often": known.drops >= self.standard.limits.drops,
            "priority": self._invited.priority,
            "rating": self.house.asks_rating,
            "incident": bool(self._incidents()),
            "music": self.house.own_music,
            "announced": self.house.announces,
            "morning": self._invited.local_time.hour < NOON,
            "surnamed": bool(self.house.agent_surname),
            "withheld": not (self._invited.caller or self._dialled.number),
        }
        self._conditions |= {name for name, holds in holding.items() if holds}
        self._connected, self._opened_at = True, self._now
        if known.drops and not self._dialled.reason:
            self._note("came_back", drops=known.drops)
        self._greet_by_the_clock()
        self._enter_menu(self._detour(self._first_menu()))
        self._to_say = (*self._incidents(), *self._to_say)

    def _incidents(self) -> list[str]:
        """What everybody is told of faults that many have (requirement F7), before anything else."""
        known = self.standard.incident
        return [known[kind].say for kind in self._invited.incidents if kind in known]

    def _first_menu(self) -> str:
        opening = self.standard.opening
        if self._dialled.reason:
            return self._outbound.menu
        if "x-returned" in self._invited.headers:
            return opening.returned
        if opening.closed and not self.house.hours.open_at(self._invited.local_time):
            return opening.closed
        return opening.came_back if opening.came_back and self._known.menu else opening.menu

    @property
    def _local_now(self) -> datetime:
        return self._invited.local_time + timedelta(seconds=self._now - self._invited_at)

    @property
    def _spoken(self) -> Values:
        return by_name(self.standard, {**self._filling.spoken, **self._values})

    def _addressed(self, name: str) -> str:
        """The prompt, by name of the caller where it addresses them, and we know their title."""
        return named(name) if self.standard.wording[name].addresses and has_title(self._spoken) else name

    # ------------------------------------------------------------------ our turn

    def _utterance(self, name: str) -> Utterance:
        """A prompt, whose slots may not make it say what must not be said (requirements H1, H2)."""
        utterance = super()._utterance(self._addressed(name))
        if slot := self._lacks(utterance.name):
            self._note("lacks", prompt=name, slot=slot)
        elif self._barred(utterance):
            self._note("barred", prompt=name)
        else:
            return utterance
        instead = self.standard.instead
        self._promise(instead if instead in self.standard.promise else "")
        return super()._utterance(instead)

    def _lacks(self, name: str) -> str:
        """The first slot of a prompt of which nothing is known; half a sentence is not said."""
        spoken, text = self._spoken, fill(self.standard.wording[name].text, self.house, self._hello)
        return next((slot for slot in VARIABLE.findall(text) if slot not in spoken), "")

    def _barred(self, utterance: Utterance) -> bool:
        """As a whole, or by what one slot makes it say; but a name is a name, whatever else it sounds like."""
        name = self._spoken.get("name", ())
        parts = [part for part in utterance.parts if part not in name]
        return bool(parts) and any(map(self.house.bars, ("".join(parts), *parts)))

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
        self._to_say, self._said_first = (*self._said_first, *prompts), ()
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
        self._to_say, self._said_first = (*self._said_first, self._ladders.take_step()), ()

    def _last_act(self) -> None:
        self._given_up = self._ladders.then.kind == "hang_up"
        self._perform(self._ladders.then)

    def _start_waiting(self) -> None:
        self._turn_began = None
        at_once = self._inaudible() or self._reply_is_here()
        self._due_in(-math.inf if at_once else self._ladders.wait_s, since=self._waited_from)

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
        if self._owed or self._said_first:
            self._to_say, self._said_first = (*self._said_first, *self._owed), ()
            self._go("say_again")
        else:
            self._go("climb")

    # ------------------------------------------------------------------ menus

    def _detour(self, name: str) -> str:
        """The menu that is entered in this one's place."""
        detours = self.standard.menu[name].detours
        return next((other for condition, other in detours.items() if condition in self._conditions), name)

    def _enter_menu(self, name: str, other_words: bool = False) -> None:
        menu = self.standard.menu[name]
        if returns(menu) and not returns(self._here):
            self._came_from = self._menu
        if menu.slot:  # asked for anew
            self._matter = True
            self._filling.forget(menu.slot)
        self._menu, self._typed, self._choices = name, "", {}
        if menu.form:
            self._form_menu = name
        self._look_around(menu)
        self._enter(menu, menu.other_words if other_words and menu.other_words else menu.say)
        self._ladders.enter(self._patience)
        self._begin_turn()
        self._inquire(name)
        if menu.voice:
            self._speak_as(menu.voice)
        if menu.owes:
            self._promise(menu.owes)
            self._matter = False
        if menu.reports:
            self._note("reported", incident=menu.reports)
        if menu.keeps and not self._kept:
            self._kept = True
            self._note("kept", promise=self._dialled.reason)

    def _look_around(self, menu: Menu) -> None:
        """The conditions that change in the course of a call."""
        self._conditions |= {"erred"} if menu.errs else set()
        holding: dict[Condition, bool] = {
            "urged": menu.owes in self._owed_before,
            "overdue": menu.owes in self._overdue,
            "named": has_name(self._filling.spoken),
            "long": self._now - self._opened_at >= self.standard.limits.long_s,
        }
        for condition, holds in holding.items():
            (self._conditions.add if holds else self._conditions.discard)(condition)

    def _enter(self, block: Menu | TransferTo | Hold | Recording, say: list[Said] | None = None) -> None:
        self._block, self._owed = block, ()
        self._pace(block.tempo if isinstance(block, Menu) else 1.0)
        chosen = self._chosen(block.say if say is None else say)
        self._to_say, self._said_first = (*self._said_first, *chosen), ()
        if self._words and not isinstance(block, Menu):
            self._do(do.Listen(0, "text"))

    def _chosen(self, say: list[Said]) -> tuple[str, ...]:
        """What is said of a list now; of several, what was not said yet in this call (requirement E2)."""
        chosen: list[str] = []
        for said in say:
            if self._holds(said):
                fresh = [prompt for prompt in said.one_of if prompt not in self._heard_from_us]
                now = fresh[:1] if said.one_of else [said.say]
                chosen += now
                self._promise(said.owes)  # what is owed does not hang on there being new words for it
        return tuple(chosen)

    def _holds(self, said: Said) -> bool:
        conditions = self._conditions | ({"comforted"} if self._said_first else set())
        known = {name for name, pieces in self._spoken.items() if pieces}
        told = known >= set(said.knows) and known.isdisjoint(said.lacks)
        return told and (said.when is None or said.when in conditions) and conditions.isdisjoint(said.unless)

    # ------------------------------------------------------------------ what is owed

    def _promise(self, kind: str) -> None:
        """Once a call; but what may be urged is, by another matter of its kind (requirement E2)."""
        if not kind:
            return
        of = self.standard.promise[kind]
        summary = self._summary(of.summary)
        self._conditions.add("promised")
        if kind not in self._promised or (of.urged and self._promised[kind] != summary):
            self._promised[kind] = summary
            due = due_at(of, self._filling.answered, self._local_now)
            fields = {"summary": summary, "due": due.isoformat() if due else ""}
            self._note("owed", promise=kind, **{name: value for name, value in fields.items() if value})
        else:
            self._note("renewed", promise=kind)

    def _summary(self, parts: list[str]) -> str:
        """What people are told of the call: each part of which everything is known; it stays in tickets (G3)."""
        known = {"caller": self._invited.caller or "", **self._filling.answered}
        told = (part for part in parts if all(known.get(slot) for slot in VARIABLE.findall(part)))
        text = "；".join(_PART_ENDS.sub("", VARIABLE.sub(lambda slot: known[slot[1]], part)) for part in told)
        return masked(text, find(text))

    def _pledge(self, kind: str, at: float) -> None:
        """Promise this at that instant, unless it was promised by then."""
        self._pledged, self._pledge_at = kind, at if kind else math.inf

    def _is_for_pledge(self, event: ev.Event) -> bool:
        """The deadline that has come is the pledge's, and that of the state is yet to come."""
        if not isinstance(event, ev.DeadlineReached) or self._now < self._pledge_at - EARLY_S:
            return False
        self._keep_pledge()
        return True

    def _keep_pledge(self) -> None:
        if self._pledged:
            self._promise(self._pledged)
            self._matter = False
        self._pledge("", math.inf)

    def _settle(self) -> None:
        """Whoever was cut off is rung back (requirement B9)."""
        if self._settled or not self._connected:
            return
        self._settled = True
        if self.outcome != "transferred":
            self._keep_pledge()
        goodbye, matter, given_up = self._here.closing, self._matter, self._given_up and self._told_some
        if was_dropped(self.outcome, self._hangup, goodbye=goodbye, matter=matter, given_up=given_up):
            rung = DROPPED if DROPPED in self.standard.promise else ""
            self._promise(self._ticket if given_up and not self._may_be_rung else rung)

    @property
    def _told_some(self) -> bool:
        """Of the form that we are in, something was told in this call that is on no ticket yet."""
        form, answered, known = self._here.form, self._filling.answered, self._known.slots
        slots = self.standard.form[form].slots if form else ()
        return any(slot in answered and answered[slot] != known.get(slot) for slot in slots)

    @property
    def _may_be_rung(self) -> bool:
        """A number that is not shown cannot be, and who fell silent when we rang is left in peace."""
        return bool(self._invited.caller) and not self._dialled.reason

    @property
    def _ticket(self) -> str:
        """What the form that we are in promises to whoever does not tell it all, or else to who does."""
        form = self.standard.form[self._here.form]
        ways = [self.standard.menu[act.name] for act in (form.refused, form.then) if act.kind == "menu"]
        return next((menu.owes for menu in ways if menu.owes), "")

    def _on_speech(self) -> None:
        self._perform(self._here.on_speech)

    # ------------------------------------------------------------------ for the record

    def _note(self, kind: str, **fields: do.Scalar) -> None:
        self._do(do.Note(kind, fields))

    def _note_verdict(self, turn: Turn, verdict: Verdict) -> None:
        self._note("verdict", turn=turn.number, verdict=verdict.kind, why=verdict.why, **asdict(verdict.evidence))
