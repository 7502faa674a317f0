"""Looks a line's prompts over: what is said, by which sound, and what is wrong with either."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.audio import RATE
from ivr.errors import UserError
from ivr.speech.lines import Line, shipped_lines, texts_of
from ivr.speech.numbers import shipped_numbers
from ivr.speech.prompts import PromptStore
from ivr.speech.rendered import shipped_set
from ivr.speech.style import breaches, load_rules
from ivr.speech.wording import barred, gate
from ivr.standards.house import VARIABLE, Utterance, fill

Row = dict[str, object]


def rows(line: Line) -> Iterator[Row]:
    """A row a prompt: standard, name, req, seconds (None: made at run time), text, source."""
    store = PromptStore(line.recordings)
    for utterance in line.utterances():
        file = store.source(utterance)
        seconds = len(store.audio([utterance], 0)) / 2 / RATE if file or not utterance.text else None
        yield {
            "standard": line.standard.name,
            "name": utterance.name,
            "req": _requirement(line, utterance),
            "seconds": seconds,
            "text": utterance.text,
            "source": str(file) if file else "run-time speech" if utterance.text else utterance.kind,
        }


def faults(line: Line) -> list[str]:
    """What is wrong with a line's wording and sound, one line each."""
    store = PromptStore(line.recordings)
    unused = sorted(store.recordings.keys() - line.standard.wording.keys())
    strays = [f"{store.recordings[name]}: {line.standard.name} has no prompt of that name" for name in unused]
    deaf = [
        f"{store.recordings[name]}: {name} speaks what the caller said, which no recording knows → take it away"
        for name in sorted(store.recordings.keys() & _with_slots(line))
    ]
    return [*_worded_badly(line), *store.missing(line.utterances()), *strays, *deaf]


def shipped_faults() -> list[str]:
    """What is wrong with the shipped wording and the set rendered for it: that set speaks it all, and nothing else."""
    lines = shipped_lines()
    wording = [fault for line in lines for fault in _worded_badly(line)]
    return wording + shipped_set().faults(texts_of(lines)) + _number_faults()


def _worded_badly(line: Line) -> list[str]:
    return [*breaches(line.standard, load_rules()), *barred(line.standard, gate())]


def _number_faults() -> list[str]:
    try:
        return [] if shipped_numbers().maker else ["no sound for numbers → ivr prompts render"]
    except UserError as error:
        return [str(error)]


def _requirement(line: Line, utterance: Utterance) -> str:
    """Empty for what is only ever a piece of something else: a digit, the name of a wish."""
    wording = line.standard.wording.get(utterance.name)
    return wording.req if wording else ""


def _with_slots(line: Line) -> set[str]:
    """Prompts that are put together at run time."""
    return {name for name, one in line.standard.wording.items() if VARIABLE.search(fill(one.text, line.house, ""))}
