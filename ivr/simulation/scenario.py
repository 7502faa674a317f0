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

Where the line hears words (``line: {hears: words}``), a caller who says something may say it in another language, more
faintly, or with a pause in it; what a recogniser makes of it over SIP is what it makes of it, and in virtual time what
``as`` says (the very text, where nothing is said)::

    values: {waybill: "773012345678"}
    script:
      - after: {prompt: ask_waybill, delay: 0.5}
        say: 七七三零幺二
      - silence: 0.9
      - say: 三四五六七八
        as: {text: 三四五六七吧, confidence: 0.6}
      - after: {prompt: greeting, delay: 0.5, nth: 2}
        say: 저기요, 여보세요?
        voice: ko
        as: {text: 这个要, confidence: 0.3, mandarin: 0.1}

A caller may be a certain person (``caller: {voice: zm_yunxi}``, one of `VOICES`); else a text is always spoken by the
same one of several. ``scripts/render-callers.py`` speaks it all.

A caller who is cut off is called back (``called_back``): what they do then and must hear is a call of its own::

    called_back:
      within: 30
      script:
        - after: {prompt: called_back, delay: 0.5}
          say: 是的
      expect:
        - heard: called_back

One who does not wait for that rings again (``rings_again``, with ``script`` and ``expect`` as there).

Whom the call asks on the caller's behalf (``backends``, ``approval``) is told in `ivr.simulation.others`.

``values`` are what the service is to speak in its read-backs: whoever hears other digits than these hears a prompt that
the standard does not have.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, get_args

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ivr.config.values import HourSpans
from ivr.errors import UserError
from ivr.files import data_folder, is_folder, is_there
from ivr.quality.oracle import Expectation, Hold
from ivr.simulation.naming import check_prompts
from ivr.simulation.others import AskedApproval, Backends

Seconds = Annotated[float, Field(ge=0, le=3600)]
FAINT_DB = -29.0
"""A caller fainter than this is, in virtual time, too far from the telephone to be understood."""
Verb = Literal["say", "play", "silence", "key", "hold", "resume", "hang_up", "cancel", "drop", "mute"]
Voice = Literal["zf_xiaobei", "zf_xiaoni", "zf_xiaoyi", "zm_yunjian", "zm_yunxi", "zm_yunxia", "zm_yunyang"]
VOICES: tuple[Voice, ...] = get_args(Voice)
"""People who call, as Kokoro names them: all but the one who has the service's voice."""
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
    agent_surname: str = ""
    answer_on_ring: Annotated[int, Field(ge=1, le=3)] = 1
    hears: Literal["keys", "words"] = "keys"
    hours: HourSpans = ()
    open_on: Literal["every day", "working days"] = "every day"
    hold: Literal["line", "music"] = "line"
    announce: bool = False
    rating: bool = False
    knowledge: tuple[str, ...] = ()


class Network(_Part):
    """What the caller's line does to the packets that it sends; virtual time knows no packets."""

    loss: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Share of packets that never arrive."""
    jitter_ms: Annotated[float, Field(ge=0, le=200)] = 0.0
    """Largest extra delay of a packet."""
    reorder: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Share of packets that arrive after their successor."""


class Recognizer(_Part):
    """How the recogniser behaves; such a scenario runs in virtual time only."""

    latency: Seconds = 0.45
    """Seconds from the caller's last sample to the words: whisper-base on two cores (findings)."""
    fails: str = ""
    """Why there are never any words, e.g. ``died``; empty where there are."""


class Caller(_Part):
    """Who calls."""

    number: str | None = "13800138000"
    """None withholds it."""
    voice: Voice | None = None
    """Who speaks throughout the call; None: anybody."""
    headers: dict[str, str] = {}
    """SIP headers of the INVITE beyond the usual, as a PBX would add them."""
    media: Literal["silence", "never", "comfort_noise"] = "silence"
    """While the caller says nothing: RTP that carries silence, no packet from the first to the last of the call
    (requirement B13), or none but now and then one of comfort noise (RFC 3389)."""
    dc: Annotated[float, Field(ge=-0.9, le=0.9)] = 0.0
    """Offset of all that the caller sends, as a share of full scale: a broken telephone."""
    network: Network = Network()


