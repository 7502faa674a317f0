"""What a standard writes once and means many times: the wishes of open menus, prompts that address the caller by name,
and forms, made into menus and ladders.

Why forms are made into menus: everything a question needs (patience, keys, a person at hand, what becomes of a murmur)
a menu has already. So a form is only a way to write many of them at once, in the manner of VoiceXML's form
interpretation, and the core learns three acts: ``form NAME`` and ``next``, which lead to what is missing still, and
``skip``.

For the slot ``phone`` of the form ``shipment`` there are

* the menu ``shipment.phone``, which asks, and the ladder ``shipment.phone.taper``, which asks in ever plainer words;
* ``shipment.phone.read``, which reads the answer back, where the slot has `read`, and ``shipment.phone.again``, which
  asks once more for what was not right;
* ``shipment.phone.why``, for whoever would rather not tell, where it has `why`.

For a form that is read back as a whole (`read`) there are besides ``shipment.read`` and ``shipment.amend``, where
whoever said no tells what is to be put right.

A standard that has one of them itself keeps its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ivr.standards.acts import Act
from ivr.standards.blocks import Form, Ladder, Menu, Slot, Step
from ivr.standards.model import Standard
from ivr.standards.said import Expects, Said, Wording

Key = tuple[int | str, ...]
"""Where in the file: ``("menu", "greeting", "say", 0)``."""
_NEXT = Act("next")
_UNCLEAR = Act("unclear")
YES_KEY, NO_KEY = "1", "9"


def expanded(standard: Standard) -> Standard:
    """The standard with its wishes in the menus that are open to them, and with the menus and ladders of its forms.

    A slot that is not there is left for the check to tell.
    """
    menus: dict[str, Menu] = {}
    ladders: dict[str, Ladder] = {}
    for name, form in standard.form.items():
        for slot in form.slots:
            if slot in standard.slot:
                menus |= dict(_menus(standard, name, form, slot))
                ladders[f"{name}.{slot}.taper"] = _taper(form, standard.slot[slot])
        if form.read:
            menus |= {read_of(name): _reading_all(name, form), amend_of(name): _amending(standard, name, form)}
    menus |= {name: _open(menu, standard) for name, menu in standard.menu.items()}
    wording = standard.wording | _named(standard)
    return standard.model_copy(update={"menu": menus, "ladder": ladders | standard.ladder, "wording": wording})


def named(prompt: str) -> str:
    """What a prompt that addresses the caller is called where it does so by name."""
    return f"{prompt}.named"


def _named(standard: Standard) -> dict[str, Wording]:
    return {
        named(name): one.model_copy(update={"text": f"{{name}}，{one.text}", "addresses": False})
        for name, one in standard.wording.items()
        if one.addresses
    }


def _open(menu: Menu, standard: Standard) -> Menu:
    return menu.model_copy(update={"intents": standard.wishes | menu.intents}) if menu.wishes else menu


def menu_of(form: str, slot: str, what: str = "") -> str:
    """Name of a form's menu: the one that asks for a slot, or ``read``, or ``why``."""
    return ".".join(part for part in (form, slot, what) if part)


def read_of(form: str) -> str:
    """Name of the menu in which all of a form is read back."""
    return menu_of(form, "read")


def amend_of(form: str) -> str:
    """Name of the menu in which somebody tells what of a form is wrong."""
    return menu_of(form, "amend")


def _menus(standard: Standard, name: str, form: Form, slot: str) -> Iterator[tuple[str, Menu]]:
    of, ask = standard.slot[slot], menu_of(name, slot)
    declined = Act("skip") if of.optional else form.refused
    first = Act("menu", menu_of(name, slot, "why")) if of.why else declined
    yield ask, _asking(standard, name, form, slot, say=of.say, declined=first)
    if of.why:
        yield first.name, _asking(standard, name, form, slot, say=of.why, declined=declined)
    if of.read:
        yield menu_of(name, slot, "read"), _reading(name, form, slot, of)
        again = [Said(say=of.taper[0])] if of.taper else of.say
        yield menu_of(name, slot, "again"), _asking(standard, name, form, slot, say=again, declined=first, errs=of.errs)


