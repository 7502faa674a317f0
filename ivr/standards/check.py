"""What must hold of a standard beyond the shape of its tables.

Every name that is used exists, everything that exists is used, and every call that follows it comes to an end: a
caller who gives nothing is led, from wherever they are, to a ladder that ends in a hang-up, nothing hangs up but the
end of a ladder, after its announced pause, and a person is one key away from everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.standards.house import VARIABLE
from ivr.standards.model import Act, Menu, Recording, Standard, TransferTo

Key = tuple[int | str, ...]
Problem = tuple[Key, str]

VARIABLES = ("company", "site", "agent", "hello")


def problems(standard: Standard) -> list[Problem]:
    """Everything wrong with the standard, as (key, what) pairs; empty for a good one."""
    found = [*_wording(standard), *_unknown(standard)]
    return found or [*_hang_ups(standard), *_unreached(standard), *_endless(standard), *_no_person(standard)]


def _wording(standard: Standard) -> Iterator[Problem]:
    for name, wording in standard.wording.items():
        if wording.kind == "speech" and not wording.text.strip():
            yield ("wording", name), 'has no text; write what is said, or give it kind = "tone"'
        for variable in VARIABLE.findall(wording.text):
            if variable not in VARIABLES:
                yield ("wording", name), f"unknown variable {{{variable}}}; there are {', '.join(VARIABLES)}"


def _unknown(standard: Standard) -> Iterator[Problem]:
    for key, prompt in _prompts(standard):
        if prompt not in standard.wording:
            yield key, f'unknown prompt "{prompt}"; add it to [wording]'
    for key, act in _acts(standard):
        if act.kind != "hang_up" and act.name not in getattr(standard, act.section):
            yield key, f"there is no [{act.section}.{act.name}]"
    for name, menu in standard.menu.items():
        if menu.no_input not in standard.ladder:
            yield ("menu", name, "no_input"), f"there is no [ladder.{menu.no_input}], so this step has no deadline"
    endless = standard.menu.get(standard.endless_turn.name)
    if standard.endless_turn.kind != "menu" or endless is None or not endless.closing:
        yield ("endless_turn",), "must lead to a closing menu, so that every call comes to an end"
    for way in ("menu", "returned"):
        if (first := getattr(standard.opening, way)) not in standard.menu:
            yield ("opening", way), f"there is no [menu.{first}]"


def _hang_ups(standard: Standard) -> Iterator[Problem]:
    for key, act in _acts(standard):
        if act.kind == "hang_up" and key[0] != "ladder":
            yield key, "only the end of a ladder may hang up, after its pause; say goodbye in a closing menu first"


def _no_person(standard: Standard) -> Iterator[Problem]:
    """A person is one key away wherever the caller can press one (requirement D8)."""
    for section in ("menu", "recording"):
        for name, block in getattr(standard, section).items():
            if not any(act.kind == "transfer" for act in block.keys.values()):
                yield (section, name, "keys"), 'no key leads to a person (D8); add 0 = "transfer operator"'


def _unreached(standard: Standard) -> Iterator[Problem]:
    reached = _reached(standard)
    for block in ("menu", "ladder", "transfer", "recording"):
        for name in getattr(standard, block):
            if (block, name) not in reached:
                yield (block, name), "is never reached; remove it or lead somebody to it"


def _endless(standard: Standard) -> Iterator[Problem]:
    for name in standard.menu:
        seen: set[Act] = set()
        act = Act("menu", name)
        while act.kind != "hang_up":
            if act in seen:
                yield ("menu", name, "no_input"), "a caller who gives nothing is never let go; end the way in a hang_up"
                break
            seen.add(act)
            act = _when_silent(standard, act)


def _when_silent(standard: Standard, act: Act) -> Act:
    if act.kind == "menu":
        return standard.ladder[standard.menu[act.name].no_input].then
    return standard.transfer[act.name].failed if act.kind == "transfer" else standard.recording[act.name].empty


def _reached(standard: Standard) -> set[tuple[str, str]]:
    reached: set[tuple[str, str]] = set()
    todo = [Act("menu", standard.opening.menu), Act("menu", standard.opening.returned), standard.endless_turn]
    while todo:
        act = todo.pop()
        if act.kind == "hang_up" or (act.section, act.name) in reached:
            continue
        reached.add((act.section, act.name))
        block = getattr(standard, act.section)[act.name]
        todo += [then for _, then in _block_acts(block)]
        if isinstance(block, Menu):
            reached.add(("ladder", block.no_input))
            todo.append(standard.ladder[block.no_input].then)
    return reached


def _block_acts(block: Menu | TransferTo | Recording) -> Iterator[tuple[Key, Act]]:
    match block:
        case Menu():
            yield ("on_speech",), block.on_speech
        case TransferTo():
            yield ("failed",), block.failed
        case Recording():
            yield from (((end,), getattr(block, end)) for end in ("done", "empty", "failed"))
    for key, act in getattr(block, "keys", {}).items():
        yield ("keys", key), act


def _acts(standard: Standard) -> Iterator[tuple[Key, Act]]:
    for section in ("menu", "transfer", "recording"):
        for name, block in getattr(standard, section).items():
            for key, act in _block_acts(block):
                yield (section, name, *key), act
    for name, ladder in standard.ladder.items():
        yield ("ladder", name, "then"), ladder.then


def _prompts(standard: Standard) -> Iterator[tuple[Key, str]]:
    for section in ("menu", "transfer", "recording"):
        for name, block in getattr(standard, section).items():
            for position, said in enumerate(block.say):
                yield (section, name, "say", position), said.say
    for name, ladder in standard.ladder.items():
        for position, step in enumerate(ladder.steps):
            yield ("ladder", name, "steps", position, "say"), step.say
    yield ("invalid_key",), standard.invalid_key