class AfterPrompt(_Part):
    """Seconds after the last (`after`) or first (`during`) audible sample of a prompt."""

    prompt: str
    delay: Seconds = 0.0
    nth: Annotated[int, Field(ge=1)] = 1
    """Which time it is heard."""


class Understood(_Part):
    """What a recogniser makes of something said, in virtual time."""

    text: str
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.95
    mandarin: Annotated[float, Field(ge=0, le=1)] = 1.0
    """That the language is Mandarin."""


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
    gain_db: Annotated[float, Field(ge=-60, le=40)] = 0.0
    """Louder or fainter than the recording, clipped where it must be; a talker beside the telephone is at -12, and
    nobody hears well below `FAINT_DB`."""
    voice: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] = ""
    """Language or dialect spoken (ISO 639: ``yue``, ``ko``, ``en``…); empty: Mandarin."""
    understood: Understood | None = Field(None, alias="as")
    """What the recogniser makes of it in virtual time: what is said, or nothing of a file, where this is left out."""

    @model_validator(mode="after")
    def _one_of_each(self) -> Act:
        if sum(x is not None for x in (self.ringing, self.at, self.after, self.during)) > 1:
            raise ValueError("has more than one trigger; keep one of ringing, at, after, during")
        if sum(x is not None for x in (self.say, self.play, self.silence, self.key, self.do)) != 1:
            raise ValueError("needs exactly one of say, play, silence, key, do")
        if self.understood and self.say is None and self.play is None:
            raise ValueError("only what is said or played can be understood as something")
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


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


class CalledBack(_Part):
    """The call that we make to the caller when theirs is over (requirement B9)."""

    within: Seconds = 30.0
    """From the end of the first call to our INVITE; virtual time knows no such wait."""
    rings: Seconds = 1.0
    """Until they answer."""
    script: list[Act] = []
    expect: Annotated[list[Expectation], Field(min_length=1)]


