"""What is said, and what is heard: wording, on which conditions it is said, how wishes are told, how we speak."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Expects = Literal["text", "yes_no", "digits", "id_tail", "phone", "waybill", "name", "time", "date", "money", "choice"]
"""What a caller may be asked for. `text` is anything; `choice` one of the intents that the menu knows; `id_tail` the
last four of an identity card, X among them (GB 11643)."""
Misheard = Literal["unclear", "inaudible", "side_talk", "unintelligible"]
"""Verdicts on speech that cannot be acted on (requirements B6, B2, B3, B4)."""
Condition = Literal[
    "late", "queued", "named", "often", "priority", "incident", "urged", "overdue", "music", "announced", "rating",
    "erred", "long", "comforted", "morning", "promised", "surnamed", "withheld",
]  # fmt: skip
"""`late`: the caller heard more than `opening.late_after_rings` rings. `queued`: the PBX handed over a waiting time.
`named`: we know their name. `often`: this matter was cut off `limits.drops` times (requirement B9). `priority`: the
house serves this caller first. `incident`: they have heard of a fault that many have (requirement F7). `urged`: what
this menu owes is owed to them already (requirement F8). `overdue`: it should have been kept by now (requirement E3).
`music`: on hold they hear ours, and we hear them. `announced`: the house tells whoever it greets that calls are
recorded (requirement A9). `rating`: it asks for one (requirement H6). `erred`: a menu that `errs` was entered
(requirement I3). `long`: the call has lasted `limits.long_s` (requirement E5). `comforted`: something else is said
first already (requirement E2). `morning`: it was before noon when the call began (requirement F4). `promised`:
something was promised in this call (requirement E7). `surnamed`: the house tells whose surname answers (G6).
`withheld`: the number that they call from is not shown (requirement A7)."""


class Block(BaseModel):
    """Extra keys are mistakes, and so are times without end; nothing changes once it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


WordingKind = Literal["speech", "tone", "music"]


class Wording(Block):
    """One prompt. `{company}`, `{site}`, `{agent}`, `{surname}` and `{hello}` are filled in before it is spoken."""

    text: str = ""
    req: str
    """Requirement id, e.g. ``B1``."""
    prescribed: bool = False
    """The source demands these very words; the style linter leaves them alone."""
    kind: WordingKind = "speech"
    """`tone` is the short beep before a recording, `music` what is played on hold; neither has a text."""
    interruptible: bool = True
    """The caller may talk into it (requirement C1); False for what must be heard to its end."""
    addresses: bool = False
    """Once we know whom we speak to, it begins with their name: 王先生，… (requirement A8)."""


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class Said(Block):
    """A prompt in a list, perhaps on a condition; or the first of several that was not said in this call yet."""

    say: str = ""
    one_of: list[str] = []
    """Nobody is comforted twice with the same words (requirement E2); when all were said, nothing is."""
    when: Condition | None = None
    unless: Annotated[tuple[Condition, ...], BeforeValidator(_listed)] = ()
    """None of these holds."""
    knows: Annotated[list[str], BeforeValidator(_listed)] = []
    """Said only where each of these slots is known…"""
    lacks: Annotated[list[str], BeforeValidator(_listed)] = []
    """…and none of these: nothing is told that we were not told (requirement F11)."""
    owes: str = ""
    """A promise made by saying it, by its kind; of `one_of` also where all of them were said."""

    @property
    def prompts(self) -> list[str]:
        """The prompts that it may say."""
        return self.one_of or [self.say]


def _said(value: object) -> object:
    return {"say": value} if isinstance(value, str) else value


SaidList = list[Annotated[Said, BeforeValidator(_said)]]


class Intent(Block):
    """Something a caller may want, told by what people say for it; matched by sound."""

    req: str
    title: str
    """How we name it to the caller: 「您是想{title}，对吗？」; empty: it is not asked about, but not caught."""
    examples: Annotated[list[str], Field(min_length=1)]
    """Phrases as they are said; the shorter the phrase, the more it covers."""
    negatives: list[str] = []
    """Phrases that sound alike and mean something else."""
    yields: bool = False
    """Said along with a plain wish, only the wish counts: whoever swears and asks for a person gets one (D8, E6)."""
    number: Literal["", "bank_card"] = ""
    """It is also meant by whoever says such a number, whatever else they say (requirement G2)."""
    tells: str = ""
    """Slot that the number said in it is the answer to: 「找八零零一号」. Any number may stand for that of an example;
    without one it is not meant."""


class Voice(Block):
    """From here on we speak differently, for the rest of the call (requirements B5, B11)."""

    louder_db: Annotated[float, Field(ge=0, le=18)] = 0.0
    """Added to what is set already, 18 dB in all."""
    tempo: Annotated[float, Field(ge=0.5, le=1)] = 1.0
    """Speed of our speech; 1 leaves it as it is."""
