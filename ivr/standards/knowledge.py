"""What a house knows: an answer to a question that callers ask, with who answers for it and until when (C9, C7).

An entry is a Markdown file with a TOML head between two lines of ``+++``. The first paragraph of the body is the main
point; then come, under headings, problem, cause and solution (问题, 原因, 办法) or numbered steps (步骤), and other
words for whoever did not understand (换个说法).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

Access = Literal["public", "verified", "staff"]
ACCESS: tuple[Access, ...] = get_args(Access)
"""Who may be told, each level including those before it: anybody, who has proven who they are, our own people."""
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_HEADINGS = {"问题": "problem", "原因": "cause", "办法": "solution", "步骤": "steps", "换个说法": "other_words"}
_HEAD = re.compile(r"\A\ufeff?\+\+\+[ \t]*\r?\n(.*?)^\+\+\+[ \t]*\r?$(.*)\Z", re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#+[ \t]*(.+?)[ \t]*$", re.MULTILINE)
_STEP = re.compile(r"^[ \t]*(?:\d+[.、)]|[-*])[ \t]*", re.MULTILINE)
_ORDER = {1: ("",), 2: ("首先，", "然后，"), 3: ("首先，", "其次，", "最后，")}


class Answer(BaseModel):
    """An answer in the order in which it is told (requirement C7)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    main: _Text
    """The main point, before any detail."""
    problem: str = ""
    cause: str = ""
    solution: str = ""
    steps: list[_Text] = []
    other_words: str = ""
    """The same once more, for whoever did not understand (requirement C5); empty: the main point."""

    @model_validator(mode="after")
    def _whole(self) -> Answer:
        told = [bool(part) for part in (self.problem, self.cause, self.solution)]
        if any(told) and not all(told):
            raise ValueError("问题, 原因 and 办法 belong together; write all three or none")
        if any(told) and self.steps:
            raise ValueError("has both 办法 and 步骤; an answer is either explained or done step by step")
        return self

    @property
    def details(self) -> tuple[str, ...]:
        """What comes after the main point: problem, cause, solution, or the steps in their order."""
        if self.problem:
            return self.problem, self.cause, self.solution
        return tuple(map("".join, zip(_order(len(self.steps)), self.steps, strict=True)))

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that may be said of it."""
        return tuple(filter(None, (self.main, *self.details, self.other_words)))


def _order(steps: int) -> tuple[str, ...]:
    """首先, 其次, 最后: what each of so many steps is introduced with."""
    return _ORDER.get(steps) or ("首先，", "其次，", *["接着，"] * (steps - 3), "最后，") if steps else ()


class Entry(BaseModel):
    """One thing that the house knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    """Under which every answer says where it comes from."""
    title: _Text
    questions: Annotated[list[_Text], Field(min_length=1)]
    """As callers ask."""
    business: _Text
    question_type: _Text
    product: _Text
    owner: _Text
    """Who keeps it true."""
    valid_from: date
    valid_until: date | None = None
    """Its last day; None: until it is taken away."""
    access: Access = "public"
    dictate: bool = False
    """Is written down by whoever hears it: announced, told slowly and with pauses (requirement C4)."""
    answer: Answer

    @model_validator(mode="after")
    def _in_order(self) -> Entry:
        if self.valid_until and self.valid_until < self.valid_from:
            raise ValueError(f"valid_until {self.valid_until} lies before valid_from {self.valid_from}")
        return self

    def holds(self, today: date) -> bool:
        """Whether it is valid on that day."""
        return self.valid_from <= today and (self.valid_until is None or today <= self.valid_until)

    def may_be_told(self, access: Access) -> bool:
        """Whether somebody of that level may hear it."""
        return ACCESS.index(self.access) <= ACCESS.index(access)


def parse(text: str) -> Entry:
    """The entry that a file holds. Raises ValueError: one line, what is wrong."""
    found = _HEAD.match(text)
    if not found:
        raise ValueError("has no head; begin with a line +++, then id, title, questions…, then another +++")
    try:
        head = tomllib.loads(found[1].replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ValueError(f"head is not valid TOML: {error}") from None
    try:
        return Entry.model_validate({**head, "answer": dict(_sections(found[2]))})
    except ValidationError as error:
        raise ValueError(_first(error)) from None


def _sections(body: str) -> Iterator[tuple[str, str | list[str]]]:
    main, *rest = _HEADING.split(body.replace("\r\n", "\n"))
    yield "main", _one_line(main)
    for heading, text in zip(rest[::2], rest[1::2], strict=True):
        if heading not in _HEADINGS:
            raise ValueError(f"unknown heading 「{heading}」; there are {', '.join(_HEADINGS)}")
        name = _HEADINGS[heading]
        yield name, [_one_line(step) for step in _STEP.split(text)[1:]] if name == "steps" else _one_line(text)


def _one_line(text: str) -> str:
    return "".join(line.strip() for line in text.splitlines())


def _first(error: ValidationError) -> str:
    first, *others = error.errors()
    key = ".".join(str(part) for part in first["loc"])
    more = f" (and {len(others)} more)" if others else ""
    return f"{f'{key}: ' if key else ''}{first['msg'].removeprefix('Value error, ')}{more}"