class RingsAgain(_Part):
    """The call that they make by themselves before we can ring them back (requirement F6)."""

    script: list[Act] = []
    expect: Annotated[list[Expectation], Field(min_length=1)]


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
    recognizer: Recognizer | None = None
    incidents: tuple[str, ...] = ()
    """Faults that many callers have told of before; such a scenario runs in virtual time only."""
    tickets: tuple[str, ...] = ()
    """Kinds of tickets that are open for this caller; likewise."""
    overdue: tuple[str, ...] = ()
    """Those of them that are overdue."""
    virtual: str = ""
    """Why else it runs in virtual time only, e.g. ``takes six minutes``."""
    values: dict[str, Annotated[list[str], BeforeValidator(_listed)]] = {}
    """What each slot of the wording may be spoken with, one value or a list of them."""
    operator: Literal["answers", "busy", "no_answer", "refuses"] = "answers"
    """How a transfer turns out; `refuses` declines the REFER itself."""
    target: Literal["answers", "busy", "away", "no_answer", "hangs_up"] = "answers"
    """What becomes of whom we ring while the caller holds: `hangs_up` does so as soon as they have answered."""
    backends: Backends = {}
    """The house's own systems, by name; of one that is not named here there is nobody to be asked."""
    approval: AskedApproval | None = None
    """What a supervisor decides; left out, nobody does."""
    script: list[Act] = []
    expect: Annotated[list[Expectation], Field(min_length=1)]
    called_back: CalledBack | None = None
    rings_again: RingsAgain | None = None
    """Such a scenario runs in virtual time only."""
    called_for: str = ""
    """We ring them, for this reason of the standard's `outbound`, and know the first of each of `values`; such a
    scenario runs in virtual time only."""
    is_called: bool = False
    """This is the second call of a scenario whose caller is called back."""

    @model_validator(mode="after")
    def _backends_answer(self) -> Scenario:
        for name, backend in self.backends.items():
            backend.check(name)
        return self

    def voice_of(self, act: Act) -> str:
        """Who says it: a language, where one is named, else the caller's own voice; empty: anybody in Mandarin."""
        return act.voice or self.caller.voice or ""

    @property
    def acts(self) -> list[Act]:
        """All that the caller does, in a second call as well."""
        then = self.called_back or self.rings_again
        return [*self.script, *(then.script if then else ())]

    @property
    def asks_others(self) -> bool:
        """It takes a house of its own to run it over SIP."""
        return bool(self.backends or self.approval)

    @property
    def second(self) -> Scenario:
        """The call that follows where the caller is called back, or rings again."""
        then, way = (self.called_back, "回拨") if self.called_back else (self.rings_again, "再次来电")
        assert then
        name = f"{self.name}-called-back" if self.called_back else f"{self.name}-rings-again"
        told = {"name": name, "title": f"{self.title}（{way}）", "called_back": None, "rings_again": None}
        call = {"script": then.script, "expect": then.expect, "is_called": self.called_back is not None}
        return _with_requirements(self.model_copy(update=told | call))

    @property
    def only_virtual(self) -> str:
        """Why it cannot run over SIP; empty where it can."""
        reasons = {
            "has a time of day of its own": self.clock,
            "has a recogniser of its own": self.recognizer,
            "has records of its own": self.incidents or self.tickets,
            "has a caller who rings again": self.rings_again,
            "begins with a call of ours": self.called_for,
        }
        return next((why for why, holds in reasons.items() if holds), self.virtual)

    @property
    def talks_on(self) -> bool:
        """Whether its caller keeps a recogniser busy; one who waits on hold for most of the call does not."""
        return self.needs_words and not self._holds

    @property
    def takes_long(self) -> bool:
        """Such a scenario begins before the others, so that all of them are over sooner."""
        return self._holds or self.called_back is not None

    @property
    def _holds(self) -> bool:
        return any(isinstance(line, Hold) for line in self.expect)

    @property
    def needs_words(self) -> bool:
        """Whether it takes a recogniser to run it over SIP."""
        return self.line.hears == "words"


def load_scenario(file: Path) -> Scenario:
    """Read one scenario; raises `UserError` naming file and key."""
    try:
        data = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    except yaml.YAMLError as error:
        raise UserError(f"{file}: {_yaml_fault(error)}") from error
    except (ValueError, RecursionError) as error:  # 2026-02-30, a number of thousands of digits, [[[[…
        raise UserError(f"{file}: not valid YAML: {error}") from error
    if not isinstance(data, dict):
        raise UserError(f"{file}: is no scenario; it needs title, proves and expect")
    try:
        scenario = Scenario.model_validate(
            data | {"name": file.stem, "group": file.resolve().parent.name, "file": file}
        )
    except ValidationError as error:
        raise UserError(f"{file}: {_first_fault(error)}") from error
    return _with_requirements(_with_standard_beside(scenario))


def load_scenarios(paths: Iterable[Path] = ()) -> list[Scenario]:
    """Read files and folders of files; without any, the whole catalogue that comes with the product.

    Raises `UserError` as `load_scenario` does, and for a prompt that the scenario's standard does not have.
    """
    files = [
        file
        for path in (list(paths) or [data_folder("scenarios")])
        for file in (sorted(path.rglob("*.yaml")) if is_folder(path) else [path])
    ]
    if not files:
        raise UserError("no scenario found: give YAML files, or folders of them")
    scenarios = [load_scenario(file) for file in files]
    check_prompts(scenarios)
    return scenarios


def _with_standard_beside(scenario: Scenario) -> Scenario:
    """A standard's file is looked for where the scenario lies, and then in the folder that we are in."""
    beside = scenario.file.parent / scenario.line.name
    if beside.suffix != ".toml" or not is_there(beside):
        return scenario
    return scenario.model_copy(update={"line": scenario.line.model_copy(update={"name": str(beside)})})


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
