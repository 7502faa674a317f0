"""Numbers that must not be kept in clear (requirement G3): identity cards, bank cards, answers to private questions.

A recogniser gets one digit in thirty wrong, which is one identity card in two. So a checksum proves a number where it
holds, and where it does not, length and surroundings still count: one number masked in vain costs little.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Literal, NamedTuple

from ivr.understanding.numerals import DIGIT, ONE, amount, ascii_digits
from ivr.understanding.plain import plain
from ivr.understanding.sounds import syllables

Kind = Literal["id_card", "bank_card", "phone", "number"]
MASK = "■"

_COUNT = "[一两二三四五六七八九1-9]"
_FILLER = (
    r"[我你]?[说念讲记搞弄]?错了|不对|不是|[啊哦哎诶]不|重新?[说来念]|应该是|改成|[^\w\s]+|[\s_]+|等一?下|[我让]?(?:再|先)?看一?[下看]|稍等|我想想|那个|这个|然后|接着|接下来|后面|空格|中?横?杠|就是|"
    "还有|再来|[呃额嗯恩啊哦噢唔诶欸哎哈呢吧嘛的了是就再和对好]"
)
_DATE = r"(?<![\d-])(?:19|20)\d\d[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?![\d-])|\d{1,2}:\d\d"
_NOT_BEFORE = f"(?<![{''.join(DIGIT)}\\d.点])"
_OTHER = (
    _DATE,
    f"{_NOT_BEFORE}{ONE}{{1,12}}[点.]{ONE}{{1,12}}(?![{''.join(DIGIT)}\\d.点])",
    f"(?:{ONE}|十){{0,12}}[百千万亿](?:{ONE}|[十百千万亿])*",
    f"(?:{ONE}|十){{1,12}}(?:年|月份?|[块元毛])",
)
"""Numerals that spell nothing: days, times, 三点五, 三百五, 五月."""
_TOKEN = re.compile(
    "|".join(
        f"(?P<{kind}>{pattern})"
        for kind, pattern in (
            ("other", "|".join(_OTHER)),
            ("times", f"{_COUNT}个(?={ONE}){ONE}|双{ONE}"),
            ("ten", f"(?<![百千万亿]){ONE}?十{ONE}?(?![百千万亿])"),
            ("plain", ONE),
            ("x", "(?<![A-Za-z])[Xx](?![A-Za-z])|[叉×]|[艾埃爱]克斯"),
            ("letters", "[A-Za-z]+"),
            ("filler", _FILLER),
            ("word", "."),
        )
    ),
    re.DOTALL,
)
_NUMERALS = frozenset({"other", "times", "ten", "plain", "x"})
_LONGEST_GAP = 16  # characters of fillers between two digits of one number

_ID = re.compile(
    r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9\d)\d{4}"
    r"(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]"
)
"""GB 11643: division, day of birth, order, check digit; 9 in front for residents from abroad."""
_ID_SO_FAR = "110101199001011000"
_DIVISION_AND_YEAR = 10
"""By so many digits of it an identity card is known, whatever is put right in the rest."""
_OLD_ID = re.compile(r"[1-8]\d{5}\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}")
_ID_LIKE = re.compile(r"(?=.{16,18}$)[1-69]\d{4,5}(?:19|20)\d\d[01]\d[\dX]+")
_CARD = re.compile(r"[3-6]\d{12,18}")
"""ISO/IEC 7812."""
_PHONES = re.compile(r"(?:(?:86)?1[3-9]\d{9})+")
_SURELY = 16  # digits; a waybill number has 15 at most
_LEAST = 4  # digits, of what an open question asks for, and of what may be the beginning of a number
_HALF = 8  # digits; so much of a number that was never finished is too much
_CUE_REACH = 60  # characters; later on it is about something else
_SOMETHING = "某"
"""A word that announces nothing."""
_WAYBILL, _PHONE = "waybill", "phone"


class _Cue(NamedTuple):
    """What is said in front of a number tells what it is, and how much of it is already too much."""

    words: str
    kind: Kind | None
    """None: what these words announce is private only if it proves to be."""
    least: int = 0
    asked: str = ""
    """The answer that these words announce as well as the question would."""


_CUES = (
    _Cue("身份证|证件|居住证|证号|[Ii][Dd]", "id_card", 6),
    _Cue("银行卡|信用卡|储蓄卡|借记卡|卡号|账号|账户|银行", "bank_card", 8),
    _Cue("密码|验证码|口令", "number", _LEAST),
    _Cue("单号|运单|快递单|面单|订单|单子|物流|包裹|快递|快件", None, asked=_WAYBILL),
    _Cue("电话|手机|座机|固话|分机|联系方式", None, asked=_PHONE),
)
_CUE = re.compile("|".join(f"({cue.words})" for cue in _CUES))
_ASKED = {cue.asked: cue for cue in _CUES if cue.asked}


class Span(NamedTuple):
    """A number in a text."""

    start: int
    end: int
    """Characters of the text."""
    kind: Kind
    digits: str = ""
    """ASCII, perhaps with X at the end."""

    def __repr__(self) -> str:
        """Without the digits: a span may come into a log."""
        return f"Span({self.start}, {self.end}, {self.kind!r})"


class Judged(NamedTuple):
    """A turn whose text may be written once its spans are masked."""

    turn: int
    text: str
    spans: tuple[Span, ...]

    @property
    def private(self) -> bool:
        """Something must be masked."""
        return bool(self.spans)

    @property
    def masked(self) -> str:
        """The text as it may be written."""
        return masked(self.text, self.spans)


@dataclass
class _Run:
    """Digits that follow one another with nothing but fillers between them."""

    start: int
    end: int
    digits: str
    cue: _Cue | None
    lettered: bool
    """Letters stand in front, as in SF1234567890123."""
    last: bool = True
    """Nothing follows it but fillers."""


def find(text: str, open_kinds: Collection[str] = (), *, asked: str = "") -> list[Span]:
    """The sensitive numbers in a text, in order. Never raises.

    Args:
        text: what was said, as the recogniser wrote it, or keys.
        open_kinds: kinds that the open question asks for and that are private there: any run of four digits counts.
        asked: what the question expects otherwise (`ivr.standards.model.Expects`): a waybill number that passes for a
            bank card is none where a waybill was asked for.
    """
    return [
        Span(run.start, run.end, kind, run.digits)
        for run in _runs(text, _ASKED.get(asked))
        if (kind := _kind(run, open_kinds))
    ]


def masked(text: str, spans: Collection[Span]) -> str:
    """The text with `MASK` for each character of a digit in the spans; its length stays."""
    private = {at for span in spans for at in range(span.start, span.end)}
    return "".join(
        MASK * (end - start) if kind != "filler" and start in private else text[start:end]
        for kind, start, end in _tokens(text)
    )


def without(text: str, spans: Collection[Span]) -> str:
    """The text with a comma for each character in the spans: its other words, where they stand."""
    private = {at for span in spans for at in range(span.start, span.end)}
    return "".join("，" if at in private else character for at, character in enumerate(text))


def without_digits(text: str) -> str:
    """The text with `MASK` for each character of anything that may be a digit; its length stays."""
    return "".join(MASK * (end - start) if kind in _NUMERALS else text[start:end] for kind, start, end in _tokens(text))


@dataclass
class Watcher:
    """Finds numbers that are torn over several turns: the first ten digits, and then eight.

    A turn whose last digits may be the beginning of a sensitive number waits for the next one.
    """

    _waiting: list[tuple[int, str]] = field(default_factory=list)
    _context: str = ""

    def hear(self, turn: int, text: str, open_kinds: Collection[str] = (), *, asked: str = "") -> list[Judged]:
        """What is known after this turn, of it and of those that waited; arguments as those of `find`."""
        self._waiting.append((turn, text))
        joined, starts = self._joined()
        spans = find(joined, open_kinds, asked=asked)
        last = next((run for run in _runs(joined, _ASKED.get(asked)) if run.last), None)
        if last and last.end > starts[0] and not _kind(last, open_kinds) and _may_go_on(last, open_kinds):
            return []
        return self._judged(joined, spans + self._halves(joined, starts[0], starts[-1]), starts)

    def end(self) -> list[Judged]:
        """No turn follows, or too long none came: the rest. Eight digits of a number never finished are masked too."""
        joined, starts = self._joined()
        return self._judged(joined, find(joined) + self._halves(joined, 0, len(joined)), starts)

    @staticmethod
    def _halves(joined: str, start: int, end: int) -> list[Span]:
        """Numbers that were never finished."""
        return [
            Span(run.start, run.end, "number", run.digits)
            for run in _runs(joined[:end], None)
            if run.last and run.end > start and len(run.digits) >= _HALF
            if _may_go_on(run, ()) and not _kind(run, ())
        ]

    def _joined(self) -> tuple[str, list[int]]:
        """All that waits behind the end of what went before, and where each text starts."""
        joined, starts = self._context, []
        for _, text in self._waiting:
            joined += "，"
            starts.append(len(joined))
            joined += text if _matters(text) else "，" * len(text)
        return joined, starts

    def _judged(self, joined: str, spans: list[Span], starts: list[int]) -> list[Judged]:
        judged = [
            Judged(turn, text, tuple(_within(spans, start, len(text))))
            for (turn, text), start in zip(self._waiting, starts, strict=True)
        ]
        if self._waiting:
            for span in (span for span in spans if len(span.digits) >= _SURELY):  # complete: what follows is another
                joined = f"{joined[: span.start]}{_SOMETHING * (span.end - span.start)}{joined[span.end :]}"
            self._context = joined[-_CUE_REACH:]
            self._waiting = []
        return judged


def _matters(text: str) -> bool:
    """Whether it has to do with numbers: a question in between, or a word to somebody else, tears none apart."""
    return bool(_CUE.search(text)) or any(kind in _NUMERALS for kind, _, _ in _tokens(text))


def _within(spans: list[Span], start: int, size: int) -> Iterator[Span]:
    """The parts of the spans that lie in one of the texts that were joined."""
    for span in spans:
        first, last = max(span.start - start, 0), min(span.end - start, size)
        if first < last:
            yield span._replace(start=first, end=last)


# ------------------------------------------------------------------ digits in a text


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of each token, in characters of the text."""
    for match in _TOKEN.finditer(_even(text)):
        yield str(match.lastgroup), match.start(), match.end()


