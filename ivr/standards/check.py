"""What must hold of a standard beyond the shape of its tables: every name that is used exists, and makes sense there.

What every call that follows it does, whatever its caller does, is proved in `proofs`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from ivr.standards.errands import Hold
from ivr.standards.house import VARIABLE
from ivr.standards.leads import misled
from ivr.standards.model import Standard
from ivr.standards.names import missing
from ivr.standards.privacy import Privacy
from ivr.standards.proofs import unproved, unreached
from ivr.standards.questions import OURS, unanswerable
from ivr.standards.ways import ELSEWHERE, MENUS, Key, beginnings, prompts, returns, said_entries, slots

Problem = tuple[Key, str]
_BRACE = re.compile("[{}]")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
VARIABLES = (*OURS, *ELSEWHERE)
"""What wording may use besides the slots of menus."""


def problems(standard: Standard, is_own: Callable[[Key], bool] = lambda key: True) -> list[Problem]:
    """Everything wrong with the standard, as (key, what) pairs; empty for a good one.

    `is_own` says whether a block is the standard's own: only these have to be reached.
    """
    found = [*_wording(standard), *_unknown(standard), *_wrong_blocks(standard)]
    found += [*misled(standard), *unanswerable(standard)]
    stray = ((key, what) for key, what in unreached(standard) if is_own(key))
    return list(dict.fromkeys(found)) or [*unproved(standard), *stray]


def _wording(standard: Standard) -> Iterator[Problem]:
    known = dict.fromkeys((*VARIABLES, *slots(standard)))
    for name, wording in standard.wording.items():
        if wording.kind == "speech" and not wording.text.strip():
            yield ("wording", name), 'has no text; write what is said, or give it kind = "tone"'
        if _BRACE.search(VARIABLE.sub("", wording.text)):
            yield ("wording", name), "a brace that is no variable would be said as it stands; write one as {company}"
        for variable in VARIABLE.findall(wording.text):
            if variable not in known:
                yield ("wording", name), f"unknown variable {{{variable}}}; there are {', '.join(known)}"


def _unknown(standard: Standard) -> Iterator[Problem]:
    for key, prompt in prompts(standard):
        if prompt not in standard.wording:
            yield key, f'unknown prompt "{prompt}"; add it to [wording]'
    yield from missing(standard)
    endless = standard.menu.get(standard.endless_turn.name)
    if standard.endless_turn.kind != "menu" or endless is None or not endless.closing:
        yield ("endless_turn",), "must lead to a closing menu, so that every call comes to an end"
    for key, name in beginnings(standard):
        if name in standard.menu and standard.menu[name].needs:
            yield key, f"[menu.{name}] is behind a gate, and nobody has passed one yet"
    yield from _unfit(standard)


def _unfit(standard: Standard) -> Iterator[Problem]:
    """Blocks that the standard names for something else than they can do."""
    menus = {field: standard.menu[name] for field in MENUS if (name := getattr(standard, field)) in standard.menu}
    for field in menus.keys() & {"confirm", "which"}:
        if not returns(menus[field]):
            what = f'[menu.{getattr(standard, field)}] must lead "back" for who meant neither'
            yield (field,), f"{what}, by a key, a word or on_speech"
    if "verified" in menus and "identity" not in menus["verified"].needs:
        what = "tells what not everybody may hear"
        yield ("verified",), f'[menu.{standard.verified}] {what}; give it needs = ["identity"]'
    ladder = standard.ladder.get(standard.upset)
    if ladder and ladder.on == "silence":
        yield ("upset",), f'[ladder.{standard.upset}] goes by silence; give it on = "call"'


def _wrong_blocks(standard: Standard) -> Iterator[Problem]:
    for name, hold in standard.hold.items():
        yield from _wrong_hold(standard, name, hold)
    for name, transfer in standard.transfer.items():
        yield from _wrong_summary(standard, ("transfer", name), transfer.summary)
    for kind, promise in standard.promise.items():
        yield from _wrong_summary(standard, ("promise", kind), promise.summary)
    yield from _unkept(standard)
    reported = {menu.reports for menu in standard.menu.values()}
    for kind in standard.incident:
        if kind not in reported:
            yield ("incident", kind), f'no menu tells of it; give one reports = "{kind}", or remove it'


def _unkept(standard: Standard) -> Iterator[Problem]:
    known = slots(standard)
    for name, intent in standard.intent.items():
        if intent.tells and intent.tells not in known:
            yield ("intent", name, "tells"), f'no menu asks for "{intent.tells}"; there are {", ".join(known)}'
    for key, said in said_entries(standard):
        for slot in (*said.knows, *said.lacks):
            if slot not in (*known, *VARIABLES):
                yield key, f'no menu asks for "{slot}", and no [slot.{slot}] is told; there are {", ".join(known)}'
    for kind, promise in standard.promise.items():
        if promise.due_at and not _CLOCK.fullmatch(promise.due_at) and promise.due_at not in known:
            yield ("promise", kind, "due_at"), f'"{promise.due_at}" is neither a time, HH:MM, nor a slot that has one'
        if promise.due_on and promise.due_on not in known:
            yield ("promise", kind, "due_on"), f'no menu asks for "{promise.due_on}", and no slot is told by that name'


def _wrong_hold(standard: Standard, name: str, hold: Hold) -> Iterator[Problem]:
    if (hold.rings == "agent") != bool(hold.number):
        yield ("hold", name, "number"), 'names the slot with the agent\'s number, where rings = "agent" and only there'
    elif hold.number and hold.number not in slots(standard):
        yield ("hold", name, "number"), f'no menu asks for "{hold.number}"; give one slot = "{hold.number}"'
    yield from _wrong_summary(standard, ("hold", name), hold.summary)


def _wrong_summary(standard: Standard, block: Key, summary: list[str]) -> Iterator[Problem]:
    known, private = ("caller", *slots(standard)), Privacy.of(standard).slots
    if _BRACE.search(VARIABLE.sub("", "".join(summary))):
        yield (*block, "summary"), "a brace that is no slot would be written as it stands; write one as {phone}"
    for variable in dict.fromkeys(VARIABLE.findall("".join(summary))):
        if variable not in known:
            yield (*block, "summary"), f"unknown slot {{{variable}}}; there are {', '.join(known)}"
        elif variable in private:
            yield (*block, "summary"), f"{{{variable}}} is private, and a summary stays in tickets; leave it out"
