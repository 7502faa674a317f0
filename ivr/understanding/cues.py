"""Several things told in one sentence: 「单号是…，电话是…，寄到北京」, taken apart at the words that announce them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ivr.understanding.alignment import prepared, utterance

_SOUNDS_RIGHT = 0.9
_BEFORE = re.compile(r"^(?:[，。、；：,.;:\s]|就?是|叫|为)+")
_BEHIND = re.compile(
    r"(?:[，。、；：,.;:\s]|还有|以及|[和与跟]|(?:^|(?<=[，。、；,.;\s]))(?:[我他她您你它]们?|对方)?的?)+$"
)
"""What stands around an answer and is no part of it; behind it only where another follows: 「…，我的」 and a cue."""
_ENDS = "，。、；：,.;: "
_DIGIT = r"[\d零〇幺一二两三四五六七八九]"
_NUMBER = re.compile(rf"(?:号码|号|就?是|为|[，：,:\s])*(?=(?:{_DIGIT}[，、,\s-]*){{7}})(?:[，、,\s-]*{_DIGIT}{{2,}})+")
"""A number of seven digits or more right behind its cue; one digit behind a pause is none of it: 「…，一个杯子」."""


def pieces(text: str, cues: Mapping[str, Iterable[str]]) -> tuple[str, dict[str, str]]:
    """What was said before the first cue, and what behind each, up to the next; cues are found by sound.

    Args:
        text: what was said, as the recogniser wrote it.
        cues: for each name, the words that announce it. The first mention of a name counts; a name of which nothing
            was told is left out.
    """
    said = utterance(text)
    found = [
        (span.start, -span.likeness, -span.end, name)
        for name, phrases in cues.items()
        for phrase in phrases
        for span in said.find(prepared(phrase), _SOUNDS_RIGHT)
    ]
    # of those that begin together the likest, since a span may swallow a light syllable behind it; then the longest
    marks = _apart((start, -end, name) for start, _, end, name in sorted(found))
    if not marks:
        return text, {}
    ends = [*(start for start, _, _ in marks[1:]), len(said.text)]
    told: dict[str, str] = {}
    for (_, start, name), end in zip(marks, ends, strict=True):
        piece = _BEFORE.sub("", said.text[start:end]).rstrip(_ENDS)
        if piece := _BEHIND.sub("", piece) if end < len(said.text) else piece:
            told.setdefault(name, piece)
    return _BEHIND.sub("", said.text[: marks[0][0]]).lstrip(_ENDS), told


def besides(text: str, cues: Iterable[str]) -> str:
    """The text without the number that one of these words announces first; all of it where none stands behind one."""
    said = utterance(text)
    spans = (span for cue in cues for span in said.find(prepared(cue), _SOUNDS_RIGHT))
    for span in sorted(spans, key=lambda span: span.start):
        if number := _NUMBER.match(said.text, span.end):
            parts = _BEHIND.sub("", said.text[: span.start]), said.text[number.end() :].lstrip(_ENDS)
            return "，".join(filter(None, parts)).replace(",", "，")
    return text


def _apart(marks: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Cues that do not overlap; of those that do, the first."""
    kept: list[tuple[int, int, str]] = []
    for mark in marks:
        if not kept or mark[0] >= kept[-1][1]:
            kept.append(mark)
    return kept
