"""The acts of a standard, carried out: what a key, a turn, an answer or the end of a ladder leads to."""

from __future__ import annotations

from abc import ABC

from ivr.dialog.gates import Gates
from ivr.dialog.place import Place
from ivr.standards.acts import Act
from ivr.standards.blocks import Menu
from ivr.standards.house import House
from ivr.standards.model import Standard
from ivr.standards.ways import resumes
from ivr.understanding.answers import recalled


class Acting(Place, ABC):
    """A call that does what its standard says. There is a method for each kind of act, by its name."""

    def __init__(self, standard: Standard, house: House, words: bool = False) -> None:
        super().__init__(standard, house, words)
        self._gates = Gates(standard)
        self._pending: Act | None = None
        self._dismissed = False
        self._reminded: set[str] = set()

    def _perform(self, act: Act) -> None:
        self._stop_voice()
        self._end_recording()
        if self._leads_too_far(act):
            act = Act("hang_up", "endless_call") if self._dismissed else self.standard.endless_turn
            self._dismissed = True
        getattr(self, f"_act_{act.kind}")(act)

    def _leads_too_far(self, act: Act) -> bool:
        ends = act.kind == "hang_up" or (act.kind == "transfer" and not self._dismissed)
        return not ends and self._now - self._opened_at > self.standard.limits.call_s

    # ------------------------------------------------------------------ menus

    def _act_menu(self, act: Act) -> None:
        self._turn_to(act.name)

    def _act_again(self, _: Act) -> None:
        self._go_into(self._menu)

    def _act_rephrase(self, _: Act) -> None:
        self._go_into(self._menu, other_words=True)

    def _act_back(self, _: Act) -> None:
        self._go_into(self._came_from, other_words=True)

    def _act_confirmed(self, _: Act) -> None:
        self._perform(self._pending or Act("back"))

    def _act_proceed(self, _: Act) -> None:
        self._turn_to(self._gates.held_up or self._came_from, proceeding=True)

    def _turn_to(self, menu: str, *, proceeding: bool = False) -> None:
        menu = self._detour(menu)
        denied = self._gates.fail(self.standard.menu[menu].denies)
        if way := denied or self._gates.way_to(menu, proceeding=proceeding) or self._way_past(menu):
            self._perform(way)
        else:
            self._go_into(menu)

    def _way_past(self, name: str) -> Act | None:
        """Whoever has answered its question already is not asked again (requirement C10)."""
        menu = self.standard.menu[name]
        if not (menu.answered and self._filling.is_confirmed(menu.slot)):
            return None
        self._look_around(menu)
        self._promise(menu.owes)
        self._said_first += self._chosen(menu.answered)
        return menu.on_answer

    def _go_into(self, menu: str, other_words: bool = False) -> None:
        """Whoever was in it need not pass its gates again."""
        self._enter_menu(menu, other_words)
        self._gates.grant(self._here.grants)
        self._leave("close" if self._here.closing else "converse")

    # ------------------------------------------------------------------ forms

    def _act_form(self, act: Act) -> None:
        self._matter = True
        form = self.standard.form[act.name]
        if form.owed and form.owes in self._owed_before and act.name not in self._reminded:
            self._reminded.add(act.name)
            self._perform(form.owed)
            return
        self._filling.begin(act.name)
        self._said_first += self._chosen(form.say)
        self._fill(act.name)

    def _act_next(self, _: Act) -> None:
        self._filling.confirm(self._asked_in_form.corrects or self._form_menu)
        self._fill(self._asked_in_form.form)

    def _act_skip(self, _: Act) -> None:
        asked = self._asked_in_form
        self._filling.skip(asked.slot or asked.corrects)
        self._fill(asked.form)

    def _act_own_number(self, _: Act) -> None:
        """It is read back like any other; whoever withheld it is asked to tell it."""
        asked = self._here if self._here.slot else self._asked_in_form
        answer = recalled(self._invited.caller or "", asked.asks)
        if answer and answer.complete and asked.on_answer:
            self._filling.tell(asked.slot, answer)
            self._note("answer", slot=asked.slot, value=answer.value, complete=True)
            self._perform(asked.on_answer)
        else:
            self._misheard("unclear")

    @property
    def _asked_in_form(self) -> Menu:
        """The form's menu that we are in, or have left only to ask what was meant."""
        return self.standard.menu[self._form_menu]

    def _fill(self, form: str) -> None:
        """To what the form lacks still, or to what follows it."""
        if menu := self._filling.next_menu(form):
            self._turn_to(menu)
        else:
            self._note("form", form=form)
            self._perform(self.standard.form[form].then)

    # ------------------------------------------------------------------ a call that goes on with another

    def _act_resume(self, _: Act) -> None:
        """To where the call before was cut off; what had been answered there is not asked again (C10)."""
        known = self._known
        menu = self.standard.menu.get(known.menu)
        if menu is None or menu.closing or resumes(self.standard, menu):
            self._turn_to(self._outbound.otherwise if self._dialled.reason else self.standard.opening.menu)
        elif menu.form:
            self._fill(menu.form)
        elif gate := self._gates.behind(menu):  # nobody is let in for having been let in before
            self._perform(self.standard.gate[gate].through)
        else:
            then = menu.on_answer if menu.slot in self._filling.spoken else None
            self._perform(then if then and then.kind in ("menu", "form") else Act("menu", known.menu))

    # ------------------------------------------------------------------ ladders

    def _act_ladder(self, act: Act) -> None:
        if self.standard.ladder[act.name].on == "silence":
            self._waited_from = self._now
            self._ladders.enter(act.name)
            self._go("climb")
        else:
            self._take_turn(act.name)

    def _take_turn(self, ladder: str) -> None:
        """Its next step is said, or its last act done."""
        step = self._ladders.take_turn(ladder)
        if isinstance(step, str):
            self._say(step)
        else:
            self._perform(step)

    def _act_go_on(self, _: Act) -> None:
        self._waited_from = self._now
        self._go_on()

    def _act_unclear(self, _: Act) -> None:
        self._misheard("unclear")

    # ------------------------------------------------------------------ errands

    def _act_transfer(self, act: Act) -> None:
        self._matter = True
        self._enter(self.standard.transfer[act.name])
        self._leave("refer")

    def _act_hold(self, act: Act) -> None:
        self._matter = True
        self._enter(self.standard.hold[act.name])
        self._leave("put_on_hold")

    def _act_record(self, act: Act) -> None:
        self._enter(self.standard.recording[act.name])
        self._leave("take_message")

    def _act_hang_up(self, act: Act) -> None:
        self._finish(act.name)
