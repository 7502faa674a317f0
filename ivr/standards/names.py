"""Every name that a standard uses is that of something it has."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.standards.model import Standard
from ivr.standards.ways import MENUS, Key, acts, beginnings, entries, said_entries

_NAMES = {
    "no_input": "ladder", "once_heard": "ladder", "heard": "ladder", "owes": "promise", "call": "outbound",
    "reports": "incident", "grants": "gate", "denies": "gate", "needs": "gate", "form": "form", "slots": "slot",
    "takes": "slot", "intent": "intent", "intents": "intent", "choices": "intent",
}  # fmt: skip
"""Fields of blocks, and in which table of the standard the blocks are that they name without an act."""
_BY_KEY = ("intents", "choices")
"""Tables that name them by their keys."""
_SO = {"ladder": ", so this step has no deadline", "promise": ", so nobody would keep it"}
"""What it means that a block is missing, by its table."""


def missing(standard: Standard) -> Iterator[tuple[Key, str]]:
    """Names of nothing, as (key, what) pairs."""
    for key, table, name in (*_of_all(standard), *_of_blocks(standard)):
        if name and name not in getattr(standard, table):
            yield key, f"there is no [{table}.{name}]{_SO.get(table, '')}"


def _of_all(standard: Standard) -> Iterator[tuple[Key, str, str]]:
    """Where a name stands outside of blocks, of which table it is one, and the name."""
    yield from ((("heard", verdict), "ladder", name) for verdict, name in standard.heard.items())
    yield from ((("unclear", asked), "ladder", name) for asked, name in standard.unclear.items())
    yield from (((table, name), "intent", name) for table in ("always", "wishes") for name in getattr(standard, table))
    yield from ((("refusals", position), "intent", name) for position, name in enumerate(standard.refusals))
    yield from (((field,), "menu", getattr(standard, field)) for field in MENUS)
    yield ("upset",), "ladder", standard.upset
    yield from ((key, "menu", name) for key, name in beginnings(standard))


def _of_blocks(standard: Standard) -> Iterator[tuple[Key, str, str]]:
    yield from ((key, act.section, act.name) for key, act in acts(standard) if act.section)
    yield from (((*key, "owes"), "promise", said.owes) for key, said in said_entries(standard))
    for section in ("menu", "slot", "form", "aside", "hold", "promise"):
        for block, of in getattr(standard, section).items():
            for key, value in entries(of):
                if table := _NAMES.get(str(key[0])):
                    yield (section, block, *key), table, str(key[1] if key[0] in _BY_KEY else value)
    for name, slot in standard.slot.items():
        for other in (slot.later.than, slot.later.on) if slot.later else ():
            yield ("slot", name, "later"), "slot", other
