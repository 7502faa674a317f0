"""What the caller answered to what was asked: the value, whether it is whole, and how it is read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from ivr.standards.house import LETTERS, PAUSE
from ivr.standards.said import Expects
from ivr.understanding.digits import read_number
from ivr.understanding.moments import read_date, read_time
from ivr.understanding.money import money_spoken, read_money
from ivr.understanding.names import read_name
from ivr.understanding.numerals import cardinal
from ivr.understanding.plain import plain
from ivr.understanding.sensitive import find, without
from ivr.understanding.shapes import SHAPES
from ivr.understanding.yes_no import read_yes_no

_SPOKEN_DIGITS = str.maketrans("0123456789", "零幺二三四五六七八九")
_SPOKEN_YEAR = str.maketrans("0123456789", "零一二三四五六七八九")
_PARTS_OF_DAY = ((5, "凌晨"), (8, "早上"), (11, "上午"), (12, "中午"), (17, "下午"), (23, "晚上"))
"""Last hour of each part."""
_COUNTRY = re.compile(r"(?:00)?86(?=1\d{10}$|0\d{10,11}$)")
_AROUND = " ，。；！？、,.;!?"
"""What recognisers put around words, and nobody says."""
_BREATHS = re.compile("，[，\\s]*")
_UNTOLD = "您说的号码"
"""Read back of whoever has told nothing but a number that nobody else may hear."""
_YES_NO_KEYS = {"1": "是", "2": "不是"}
_X = re.compile(r"(?:[Xx×叉]|[艾埃爱]克斯)[^\w]*$")
_KEYED_TAIL = re.compile(r"[0-9]{0,3}[0-9*]|[0-9]{17}[0-9*]")
_TAIL = 4
_WHOLE_IDS = (15, 18)
"""Digits of an identity card, of the old kind and the new."""
_DECIMAL = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,6})?")
_FEN = Decimal("0.01")
_MOST = Decimal(10) ** 12
_KEYED = {"yes_no": "[12]", "time": "[0-9]{4}", "date": "[0-9]{8}", "money": r"[0-9]{1,12}(?:\*[0-9]{1,2})?"}
"""What may be keyed for an answer that is no spelled number."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of the kind that was asked for."""

    value: str
    """Canonical: ``yes``/``no``; ASCII digits, for a waybill perhaps capitals in front; 王先生; ``HH:MM``; an ISO date;
    yuan as ``12.50``; the text."""
    complete: bool
    """Nothing is missing; a number may lack digits still."""
    spoken: tuple[str, ...]
    """Pieces to read it back, each spoken for itself: digits in groups with `PAUSE` between them, else one piece."""


def read(text: str, expects: Expects, *, today: date | None = None, before: str = "") -> Answer | None:
    """The answer that the text holds, or None if it holds none of this kind. Never raises.

    Args:
        text: what was said, as the recogniser wrote it.
        expects: what was asked. A `choice` is an intent: see `Matcher`.
        today: needed for dates.
        before: value read so far, which this turn may continue (the rest of a number) or correct (不对，最后是三八).
    """
    reader = _READERS.get(expects)
    return reader(text, before, today) if reader else _number(read_number(text, SHAPES[expects], before), expects)


def recalled(value: str, expects: Expects, today: date | None = None) -> Answer | None:
    """The answer with this canonical value, told in another call or by a back-end system; None if it is none."""
    match expects:
        case "text":
            return _story(value.strip())
        case "choice":
            return _whole(value.strip())
        case "yes_no":
            return _yes_no(value if value in ("yes", "no") else None)
        case "date":
            return _date(_iso(value), today)
        case "money" if _DECIMAL.fullmatch(value):
            return _money(_exact(value))
    return read(value, expects)


def _exact(value: str) -> Decimal | None:
    """To the fen, as it is written (requirement G8); what has more places, or more than can be, is no amount."""
    yuan = Decimal(value)
    return yuan.quantize(_FEN) + 0 if abs(yuan) < _MOST and yuan == yuan.quantize(_FEN) else None


