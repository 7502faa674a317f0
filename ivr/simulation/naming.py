"""What a scenario names of its standard: a prompt that this does not have would never be heard, nor missed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from ivr.errors import UserError
from ivr.quality.oracle import Absent, Expectation, Heard
from ivr.standards.load import load_standard
from ivr.standards.model import Standard

if TYPE_CHECKING:
    from ivr.simulation.scenario import Act, Scenario

_NEAREST = 3


def check_prompts(scenarios: Iterable[Scenario]) -> None:
    """Raises `UserError` naming file, key, prompt, and the names that are nearest to it."""
    standard = cache(load_standard)
    for scenario in scenarios:
        _check(scenario, standard(scenario.line.name))


def prompts_named(scenario: Scenario) -> set[str]:
    """The prompts that its script waits for, and those that it expects or forbids."""
    return {name for _, name in _named(scenario)}


def _check(scenario: Scenario, standard: Standard) -> None:
    known, reason = standard.wording, scenario.called_for
    if reason and reason not in standard.outbound:
        reasons = ", ".join(standard.outbound)
        raise UserError(f"{scenario.file}: called_for: there is no [outbound.{reason}] → one of {reasons}")
    for key, name in _named(scenario):
        if name not in known:
            nearest = ", ".join(difflib.get_close_matches(name, known, n=_NEAREST, cutoff=0.0))
            raise UserError(
                f'{scenario.file}: {key}: standard "{scenario.line.name}" has no prompt "{name}" → one of {nearest}?'
            )


def _named(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield from _in_call("", scenario.script, scenario.expect)
    for call, then in (("called_back.", scenario.called_back), ("rings_again.", scenario.rings_again)):
        if then:
            yield from _in_call(call, then.script, then.expect)


def _in_call(call: str, script: Sequence[Act], expect: Sequence[Expectation]) -> Iterator[tuple[str, str]]:
    for number, act in enumerate(script):
        if trigger := act.after or act.during:
            yield f"{call}script.{number}.{'after' if act.after else 'during'}", trigger.prompt
    for number, line in enumerate(expect):
        if isinstance(line, Heard):
            yield f"{call}expect.{number}.heard", line.heard
        elif isinstance(line, Absent):
            yield f"{call}expect.{number}.absent", line.absent
