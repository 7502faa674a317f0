"""Numbers that are spelled out: phone numbers, waybill numbers, codes.

People group them, repeat them, go on in the next turn, and correct themselves: 不对，最后是三八. What they say is
read as a row of steps, each of which changes the number as it stands so far.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ivr.understanding.numerals import amount
from ivr.understanding.shapes import Shape
from ivr.understanding.spelling import DIGITS, Word, spelled

_PLACES = frozenset(("tail", "head", "middle", "nth"))


@dataclass(frozen=True, slots=True)
class _Step:
    """Digits, in the groups in which they were said, and what they do to the number as it stands."""

    how: str
    """`go_on`, `is`, `is_not`, `fix`, `more`, `swap`, or a place."""
    groups: tuple[str, ...] = ()
    place: str = ""
    """For a place the words that name it; for `swap` the digits that were wrong."""
    fixes: bool = False
    """不对 went before: what was said there is replaced."""
    paused: bool = False
    """There was a pause before the digits."""

    @property
    def digits(self) -> str:
        return "".join(self.groups)


def read_number(text: str, shape: Shape, before: str = "") -> str | None:
    """The number that is told by the text, where `before` had been told before.

    The text may be a number of its own, or continue or correct what was told. Returns ASCII digits, with capital
    letters in front if the shape has them, perhaps not complete yet; None if the text tells no part of a number.
    """
    steps = _settled(_steps(spelled(text, letters=shape.letters)), bool(before))
    if not steps:
        return None
    number = before
    for step in steps:
        number = _APPLY.get(step.how, _go_on)(number, step, shape)
    return number


def _steps(words: list[Word]) -> list[_Step]:
    steps = [_Step("go_on")]
    glued = False
    for word in words:
        step = steps[-1]
        if word.kind == DIGITS:
            groups = (*step.groups[:-1], step.groups[-1] + word.text) if glued else (*step.groups, word.text)
            steps[-1] = replace(step, groups=groups)
        elif word.kind == "pause":
            steps[-1] = replace(step, paused=step.paused or not step.groups)
        elif step.how in _PLACES and not step.groups and word.kind in {"is", "fix"}:
            continue
        else:
            steps.append(_Step(word.kind, place=word.text))
        glued = word.kind == DIGITS
    return steps


def _settled(steps: list[_Step], told: bool) -> list[_Step]:
    """The steps that carry digits, each knowing what the words before and after it make of it."""
    settled: list[_Step] = []
    fixes = False
    for step in steps:
        last = settled[-1] if settled else None
        if not step.groups:
            fixes = fixes or step.how in {"fix", "is_not"}
        elif last and last.how == "is_not" and (step.how in {"is", "fix"} or fixes):
            settled[-1] = replace(step, how="swap", place=last.digits)
        elif step.how == "is_not" and last and _contrast(last, step, told):
            settled[-1] = replace(last, how="swap", place=step.digits)
        elif step.how in _PLACES:
            settled.append(replace(step, fixes=fixes))
        else:
            settled.append(replace(step, how="fix") if fixes else step)
        fixes = fixes and not step.groups
    return [replace(step, how="fix") if step.how == "is_not" else step for step in settled]


def _contrast(right: _Step, wrong: _Step, told: bool) -> bool:
    """是三八不是三九; whereas in 一三八，不是，一三九 the second is right."""
    return (told or right.how == "is") and not wrong.paused and len(right.digits) == len(wrong.digits)


def _go_on(number: str, step: _Step, shape: Shape) -> str:
    """More of the number, or all of it anew, or a part of it once more."""
    new = _whole(step.groups, shape)
    if new.startswith(number) or (shape.is_complete(number) and shape.is_complete(new)):
        return new
    if shape.holds(number + new):
        return number + new
    if shape.is_complete(number):
        return number if new in number else _fix(number, step, shape)
    merged = _overlapped(number, new)
    return merged if shape.holds(merged) else new


def _whole(groups: tuple[str, ...], shape: Shape) -> str:
    """The groups put together; if that is too long, some of it was said twice."""
    whole = "".join(groups)
    if shape.holds(whole):
        return whole
    anew = [group for group in groups if shape.is_complete(group)]
    if anew:
        return anew[-1]
    merged = ""
    for group in groups:
        merged = _overlapped(merged, group)
    return merged if shape.holds(merged) else whole


def _overlapped(one: str, other: str) -> str:
    """The two put together, what ends one and begins the other said once."""
    shared = next(length for length in range(min(len(one), len(other)), -1, -1) if one.endswith(other[:length]))
    return one + other[shared:]


def _fix(number: str, step: _Step, shape: Shape) -> str:
    """New digits in place of the old ones that they are most like: those in front, or as far to the end as may be."""
    new = _whole(step.groups, shape)
    candidates = [number[:at] + new + number[at + len(new) :] for at in range(len(number))]
    likely = [
        (shape.is_complete(candidate), _agreement(number[at:], new), not at and len(new) == shape.head, at, candidate)
        for at, candidate in enumerate(candidates)
        if candidate != number and shape.holds(candidate)
    ]
    if len(new) >= len(number) and shape.is_complete(new):
        return new
    best = max(likely, default=None)
    return best[-1] if best and best[1] else _end(number, new)


def _agreement(old: str, new: str) -> float:
    """Share of the digits that stay the same where new ones are laid over old ones."""
    pairs = list(zip(old, new, strict=False))
    return sum(one == other for one, other in pairs) / len(pairs)


def _end(number: str, new: str) -> str:
    return number[: max(0, len(number) - len(new))] + new


def _more(number: str, step: _Step, shape: Shape) -> str:
    return number + step.digits if shape.holds(number + step.digits) else _go_on(number, step, shape)


def _tail(number: str, step: _Step, shape: Shape) -> str:
    """最后四位是…: what was still to come, or other digits for the last ones."""
    missing = not step.fixes and not shape.is_complete(number) and shape.holds(number + step.digits)
    return number + step.digits if missing else _end(number, step.digits)


def _head(number: str, step: _Step, _: Shape) -> str:
    return step.digits + number[len(step.digits) :]


def _middle(number: str, step: _Step, shape: Shape) -> str:
    new = step.digits
    middle = (len(number) - len(new)) // 2 if len(number) > len(new) else 0
    best = number[:middle] + new + number[middle + len(new) :]
    return best if middle and shape.holds(best) else _go_on(number, step, shape)


def _nth(number: str, step: _Step, shape: Shape) -> str:
    """第三位是五; 倒数第二位是五."""
    count = int(amount(step.place.strip("倒数第位个字")) or 0)
    at = len(number) - count if step.place.startswith("倒") else count - 1
    if len(step.digits) != 1 or not 0 <= at < len(number):
        return _fix(number, step, shape)
    return number[:at] + step.digits + number[at + 1 :]


def _swap(number: str, step: _Step, shape: Shape) -> str:
    """The last place where the wrong digits stand gets the right ones."""
    kept, found, rest = number.rpartition(step.place)
    return kept + step.digits + rest if found else _fix(number, step, shape)


_APPLY: dict[str, Callable[[str, _Step, Shape], str]] = {
    "fix": _fix,
    "more": _more,
    "swap": _swap,
    "tail": _tail,
    "head": _head,
    "middle": _middle,
    "nth": _nth,
}
"""What a step does to the number; anything else goes on with it."""
