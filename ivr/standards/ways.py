"""The ways through a standard: what its blocks lead to, what they say, and what can be reached at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ivr.standards.acts import Act
from ivr.standards.blocks import Form, Menu
from ivr.standards.expand import Key as Key  # noqa: PLC0414 - whoever walks the ways tells where
from ivr.standards.model import Standard
from ivr.standards.said import Block, Expects, Said

MENUS = ("confirm", "which", "knowledge", "dictation", "verified")
"""Keys of a standard that name a menu which words lead to."""
ELSEWHERE: dict[str, Expects] = {"name": "name", "news": "text"}
"""What may be known though nobody asks for it, and of what kind it is."""
_ERRANDS = ("transfer", "hold", "record")


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


def when_silent(standard: Standard, act: Act) -> list[Act]:
    """Where a caller may be led who gives nothing, by patience, by gates and by what others answer."""
    match act.kind:
        case "menu":
            ways = [*_led_round(standard, act.name), *_left_in(standard, act.name)]
        case "proceed":  # through this gate, to the next
            behind = {name: menu.needs for name, menu in standard.menu.items() if act.name in menu.needs}
            ways = [then for name in behind for then in _left_in(standard, name)]
            ways += [way for needs in behind.values() for way in _gates(standard, needs[needs.index(act.name) + 1 :])]
        case "form":
            form = standard.form[act.name]
            ways = [Act("menu", name) for name, menu in standard.menu.items() if menu.form == act.name]
            if not any(standard.slot[slot].anew for slot in form.slots):  # perhaps it lacks nothing
                ways.append(form.then)
        case "hold":
            hold = standard.hold[act.name]
            ways = [then for then in (hold.back, hold.failed, hold.busy, hold.away) if then]
        case "transfer":
            ways = [standard.transfer[act.name].failed]
        case "record":
            ways = [standard.recording[act.name].empty]
        case "ladder":
            ways = [standard.ladder[act.name].then]
        case _:
            ways = []
    return [there for way in ways for there in _meant(standard, act, way)]


def _meant(standard: Standard, here: Act, way: Act) -> list[Act]:
    """Where an act leads that only says how to go on; `back` from an errand to any menu whose silence leads to one."""
    if way.kind in ("again", "rephrase") and here.kind == "menu":
        return [here]
    if way.kind in ("again", "rephrase", "back"):
        return [Act("menu", name) for name in standard.menu if _leads_silently(standard, name, here)]
    return [way]


def _leads_silently(standard: Standard, menu: str, there: Act) -> bool:
    errand = there.kind in _ERRANDS
    return any(act.kind in _ERRANDS if errand else act == there for act in _left_in(standard, menu))


def _led_round(standard: Standard, name: str) -> list[Act]:
    """Where somebody may be led who is not let into a menu."""
    menu = standard.menu[name]
    barred = standard.gate[menu.denies].barred if menu.denies else None
    return [*_gates(standard, menu.needs), *([barred] if barred else [])]


def _gates(standard: Standard, names: Sequence[str]) -> list[Act]:
    gates = [standard.gate[name] for name in names]
    return [way for gate in gates for way in (gate.through, gate.barred) if way]


def _left_in(standard: Standard, name: str) -> list[Act]:
    """A menu, by the caller alone."""
    menu = standard.menu[name]
    led_on = (*_patience(standard, menu), *menu.answers.values())
    ways = [Act("proceed", menu.grants) if act.kind == "proceed" else act for act in led_on]
    ways += [menu.on_answer] if menu.answered and menu.on_answer else []
    return ways + [Act("menu", other) for other in menu.detours.values()]


def _patience(standard: Standard, menu: Menu) -> list[Act]:
    """Where its ladders of silence lead."""
    return [standard.ladder[ladder].then for ladder in (menu.no_input, menu.once_heard) if ladder]


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
    todo += [Act("menu", name) for key in MENUS if (name := getattr(standard, key))]
    while todo:
        act = todo.pop()
        if not act.section or (act.section, act.name) in found:
            continue
        found.add((act.section, act.name))
        block = getattr(standard, act.section)[act.name]
        todo += [then for _, then in block_acts(block)]
        if isinstance(block, Menu):
            todo += [Act("ladder", name) for name in (block.no_input, block.once_heard, *block.heard.values()) if name]
            todo += _led_round(standard, act.name)
        if isinstance(block, Form):
            todo += [Act("menu", name) for name, menu in standard.menu.items() if menu.form == act.name]
    return found


def block_acts(block: Block) -> Iterator[tuple[Key, Act]]:
    """What a block leads to, by where that stands in it."""
    for key, value in entries(block):
        if isinstance(value, Act):
            yield key, value
    if isinstance(block, Menu):
        yield from ((("detours", condition), Act("menu", name)) for condition, name in block.detours.items())


def entries(block: Block) -> Iterator[tuple[Key, object]]:
    """Each field of a block, and of a table or a list each entry."""
    for name in type(block).model_fields:
        match getattr(block, name):
            case dict() as table:
                yield from (((name, key), value) for key, value in table.items())
            case list() as entries:
                yield from (((name, position), value) for position, value in enumerate(entries))
            case value:
                yield (name,), value


def acts(standard: Standard) -> Iterator[tuple[Key, Act]]:
    """Everything that leads somewhere."""
    if standard.steers:
        yield ("steers",), standard.steers
    for section in ("menu", "form", "aside", "gate", "transfer", "hold", "recording", "ladder"):
        for name, block in getattr(standard, section).items():
            for key, act in block_acts(block):
                yield (section, name, *key), act
    for table in ("always", "wishes"):
        yield from (((table, intent), act) for intent, act in getattr(standard, table).items())


def said_entries(standard: Standard) -> Iterator[tuple[Key, Said]]:
    """Entries of every list of prompts."""
    yield from ((("interrupts", position), said) for position, said in enumerate(standard.interrupts))
    for section in ("menu", "slot", "form", "aside", "transfer", "hold", "recording"):
        for name, block in getattr(standard, section).items():
            yield from (((section, name, *key), value) for key, value in entries(block) if isinstance(value, Said))


def prompts(standard: Standard) -> Iterator[tuple[Key, str]]:
    """Every prompt that something says."""
    yield from ((key, prompt) for key, said in said_entries(standard) for prompt in said.prompts)
    for name, ladder in standard.ladder.items():
        for position, step in enumerate(ladder.steps):
            yield ("ladder", name, "steps", position, "say"), step.say
    for name, slot in standard.slot.items():
        yield from ((("slot", name, "taper", position), prompt) for position, prompt in enumerate(slot.taper))
        if slot.read:
            yield ("slot", name, "read"), slot.read
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


def kinds(standard: Standard) -> dict[str, Expects]:
    """Of what kind everything is that callers or back-end systems tell, by slot."""
    asked = {menu.slot: menu.asks for menu in standard.menu.values() if menu.slot}
    return asked | {name: slot.asks for name, slot in standard.slot.items()}


def slots(standard: Standard) -> list[str]:
    """Names of it all."""
    return list(kinds(standard))


def returns(menu: Menu) -> bool:
    """It leads back to where the caller was."""
    return any(act.kind == "back" for act in _led_by_caller(menu))


def resumes(standard: Standard, menu: Menu) -> bool:
    """It leads to where the call before was cut off, or asks first whether they are who we think."""
    led_on = any(act.kind == "resume" for act in (*_led_by_caller(menu), *_patience(standard, menu)))
    return led_on or any(standard.menu[call.menu] is menu for call in standard.outbound.values())


def _led_by_caller(menu: Menu) -> list[Act]:
    """Where what the caller says or presses leads."""
    return [menu.on_speech, *menu.intents.values(), *menu.keys.values()]
