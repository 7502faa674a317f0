"""A scenario: one YAML file that says who calls, what they do, and what must be heard and when.

The same file runs in virtual time and over real SIP. Scenarios live in ``scenarios/<group>/<name>.yaml``::

    title: 打断问候语
    proves: [C1]
    line: {number: "4001", name: general}
    caller: {number: "13800138000"}
    script:
      - during: {prompt: greeting, delay: 0.8}
        say: 你好，我想查一下快递。
    expect:
      - heard: greeting
        stopped_within: 0.2
      - heard: acknowledge
        within: 2.0
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ivr.errors import UserError
from ivr.files import data_folder
from ivr.quality.oracle import Expectation

Seconds = Annotated[float, Field(ge=0, le=3600)]
Verb = Literal["say", "play", "silence", "key", "hold", "resume", "hang_up", "cancel", "drop", "mute"]
_VERBS: tuple[Literal["say", "play", "silence", "key"], ...] = ("say", "play", "silence", "key")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(_Part):
    """The number dialled, as a ``[[line]]`` of ivr.toml: anything in ``[standard]`` may be set."""

    number: str = "4001"
    name: str = "general"
    """Name of the standard."""
    company: str = "安达速运"
    site: str = "上海"
    agent_number: str = "8001"
    answer_on_ring: Annotated[int, Field(ge=1, le=3)] = 1


class Caller(_Part):
    """Who calls."""

    number: str | None = "13800138000"
    """None withholds it."""
    headers: dict[str, str] = {}
    """SIP headers of the INVITE beyond the usual, as a PBX would add them."""
    media: Literal["silence", "never"] = "silence"
    """While the caller says nothing: RTP that carries silence, or no packet at all (requirement B13)."""


class AfterPrompt(_Part):
    """Seconds after the last (`after`) or first (`during`) audible sample of a prompt."""

    prompt: str
    delay: Seconds = 0.0
    nth: Annotated[int, Field(ge=1)] = 1
    """Which time it is heard."""


class Trigger(NamedTuple):
    """When an act happens: seconds `delay` counted from what `kind` names."""

    kind: Literal["ringing", "connected", "prompt_start", "prompt_end", "previous"]
    delay: float
    prompt: str = ""
    nth: int = 1


class Act(_Part):
    """One thing the caller does. Without a trigger it follows the previous act at once."""

    ringing: Seconds | None = None
    """Seconds after the INVITE."""
    at: Seconds | None = None
    """Seconds after connect."""
    after: AfterPrompt | None = None
    during: AfterPrompt | None = None

    say: str | None = None
    play: str | None = None
    """A sound file, relative to the scenario's."""
    silence: Seconds | None = None
    key: Annotated[str, Field(pattern=r"^[0-9*#A-D]$")] | None = None
    do: Literal["hold", "resume", "hang_up", "cancel", "drop", "mute"] | None = None
    """`drop`: no audio packet from now on, the line is dead. `mute`: none either, but RTCP says that we are there."""

    inband: bool = False
    """The key as tones in the audio rather than as RFC 4733 events."""
    gain_db: Annotated[float, Field(ge=-60, le=12)] = 0.0
    """Louder or fainter than the recording."""

    @model_validator(mode="after")
    def _one_of_each(self) -> Act:
        if sum(x is not None for x in (self.ringing, self.at, self.after, self.during)) > 1:
            raise ValueError("has more than one trigger; keep one of ringing, at, after, during")
        if sum(x is not None for x in (self.say, self.play, self.silence, self.key, self.do)) != 1:
            raise ValueError("needs exactly one of say, play, silence, key, do")
        return self

    @property
    def verb(self) -> Verb:
        """What is done."""
        if self.do:
            return self.do
        return next(verb for verb in _VERBS if getattr(self, verb) is not None)

    @property
    def trigger(self) -> Trigger:
        """When it is done."""
        if self.ringing is not None:
            return Trigger("ringing", self.ringing)
        if self.at is not None:
            return Trigger("connected", self.at)
        if self.after:
            return Trigger("prompt_end", self.after.delay, self.after.prompt, self.after.nth)
        if self.during:
            return Trigger("prompt_start", self.during.delay, self.during.prompt, self.during.nth)
        return Trigger("previous", 0.0)


class Scenario(_Part):
    """One call, and what it must show."""

    name: str
    """File name without its ending, whatever the file says."""
    group: str
    """Name of the file's folder, e.g. ``line``."""
    file: Path
    title: str
    proves: Annotated[list[Annotated[str, Field(pattern=r"^[A-I]\d+$")]], Field(min_length=1)]
    """Requirement ids."""
    line: Line = Line()
    caller: Caller = Caller()
    clock: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] | None = None
    """Time of day of the call; such a scenario runs in virtual time only."""
    operator: Literal["answers", "busy", "no_answer", "refuses"] = "answers"
    """How a transfer turns out; `refuses` declines the REFER itself."""
    script: list[Act] = []
    expect: Annotated[list[Expectation], Field(min_length=1)]


def load_scenario(file: Path) -> Scenario:
    """Read one scenario; raises `UserError` naming file and key."""
    try:
        data = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    except yaml.YAMLError as error:
        raise UserError(f"{file}: {_yaml_fault(error)}") from error
    if not isinstance(data, dict):
        raise UserError(f"{file}: is no scenario; it needs title, proves and expect")
    try:
        scenario = Scenario.model_validate(
            data | {"name": file.stem, "group": file.resolve().parent.name, "file": file}
        )
    except ValidationError as error:
        raise UserError(f"{file}: {_first_fault(error)}") from error
    return _with_requirements(scenario)


def load_scenarios(paths: Iterable[Path] = ()) -> list[Scenario]:
    """Read files and folders of files; without any, the whole catalogue that comes with the product."""
    files = [
        file
        for path in (list(paths) or [data_folder("scenarios")])
        for file in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path])
    ]
    if not files:
        raise UserError("no scenario found: give YAML files, or folders of them")
    return [load_scenario(file) for file in files]


def _with_requirements(scenario: Scenario) -> Scenario:
    first = scenario.proves[0]
    named = [line if line.req else line.model_copy(update={"req": first}) for line in scenario.expect]
    return scenario.model_copy(update={"expect": named})


def _yaml_fault(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"line {mark.line + 1}: " if mark else ""
    return f"{where}{getattr(error, 'problem', None) or 'is no YAML'}"


def _first_fault(error: ValidationError) -> str:
    fault = error.errors()[0]
    where = fault["loc"]
    if where[:1] == ("expect",):  # pydantic puts the kind of expectation between its number and its key
        where = where[:2] + where[3:]
    return f"{'.'.join(map(str, where)) or 'scenario'}: {fault['msg'].removeprefix('Value error, ')}"
