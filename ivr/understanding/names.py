"""What a caller is called: 王先生, 王女士, 王小明; told plainly, or told from names that sound alike (弓长张)."""

from __future__ import annotations

import re

from ivr.understanding.plain import plain
from ivr.understanding.sounds import syllables

_COMMON = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦"
    "贾夏付傅方邹熊白孟秦邱侯江尹薛闫阎段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔常汤温康施牛樊葛邢安齐乔伍庞颜倪庄聂章鲁岳翟申殷詹耿兰"
    "焦俞柳甘祝宁尚舒阮纪梅童凌毕裴霍涂苗谷曲盛翁骆路游辛靳管柴蒙鲍喻祁蒲房滕屈饶牟艾尤阳穆农卓古吉缪"
)
_RARE = (
    "欧关左包符成单冉华解时司简车项连麦娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全应臧闵苟"
    "边师和栾商刁沙荣丛查计向文易封乐南班原花强权"
)
"""Surnames that are everyday words too; taken for names only where something says so."""
_COMPOUND = "欧阳|上官|司马|诸葛|司徒|东方|皇甫|尉迟|公孙|慕容|令狐|夏侯|端木|南宫|长孙|宇文|申屠"
_ANY = f"(?:{_COMPOUND}|[{_COMMON}{_RARE}])"
_LIKELY = f"(?:{_COMPOUND}|[{_COMMON}])"
_TITLES = {
    "先生": "先生", "师傅": "先生", "男的": "先生", "女士": "女士", "小姐": "小姐", "太太": "女士", "女的": "女士",
}  # fmt: skip
_TITLE = "|".join(_TITLES)
TITLES = tuple(dict.fromkeys(_TITLES.values()))
"""Those that a name may end in: 先生, 女士, 小姐."""
_GIVEN = rf"(?!{_TITLE}|[是的了])[\u4e00-\u9fff]{{1,2}}?(?=\s?(?:{_TITLE})|[啊呀吧呢哈，。！？,.!?\s]|$)"
_TOLD_APART = re.compile(
    "(?<!不是)(?:"
    "弓长张|立早章|木子李|双木林|口天吴|言午许|耳东陈|古月胡|三横王|三横一竖王|草头黄|大肚黄|"
    "走肖赵|双人徐|干勾于|人未余|刀口邵|卯金刀刘|文刀刘|三点水江|美女姜|两点水冯|言射谢|又耳邓|"
    "关耳郑|禾呈程|女兆姚|三点水汪|草头范|木土杜|人可何|子小孙|立里童|木易杨"
    ")"
)
"""How people tell their surname, the last character, from others that sound alike."""
_FULL = re.compile(rf"(?:叫做?|名字是|姓名是|全名是?)(?:叫|是)?(?P<name>{_ANY}{_GIVEN})")
_PRESENTED = re.compile(rf"(?:我就?是|这[里边]是|件人是?)(?P<name>{_LIKELY}{_GIVEN})")
_ALONE = re.compile(
    rf"(?:^|[，,。\s])[啊哦嗯呃额那喂好对是]*(?!谢谢)(?P<name>{_LIKELY}{_GIVEN})[啊呀吧呢哈，。！？,.!?\s]*$"
)
_TITLED = re.compile(rf"(?P<name>{_ANY}|{_LIKELY}[\u4e00-\u9fff]{{1,2}}?)\s?(?:{_TITLE})(?!的)")
_SURNAMED = re.compile(
    rf"(?<!不是)(?<!不)(?:姓|免贵姓?[信性兴星]?|我[信性星]|(?:叫我|我是)[小老阿])(?P<name>{_ANY})|"
    rf"^[啊哦嗯呃额，,\s]*(?P<alone>{_LIKELY})[啊呀吧，。,.\s]*$"
)

_SURNAME_FOLLOWS = re.compile("(?:^|姓|免贵|我[信性])$")
"""Whoever asked for it, or announced it, is told a surname: 我姓王，王先生."""


def read_name(text: str, before: str = "") -> str | None:
    """A full name (王小明), a surname with the title that was told (王先生, 王小姐), or a surname alone.

    `before` is what was read so far: a title or a surname that comes later is put to it. None if there is no name.
    """
    text = plain(text)
    title = next((title for word, title in _TITLES.items() if word in text), "")
    full, surname = _full(text), _surname(text)
    if not (full or surname or (title and before)):
        return None
    known = re.fullmatch(rf"(?P<name>.*?)(?P<title>{_TITLE})?", before)
    name = full or surname or (known["name"] if known else "")
    return name + (title or (known["title"] or "" if known and not full else ""))


def is_surname(name: str) -> bool:
    """Whether that is a surname and nothing else."""
    return re.fullmatch(_ANY, name) is not None


def _full(text: str) -> str:
    found = _FULL.search(text)
    if found:
        return found["name"]
    found = _PRESENTED.search(text) or _ALONE.search(text)
    name = found["name"] if found else _titled(text)
    return name if len(name) > 1 and _sounds_like_a_name(name) else ""


def _titled(text: str) -> str:
    """What a title follows; a surname told twice, where the recogniser wrote no pause between, counts once."""
    found = _TITLED.search(text)
    if not found:
        return ""
    name = found["name"]
    announced = _SURNAME_FOLLOWS.search(text[: found.start()])
    return name[0] if announced and len({syllable.sound for syllable in syllables(name)}) == 1 else name


def _surname(text: str) -> str:
    if apart := _TOLD_APART.search(text):
        return apart[0][-1]
    told_last = [found["name"] or found["alone"] for found in _SURNAMED.finditer(text)]
    return told_last[-1] if told_last else _titled(text)


def _sounds_like_a_name(name: str) -> bool:
    """方便 and 时间 begin with surnames and are no names: the first word must be a surname or a name."""
    import rjieba  # noqa: PLC0415 - see sounds

    word, kind = rjieba.tag(name)[0]
    return kind.startswith("nr") or re.fullmatch(_LIKELY, word) is not None