def _runs(text: str, default: _Cue | None) -> Iterator[_Run]:
    """Every run of digits, with what announces it: `default` where nothing in the text does."""
    even = _even(text)
    run: _Run | None = None
    lettered = False
    for match in _TOKEN.finditer(even):
        kind, said = str(match.lastgroup), match[0]
        if kind == "filler":
            continue
        if run and match.start() - run.end > _LONGEST_GAP:
            yield _ended(run)
            run = None
        digits = _digits(kind, said, run)
        if digits and run:
            run.digits, run.end = run.digits + digits, match.end()
        elif digits:
            run = _Run(
                match.start(),
                match.end(),
                digits,
                _cue(even[max(0, match.start() - _CUE_REACH) : match.start()]) or default,
                lettered,
            )
        elif run:
            yield _ended(run)
            run = None
        lettered = kind == "letters"
    if run:
        yield run


def _ended(run: _Run) -> _Run:
    run.last = False
    return run


def _digits(kind: str, said: str, run: _Run | None) -> str:
    match kind:
        case "plain":
            return ascii_digits(said)
        case "times":
            return DIGIT.get(said[-1], said[-1]) * (
                2 if said[0] == "双" else int(amount(said[0].replace("两", "二")) or 0)
            )
        case "ten":
            return str(int(amount(said) or 0))
        case "x" if run and len(run.digits) == 17:
            return "X"
    return ""


