"""Amounts of money as they are spoken: 三百五十块, 十二块五, 两万三."""

from __future__ import annotations

import re
from decimal import Decimal

from ivr.understanding.numerals import ONE, amount, cardinal
from ivr.understanding.plain import plain

_UNIT = "[十百千万亿]"
_NUMBER = rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|(?:{ONE}|{_UNIT})+(?:[.点]{ONE}+{_UNIT}*)?)"
_AMOUNT = re.compile(
    rf"(?P<yuan>{_NUMBER})[多几来]?(?:块钱?|元|圆|人民币)"
    rf"(?:(?P<half>半)|零(?P<only_fen>{ONE})分?|(?P<jiao>{ONE})[毛角]?(?:(?P<fen>{ONE})分?)?(?!{_UNIT}))?"
    rf"|(?P<jiao_alone>{ONE})[毛角](?:(?P<fen_behind>{ONE})分?)?|(?P<fen_alone>{ONE}{{1,2}})分钱?"
)
_BARE = re.compile(
    rf"(?:大概|大约|差不多|一共|总共|金额|价值|保价|[是就嗯呃额我要付值啊哦那，,\s])*(?P<yuan>{_NUMBER})[多吧的了啊左右整，。,.!\s]*"
)
_MOST = 10**12


def read_money(text: str) -> Decimal | None:
    """The last amount in the text, in yuan to the fen; a number without a unit counts where nothing else is said."""
    text = plain(text)
    found = [yuan for match in _AMOUNT.finditer(text) if (yuan := _yuan(match)) is not None]
    bare = _BARE.fullmatch(text)
    if not found and bare and (yuan := amount(bare["yuan"])) is not None:
        found = [yuan]
    return found[-1].quantize(Decimal("0.01")) if found and found[-1] < _MOST else None


def _yuan(match: re.Match[str]) -> Decimal | None:
    yuan = amount(match["yuan"] or "零")
    if yuan is None:
        return None
    jiao = 5 if match["half"] else _digit(match["jiao"] or match["jiao_alone"])
    fen = _digit(match["fen"] or match["only_fen"] or match["fen_behind"] or match["fen_alone"])
    return yuan + Decimal(jiao) / 10 + Decimal(fen) / 100


def _digit(words: str | None) -> int:
    return int(amount(words) or 0) if words else 0


def money_spoken(yuan: Decimal) -> str:
    """How an amount is said: 12.50 is 十二元五角, -12.50 (somebody owes it) is 负十二元五角."""
    if yuan < 0:
        return f"负{money_spoken(-yuan)}"
    whole, fen = divmod(int(yuan * 100), 100)
    behind = (f"{cardinal(fen // 10)}角" if fen >= 10 else "零" if whole and fen else "") + (
        f"{cardinal(fen % 10)}分" if fen % 10 else ""
    )
    return (f"{cardinal(whole)}元" if whole or not fen else "") + behind