def _asking(standard: Standard, name: str, form: Form, slot: str, **of_its_own: Any) -> Menu:  # noqa: ANN401 - fields of a Menu
    of: Slot = standard.slot[slot]
    declined = of_its_own.pop("declined")
    return Menu(
        req=of.req,
        form=name,
        asks=of.asks,
        slot=slot,
        other_words=of.other_words,
        on_answer=_NEXT,
        on_speech=_UNCLEAR,
        no_input=of.no_input or form.no_input,
        intents=_wished_again(standard, name, of)
        | form.intents
        | dict.fromkeys(standard.refusals, declined)
        | of.intents,
        heard={"unclear": f"{name}.{slot}.taper"},
        keys={key: act for key, act in form.keys.items() if key not in keyed(of.asks, of.choices)} | of.keys,
        private=of.private,
        keep_original=of.keep_original,
        choices=of.choices,
        **of_its_own,
    )


def _wished_again(standard: Standard, form: str, of: Slot) -> dict[str, Act]:
    """Whoever says once more what they want is asked once more; but a text may well say it."""
    wishes = standard.wishes.items() if of.asks != "text" else ()
    return {intent: Act("again") for intent, act in wishes if act == Act("form", form)}


def keyed(asks: Expects, choices: Mapping[str, str]) -> dict[str, str]:
    """What a single key answers to a question: yes or no, or the choices in their order."""
    if asks == "yes_no":
        return {YES_KEY: "yes", NO_KEY: "no"}
    return {str(position): value for position, value in enumerate(choices.values(), start=1)}


def _reading(name: str, form: Form, slot: str, of: Slot) -> Menu:
    anew = Act("menu", menu_of(name, slot, "again"))
    return Menu(
        req=of.req,
        form=name,
        say=[Said(say=of.read)],
        asks="yes_no",
        corrects=slot,
        on_speech=_UNCLEAR,
        no_input=of.no_input or form.no_input,
        intents={"yes": _NEXT, "no": anew},
        keys=form.keys | {YES_KEY: _NEXT, NO_KEY: anew},
        private=of.private,
    )


def _reading_all(name: str, form: Form) -> Menu:
    wrong = Act("menu", amend_of(name))
    return Menu(
        req="C3",
        form=name,
        say=form.read,
        asks="yes_no",
        on_speech=_UNCLEAR,
        no_input=form.no_input,
        intents={"yes": _NEXT, "no": wrong, "correction": wrong},
        keys=form.keys | {YES_KEY: _NEXT, NO_KEY: wrong},
    )


def _amending(standard: Standard, name: str, form: Form) -> Menu:
    return Menu(
        req="C3",
        form=name,
        say=form.amend,
        on_speech=_UNCLEAR,
        no_input=form.no_input,
        intents={"no": _NEXT, "yes": _NEXT},
        keys=form.keys | {YES_KEY: _NEXT},
    )


def _taper(form: Form, of: Slot) -> Ladder:
    steps = [Step(wait_s=0.0, say=prompt) for prompt in of.taper]
    return Ladder(req="B6", on="turn", steps=steps, last_wait_s=0.0, then=form.at_last)


def written(standard: Standard, key: Key) -> Key:
    """Where in the file something stands that is wrong with a menu or a ladder of a form: in the slot, or the form."""
    section, name, field, *rest = (*key, "", "")[: max(len(key), 3)]
    form, slot, *what = str(name).split(".")
    if section == "ladder":
        return ("form", form, "at_last") if field == "then" else ("slot", slot, "taper", *rest[:1])
    of = standard.slot.get(slot)
    if of is None:  # all of the form is read back, or put right
        return ("form", form, slot if field == "say" else field, *rest)
    if field == "say":
        asks_again: Key = ("taper", 0) if of.taper else ("say", *rest)
        places: dict[str, Key] = {"read": ("read",), "why": ("why", *rest), "again": asks_again}
        return ("slot", slot, *places.get("".join(what), ("say", *rest)))
    own = getattr(of, str(field), None)
    its = rest[0] in own if isinstance(own, dict) and rest else bool(own)
    return ("slot", slot, field, *rest) if its else ("form", form, field, *rest)