def _iso(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def from_keys(keys: str, expects: Expects) -> Answer | None:
    """The answer that was keyed; a closing # is no part of it. None if the keys are none of this kind.

    1 is yes and 2 is no; a time is four digits, a date eight; * is the point of an amount, and the X of an ID card.
    """
    keys = keys.removesuffix("#")
    if expects == "id_tail":
        return _tail(keys.replace("*", "X")) if _KEYED_TAIL.fullmatch(keys) else None
    if expects in SHAPES:
        return _number(keys if re.fullmatch("[0-9]+", keys) else None, expects)
    if expects not in _KEYED or not re.fullmatch(_KEYED[expects], keys):
        return None
    said = {
        "yes_no": _YES_NO_KEYS.get(keys, ""),
        "time": f"{keys[:2]}:{keys[2:]}",
        "date": f"{keys[:4]}-{keys[4:6]}-{keys[6:]}",
        "money": keys.replace("*", "."),
    }
    return read(said[expects], expects, today=date.min)


def _whole(value: str | None) -> Answer | None:
    """Told as it was said; at a comma of `plain` the run-time voice would draw no breath."""
    return Answer(value, complete=True, spoken=(value.replace(",", "，"),)) if value else None


def _story(value: str) -> Answer | None:
    """Told as it was said, but for numbers that nobody else may hear (requirement G3): where they stood is a breath."""
    if not (private := find(value)):
        return _whole(value)
    told = _BREATHS.sub("，", without(value, private).replace(",", "，")).strip("，")
    return Answer(value, complete=True, spoken=(told or _UNTOLD,))


def _yes_no(value: str | None) -> Answer | None:
    return Answer(value, complete=True, spoken=("是" if value == "yes" else "不是",)) if value else None


def _number(value: str | None, expects: Expects) -> Answer | None:
    if not value:
        return None
    value = _COUNTRY.sub("", value) if expects == "phone" else value
    return Answer(value, SHAPES[expects].is_complete(value), tuple(_grouped(_groups(value, expects))))


def _id_tail(text: str, before: str) -> Answer | None:
    """Whoever tells the whole number has told its last four; X stands at the end, if anywhere."""
    text = plain(text)
    x = _X.search(text)
    digits = read_number(text[: x.start()] if x else text, SHAPES["id_tail"], before.removesuffix("X"))
    return _tail((digits or before) + ("X" if x else "")) if digits or (x and before) else None


def _tail(number: str) -> Answer | None:
    tail = number[-_TAIL:]
    if len(number) > _TAIL and number != tail * 2 and len(number) not in _WHOLE_IDS:
        return None
    return Answer(tail, SHAPES["id_tail"].is_complete(tail), tuple(_grouped([tail])))


def _groups(number: str, expects: Expects) -> list[str]:
    """A mobile number as 3-4-4, a landline behind its area code, anything else in even groups of three and four."""
    letters = re.match("[A-Z]*", number)
    head = letters[0] if letters else ""
    if expects == "phone" and number.startswith("0"):
        head = number[: 3 if number[1:2] in {"1", "2"} else 4]
    elif expects == "phone":
        head = number[:3]
    rest = number[len(head) :]
    count = -(-len(rest) // 4)
    cuts = [len(rest) * index // count for index in range(count + 1)] if count else [0]
    return [group for group in (head, *(rest[one:two] for one, two in pairwise(cuts))) if group]


def _grouped(groups: Iterable[str]) -> Iterable[str]:
    for place, group in enumerate(groups):
        if place:
            yield PAUSE
        yield from (LETTERS.get(character) or character.translate(_SPOKEN_DIGITS) for character in group)


def _time(value: str | None) -> Answer | None:
    if value is None:
        return None
    hour, minute = map(int, value.split(":"))
    part = next(part for last, part in _PARTS_OF_DAY if hour <= last)
    hours = "两" if hour in {2, 14} else cardinal(hour if hour <= 12 else hour - 12)
    minutes = f"{'零' if 0 < minute < 10 else ''}{cardinal(minute)}分" if minute else "整"
    return Answer(value, complete=True, spoken=(f"{part}{hours}点{minutes}",))


def _date(day: date | None, today: date | None = None) -> Answer | None:
    if day is None:
        return None
    year = f"{str(day.year).translate(_SPOKEN_YEAR)}年" if not today or day.year != today.year else ""
    return Answer(day.isoformat(), complete=True, spoken=(f"{year}{cardinal(day.month)}月{cardinal(day.day)}号",))


def _money(yuan: Decimal | None) -> Answer | None:
    return Answer(str(yuan), complete=True, spoken=(money_spoken(yuan),)) if yuan is not None else None


_READERS: dict[str, Callable[[str, str, date | None], Answer | None]] = {
    "yes_no": lambda text, _, __: _yes_no(read_yes_no(text)),
    "name": lambda text, before, _: _whole(read_name(text, before)),
    "id_tail": lambda text, before, _: _id_tail(text, before),
    "time": lambda text, before, _: _time(read_time(text, before)),
    "date": lambda text, _, today: _date(read_date(text, today) if today else None, today),
    "money": lambda text, _, __: _money(read_money(text)),
    "text": lambda text, _, __: _story(text.strip(_AROUND)),
    "choice": lambda _, __, ___: None,
}
"""By what was asked, but for numbers that are spelled out."""
