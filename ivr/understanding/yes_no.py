"""Yes or no, where it was asked: nearly the whole of a clause by its sound, or how a clause begins."""

from __future__ import annotations

import re
from functools import cache
from itertools import dropwhile, takewhile

from ivr.standards.said import Intent
from ivr.understanding.alignment import weight
from ivr.understanding.intents import Matcher
from ivr.understanding.plain import plain

_YES = (
    "是 是的 是啊 是呀 是我 是我的 我是 是这样的 对 对的 对啊 对呀 对对 对对对 没错 正确 嗯 嗯嗯 好 好的 好啊 "
    "好吧 行 行的 行吧 行行行 好好好 可以 可以的 没问题 要 要的 需要 愿意 同意 确定 确认 当然 当然可以 有 有的 "
    "就是 就是这个 能 能的 会 听清了 听得清 听清楚了 听到了 听得到 明白 明白了 知道了 清楚了 懂了 听懂了 方便 "
    "方便的 满意 解决了 ok 好滴 没毛病 就是它 可不是嘛 成 中 都对 都对的 全对 都没错"
)
_NO = (
    "不 不是 不是的 不是啊 不是我 我不是 不是这个 不是这样的 不对 不对不对 错 错了 不行 不可以 不好 不要 不要了 "
    "不用 不用了 不需要 不必 不必了 不了 没有 没 别 算了 不愿意 不同意 不确认 不能 不会 当然不 还没有 还没 不方便 "
    "不满意 没解决"
)
_NEITHER = (
    "是不是 对不对 好不好 行不行 可不可以 要不要 有没有 对不起 不好意思 对方 好像 好久 只有 什么 不知道 不清楚 "
    "不确定 不一定 不错 没听清 没听懂 没听到 听不清 听不懂 听不到 不明白 没明白 不会吧 对了 你好 您好 喂"
)
_OPENS = re.compile(
    r"^[啊哦噢呃额唔诶欸那\s]*(?:"
    r"(?P<no>不是(?![吗说])|不对|不用|不要|不行|不可以|不需要|不必|不了|不同意|不愿意|没有(?=$|[了啊呢哦谢没我吧])|算了|错了|还没(?!听))"
    r"|(?P<yes>是(?![不谁什哪多怎非否])|对(?![不方面于了着])|没错|好的|可以|行的|没问题|嗯[是对好]|当然(?!不)|确定|正确))"
)
_CLOSES = re.compile(
    "(?<![对没])不对$|(?:位|号码?|数字?|全都?|都|[说报念听搞弄记写])错了?$|[少多漏缺]了?[说报念]?了?[一两几]?[位个]$"
)
"""有点不对, 最后一位错了, 少了一位; not 对不对, 没错."""
_QUESTION = re.compile("[吗么]$")
_ASKS = re.compile("[呢?]$|什么|怎么|哪|谁|多少|几")
_NOT_WRONG = re.compile("没有?[说报念听搞弄记写]?错")
_WEAK = re.compile("[嗯啊哦噢呃唔好行那][的吧啊嗯]?")
_CORRECTS = re.compile("不|错")
_INSTEAD = re.compile(
    r"(?:^|[，,。!\s])(?:我?(?:说|弄|搞|记|听|写)?错了?|(?:不对)+|不是[^，,。!\s]*|不)[啊呀哦噢吧]?[，,。!\s]+"
    r"(?:应该|要)?(?:是|改成|改为|换成)?(?P<new>[^，,。!]+)"
    r"|(?:应该是|改成|改为|换成)(?P<better>[^，,。!]+)"
)
_NO_PART = re.compile("谢|多谢|麻烦|不好意思|对不起|不是|(?:好|行|对|可以|知道|明白)?(?:了?吗|不好|不对)$")
"""A clause behind it that is no part of it."""
_TELLS = re.compile("是(?!的)")
"""「补充一下，是昨天约的」: behind other words this goes on with what is told."""
_AGREES = (
    "就是这样 就这样 是这样 就是这么回事 就这么回事 是这个意思 就这些 就是这些 记得对 你记得对 记得没错 你记得没错 "
    "说得对 你说得对 没有了 没有别的 没有别的了 差不多 很清楚"
)
"""Of what is read back; elsewhere some of it means no."""
_MORE = re.compile("还[有会要把被打骂说在]|但是?|不过|另外|而且|并且|补充|再加|漏了|忘了?说|他也|她也")
_ADDS = re.compile(f"^[啊哦嗯]*(?:是的|对的?|没错|是|好的)+(?={_MORE.pattern})")
_SURE = 0.8
TOLD = 1.5
"""Weight from which on words tell something: 他打我, but not 谁."""
_SHORT = 5.0
"""Weight of 「你们把号码都记错了」, and of 「对就是要投诉这个事情」; more than that tells a story besides."""