@cache
def _even_character(character: str) -> str:
    even = plain(character)
    return even if len(even) == 1 else character


def _even(text: str) -> str:
    """The text with plain characters of the same number, misheard digits among digits put right."""
    even = "".join(map(_even_character, text))
    return _AMONG_DIGITS.sub(_heard_right, even)


def _heard_right(match: re.Match[str]) -> str:
    digits = [_sounds_like(character) for character in match[0]]
    return "".join(digits) if all(digits) else match[0]


_ONES = "要腰妖药"
"""幺 as recognisers write it."""
_AMONG_DIGITS = re.compile(
    rf"(?<={ONE})[^\W\d_A-Za-z{''.join(DIGIT)}{_ONES}]{{1,2}}(?={ONE})"
    f"|(?<!我)[{_ONES}](?=(?:{ONE}|[{_ONES}]){{2}})|(?<={ONE})[{_ONES}](?={ONE})"
)
_NEVER = frozenset("".join(DIGIT)) | frozenset("十百千万亿双个点年月日号是和叉对时呃额")


@cache
def _sounds_like(character: str) -> str:
    """The digit that a character sounds like, empty if none; 是 sounds like 四 too often to count."""
    found = syllables(character) if character not in _NEVER else ()
    return _digit_sounds().get(found[0].sound, "") if found else ""


