"""Chinese numerals: what 三百五, 两万三 or 1.5万 amounts to, and how an amount is said."""

from __future__ import annotations

import re
from decimal import Decimal

DIGIT = dict(zip("零〇洞一幺壹二两贰三叁四肆五伍六陆七柒拐八捌九玖勾", "0001112223344556677788999", strict=True))
UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
ONE = "[0-9" + "".join(DIGIT) + "]"
"""One digit, in a regular expression."""
CARDINAL = re.compile(f"{ONE}+(?:[.点]{ONE}+)?|[{''.join(UNITS)}]")
_LONGEST = 40
_SAID = "零一二三四五六七八九"


def ascii_digits(text: str) -> str:
    """The text with every Chinese digit as an ASCII one; 双, 十 and the like are left alone."""
    return "".join(DIGIT.get(character, character) for character in text)


def amount(text: str) -> Decimal | None:
    """What a numeral amounts to: 三百五 is 350, 一千零二 1002, 1.5万 15000; None if it is no numeral."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    parts = CARDINAL.findall(text)
    if not parts or len(text) > _LONGEST or "".join(parts) != text:
        return None
    return _plain(parts[0]) if len(parts) == 1 and parts[0] not in UNITS else _with_units(parts)


def _plain(part: str) -> Decimal:
    return Decimal(ascii_digits(part).replace("点", "."))


def _with_units(parts: list[str]) -> Decimal | None:
    if parts[0] in UNITS and parts[0] != "十":
        return None
    total = section = Decimal(0)
    unit, pending = 10**9, ""
    for part in parts:
        if part not in UNITS:
            pending = part
            continue
        if part == "亿":
            total, section = (total + section + _count(pending, 0)) * UNITS[part], Decimal(0)
        elif part == "万":
            total, section = total + (section + _count(pending, 0)) * UNITS[part], Decimal(0)
        elif UNITS[part] >= unit:
            return None
        else:
            section += _count(pending, 1) * UNITS[part]
        unit, pending = UNITS[part], ""
    return total + section + _rest(pending, unit)


def _count(part: str, default: int) -> Decimal:
    return (_plain(part) if part else Decimal(0)) or Decimal(default)


def _rest(part: str, unit: int) -> Decimal:
    """A last digit without its unit is one place below the last: 三百五; after 零, or after 十, it is ones."""
    if not part:
        return Decimal(0)
    return _plain(part) * (unit // 10 if len(part) == 1 and unit >= 100 else 1)


def cardinal(number: int) -> str:
    """How a number from 0 to 999,999,999,999 is said: 1002 is 一千零二."""
    if not 0 <= number < 10**12:
        raise ValueError(f"{number} is not between 0 and 999,999,999,999")
    said = _spelled(number, 10**8)
    return said.removeprefix("一") if said.startswith("一十") else said


def _spelled(number: int, unit: int) -> str:
    """A number with 亿 (`unit` 10**8), with 万 (10**4) or with neither (1); a gap is told by one 零."""
    if unit == 1:
        return _below_myriad(number)
    high, low = divmod(number, unit)
    below = {10**8: 10**4, 10**4: 1}[unit]
    if not high:
        return _spelled(low, below)
    gap = "零" if low < unit // 10 else ""
    return _spelled(high, 1) + {10**8: "亿", 10**4: "万"}[unit] + (gap + _spelled(low, below) if low else "")


def _below_myriad(number: int) -> str:
    said, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            said += ("零" if gap and said else "") + _SAID[digit] + name
        gap = not digit
    return said or "零"