def read_yes_no(text: str) -> str | None:
    """``yes``, ``no``, or None where it was neither, both, or a question."""
    clauses = _clauses(text)
    told = [
        (clause, meaning)
        for place, clause in enumerate(clauses)
        if (meaning := _meaning(clause)) and not (_TELLS.match(clause) and any(map(_is_told, clauses[:place])))
    ]
    firm = [(clause, meaning) for clause, meaning in told if not _WEAK.fullmatch(clause)] or told
    meanings = {meaning for _, meaning in firm}
    if len(meanings) == 1 or (firm and _CORRECTS.search(firm[-1][0])):
        return firm[-1][1]
    return None


def beyond(text: str) -> str:
    """What is told besides a mere yes or no, of a story that is read back; "" where nothing is.

    「对，但是还有他摔我东西」 agrees and adds; 「不对，是打我」 is kept with its denial, since it says what is denied.
    """
    clauses = _clauses(text)
    clauses = [_ADDS.sub("", clause) for clause in dropwhile(_agrees, clauses)]
    said = "，".join(filter(None, clauses))
    return said if weight(said) >= TOLD and not all(map(_is_mere, clauses)) else ""


def instead(text: str) -> str:
    """What somebody says in the place of what they deny: 「不是北京，是南京」; "" where there is no such thing."""
    said = plain(text)
    found = _INSTEAD.search(said)
    if not found:
        return ""
    first = (found["new"] or found["better"]).strip(" 的")
    rest = takewhile(lambda clause: not _NO_PART.match(clause), re.split("[，,。!]+", said[found.end() :]))
    return "，".join(filter(None, (first, *map(str.strip, rest))))


def _clauses(text: str) -> list[str]:
    return [clause for clause in map(str.strip, re.split("[，。！；,.!;]+", plain(text))) if clause]


def _is_told(clause: str) -> bool:
    """It tells something that is neither yes nor no."""
    return _meaning(clause) is None and weight(clause) >= TOLD


def _agrees(clause: str) -> bool:
    if _is_mere(clause, ("yes", "agrees")):
        return True
    return _meaning(clause) == "yes" and not _MORE.search(clause) and weight(clause) <= _SHORT


def _is_mere(clause: str, meanings: tuple[str, ...] = ("yes", "agrees", "no")) -> bool:
    """It says that and nothing else."""
    best = _matcher().read(clause, meanings).best
    says_wrong = "no" in meanings and _CLOSES.search(clause) and weight(clause) <= _SHORT
    return not weight(clause) or bool(best and best.score >= _SURE) or bool(says_wrong)


def _meaning(clause: str) -> str | None:
    if _QUESTION.search(clause):
        return None
    best = _matcher().read(clause, ("yes", "no")).best
    if best and best.score >= _SURE:
        return best.name
    if _CLOSES.search(clause) and not _NOT_WRONG.search(clause):
        return "no"
    opening = None if _ASKS.search(clause) else _OPENS.match(clause)
    return ("no" if opening["no"] else "yes") if opening else None


@cache
def _matcher() -> Matcher:
    def intent(examples: str) -> Intent:
        return Intent(req="C2", title="", examples=examples.split(), negatives=_NEITHER.split())

    return Matcher({"yes": intent(_YES), "agrees": intent(_AGREES), "no": intent(_NO)})
