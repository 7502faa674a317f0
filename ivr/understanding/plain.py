"""Text as recognisers write it, brought to one spelling.

Whisper writes traditional characters, full-width digits and letters as it pleases; none of that was said.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_TRADITIONAL = (
    "個个們们這这說说話话電电號号碼码對对錯错沒没聽听請请問问幫帮為为麼么嗎吗給给還还點点時时間间後后來来會会過过開开關关"
    "從从煩烦轉转遞递單单訴诉幾几兩两萬万億亿塊块錢钱貳贰雙双應应該该謝谢見见買买賣卖寫写讓让覺觉實实樣样現现訊讯網网絡络"
    "費费賬账帳账貨货運运達达國国務务員员機机樓楼層层歲岁禮礼週周陳陈張张劉刘楊杨趙赵黃黄吳吴孫孙馬马鄭郑許许韓韩馮冯鄧邓"
    "蕭萧葉叶閻阎蔣蒋盧卢羅罗譚谭鄒邹龍龙賀贺顧顾龔龚湯汤賴赖莊庄嚴严餘余誰谁記记掛挂斷断總总處处認认識识懂懂壞坏慢慢聲声"
    "裡里裏里邊边親亲發发遠远進进陽阳陰阴歐欧東东倉仓寄寄體体長长門门車车數数經经結结題题業业級级經经傳传詢询貝贝師师蘇苏魯鲁"
)
_SIMPLIFIED = str.maketrans(dict(zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True)))
_NO_TEXT = re.compile("[\\ud800-\\udfff]")
"""Halves of characters: what the command line makes of bytes that are no UTF-8."""


@lru_cache(maxsize=1024)
def plain(text: str) -> str:
    """The text with half-width letters and digits, simplified characters, and single spaces for any blank."""
    whole = _NO_TEXT.sub(" ", text)
    return " ".join(unicodedata.normalize("NFKC", whole).translate(_SIMPLIFIED).split())
