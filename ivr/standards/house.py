"""The house that speaks: what fills the variables of a standard's wording."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from ivr.standards.hours import ALWAYS, Days, Hours
from ivr.standards.knowledge import Access, Entry
from ivr.standards.model import Standard
from ivr.standards.said import WordingKind

VARIABLE = re.compile(r"\{(\w*)\}")
PAUSE = "，"
_SAID = "诶 必 西 弟 伊 艾弗 基 艾取 哎 杰 开 艾勒 艾姆 恩 欧 批 丘 阿尔 艾思 踢 优 维 达不溜 艾克斯 歪 贼"
LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", _SAID.split(), strict=True))
"""How Mandarin says the letters in front of a waybill number."""
SPOKEN = (*"零幺一二两三四五六七八九十百千万亿点", *LETTERS.values())
"""What numbers are spoken with."""
_SPOKEN_DIGITS = str.maketrans("0123456789", "零幺二三四五六七八九")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One prompt to be spoken: a name that a house's own recording may replace, and the text it says."""

    name: str
    """Prompt name in the standard's wording, e.g. ``greeting``."""
    text: str
    """Wording with every variable filled in; empty for a tone."""
    parts: tuple[str, ...] = ()
    """For a text that is put together at run time: its pieces in order, each spoken for itself; `PAUSE` is a short
    silence. A number is spoken digit by digit from rendered digits. Empty where the text is spoken whole."""
    kind: WordingKind = "speech"


OnHold = Literal["line", "music"]
"""What waiting callers hear: their line is put on hold, and whoever connects them plays something; or our music."""


class Answering(Protocol):
    """Whatever says who answers on a line."""

    @property
    def company(self) -> str: ...  # noqa: D102 - as in House
    @property
    def site(self) -> str: ...  # noqa: D102
    @property
    def agent_number(self) -> str: ...  # noqa: D102
    @property
    def agent_surname(self) -> str: ...  # noqa: D102
    @property
    def answer_on_ring(self) -> int: ...  # noqa: D102
    @property
    def hours(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def open_on(self) -> Days: ...  # noqa: D102
    @property
    def hold(self) -> OnHold: ...  # noqa: D102
    @property
    def announce(self) -> bool: ...  # noqa: D102
    @property
    def rating(self) -> bool: ...  # noqa: D102


class Finding(Protocol):
    """An entry that may answer a question."""

    @property
    def entry(self) -> Entry: ...  # noqa: D102 - as in `understanding.knowledge.Hit`
    @property
    def score(self) -> float: ...  # noqa: D102
    @property
    def sure(self) -> bool: ...  # noqa: D102
    @property
    def why(self) -> str: ...  # noqa: D102


class Searchable(Protocol):
    """What a house knows, as `understanding.knowledge` has it."""

    @property
    def entries(self) -> Sequence[Entry]: ...  # noqa: D102

    def search(self, text: str, *, today: date, access: Access = "public") -> Sequence[Finding]: ...  # noqa: D102


def _nothing(_: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class House:
    """Who answers on one line: the part of ``[standard]`` in ivr.toml that is spoken or timed."""

    company: str = "安达速运"
    site: str = "上海"
    agent_number: str = "8001"
    agent_surname: str = ""
    """Told where a standard says who answers by more than the number (requirement G6); empty: the number it is."""
    answer_on_ring: int = 1
    """1 to 3 (requirement A1)."""
    hours: Hours = ALWAYS
    own_music: bool = False
    """Callers on hold hear ours, and we hear them."""
    announces: bool = False
    """Callers are told that the call is recorded (requirement A9)."""
    asks_rating: bool = False
    """Callers are asked to rate the service (requirement H6)."""
    bars: Callable[[str], bool] = field(default=_nothing, compare=False)
    """Whether a text that is put together during a call must not be said (requirements H1, H2)."""
    knowledge: Searchable | None = field(default=None, compare=False)
    """What it answers questions from (requirement C9)."""

    @classmethod
    def of(cls, line: Answering, bars: Callable[[str], bool] = _nothing, knowledge: Searchable | None = None) -> House:
        """The house that a line of the configuration, or of a scenario, describes."""
        hours = Hours(tuple(line.hours), line.open_on)
        return cls(
            company=line.company,
            site=line.site,
            agent_number=line.agent_number,
            agent_surname=line.agent_surname,
            answer_on_ring=line.answer_on_ring,
            hours=hours,
            own_music=line.hold == "music",
            announces=line.announce,
            asks_rating=line.rating,
            bars=bars,
            knowledge=knowledge,
        )


Values = Mapping[str, tuple[str, ...]]
"""What slots hold, by name, as pieces that are spoken for themselves; see `Utterance.parts`."""


def fill(text: str, house: House, hello: str) -> str:
    """The wording as it is spoken, but for its slots; an agent number is read digit by digit, with 幺 for one."""
    values = {
        "company": house.company,
        "site": house.site,
        "agent": house.agent_number.translate(_SPOKEN_DIGITS),
        "surname": house.agent_surname,
        "hello": hello,
        "hours": house.hours.spoken,
    }
    return VARIABLE.sub(lambda match: values.get(match[1], match[0]), text)


def utter(name: str, text: str, values: Values, kind: WordingKind = "speech") -> Utterance:
    """A filled wording as a prompt, its slots spoken as `values` say; a slot without a value is left out."""
    if not VARIABLE.search(text):
        return Utterance(name, text, kind=kind)
    parts: list[str] = []
    for position, piece in enumerate(VARIABLE.split(text)):
        if position % 2:
            parts += values.get(piece, ())
        elif piece:
            parts.append(piece)
    return Utterance(name, "".join(parts), tuple(parts))


def utterances(standard: Standard, house: House, values: Values | None = None) -> Iterator[Utterance]:
    """Everything this house can say by this standard, each text once a name.

    Wording with slots comes as its pieces, and with it everything that we can put into a slot; where `values` are
    given it comes whole instead.
    """
    pieced = False
    for name, wording in standard.wording.items():
        if name == standard.hold_music and not house.own_music:
            continue
        for text in dict.fromkeys(fill(wording.text, house, hello.text) for hello in standard.opening.hello):
            slots = VARIABLE.findall(text)
            if not slots or (values and all(slot in values for slot in slots)):
                yield utter(name, text, values or {}, wording.kind)
            else:
                pieced = True
                yield from (Utterance(name, piece) for piece in VARIABLE.split(text)[::2] if piece.strip("，。？！"))
    if pieced:
        yield from (Utterance("digit", digit) for digit in SPOKEN)
        yield from (Utterance("character", told) for told in standard.characters.values())
        yield from (Utterance("intent", intent.title) for intent in standard.intent.values() if intent.title)
        for entry in house.knowledge.entries if house.knowledge and standard.knowledge else ():
            yield from (Utterance("answer", sentence) for sentence in (*entry.answer.sentences, entry.title))
        yield from (Utterance("choice", value) for slot in standard.slot.values() for value in slot.choices.values())
