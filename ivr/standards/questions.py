"""What must hold of whatever is asked: of callers by menus, slots and forms, of others by inquiries, and at gates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ivr.standards.blocks import Form, Menu, Slot
from ivr.standards.expand import amend_of, keyed, menu_of, read_of
from ivr.standards.model import Standard
from ivr.standards.said import Expects
from ivr.standards.ways import Key, slots

Problem = tuple[Key, str]

OURS = (
    "company", "site", "agent", "surname", "hello", "hours", "characters", "intent", "other",
    "answer", "answer_details", "answer_other_words", "answer_title",
)  # fmt: skip
"""Variables of wording that the house or the call fills: `intent` and `other` are the wishes that are asked back, the
answers those of the house's knowledge."""
_NO_SLOTS = (*OURS, "caller")
_SUPERVISOR = ("granted", "refused", "failed")
_BY_ONE_KEY = 9


def unanswerable(standard: Standard) -> Iterator[Problem]:
    """Questions that cannot be asked, or not be answered, as (key, what) pairs."""
    for name, menu in standard.menu.items():
        yield from _wrong_menu(standard, name, menu)
        yield from _wrong_question(standard, name, menu)
        yield from _wrong_inquiry(standard, name, menu)
        yield from _wrong_choices(("menu", name), menu.choices, menu.asks)
    for name, form in standard.form.items():
        yield from _wrong_form(standard, name, form)
    for name, slot in standard.slot.items():
        yield from _wrong_slot(standard, name, slot)
    for name in standard.gate:
        grants = [menu for menu in standard.menu.values() if menu.grants == name]
        if not any(name not in menu.needs for menu in grants):
            yield ("gate", name), f'can never be passed; give the menu behind it grants = "{name}"'
        yield from _wrong_tries(standard, name)


def _wrong_tries(standard: Standard, name: str) -> Iterator[Problem]:
    gate = standard.gate[name]
    counted = any(menu.denies == name for menu in standard.menu.values())
    if gate.shares and (gate.shares not in standard.gate or not gate.tries or standard.gate[gate.shares].shares):
        yield ("gate", name, "shares"), "names another gate, one that counts its own tries, and goes with tries"
    if not (bool(gate.tries) == bool(gate.barred) == counted):
        yield ("gate", name, "tries"), f'goes with barred, and with a menu that has denies = "{name}"'


def _wrong_menu(standard: Standard, name: str, menu: Menu) -> Iterator[Problem]:
    for field in ("no_input", "once_heard"):
        ladder = standard.ladder.get(getattr(menu, field))
        if ladder and ladder.on != "silence":
            yield ("menu", name, field), f"[ladder.{getattr(menu, field)}] goes by turns, and silence is none"


def _wrong_question(standard: Standard, name: str, menu: Menu) -> Iterator[Problem]:
    if menu.corrects and menu.corrects not in slots(standard):
        yield ("menu", name, "corrects"), f'no menu asks for "{menu.corrects}"; give one slot = "{menu.corrects}"'
    tells = menu.asks not in ("yes_no", "choice", "text") or menu.choices
    if tells and not (menu.slot and menu.on_answer):
        yield ("menu", name, "asks"), "needs a slot for the answer, and on_answer for what comes next"
    if menu.answered and not (menu.slot and menu.on_answer):
        yield ("menu", name, "answered"), "needs a slot that may have been told, and on_answer for what comes next"
    if menu.slot in _NO_SLOTS:
        yield ("menu", name, "slot"), f"{{{menu.slot}}} is filled by the house or the call; call it something else"
    taken = keyed(menu.asks, menu.choices) if menu.on_answer else {}
    for key in menu.keys.keys() & taken.keys():
        yield ("menu", name, "keys", key), f"is how {taken[key]} is answered here; lead away by another key"
    if menu.form:
        yield from _strange_to_its_form(standard, name, menu)


def _strange_to_its_form(standard: Standard, name: str, menu: Menu) -> Iterator[Problem]:
    form = standard.form.get(menu.form)
    if (
        form
        and (menu.slot or menu.corrects) not in form.slots
        and name not in (read_of(menu.form), amend_of(menu.form))
    ):
        yield ("menu", name, "form"), f"asks for no slot of [form.{menu.form}]; give it slot or corrects"


def _wrong_inquiry(standard: Standard, name: str, menu: Menu) -> Iterator[Problem]:
    if menu.inquires and "failed" not in menu.answers:
        yield ("menu", name, "answers"), "say what follows from the answer, at least failed, which is also for none"
    if not menu.inquires and (menu.answers or menu.hands):
        yield ("menu", name, "inquires"), "say who is asked: supervisor, or the name of a back-end system"
    for outcome in menu.answers if menu.inquires == "supervisor" else ():
        if outcome not in _SUPERVISOR:
            yield ("menu", name, "answers", outcome), f"a supervisor answers {', '.join(_SUPERVISOR)}"
    for slot in menu.hands:
        if slot not in ("caller", *slots(standard)):
            yield ("menu", name, "hands"), f'no menu asks for "{slot}"; there are caller, {", ".join(slots(standard))}'


def _wrong_choices(block: Key, choices: Mapping[str, str], asks: Expects) -> Iterator[Problem]:
    if choices and asks != "choice":
        yield (*block, "choices"), 'goes with asks = "choice", and only there'
    if len(choices) > _BY_ONE_KEY:
        yield (*block, "choices"), f"has more than {_BY_ONE_KEY}, which keys cannot tell; ask in two steps"


def _wrong_form(standard: Standard, name: str, form: Form) -> Iterator[Problem]:
    for slot in form.slots:
        if slot in standard.slot and not standard.slot[slot].say:
            yield ("slot", slot, "say"), f"[form.{name}] asks for it; say how"
        yield from _other_menus(standard, name, slot)
    if bool(form.read) != bool(form.amend):
        yield ("form", name, "amend"), "goes with read: what was wrong of that is asked there"
    if bool(form.owes) != bool(form.owed):
        yield ("form", name, "owed"), "goes with owes: what comes first where that is owed already"


def _other_menus(standard: Standard, form: str, slot: str) -> Iterator[Problem]:
    """A standard may have menus of a form itself; then they do what these do."""
    for what, field in (("", "slot"), ("why", "slot"), ("again", "slot"), ("read", "corrects")):
        name = menu_of(form, slot, what)
        menu = standard.menu.get(name)
        if menu and (menu.form != form or getattr(menu, field) != slot):
            yield ("menu", name), f'stands in for one of [form.{form}]; give it form = "{form}" and {field} = "{slot}"'


def _wrong_slot(standard: Standard, name: str, slot: Slot) -> Iterator[Problem]:
    if name in _NO_SLOTS:
        yield ("slot", name), f"{{{name}}} is filled by the house or the call; call it something else"
    if slot.private and slot.read:
        yield ("slot", name, "read"), "is private, and would be read out in clear; leave it out"
    if slot.asks == "choice" and slot.say and not slot.choices:
        yield ("slot", name, "choices"), 'goes with asks = "choice": intents, and what each of them means'
    yield from _wrong_choices(("slot", name), slot.choices, slot.asks)
    for key in slot.keys.keys() & keyed(slot.asks, slot.choices).keys():
        yield ("slot", name, "keys", key), "is how one of its answers is keyed; lead away by another key"
    try:
        re.compile(slot.pattern)
    except (re.error, OverflowError) as error:
        yield ("slot", name, "pattern"), f"is no regular expression: {error}"
