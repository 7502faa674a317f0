"""What must hold of a standard beyond the shape of its tables.

Every name that is used exists, everything that exists is used, and every call that follows it comes to an end: a
caller who gives nothing is led, from wherever they are, to a ladder that ends in a hang-up, nothing hangs up but the
end of a ladder, after its announced pause, and a person is one key away from everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.standards.house import VARIABLE
from ivr.standards.forms import menu_of
from ivr.standards.model import Act, Form, Gate, Hold, Ladder, Menu, Recording, Said, Slot, Standard, TransferTo

Key = tuple[int | str, ...]
Problem = tuple[Key, str]

VARIABLES = ("company", "site", "agent", "hello", "hours", "intent", "other", "name", "news")
"""What wording may use besides the slots of menus; `intent` and `other` are the wishes that are asked back,
`name` and `news` may be known from elsewhere."""


_LAST = ("hang_up", "resume")
"""Acts that a caller who gives nothing is led to at last; where a call is resumed, this holds again."""


def problems(standard: Standard) -> list[Problem]:
    """Everything wrong with the standard, as (key, what) pairs; empty for a good one."""
    found = [*_wording(standard), *_unknown(standard)]
    return found or [
        *_hang_ups(standard),
        *_unreached(standard),
        *_endless(standard),
        *_no_person(standard),
        *_without_consent(standard),
    ]


def _wording(standard: Standard) -> Iterator[Problem]:
    known = dict.fromkeys((*VARIABLES, *_slots(standard)))
    for name, wording in standard.wording.items():
        if wording.kind == "speech" and not wording.text.strip():
            yield ("wording", name), 'has no text; write what is said, or give it kind = "tone"'
        for variable in VARIABLE.findall(wording.text):
            if variable not in known:
                yield ("wording", name), f"unknown variable {{{variable}}}; there are {', '.join(known)}"


def _unknown(standard: Standard) -> Iterator[Problem]:
    for key, prompt in _prompts(standard):
        if prompt not in standard.wording:
            yield key, f'unknown prompt "{prompt}"; add it to [wording]'
    yield from _unknown_acts(standard)
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
    endless = standard.menu.get(standard.endless_turn.name)
    if standard.endless_turn.kind != "menu" or endless is None or not endless.closing:
        yield ("endless_turn",), "must lead to a closing menu, so that every call comes to an end"
    for key, name in _beginnings(standard):
        if name not in standard.menu:
            yield key, f"there is no [menu.{name}]"
    yield from _unkept(standard)
    reported = {menu.reports for menu in standard.menu.values()}
    for kind in standard.incident:
        if kind not in reported:
            yield ("incident", kind), f'no menu tells of it; give one reports = "{kind}", or remove it'


def _unkept(standard: Standard) -> Iterator[Problem]:
    for key, said in _said(standard):
        if said.owes and said.owes not in standard.promise:
            yield (*key, "owes"), f"there is no [promise.{said.owes}], so nobody would keep it"
    for kind, promise in standard.promise.items():
        if promise.call and promise.call not in standard.outbound:
            yield ("promise", kind, "call"), f"there is no [outbound.{promise.call}]"


def _beginnings(standard: Standard) -> Iterator[tuple[Key, str]]:
    """Menus that a call begins with."""
    opening = standard.opening
    yield ("opening", "menu"), opening.menu
    yield ("opening", "returned"), opening.returned
    for key in ("closed", "came_back"):
        if name := getattr(opening, key):
            yield ("opening", key), name
    for name, call in standard.outbound.items():
        yield ("outbound", name, "menu"), call.menu
        yield ("outbound", name, "otherwise"), call.otherwise


def _unknown_acts(standard: Standard) -> Iterator[Problem]:
    for key, act in _acts(standard):
        if act.section and act.name not in getattr(standard, act.section):
            yield key, f"there is no [{act.section}.{act.name}]"
        if not act.section and act.kind != "hang_up" and key[0] == "recording":
            yield key, "a recording leads to a menu, a transfer or a hang-up"
        turns = key[0] == "ladder" and standard.ladder[str(key[1])].on != "silence"
        ends = act.section or act.kind in _LAST or (turns and act.kind == "go_on")
        if key[0] == "ladder" and (act.kind == "ladder" or not ends):
            yield key, "a ladder ends in a menu, a form, a transfer, a recording, a hang_up or resume"
        if act.kind in ("next", "skip") and not (key[0] == "menu" and standard.menu[str(key[1])].form):
            yield key, f'"{act.kind}" means something in the menus of a form only'
    for verdict, ladder in standard.heard.items():
        if ladder not in standard.ladder:
            yield ("heard", verdict), f"there is no [ladder.{ladder}]"
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
    if menu.corrects and menu.corrects not in _slots(standard):
        yield ("menu", name, "corrects"), f'no menu asks for "{menu.corrects}"; give one slot = "{menu.corrects}"'
    if menu.asks not in ("yes_no", "choice", "text") and not (menu.slot and menu.on_answer):
        yield ("menu", name, "asks"), "needs a slot for the answer, and on_answer for what comes next"


def _wrong_inquiry(standard: Standard, name: str, menu: Menu) -> Iterator[Problem]:
    if menu.inquires and not menu.answers:
        yield ("menu", name, "answers"), "say what follows from the answer, at least failed"
    if not menu.inquires and (menu.answers or menu.hands):
        yield ("menu", name, "inquires"), "say who is asked: supervisor, or the name of a back-end system"
    for slot in menu.hands:
        if slot not in ("caller", *_slots(standard)):
            yield ("menu", name, "hands"), f'no menu asks for "{slot}"; there are caller, {", ".join(_slots(standard))}'


def _wrong_form(standard: Standard, name: str, form: Form) -> Iterator[Problem]:
    for slot in form.slots:
        if slot not in standard.slot:
            yield ("form", name, "slots"), f"there is no [slot.{slot}]"
        elif not standard.slot[slot].say:
            yield ("slot", slot, "say"), f"[form.{name}] asks for it; say how"


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
    elif hold.number and hold.number not in _slots(standard):
        yield ("hold", name, "number"), f'no menu asks for "{hold.number}"; give one slot = "{hold.number}"'
    known = ("caller", *_slots(standard))
    for variable in VARIABLE.findall("".join(hold.summary)):
        if variable not in known:
            yield ("hold", name, "summary"), f"unknown slot {{{variable}}}; there are {', '.join(known)}"
        elif any(menu.private for menu in standard.menu.values() if menu.slot == variable):
            yield ("hold", name, "summary"), f"{{{variable}}} is private, and a summary stays in tickets; leave it out"


def _without_consent(standard: Standard) -> Iterator[Problem]:
    """Only whoever was asked is put on hold, by word or by key; neither silence nor mere speech is a yes (D1)."""
    for key, act in _acts(standard):
        asked = key[0] == "menu" and standard.menu[str(key[1])].asks == "yes_no"
        if act.kind == "hold" and not (asked and key[2] in ("keys", "intents") and key[3] != "no"):
            yield (
                key,
                "puts a caller on hold who was not asked (D1); lead to a menu that asks yes_no, and hold on its yes",
            )


def _slots(standard: Standard) -> list[str]:
    """Everything that callers or back-end systems tell."""
    return list(dict.fromkeys([*(menu.slot for menu in standard.menu.values() if menu.slot), *standard.slot]))


def _hang_ups(standard: Standard) -> Iterator[Problem]:
    for key, act in _acts(standard):
        if act.kind == "hang_up" and key[0] != "ladder":
            yield key, "only the end of a ladder may hang up, after its pause; say goodbye in a closing menu first"


def _no_person(standard: Standard) -> Iterator[Problem]:
    """A person is one key away wherever the caller can press one, and one wish wherever they can say it (D8)."""
    if not any(act.kind == "transfer" for act in standard.always.values()):
        yield ("always",), 'no wish leads to a person (D8); add operator = "transfer operator"'
    for section in ("menu", "hold", "recording"):
        for name, block in getattr(standard, section).items():
            if not any(act.kind == "transfer" for act in block.keys.values()):
                yield (section, name, "keys"), 'no key leads to a person (D8); add 0 = "transfer operator"'


def _unreached(standard: Standard) -> Iterator[Problem]:
    reached = _reached(standard)
    for block in ("menu", "form", "ladder", "transfer", "hold", "recording"):
        for name in getattr(standard, block):
            if (block, name) not in reached:
                yield (block, name), "is never reached; remove it or lead somebody to it"


def _endless(standard: Standard) -> Iterator[Problem]:
    for name in standard.menu:
        seen: set[Act] = set()
        act = Act("menu", name)
        while act.kind not in _LAST:
            if act in seen or act.kind not in ("menu", "form", "transfer", "hold", "record"):
                yield ("menu", name, "no_input"), "a caller who gives nothing is never let go; end the way in a hang_up"
                break
            seen.add(act)
            act = _when_silent(standard, act)


def _when_silent(standard: Standard, act: Act) -> Act:
    if act.kind == "menu":
        return standard.ladder[standard.menu[act.name].no_input].then
    if act.kind == "form":
        return Act("menu", menu_of(act.name, standard.form[act.name].slots[0]))
    if act.kind == "hold":
        return standard.hold[act.name].back
    return standard.transfer[act.name].failed if act.kind == "transfer" else standard.recording[act.name].empty


def _reached(standard: Standard) -> set[tuple[str, str]]:
    reached: set[tuple[str, str]] = set()
    todo = [standard.endless_turn, *(Act("menu", name) for _, name in _beginnings(standard))]
    todo += [*standard.always.values(), *(Act("ladder", name) for name in standard.heard.values())]
    todo += [Act("ladder", standard.upset)] if standard.upset else []
    todo += [Act("menu", name) for name in (standard.confirm, standard.which) if name]
    while todo:
        act = todo.pop()
        if not act.section or (act.section, act.name) in reached:
            continue
        reached.add((act.section, act.name))
        block = getattr(standard, act.section)[act.name]
        todo += [then for _, then in _block_acts(block)]
        if isinstance(block, Menu):
            todo += [Act("ladder", name) for name in (block.no_input, block.once_heard, *block.heard.values()) if name]
            todo += [standard.gate[name].through for name in block.needs]
        if isinstance(block, Form):
            todo += [Act("menu", name) for name, menu in standard.menu.items() if menu.form == act.name]
    return reached


def _block_acts(block: Menu | Form | Gate | TransferTo | Hold | Recording | Ladder) -> Iterator[tuple[Key, Act]]:
    match block:
        case Menu():
            yield ("on_speech",), block.on_speech
            yield from ((("intents", intent), act) for intent, act in block.intents.items())
            yield from ((("answers", outcome), act) for outcome, act in block.answers.items())
            if block.on_answer:
                yield ("on_answer",), block.on_answer
        case Form():
            yield from (((end,), getattr(block, end)) for end in ("then", "refused", "at_last"))
            yield from ((("intents", intent), act) for intent, act in block.intents.items())
        case Gate():
            yield ("through",), block.through
        case Ladder():
            yield ("then",), block.then
        case TransferTo():
            yield ("failed",), block.failed
        case Hold():
            ends = {"back": block.back, "failed": block.failed, "busy": block.busy, "away": block.away}
            yield from (((end,), act) for end, act in ends.items() if act)
            yield from ((("intents", intent), act) for intent, act in block.intents.items())
        case Recording():
            yield from (((end,), getattr(block, end)) for end in ("done", "empty", "failed"))
    for key, act in getattr(block, "keys", {}).items():
        yield ("keys", key), act


def _acts(standard: Standard) -> Iterator[tuple[Key, Act]]:
    for section in ("menu", "form", "gate", "transfer", "hold", "recording", "ladder"):
        for name, block in getattr(standard, section).items():
            for key, act in _block_acts(block):
                yield (section, name, *key), act
    yield from ((("always", intent), act) for intent, act in standard.always.items())


def _said(standard: Standard) -> Iterator[tuple[Key, Said]]:
    for section in ("menu", "form", "transfer", "hold", "recording"):
        for name, block in getattr(standard, section).items():
            for way in ("say", "other_words"):
                for position, said in enumerate(getattr(block, way, ())):
                    yield (section, name, way, position), said


def _prompts(standard: Standard) -> Iterator[tuple[Key, str]]:
    yield from ((key, prompt) for key, said in _said(standard) for prompt in said.prompts)
    for name, ladder in standard.ladder.items():
        for position, step in enumerate(ladder.steps):
            yield ("ladder", name, "steps", position, "say"), step.say
    for name, hold in standard.hold.items():
        yield from ((("hold", name, "thanks", position), each.say) for position, each in enumerate(hold.thanks))
        if hold.music:
            yield ("hold", name, "music"), hold.music
    for name, incident in standard.incident.items():
        yield ("incident", name, "say"), incident.say
    for position, prompt in enumerate(standard.acknowledgements):
        yield ("acknowledgements", position), prompt
    yield ("invalid_key",), standard.invalid_key
    if standard.hold_music:
        yield ("hold_music",), standard.hold_music
