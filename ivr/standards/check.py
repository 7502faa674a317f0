"""What must hold of a standard beyond the shape of its tables: every name that is used exists, and makes sense there.

What every call that follows it does, whatever its caller does, is proved in `proofs`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.standards.house import VARIABLE
from ivr.standards.model import Form, Hold, Menu, Slot, Standard
from ivr.standards.proofs import LAST, unproved
from ivr.standards.ways import Key, acts, beginnings, prompts, said_entries, slots

Problem = tuple[Key, str]

VARIABLES = ("company", "site", "agent", "hello", "hours", "intent", "other", "name", "news")
"""What wording may use besides the slots of menus; `intent` and `other` are the wishes that are asked back,
`name` and `news` may be known from elsewhere."""


def problems(standard: Standard) -> list[Problem]:
    """Everything wrong with the standard, as (key, what) pairs; empty for a good one."""
    found = [*_wording(standard), *_unknown(standard), *_wrong_blocks(standard)]
    return found or list(unproved(standard))


def _wording(standard: Standard) -> Iterator[Problem]:
    known = dict.fromkeys((*VARIABLES, *slots(standard)))
    for name, wording in standard.wording.items():
        if wording.kind == "speech" and not wording.text.strip():
            yield ("wording", name), 'has no text; write what is said, or give it kind = "tone"'
        for variable in VARIABLE.findall(wording.text):
            if variable not in known:
                yield ("wording", name), f"unknown variable {{{variable}}}; there are {', '.join(known)}"


def _unknown(standard: Standard) -> Iterator[Problem]:
    for key, prompt in prompts(standard):
        if prompt not in standard.wording:
            yield key, f'unknown prompt "{prompt}"; add it to [wording]'
    yield from _unknown_acts(standard)
    endless = standard.menu.get(standard.endless_turn.name)
    if standard.endless_turn.kind != "menu" or endless is None or not endless.closing:
        yield ("endless_turn",), "must lead to a closing menu, so that every call comes to an end"
    for key, name in beginnings(standard):
        if name not in standard.menu:
            yield key, f"there is no [menu.{name}]"
    if standard.upset and standard.upset not in standard.ladder:
        yield ("upset",), f"there is no [ladder.{standard.upset}]"
    for name, aside in standard.aside.items():
        if aside.intent not in standard.intent:
            yield ("aside", name, "intent"), f"there is no [intent.{aside.intent}]"


def _wrong_blocks(standard: Standard) -> Iterator[Problem]:
    for name, menu in standard.menu.items():
        yield from _unknown_names(standard, name, menu)
    for name, hold in standard.hold.items():
        yield from _wrong_hold(standard, name, hold)
    for name, form in standard.form.items():
        yield from _wrong_form(standard, name, form)
    for name, slot in standard.slot.items():
        yield from _wrong_slot(name, slot)
    for name in standard.gate:
        if not any(menu.grants == name for menu in standard.menu.values()):
            yield ("gate", name), f'can never be passed; give the menu behind it grants = "{name}"'
    yield from _unkept(standard)
    reported = {menu.reports for menu in standard.menu.values()}
    for kind in standard.incident:
        if kind not in reported:
            yield ("incident", kind), f'no menu tells of it; give one reports = "{kind}", or remove it'


def _unkept(standard: Standard) -> Iterator[Problem]:
    for key, said in said_entries(standard):
        if said.owes and said.owes not in standard.promise:
            yield (*key, "owes"), f"there is no [promise.{said.owes}], so nobody would keep it"
    for kind, promise in standard.promise.items():
        if promise.call and promise.call not in standard.outbound:
            yield ("promise", kind, "call"), f"there is no [outbound.{promise.call}]"


def _unknown_acts(standard: Standard) -> Iterator[Problem]:
    for key, act in acts(standard):
        if act.section and act.name not in getattr(standard, act.section):
            yield key, f"there is no [{act.section}.{act.name}]"
        if not act.section and act.kind != "hang_up" and key[0] == "recording":
            yield key, "a recording leads to a menu, a transfer or a hang-up"
        turns = key[0] == "ladder" and standard.ladder[str(key[1])].on != "silence"
        ends = act.section or act.kind in LAST or (turns and act.kind == "go_on")
        if key[0] == "ladder" and (act.kind == "ladder" or not ends):
            yield key, "a ladder ends in a menu, a form, a transfer, a recording, a hang_up or resume"
        if act.kind in ("next", "skip") and not (key[0] == "menu" and standard.menu[str(key[1])].form):
            yield key, f'"{act.kind}" means something in the menus of a form only'
    for table in ("heard", "unclear"):
        for what, ladder in getattr(standard, table).items():
            if ladder not in standard.ladder:
                yield (table, what), f"there is no [ladder.{ladder}]"
    for intent in standard.always:
        if intent not in standard.intent:
            yield ("always", intent), f"there is no [intent.{intent}]"
    for asking in ("confirm", "which"):
        if (menu_name := getattr(standard, asking)) and menu_name not in standard.menu:
            yield (asking,), f"there is no [menu.{menu_name}]"


def _unknown_names(standard: Standard, name: str, menu: Menu) -> Iterator[Problem]:
    if menu.no_input not in standard.ladder:
        yield ("menu", name, "no_input"), f"there is no [ladder.{menu.no_input}], so this step has no deadline"
    if menu.once_heard and menu.once_heard not in standard.ladder:
        yield ("menu", name, "once_heard"), f"there is no [ladder.{menu.once_heard}]"
    for intent in menu.intents:
        if intent not in standard.intent:
            yield ("menu", name, "intents", intent), f"there is no [intent.{intent}]"
    for verdict, ladder in menu.heard.items():
        if ladder not in standard.ladder:
            yield ("menu", name, "heard", verdict), f"there is no [ladder.{ladder}]"
    if menu.owes and menu.owes not in standard.promise:
        yield ("menu", name, "owes"), f"there is no [promise.{menu.owes}], so nobody would keep it"
    if menu.reports and menu.reports not in standard.incident:
        yield ("menu", name, "reports"), f"there is no [incident.{menu.reports}]"
    yield from _wrong_inquiry(standard, name, menu)
    for gate in (*menu.needs, menu.grants):
        if gate and gate not in standard.gate:
            yield ("menu", name), f"there is no [gate.{gate}]"
    if menu.corrects and menu.corrects not in slots(standard):
        yield ("menu", name, "corrects"), f'no menu asks for "{menu.corrects}"; give one slot = "{menu.corrects}"'
    if menu.asks not in ("yes_no", "choice", "text") and not (menu.slot and menu.on_answer):
        yield ("menu", name, "asks"), "needs a slot for the answer, and on_answer for what comes next"


def _wrong_inquiry(standard: Standard, name: str, menu: Menu) -> Iterator[Problem]:
    if menu.inquires and not menu.answers:
        yield ("menu", name, "answers"), "say what follows from the answer, at least failed"
    if not menu.inquires and (menu.answers or menu.hands):
        yield ("menu", name, "inquires"), "say who is asked: supervisor, or the name of a back-end system"
    for slot in menu.hands:
        if slot not in ("caller", *slots(standard)):
            yield ("menu", name, "hands"), f'no menu asks for "{slot}"; there are caller, {", ".join(slots(standard))}'


def _wrong_form(standard: Standard, name: str, form: Form) -> Iterator[Problem]:
    for slot in form.slots:
        if slot not in standard.slot:
            yield ("form", name, "slots"), f"there is no [slot.{slot}]"
        elif not standard.slot[slot].say:
            yield ("slot", slot, "say"), f"[form.{name}] asks for it; say how"
    if form.owes and form.owes not in standard.promise:
        yield ("form", name, "owes"), f"there is no [promise.{form.owes}], so nobody would keep it"
    if bool(form.owes) != bool(form.owed):
        yield ("form", name, "owed"), "goes with owes: what comes first where that is owed already"


def _wrong_slot(name: str, slot: Slot) -> Iterator[Problem]:
    if slot.private and slot.read:
        yield ("slot", name, "read"), "is private, and would be read out in clear; leave it out"
    if bool(slot.choices) != (slot.asks == "choice"):
        yield ("slot", name, "choices"), 'goes with asks = "choice", and only there'
    try:
        re.compile(slot.pattern)
    except re.error as error:
        yield ("slot", name, "pattern"), f"is no regular expression: {error}"


def _wrong_hold(standard: Standard, name: str, hold: Hold) -> Iterator[Problem]:
    for intent in hold.intents:
        if intent not in standard.intent:
            yield ("hold", name, "intents", intent), f"there is no [intent.{intent}]"
    if hold.owes and hold.owes not in standard.promise:
        yield ("hold", name, "owes"), f"there is no [promise.{hold.owes}], so nobody would keep it"
    if hold.back_s >= hold.limit_s:
        yield ("hold", name, "back_s"), "must come before limit_s, so that there is time to ask for a number"
    if (hold.rings == "agent") != bool(hold.number):
        yield ("hold", name, "number"), 'names the slot with the agent\'s number, where rings = "agent" and only there'
    elif hold.number and hold.number not in slots(standard):
        yield ("hold", name, "number"), f'no menu asks for "{hold.number}"; give one slot = "{hold.number}"'
    known = ("caller", *slots(standard))
    for variable in VARIABLE.findall("".join(hold.summary)):
        if variable not in known:
            yield ("hold", name, "summary"), f"unknown slot {{{variable}}}; there are {', '.join(known)}"
        elif any(menu.private for menu in standard.menu.values() if menu.slot == variable):
            yield ("hold", name, "summary"), f"{{{variable}}} is private, and a summary stays in tickets; leave it out"
