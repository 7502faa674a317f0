"""What is proved of every call that follows a standard, whatever its caller does.

It comes to an end: a caller who gives nothing is led, from wherever they are, to a ladder that ends in a hang-up.
Nothing hangs up but the end of a ladder, after its announced pause. A person is one key away from everywhere, and one
wish. Nobody is put on hold who was not asked.
"""

from __future__ import annotations

from collections.abc import Iterator

from ivr.standards.acts import Act
from ivr.standards.model import Standard
from ivr.standards.ways import Key, acts, reached, when_silent


def unproved(standard: Standard) -> Iterator[tuple[Key, str]]:
    """What does not hold of a standard whose names all exist."""
    yield from _hang_ups(standard)
    yield from _endless(standard)
    yield from _no_person(standard)
    yield from _without_consent(standard)


def _without_consent(standard: Standard) -> Iterator[tuple[Key, str]]:
    """Only whoever was asked is put on hold, by word or by key; neither silence nor mere speech is a yes (D1)."""
    for key, act in acts(standard):
        asked = key[0] == "menu" and standard.menu[str(key[1])].asks == "yes_no"
        if act.kind == "hold" and not (asked and key[2] in ("keys", "intents") and key[3] != "no"):
            yield (
                key,
                "puts a caller on hold who was not asked (D1); lead to a menu that asks yes_no, and hold on its yes",
            )


def _hang_ups(standard: Standard) -> Iterator[tuple[Key, str]]:
    for key, act in acts(standard):
        if act.kind == "hang_up" and key[0] != "ladder":
            yield key, "only the end of a ladder may hang up, after its pause; say goodbye in a closing menu first"


def _no_person(standard: Standard) -> Iterator[tuple[Key, str]]:
    """A person is one key away wherever the caller can press one, and one wish wherever they can say it (D8)."""
    if not any(act.kind == "transfer" for act in standard.always.values()):
        yield ("always",), 'no wish leads to a person (D8); add operator = "transfer operator"'
    for section in ("menu", "hold", "recording"):
        for name, block in getattr(standard, section).items():
            if not any(act.kind == "transfer" for act in block.keys.values()):
                yield (section, name, "keys"), 'no key leads to a person (D8); add 0 = "transfer operator"'


def unreached(standard: Standard) -> Iterator[tuple[Key, str]]:
    """Blocks that no call can come to. What a standard inherits it need not use."""
    found = reached(standard)
    for block in ("menu", "form", "ladder", "transfer", "hold", "recording"):
        for name in getattr(standard, block):
            if (block, name) not in found:
                yield (block, name), "is never reached; remove it or lead somebody to it"


def _endless(standard: Standard) -> Iterator[tuple[Key, str]]:
    good: set[Act] = set()
    for section in ("menu", "form"):
        for name in getattr(standard, section):
            begin = Act("menu" if section == "menu" else "form", name)
            circle = _circle(standard, begin, (), good)
            if begin in circle:
                key = (section, name, "no_input" if section == "menu" else "then")
                way = " → ".join(" ".join(filter(None, act)) for act in circle)
                yield key, f"a caller who gives nothing is never let go: {way}; end the way in a hang_up"


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
