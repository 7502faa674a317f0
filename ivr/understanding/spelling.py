"""The words of a number that is spelled out: digits in any dress, and what is said to place or to correct them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ivr.understanding.numerals import DIGIT, ONE, amount, ascii_digits
from ivr.understanding.plain import plain
from ivr.understanding.sounds import distance, syllables

DIGITS = "digits"

_COUNT = "(?:[一两二三四五六七八九]|十[一二三四五]?|1?[0-9])"
_MANY = f"(?:的?{_COUNT}(?:位|个(?=数|是|应该))(?:数字?)?)"
_UNIT = "[十百千万]"
_WORD = re.compile(
    "|".join(
        f"(?P<{kind}>{pattern})"
        for kind, pattern in (
            ("nth", f"(?:倒数)?第{_COUNT}[位个](?:数字?)?"),
            ("tail", f"(?:最后面?|末尾|结尾|后面|后边|尾号|尾数){_MANY}?|[后末尾]{_MANY}"),
            ("head", f"(?:最前面|前面|前边|开头){_MANY}?|[前头]{_MANY}"),
            ("middle", f"中间{_MANY}?"),
            ("times", f"[一两二三四五六七八九十1-9]个{ONE}|双{ONE}"),
            ("cardinal", f"{ONE}{{0,4}}{_UNIT}(?:{ONE}|{_UNIT})*"),
            ("plain", f"(?:{ONE}(?!个{ONE}))+"),
            ("letters", rf"(?<![A-Za-z])[A-Za-z](?:[ .-]?[A-Za-z]){{0,3}}(?=[\s,.，。、是-]*{ONE})"),
            ("fix", "不对|[说报念搞弄写]?错了|更正|[改换]成|改为|应该是|重新[说报来念]|重来|(?<=[啊哦噢呃])不(?!是)"),
            ("is_not", "不是"),
            ("is", "而是|是"),
            ("more", "还有|然后|接着|接下来|继续"),
            (
                "around",
                "快递|包裹|运单|面单|订单|单子|物流|电话|手机|联系|座机|固话|方式|号码|单号|编号|卡号|工号|验证码|数字|号|上面|这边|"
                "那边|说一下|报一下|听好|记好|你好|您好|谢谢|请|麻烦|查|帮|写|字母|打头|横杠|空格|分机|区号|可以|知道|应该|好像|"
                "[我你您的就说报念为呃嗯啊哦噢喔诶欸哎唉那这个了吧哈呢呀嘛先等再对好行位跟和在叫有到给拨打要]",
            ),
            ("pause", r"[^\w\s]+|\s"),
            ("other", "."),
        )
    )
)
_SPELLS_NOTHING = re.compile(
    f"一[下共会点直定样些起般旦遍次回]|[少多漏缺掉][了说报念]{{0,2}}{_COUNT}[位个]|[两三]遍|第一次|一个(?!{ONE})|{_COUNT}位数字?|万一|统一|唯一|"
    f"(?<!{ONE})(?:{ONE}|{_UNIT}){{1,3}}(?=号(?!码)|点)|单元{ONE}{{3,4}}(?!{ONE})|{ONE}{{2,4}}(?=[室房])|"
    f"(?:{ONE}|{_UNIT})+(?=单元|[年月日岁斤克米楼元块毛层天周]|分(?!机)|公斤|小时|点[钟半]|号楼)"
)
"""Numerals that spell nothing: 等一下, 万一, 三天, 少了一位."""
_CHANGED = re.compile(f"[把将]?({ONE}{{1,6}})(?:[改换]成|改为|改)(?={ONE})")
"""九八改成三八: not 九八, but 三八."""
_SOUNDS = {
    "ling": "0", "dong": "0", "yi": "1", "yao": "1", "er": "2", "liang": "2", "san": "3", "si": "4", "wu": "5",
    "liu": "6", "qi": "7", "ba": "8", "jiu": "9",
}  # fmt: skip
_MISHEARD_ONE = re.compile(f"(?<!我)[要腰妖药](?={ONE})")
"""幺 as recognisers write it."""
_MERGED = 0.1
_NUMERALS = frozenset("0123456789") | frozenset(DIGIT)


class Word(NamedTuple):
    """A word that matters in a number that is spelled out."""

    kind: str
    """`digits`, or a group of the pattern: `nth`, `tail`, `head`, `middle`, `fix`, `is_not`, `is`, `more`, `pause`."""
    text: str
    """ASCII digits and capital letters for `digits`, else as it was said."""


def spelled(text: str, *, letters: bool) -> list[Word]:
    """The words of a number in the order in which they were said; empty if the text is about something else.

    Args:
        text: what was said.
        letters: whether the number may have letters in front.
    """
    text = _MISHEARD_ONE.sub("1", _SPELLS_NOTHING.sub("", _CHANGED.sub(r"不是\1，是", plain(text))))
    text = text if letters else re.sub("[A-Za-z]+", " ", text)
    sounds = _sounding_like_digits(text)
    text = _replaced(text, {at: sounds[at] for at in sounds if _among_digits(text, at)})
    words, others = _scan(text)
    if others <= sounds.keys() and 2 * len(others) <= _told(words):
        words, others = _scan(_replaced(text, {at: sounds[at] for at in others}))
    return words if 0 < _told(words) >= len(others) else []


def _sounding_like_digits(text: str) -> dict[int, str]:
    """The digit that each character sounds like, by position; 是 sounds like 四 too often to count."""
    found = {}
    for syllable in syllables(text):
        sound = "" if text[syllable.start] in _NUMERALS or syllable.sound == "shi" else syllable.sound
        digit = next((digit for spoken, digit in _SOUNDS.items() if sound and distance(sound, spoken) <= _MERGED), "")
        if digit:
            found[syllable.start] = digit
    return found


def _among_digits(text: str, at: int) -> bool:
    return 0 < at < len(text) - 1 and text[at - 1] in _NUMERALS and text[at + 1] in _NUMERALS


def _replaced(text: str, digits: Mapping[int, str]) -> str:
    return "".join(digits.get(at, character) for at, character in enumerate(text))


def _scan(text: str) -> tuple[list[Word], set[int]]:
    """The words that matter, and where the text has characters that belong to none."""
    words: list[Word] = []
    others: set[int] = set()
    for match in _WORD.finditer(text):
        kind = str(match.lastgroup)
        digits = _READ[kind](match[0]) if kind in _READ else ""
        if digits:
            words.append(Word(DIGITS, digits))
        elif kind in {"other", "cardinal"}:
            others.add(match.start())
        elif kind != "around":
            words.append(Word(kind, match[0]))
    return words, others


def _told(words: list[Word]) -> int:
    return sum(len(word.text) for word in words if word.kind == DIGITS)


def _times(said: str) -> str:
    """三个八, 双八."""
    count = 2 if said[0] == "双" else int(amount(said[:-2]) or 0)
    return ascii_digits(said[-1]) * count


def _cardinal(said: str) -> str:
    """二十; where it is no numeral, the digits in it."""
    number = amount(said)
    return str(int(number)) if number is not None else re.sub(_UNIT, "", ascii_digits(said))


_READ: dict[str, Callable[[str], str]] = {
    "times": _times,
    "cardinal": _cardinal,
    "plain": ascii_digits,
    "letters": lambda said: re.sub("[^A-Z]", "", said.upper()),
}
"""How the digits are read from each way of saying them."""
