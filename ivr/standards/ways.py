"""The ways through a standard: what its blocks lead to, what they say, and what can be reached at all."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.standards.expand import menu_of
from ivr.standards.model import Act, Aside, Form, Gate, Hold, Ladder, Menu, Recording, Said, Standard, TransferTo

Key = tuple[int | str, ...]
"""Where in the file: ``("menu", "greeting", "say", 0)``."""


def beginnings(standard: Standard) -> Iterator[tuple[Key, str]]:
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


def when_silent(standard: Standard, act: Act) -> Act:
    """Where a caller is led who gives nothing."""
    if act.kind == "menu":
        return standard.ladder[standard.menu[act.name].no_input].then
    if act.kind == "form":
        return Act("menu", menu_of(act.name, standard.form[act.name].slots[0]))
    if act.kind == "hold":
        return standard.hold[act.name].back
    return standard.transfer[act.name].failed if act.kind == "transfer" else standard.recording[act.name].empty


def reached(standard: Standard) -> set[tuple[str, str]]:
    """Every block that some call can come to, as (section, name)."""
    found: set[tuple[str, str]] = set()
    todo = [standard.endless_turn, *(Act("menu", name) for _, name in beginnings(standard))]
    todo += [
        *standard.always.values(),
        *(Act("ladder", name) for name in (*standard.heard.values(), *standard.unclear.values())),
    ]
    todo += [Act("ladder", standard.upset)] if standard.upset else []
    todo += [standard.steers] if standard.steers else []
    todo += [aside.then for aside in standard.aside.values()]
    todo += [Act("menu", name) for name in (standard.confirm, standard.which) if name]
    while todo:
        act = todo.pop()
        if not act.section or (act.section, act.name) in found:
            continue
        found.add((act.section, act.name))
        block = getattr(standard, act.section)[act.name]
        todo += [then for _, then in block_acts(block)]
        if isinstance(block, Menu):
            todo += [Act("ladder", name) for name in (block.no_input, block.once_heard, *block.heard.values()) if name]
            todo += [standard.gate[name].through for name in block.needs]
        if isinstance(block, Form):
            todo += [Act("menu", name) for name, menu in standard.menu.items() if menu.form == act.name]
    return found


def block_acts(block: Menu | Form | Aside | Gate | TransferTo | Hold | Recording | Ladder) -> Iterator[tuple[Key, Act]]:
    """What a block leads to, by where that stands in it."""
    match block:
        case Menu():
            yield ("on_speech",), block.on_speech
            yield from ((("intents", intent), act) for intent, act in block.intents.items())
            yield from ((("answers", outcome), act) for outcome, act in block.answers.items())
            if block.on_answer:
                yield ("on_answer",), block.on_answer
        case Form():
            yield from (((end,), act) for end in ("then", "refused", "at_last", "owed") if (act := getattr(block, end)))
            yield from ((("intents", intent), act) for intent, act in block.intents.items())
        case Gate():
            yield ("through",), block.through
        case Ladder() | Aside():
            yield ("then",), block.then
        case TransferTo():
            yield ("failed",), block.failed
        case Hold():
            yield from (((end,), act) for end in ("back", "failed", "busy", "away") if (act := getattr(block, end)))
            yield from ((("intents", intent), act) for intent, act in block.intents.items())
        case Recording():
            yield from (((end,), getattr(block, end)) for end in ("done", "empty", "failed"))
    for key, act in getattr(block, "keys", {}).items():
        yield ("keys", key), act


def acts(standard: Standard) -> Iterator[tuple[Key, Act]]:
    """Everything that leads somewhere."""
    for section in ("menu", "form", "aside", "gate", "transfer", "hold", "recording", "ladder"):
        for name, block in getattr(standard, section).items():
            for key, act in block_acts(block):
                yield (section, name, *key), act
    if standard.steers:
        yield ("steers",), standard.steers
    yield from ((("always", intent), act) for intent, act in standard.always.items())


def said_entries(standard: Standard) -> Iterator[tuple[Key, Said]]:
    """Entries of every list of prompts."""
    yield from ((("interrupts", position), said) for position, said in enumerate(standard.interrupts))
    for section in ("menu", "form", "aside", "transfer", "hold", "recording"):
        for name, block in getattr(standard, section).items():
            for way in ("say", "other_words"):
                for position, said in enumerate(getattr(block, way, ())):
                    yield (section, name, way, position), said


def prompts(standard: Standard) -> Iterator[tuple[Key, str]]:
    """Every prompt that something says."""
    yield from ((key, prompt) for key, said in said_entries(standard) for prompt in said.prompts)
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
    yield ("instead",), standard.instead
    if standard.hold_music:
        yield ("hold_music",), standard.hold_music


def slots(standard: Standard) -> list[str]:
    """Everything that callers or back-end systems tell."""
    return list(dict.fromkeys([*(menu.slot for menu in standard.menu.values() if menu.slot), *standard.slot]))
