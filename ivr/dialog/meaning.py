"""What a turn means in the menu in which it was said: a wish, an answer, a correction, or nothing that we know."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from typing import NamedTuple

from ivr.standards.acts import Act
from ivr.standards.blocks import Menu, Slot
from ivr.standards.model import Standard
from ivr.standards.said import Expects
from ivr.standards.ways import kinds
from ivr.understanding.alignment import weight
from ivr.understanding.answers import Answer, read, recalled
from ivr.understanding.cues import besides, pieces
from ivr.understanding.intents import NUMBER, SURE, Matcher, Reading, relevance
from ivr.understanding.knowledge import asked_for
from ivr.understanding.sensitive import Span, find, without
from ivr.understanding.sounds import syllables
from ivr.understanding.yes_no import TOLD, beyond, instead

YES_NO = ("yes", "no")
NUMBERS = ("digits", "id_tail", "phone", "waybill")
_NOD = 3
"""Characters of a mere yes or no, which tells nothing."""
_WITHOUT_NUMBER = ("again", "skip", "own_number")
"""Acts of somebody who tells no number."""
OPEN_ENDED = ("digits", "waybill")
"""Answers of no fixed length: one that is complete may still go on."""
_ONLY_DIGITS = re.compile(r"[\d零〇幺一二两三四五六七八九十百千万、，。,.\s-]{7,}")
_DIGITS = re.compile(r"[\d零〇幺一二两三四五六七八九]{3,}")
_WRONG = re.compile(
    "(这个|那个)?(好像|都|也|是|有点|要|需要)?(不是|不对|不太对|错|弄错|说错|写错|记错|听错|有误|有问题|改|改一下|更正一下)[了的吧啊呢]*"
)
"""Said of an answer, and no answer itself."""
_CLAUSE_ENDS = re.compile("[，,。]")
_ANY = 1.0
"""Weight of the shortest answer in words, 书; 都要 and 什么 are none."""
_WHOLE = 0.75
"""Likeness of a wish that is all that was said; so it takes less than one that stands in a story…"""
_BESIDES = 2
"""…and so many syllables more than its example has."""
_WISHES = re.compile("^[嗯啊那]*(?:我们?(?:就是)?[要想]|我需要|帮我|你(?!们))|[吗呢][？?。]?$")
"""A wish, or a question to us."""
_NAME = 3
"""Syllables of what may be a mere name: 哈尔滨."""
_LATEST = 40  # characters, some 10 s of speech: people tell their story first and say their wish last
_ANSWER = 80  # likewise; reading more would hold up other calls
NO_CHOICES: Mapping[str, str] = {}
_WHOLE_CARD = 16  # digits; a waybill number has 15 at most
_IN_USE = 32  # standards; a reload leaves old ones behind


class Meaning(NamedTuple):
    """What was understood. Without an act and without an answer: nothing."""

    intent: str = ""
    act: Act | None = None
    score: float = 0.0
    margin: float = 0.0
    decided: str = "none"
    """``sure``, ``likely`` (to be confirmed), ``ambiguous`` (with `other`) or ``none``."""
    other: str = ""
    slot: str = ""
    answer: Answer | None = None
    begun: str = ""
    """For a wish: what was told of the number before it; 七七三零，等一下 goes on with the rest of it."""
    relevance: float = 0.0

    @property
    def complete(self) -> bool:
        """Nothing is missing: it can be acted on at once."""
        return self.answer.complete if self.answer else self.decided == "sure"


@dataclass(frozen=True)
class Interpreter:
    """Reads turns by one standard. Building it takes a while; calls of the same standard share one."""

    standard: Standard
    _matcher: Matcher = field(init=False)
    _asked: Mapping[str, Expects] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_matcher", Matcher(self.standard.intent))
        object.__setattr__(self, "_asked", kinds(self.standard))

    def read(self, text: str, menu: Menu, acts: Mapping[str, Act], before: Mapping[str, str], today: date) -> Meaning:
        """What `text` means where `acts` are open by name of intent, and slots hold `before`."""
        private = find(text, asked=menu.asks)
        plainly = self._offered(private, acts) or self._instead_of_words(text, menu, acts)
        if plainly:
            return plainly
        if _ONLY_DIGITS.fullmatch(text):  # a number sounds like no wish
            return self._answer(text, menu, acts, before, today) or Meaning()
        number = menu.asks in NUMBERS
        words = without(text, private)  # 密码是一二三四五六 has nothing to do with 一二三一五
        latest = (_DIGITS.sub("，", words) if number else words)[-_LATEST:]
        wish = self._wish(latest, acts, menu.choices)
        if wish.decided != "sure":
            wish = self._wish_before_it_all(text, acts) or wish
        if {wish.intent, wish.other} & set(menu.choices):
            plain = wish.decided in ("sure", "likely")
            return told(menu, menu.choices[wish.intent]) if plain else Meaning(relevance=wish.relevance)
        if wish.decided == "sure" and wish.intent not in YES_NO:
            begun = self._answer(text[-_ANSWER:], menu, acts, before, today) if number else None
            if begun and begun.complete and wish.act and wish.act.kind in _WITHOUT_NUMBER:
                return begun  # 幺三九…，就这个号码
            return wish._replace(slot=menu.slot, begun=begun.answer.value) if begun and begun.answer else wish
        said = text if self._in_words(menu) else text[-_ANSWER:]
        return self._answer(said, menu, acts, before, today) or wish

    def says(self, text: str, intent: str) -> bool:
        """Whether that was said by the way, wherever in the text it stands."""
        return self._matcher.says(text, intent)

    def _offered(self, private: Iterable[Span], acts: Mapping[str, Act]) -> Meaning | None:
        """The intent of a number that nobody should tell."""
        kinds = {span.kind for span in private if len(span.digits) >= _WHOLE_CARD}
        offered = (name for name in acts if self.standard.intent[name].number in kinds)
        return next((Meaning(name, acts[name], 1.0, 1.0, "sure") for name in offered), None)

    def _in_words(self, menu: Menu) -> bool:
        """What is asked there, or read back, is told in words."""
        return self._asked.get(menu.slot or menu.corrects) == "text"

    def _wish(self, text: str, acts: Mapping[str, Act], choices: Mapping[str, str] = NO_CHOICES) -> Meaning:
        leads = {name: (act, choices.get(name)) for name, act in acts.items()}
        asides = [aside.intent for aside in self.standard.aside.values()]
        reading = self._matcher.read(self._matcher.besides(text, asides), acts)
        return self._told_with(_wish(reading, leads, relevance(text, self.standard.domain)), text)

    def _told_with(self, wish: Meaning, text: str) -> Meaning:
        """A wish that tells a number, with its answer. Asked back it would lose that: it is sure, or not meant."""
        tells = {name: self.standard.intent[name].tells for name in (wish.intent, wish.other) if name}
        if tells.get(wish.other):
            wish = wish._replace(other="", decided="sure" if wish.score >= SURE else "likely")
        if not tells.get(wish.intent):
            return wish
        answer = read(NUMBER.findall(text)[-1], "digits") if wish.score >= SURE else None
        told = wish._replace(slot=tells[wish.intent], answer=answer, decided="sure", other="")
        return told if answer else Meaning(relevance=wish.relevance)

    def _instead_of_words(self, text: str, menu: Menu, acts: Mapping[str, Act]) -> Meaning | None:
        """A wish that is all that was said, where any words would be an answer: 再见, 我要查话费.

        What may be wished elsewhere counts where it sounds like a wish, or like a question to us: 送晚了 is a wish in
        an open menu, and here a complaint. So is a wish that leads back to where we are.
        """
        if not self._in_words(menu) or len(text) > _LATEST:
            return None
        within = self.standard.form[menu.form].intents if menu.form else {}
        elsewhere = {
            name: act
            for name, act in self.standard.wishes.items()
            if self._ends(act, menu) or (_WISHES.search(text) and not self._leads_back(act, menu))
        }
        here = {**elsewhere, **within, **acts}
        among = [name for name in here if name not in YES_NO and not self.standard.intent[name].tells]
        best = self._matcher.read(text, among).best
        if not best or best.score < _WHOLE or len(syllables(text)) > len(syllables(best.phrase)) + _BESIDES:
            return None
        return Meaning(best.name, here[best.name], best.score, best.score, "sure")

    def _ends(self, act: Act, menu: Menu) -> bool:
        """It takes leave; nobody does in the middle of what they have told (they are asked whether it is right)."""
        return act.kind == "menu" and self.standard.menu[act.name].closing and not menu.corrects

    def _leads_back(self, act: Act, menu: Menu) -> bool:
        if act.kind == "form":
            return (menu.slot or menu.corrects) in self.standard.form[act.name].slots
        if act.kind != "menu":
            return False
        of_its_own = self.standard.menu[act.name].intents.items() - self.standard.wishes.items()
        return Act("form", menu.form) in dict(of_its_own).values()

    def _wish_before_it_all(self, text: str, acts: Mapping[str, Act]) -> Meaning | None:
        """A wish that leads to a form, told together with what the form asks for: 我要寄快递，寄到北京，电话是…"""
        for lead in {act: None for act in acts.values() if act.kind == "form"}:
            before, parts = pieces(text, self._cues(lead.name))
            own = {name: act for name, act in acts.items() if act == lead}
            first = before[-_LATEST:] if parts else ""
            # to look for every wish takes 10 ms: only where one that leads there is heard at all
            if first and self._wish(first, own).act and (wish := self._wish(first, acts)).act == lead:
                return wish
        return None

    def _answer(
        self, text: str, menu: Menu, acts: Mapping[str, Act], before: Mapping[str, str], today: date
    ) -> Meaning | None:
        text = self._own_part(text, menu, today)
        if menu.corrects in before and (anew := self._correction(text, menu.corrects, before, today)):
            return anew
        if menu.asks == "text" and menu.on_answer:  # whatever is said is the answer
            whole = read(text, "text") if len(text) > _NOD or not read(text, "yes_no") else None
            return told(menu, whole.value) if whole and weight(asked_for(text)) >= _ANY else None
        if menu.asks in ("text", "choice"):
            return None
        answer = read(text, menu.asks, today=today)
        if menu.slot in before and not (answer and answer.complete):  # the rest of a number, or a part said anew
            answer = read(text, menu.asks, today=today, before=before[menu.slot])
        if answer is None or not self.takes(menu.slot, answer):
            return None
        if menu.asks == "yes_no" and not menu.on_answer:
            act = acts.get(answer.value)
            return Meaning(answer.value, act, 1.0, 1.0, "sure") if act else None
        return Meaning(slot=menu.slot, answer=answer, score=1.0, decided="sure", act=menu.on_answer)

    def takes(self, slot: str, answer: Answer) -> bool:
        """Whether a slot may have this answer; one that lacks something still may."""
        of = self.standard.slot.get(slot)
        return of is None or not answer.complete or of.takes(answer.value)

    def told(self, text: str, form: str, slots: Collection[str], today: date) -> dict[str, Answer]:
        """What was told unasked of these slots of a form, each behind a word of its own that announces it."""
        _, parts = self._pieces(text, form, today)
        parts = {slot: part for slot, part in parts.items() if not _WRONG.fullmatch(part)}
        told = {slot: self._told(parts[slot], self.standard.slot[slot], today) for slot in slots if slot in parts}
        return {
            slot: answer for slot, answer in told.items() if answer and answer.complete and self.takes(slot, answer)
        }

    def _told(self, text: str, slot: Slot, today: date) -> Answer | None:
        if slot.asks != "choice":
            return read(text, slot.asks, today=today)
        reading = self._matcher.read(text, slot.choices)
        chosen = reading.best if reading.decided == "sure" else None
        return recalled(slot.choices[chosen.name], "choice") if chosen else None

    def denied(self, text: str, form: str) -> list[str]:
        """Slots of a form that are named and called wrong, 「地址不对」, or of which nothing but the name is said."""
        _, parts = pieces(text, self._cues(form))
        _, bare = pieces(f"{text}不对", self._cues(form))
        return [slot for slot, part in (parts or bare).items() if _WRONG.fullmatch(part)]

    def _cues(self, form: str) -> dict[str, list[str]]:
        of = self.standard.form[form]
        return {slot: self.standard.slot[slot].cues for slot in (*of.slots, *of.takes)}

    def _pieces(self, text: str, form: str, today: date) -> tuple[str, dict[str, str]]:
        """As `pieces`, but no cue is a word that announces nothing of its kind: 「打电话骂我」 tells of no number."""
        cues, of = self._cues(form), self.standard.slot
        _, parts = pieces(text, cues)
        told = {
            slot: cues[slot]
            for slot, part in parts.items()
            if _WRONG.fullmatch(part) or self._told(_name_in(part, of[slot]), of[slot], today)
        }
        before, parts = pieces(text, told)
        if in_words := {slot: cues[slot] for slot in parts if of[slot].asks not in NUMBERS}:
            # what follows a number belongs to what was told before it
            parts |= pieces(self._without_numbers(text, form, parts), in_words)[1]
        return before, {slot: _name_in(part, of[slot]) for slot, part in parts.items()}

    def _own_part(self, text: str, menu: Menu, today: date) -> str:
        """Of several things told at once, the one that was asked for."""
        slot = menu.slot or menu.corrects
        if not menu.form:
            return text
        before, parts = self._pieces(text, menu.form, today)
        if self._in_words(menu):
            return self._words(text, menu.form, slot, parts) or text
        return parts.get(slot) or before or text

    def _without_numbers(self, text: str, form: str, told: Collection[str]) -> str:
        """What was told in words, without the numbers of these slots, and the words that announce them."""
        numbers = [self._cues(form)[slot] for slot in told if self.standard.slot[slot].asks in NUMBERS]
        return reduce(besides, numbers, text)

    def _words(self, text: str, form: str, slot: str, told: Collection[str]) -> str:
        """What was told of a text slot, whatever else it came with: no word of a story is lost (requirement E2)."""
        text, cues, of = self._without_numbers(text, form, told), self._cues(form), self.standard.slot
        in_words = {other: cues[other] for other in told if of[other].asks not in NUMBERS}
        before, parts = pieces(text, in_words)
        if slot in parts and weight(before) >= TOLD:  # its own word stands in the middle of the story
            before, parts = pieces(text, {other: each for other, each in in_words.items() if other != slot})
        return parts.get(slot) or before

    def _correction(self, text: str, slot: str, before: Mapping[str, str], today: date) -> Meaning | None:
        kind = self._asked[slot]
        said = _amended(before[slot], text) if kind == "text" else text
        anew = read(said, kind, today=today, before=before[slot])
        if anew is None or not anew.complete or anew.value == before[slot]:
            return None
        return Meaning(slot=slot, answer=anew, score=1.0, decided="sure")


def _name_in(part: str, slot: Slot) -> str:
    """What follows a name in the same breath is no part of it: 我姓王，查快递."""
    return part if slot.asks != "name" or read(part, "name") else _CLAUSE_ENDS.split(part, maxsplit=1)[0]


def _amended(story: str, said: str) -> str:
    """A text after what was said when it was read back: a mere name is replaced, to a story is added (E2)."""
    if _is_name(story):
        return instead(said)
    more = beyond(said)
    return f"{story}；{more}" if more and more not in story else ""


def _is_name(text: str) -> bool:
    """The name of a place or a thing, unlike 他骂我 or 快递丢了: short, and every syllable of it counts."""
    return weight(text) == len(syllables(text)) <= _NAME


def told(menu: Menu, value: str) -> Meaning:
    """An answer as a whole, in our own words or theirs."""
    return Meaning(slot=menu.slot, answer=recalled(value, "text"), score=1.0, decided="sure", act=menu.on_answer)


def _wish(reading: Reading, leads: Mapping[str, tuple[Act, str | None]], about_us: float) -> Meaning:
    """A wish by where it leads, and what it chooses there."""
    best, other, decided = reading.best, reading.other, reading.decided
    if best is None or decided == "none":
        return Meaning(relevance=about_us, score=best.score if best else 0.0)
    if other and decided == "ambiguous" and leads[best.name] == leads[other.name]:  # it does not matter which
        decided = "sure" if best.score >= SURE else "likely"
    rival = other.name if other and decided == "ambiguous" else ""
    return Meaning(best.name, leads[best.name][0], best.score, reading.margin, decided, rival, relevance=about_us)


_SHARED: dict[int, Interpreter] = {}


def interpreter(standard: Standard) -> Interpreter:
    """The interpreter of a standard; made once for each that is in use."""
    known = _SHARED.get(id(standard))
    if known is None or known.standard is not standard:
        while len(_SHARED) >= _IN_USE:
            del _SHARED[next(iter(_SHARED))]
        known = _SHARED[id(standard)] = Interpreter(standard)
    return known
