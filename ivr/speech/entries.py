"""Looks a knowledge base over: whether its answers may be spoken, whether each question finds its own, what is over.

An answer is run-time text like any other: the phrase gate (H1, H2) and the style (H3) hold for it, and it begins with
its main point, which is short enough to be heard as one (C7).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import combinations

from ivr.speech.style import Rule, load_rules
from ivr.speech.wording import gate, told
from ivr.standards.knowledge import Entry
from ivr.standards.library import Library
from ivr.understanding.knowledge import Knowledge
from ivr.understanding.phrases import Phrases
from ivr.understanding.plain import plain

LONGEST_MAIN = 60
"""Characters, a quarter of a minute: what is longer is detail."""


def faults(library: Library) -> list[str]:
    """All that is wrong with a knowledge base, one line each, naming file or entry."""
    rules, phrases = [rule for rule in load_rules() if rule.of == "wording"], gate()
    wording = (fault for entry in library.entries for fault in _worded_badly(entry, rules, phrases))
    return [*library.faults, *wording, *_doubles(library.entries), *_astray(library.entries)]


def out_of_date(entries: Iterable[Entry], today: date) -> list[str]:
    """Entries that are told no more, or not yet; one line each, with who has to see to it."""
    return [
        f"{entry.id}: valid {f'until {entry.valid_until}' if entry.valid_from <= today else f'from {entry.valid_from}'}"
        f" → {entry.owner}"
        for entry in entries
        if not entry.holds(today)
    ]


def _worded_badly(entry: Entry, rules: Iterable[Rule], phrases: Phrases) -> Iterator[str]:
    answer = entry.answer
    for said in answer.sentences:
        yield from (f"{entry.id}: 「{said}」 {told(said, found)}" for found in phrases.find(said))
        if not said.endswith(("。", "！", "？")):
            yield f"{entry.id}: 「{said}」 does not end like a sentence"
    whole = "".join(answer.sentences)
    yield from (f"{entry.id}: the answer breaks {rule.req}: {rule.says}" for rule in rules if rule.broken_by(whole))
    if len(answer.main) > LONGEST_MAIN:
        yield f"{entry.id}: 「{answer.main}」 is long for a main point (C7); put the details under headings"


def _doubles(entries: Iterable[Entry]) -> Iterator[str]:
    """The same question in two entries that hold on the same day: nobody could tell which one answers."""
    asked: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        for question in dict.fromkeys(map(plain, entry.questions)):
            asked[question].append(entry)
    for question, those in asked.items():
        for one, other in combinations(those, 2):
            if _overlap(one, other):
                yield f"{other.id}: 「{question}」 is a question of {one.id} too, on the same days; keep it in one"


def _overlap(one: Entry, other: Entry) -> bool:
    ends = (entry.valid_until or date.max for entry in (one, other))
    return max(one.valid_from, other.valid_from) <= min(ends)


def _astray(entries: tuple[Entry, ...]) -> Iterator[str]:
    """Questions that do not find their own entry."""
    knowledge = Knowledge(entries)
    for entry in entries:
        for question in entry.questions:
            best = next(iter(knowledge.ranked(question)), None)
            if best is None or not best.sure:
                yield f"{entry.id}: 「{question}」 is not found; say it in words of its own"
            elif best.entry.id != entry.id and best.question != question:
                yield f"{entry.id}: 「{question}」 finds {best.entry.id} (「{best.question}」) instead"
