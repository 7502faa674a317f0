"""What must hold of the acts of a standard: each makes sense where it stands."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.standards.acts import Act
from ivr.standards.blocks import Menu
from ivr.standards.model import Standard
from ivr.standards.ways import Key, acts

Problem = tuple[Key, str]

_LAST = ("hang_up", "resume")
"""Acts that a caller who gives nothing is led to at last; where a call is resumed, this holds again."""
_PLACES = ("menu", "form", "transfer", "hold", "record")
_WHERE_TO = ("back", "again", "rephrase", "resume", "hang_up")


def misled(standard: Standard) -> Iterator[Problem]:
    """Acts that mean nothing where they stand, as (key, what) pairs."""
    for key, act in acts(standard):
        if what := _out_of_place(standard, key, act):
            yield key, what


def _out_of_place(standard: Standard, key: Key, act: Act) -> str:
    """Why an act has no meaning where it stands; empty: it has one."""
    section, name = str(key[0]), str(key[min(1, len(key) - 1)])
    if section == "form" and key[2] in ("intents", "keys"):
        return ""  # told of the menus that it is made into
    menus = [standard.menu[name]] if section == "menu" else _climbing(standard, name) if section == "ladder" else []
    match act.kind:
        case "next" | "skip":
            fits = section == "menu" and bool(menus[0].form)
            why = f'"{act.kind}" means something in the menus of a form only'
        case "own_number":
            fits = section == "menu" and key[2] in ("keys", "intents") and menus[0].asks == "phone"
            why = '"own_number" is what a key or a wish answers where a menu asks = "phone"'
        case "confirmed":
            fits = (section, name) == ("menu", standard.confirm)
            why = '"confirmed" means something in the menu that `confirm` names only'
        case "proceed":
            fits = bool(menus) and all(menu.grants for menu in menus)
            why = '"proceed" leads through a gate; give the menu grants = the name of one'
        case _:
            fits, why = _leads_on(standard, section, name, act)
    return "" if fits else why


def _leads_on(standard: Standard, section: str, name: str, act: Act) -> tuple[bool, str]:
    match section:
        case "ladder":
            goes_on = act.kind == "go_on" and standard.ladder[name].on != "silence"
            where = "a menu, a form, a transfer, a recording, a hang_up, resume or proceed"
            return act.kind in (*_PLACES, *_LAST) or goes_on, f"a ladder ends in {where}"
        case "gate":
            return act.kind in _PLACES, "leads to a menu or a form, behind which a menu grants it"
        case "form" | "transfer" | "hold" | "recording":
            return act.kind in (
                *_PLACES,
                *_WHERE_TO,
            ), "nobody listens here; lead to a menu, a form or a transfer"
    return True, ""


def _climbing(standard: Standard, ladder: str) -> list[Menu]:
    return [menu for menu in standard.menu.values() if ladder in (menu.no_input, menu.once_heard)]
