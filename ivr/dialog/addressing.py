"""How we speak of the caller: by their name and title, and by what their name is written with (requirements A8, C8)."""

from __future__ import annotations

from ivr.standards.house import PAUSE, Values
from ivr.standards.model import Standard
from ivr.understanding.names import TITLES, is_surname

_NAME = "name"


def by_name(standard: Standard, spoken: Values) -> Values:
    """What is known, with the name said as this standard does, and `characters`, which tell the name apart."""
    if _NAME not in spoken:
        return spoken
    name = _titled(standard, "".join(spoken[_NAME]))
    return {**spoken, _NAME: (name,), "characters": _told_apart(standard, name)}


def has_title(spoken: Values) -> bool:
    """Whether we know to whom we say 先生 or 女士; who gave a bare name stays 您."""
    return "".join(spoken.get(_NAME, ())).endswith(TITLES)


def has_name(spoken: Values) -> bool:
    """Whether we know how to call them at all; nobody is called by a surname alone."""
    name = "".join(spoken.get(_NAME, ()))
    return bool(name) and not is_surname(name)


def _titled(standard: Standard, name: str) -> str:
    told = next((title for title in standard.titles if name.endswith(title)), "")
    return name.removesuffix(told) + standard.titles.get(told, "")


def _told_apart(standard: Standard, name: str) -> tuple[str, ...]:
    bare = next((name.removesuffix(title) for title in TITLES if name.endswith(title)), name)
    told = [standard.characters[character] for character in bare if character in standard.characters]
    return tuple(piece for word in told for piece in (PAUSE, word))[1:]