@cache
def _digit_sounds() -> dict[str, str]:
    return {syllables(digit)[0].sound: value for digit, value in DIGIT.items() if digit != "勾"}


def _cue(before: str) -> _Cue | None:
    """The last one in front of a number counts."""
    last = None
    for last in _CUE.finditer(before):  # noqa: B007 - only the last is looked at
        pass
    return _CUES[last.lastindex - 1] if last and last.lastindex else None


# ------------------------------------------------------------------ what they are


def _kind(run: _Run, open_kinds: Collection[str]) -> Kind | None:
    digits = _once(run.digits)
    size = len(digits)
    if size >= _SURELY and _is_card(digits) and not _is_id(digits):
        return "bank_card"
    if any(_is_id(digits[at : at + 18]) for at in range(size - 17)):
        return "id_card"
    if open_kinds and size >= _LEAST:
        return _asked_for(digits, open_kinds)
    cue = run.cue
    if cue and cue.kind and size >= cue.least:
        return _shape(digits) or cue.kind
    if cue or run.lettered or _PHONES.fullmatch(digits):
        return None
    return _shape(digits) or ("number" if size >= _SURELY else None)


def _asked_for(digits: str, open_kinds: Collection[str]) -> Kind:
    if shape := _shape(digits):
        return shape
    return "phone" if "phone" in open_kinds and len(digits) <= 13 else "number"


def _shape(digits: str) -> Kind | None:
    """What a number is by itself; from 16 digits on a checksum need not hold."""
    surely = len(digits) >= _SURELY
    if _OLD_ID.fullmatch(digits) or (surely and _ID_LIKE.fullmatch(digits)):
        return "id_card"
    return "bank_card" if _is_card(digits) or (surely and _CARD.fullmatch(digits)) else None


def _once(digits: str) -> str:
    """A number that was said twice is one."""
    half = digits[: len(digits) // 2]
    return half if half + half == digits else digits


def _is_id(digits: str) -> bool:
    """ISO 7064 MOD 11-2."""
    if not _ID.fullmatch(digits):
        return False
    total = sum(int(digit) * pow(2, 17 - at, 11) for at, digit in enumerate(digits[:17]))
    return "10X98765432"[total % 11] == digits[17]


def _is_card(digits: str) -> bool:
    """Luhn (ISO/IEC 7812-1, annex B)."""
    if not _CARD.fullmatch(digits):
        return False
    doubled = (int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def _may_go_on(run: _Run, open_kinds: Collection[str]) -> bool:
    """Whether more digits could make a sensitive number of it."""
    digits, size, cue = run.digits, len(run.digits), run.cue
    if open_kinds or (cue and cue.kind):
        return True
    if cue or run.lettered or size < _LEAST or _PHONES.fullmatch(digits) or "X" in digits:
        return False
    return bool(re.match("[3-6]", digits)) or bool(_ID.fullmatch(_completed(digits[:_DIVISION_AND_YEAR])))


def _completed(digits: str) -> str:
    """As an identity card whose rest is in order; the first digit of a year is taken for that of a good one."""
    rest = _ID_SO_FAR[len(digits) :]
    return digits + ("0" + rest[1:] if len(digits) == 7 and digits[6] == "2" else rest)
