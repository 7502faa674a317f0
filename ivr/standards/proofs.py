"""What is proved of every call that follows a standard, whatever its caller does; a standard of which it does not hold
is refused.

It comes to an end: a caller who gives nothing is led, from wherever they are, to a ladder that ends in a hang-up.
Nothing hangs up but the end of a ladder, after what it says and its pause. A person is one key away from everywhere,
and one wish (D8). Nobody is put on hold who was not asked, nor for longer than `limit_s` (D1, D2). Every block can be
come to.

That the table of states keeps to it is for its tests (`tests/dialog/test_every_state.py`), that no wording is
forbidden for `ivr.speech.wording`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.standards.acts import Act, ActKind
from ivr.standards.blocks import Menu
from ivr.standards.model import Standard
from ivr.standards.said import Said
from ivr.standards.ways import Key, acts, reached, when_silent

PERSON = "0"
"""Key that leads to a person wherever one can be pressed (requirement D8)."""
SHORTEST_PAUSE_S = 1.0
"""Before a hang-up: so long somebody takes to begin to speak (requirement I2)."""


def unproved(standard: Standard) -> Iterator[tuple[Key, str]]:
    """What does not hold of a standard whose names all exist."""
    yield from _hang_ups(standard)
    yield from _unannounced(standard)
    yield from _endless(standard)
    yield from _no_person(standard)
    yield from _no_person_by_word(standard)
    yield from _without_consent(standard)
    yield from _held_too_long(standard)


def _without_consent(standard: Standard) -> Iterator[tuple[Key, str]]:
    """Only whoever was asked is put on hold, by word or by key; neither silence nor mere speech is a yes (D1)."""
    for key, act in acts(standard):
        asked = key[0] == "menu" and standard.menu[str(key[1])].asks == "yes_no"
        if act.kind == "hold" and not (asked and key[2] in ("keys", "intents") and key[3] != "no"):
            yield (
                key,
                "puts a caller on hold who was not asked (D1); lead to a menu that asks yes_no, and hold on its yes",
            )


def _held_too_long(standard: Standard) -> Iterator[tuple[Key, str]]:
    """Whoever is rung and answers at the last moment still has to take the call over before the hold is to end (D2)."""
    limits = standard.limits
    for name, hold in standard.hold.items():
        spare_s = limits.hand_over_s if hold.rings else limits.take_back_s
        if hold.back_s + spare_s > hold.limit_s:
            why = "so that the hold is over by then, even if somebody answers at the last moment (D2)"
            yield ("hold", name, "back_s"), f"must come {spare_s:g} s before limit_s, {why}"


def _hang_ups(standard: Standard) -> Iterator[tuple[Key, str]]:
    for key, act in acts(standard):
        if act.kind != "hang_up":
            continue
        ladder = standard.ladder[str(key[1])] if key[0] == "ladder" else None
        if ladder is None:
            yield key, "only the end of a ladder may hang up, after its pause; say goodbye in a closing menu first"
        elif ladder.on != "silence":
            yield key, f'a ladder on = "{ladder.on}" has no pause before it hangs up; lead to a closing menu'
        elif ladder.last_wait_s < SHORTEST_PAUSE_S:
            yield (*key[:2], "last_wait_s"), f"hangs up without a pause; wait {SHORTEST_PAUSE_S:g} s at least (I2)"


def _unannounced(standard: Standard) -> Iterator[tuple[Key, str]]:
    """Nobody is hung up on who was not told that the call is over, by a goodbye or by the ladder's own last step.

    In the menu that a call of ours begins with a word may be a machine's.
    """
    ours = {call.menu for call in standard.outbound.values()}
    for name, menu in standard.menu.items():
        for field, ladder in _climbed(standard, menu):
            of = standard.ladder[ladder]
            silent = of.on == "silence" and of.then.kind == "hang_up" and not of.steps
            machine = name in ours and field in ("intents", "keys")
            if silent and not machine and not (menu.closing and any(map(_always_said, menu.say))):
                yield ("menu", name, field), f"[ladder.{ladder}] hangs up without a word; give it steps, or say goodbye"


def _always_said(said: Said) -> bool:
    return bool(said.say) and not (said.when or said.unless or said.knows or said.lacks)


def _climbed(standard: Standard, menu: Menu) -> Iterator[tuple[str, str]]:
    """The ladders that may be climbed in a menu, by the field that names them."""
    yield from ((field, getattr(menu, field)) for field in ("no_input", "once_heard") if getattr(menu, field))
    yield from (("heard", ladder) for ladder in (standard.heard | menu.heard).values())
    yield from (("intents", act.name) for act in (standard.always | menu.intents).values() if act.kind == "ladder")
    yield from (("keys", act.name) for act in menu.keys.values() if act.kind == "ladder")
    yield from (("on_speech", act.name) for act in (menu.on_speech,) if act.kind == "ladder")


def _no_person(standard: Standard) -> Iterator[tuple[Key, str]]:
    """A person is one key away wherever the caller can press one (D8)."""
    for section in ("menu", "hold", "recording"):
        for name, block in getattr(standard, section).items():
            act = block.keys.get(PERSON)
            if act is None or act.kind != "transfer":
                yield (section, name, "keys"), f'key {PERSON} leads to no person (D8); add 0 = "transfer operator"'


def _no_person_by_word(standard: Standard) -> Iterator[tuple[Key, str]]:
    """A person is one wish away wherever the caller can say it (D8); on hold they can where our own music plays."""
    wishes = [wish for wish, act in standard.always.items() if act.kind == "transfer"]
    if not wishes:
        yield ("always",), 'no wish leads to a person (D8); add operator = "transfer operator"'
    for name, menu in standard.menu.items():
        for wish in wishes:
            if menu.intents.get(wish, standard.always[wish]).kind != "transfer":
                yield ("menu", name, "intents", wish), "keeps from a person whoever asks for one (D8); leave it out"
    for name, hold in standard.hold.items():
        if not any(hold.intents[wish].kind == "transfer" for wish in wishes if wish in hold.intents):
            yield ("hold", name, "intents"), 'no wish leads to a person (D8); add operator = "transfer operator"'


def unreached(standard: Standard) -> Iterator[tuple[Key, str]]:
    """Blocks that no call can come to. What a standard inherits it need not use."""
    found = reached(standard)
    for block in ("menu", "form", "ladder", "transfer", "hold", "recording"):
        for name in getattr(standard, block):
            if (block, name) not in found:
                yield (block, name), "is never reached; remove it or lead somebody to it"
    needed = {gate for menu in standard.menu.values() for gate in menu.needs}
    for name in standard.gate:
        if name not in needed:
            yield ("gate", name), f'is never reached; remove it, or give the menu behind it needs = ["{name}"]'


_LED_ON: dict[ActKind, str] = {
    "menu": "no_input", "form": "then", "transfer": "failed", "hold": "failed", "record": "empty",
}  # fmt: skip
"""What leads on whoever gives nothing, by the kind of act that leads there."""


def _endless(standard: Standard) -> Iterator[tuple[Key, str]]:
    good: set[Act] = set()
    begin = (Act(kind, name) for kind in _LED_ON for name in getattr(standard, Act(kind).section))
    for act in begin:
        circle = _circle(standard, act, (), good)
        if act in circle:
            way = " → ".join(" ".join(filter(None, each)) for each in circle)
            what = f"a caller who gives nothing is never let go: {way}; end the way in a hang_up"
            yield (act.section, act.name, _LED_ON[act.kind]), what


def _circle(standard: Standard, act: Act, way: tuple[Act, ...], good: set[Act]) -> tuple[Act, ...]:
    """The circle that a silent caller may be led into from here; `good` are acts that lead into none."""
    if act in way:
        return (*way[way.index(act) :], act)
    if act not in good:
        for then in when_silent(standard, act):
            if circle := _circle(standard, then, (*way, act), good):
                return circle
        good.add(act)
    return ()
