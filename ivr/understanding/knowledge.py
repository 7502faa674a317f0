"""Which of the things that the house knows was asked for, by sound and by character (requirement C9).

What was asked is compared with every example question, as pinyin bigrams (with zh/z, n/l, -n/-ng merged) and as
character bigrams, each with its single syllables or characters at less weight. What few entries share weighs more
(the square of inverse document frequency); courtesies and hesitation are left out. Of two texts

    likeness = shared / (shared + MISSED * only in the question + STRANGE * only in what was asked)

and an entry is as like as its likest question, leant towards how much of what was asked occurs in any of its questions.
The score is a mean of both likenesses, the sound's share being larger for speech, whose spelling is a recogniser's
guess; it falls where one of the two denies and the other does not. An entry that shares only function words with what
was asked is not thought of, nor is any for a single syllable. Numbers here were chosen on one half of
``tests/understanding/data/questions.toml`` and are held on the other.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from math import log
from typing import NamedTuple

from ivr.standards.house import PAUSE
from ivr.standards.knowledge import Access, Entry
from ivr.understanding.alignment import FILLERS, telling
from ivr.understanding.plain import plain
from ivr.understanding.sounds import merged, syllables

SURE = 0.5
"""Score from which on an entry answers."""
LIKELY = 0.35
"""Score from which on the caller is asked whether this was meant (requirement C2)."""
MARGIN = 0.06
"""An entry that is this close to the best may be meant too."""
SOUND = {True: 0.5, False: 0.3}
"""Share of the sound in the score, for speech and for text."""
MISSED = 0.4
STRANGE = 0.4
ALONE = 0.8
"""Weight of a single syllable or character, a pair's being 1."""
COVER = 0.3
"""Share of the entry's questions taken together, against its likest question."""
LAST = 8
"""So many syllables at the end of a longer text are looked up by themselves: people tell their story first."""
LEAST = 2
"""Syllables of its own that a question has; 人呢 asks for anything."""
ABOUT = 0.3
"""Share of what a question is about that has to occur in an entry's questions: 我不想投诉 is not 我不想寄了."""
VERBATIM = 0.95
"""Likeness of function words alone, 能到, to what is asked for with no others."""
TURNED = 0.7
"""Of the score where one of the two denies: 没收到 asks for something else than 收到."""
_UNKNOWN = 0.6
"""Weight of what occurs in no entry, that of the rarest being 1."""

Grams = Counter[str]
_QUESTION = re.compile(
    r"(.)[不没]\1|有没有|请问|怎么办|怎么样|怎么回事|怎么弄|怎么|为什么|可以吗|行吗|多少|什么时候|什么|吗|呢"
)
"""Every question has such words: what they ask for is told by the others."""


class Hit(NamedTuple):
    """An entry that may answer."""

    entry: Entry
    score: float
    """0-1."""
    question: str
    """The example that was likest."""
    sound: float
    """Likeness by sound, 0-1."""
    spelling: float
    """Likeness by character, 0-1."""

    @property
    def sure(self) -> bool:
        """Whether it may be answered at once; else the caller is asked whether this was meant."""
        return self.score >= SURE

    @property
    def why(self) -> str:
        """How it came to be found, for the record."""
        return f"{self.entry.id}: 「{self.question}」 sound {self.sound:.2f}, spelling {self.spelling:.2f}"


class Knowledge:
    """Entries, ready to be searched; made anew when they change."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(entries)
        self._sounds = _Index(self.entries, _sound_grams)
        self._spellings = _Index(self.entries, _spelling_grams)

    def search(self, text: str, *, today: date, access: Access = "public", spoken: bool = True) -> list[Hit]:
        """The entries that answer a question, best first; none that is out of date or not for whoever asks.

        Such an entry still stands before those that match less well than it does: nobody who asks for the one is
        told the other.

        Args:
            text: what was asked.
            today: entries not valid on this day are not told.
            access: what whoever asks may hear.
            spoken: as a recogniser wrote it, or typed.
        """
        hits = self.ranked(text, spoken=spoken)
        best = hits[0].score if hits else 0.0
        near = [hit for hit in hits if hit.score >= max(LIKELY, best - MARGIN)]
        return [hit for hit in near if hit.entry.holds(today) and hit.entry.may_be_told(access)]

    def ranked(self, text: str, *, spoken: bool = True) -> list[Hit]:
        """Every entry that has anything of a question, best first, whoever may hear it."""
        hits: dict[str, Hit] = {}
        for window in _windows(asked_for(text)):
            for hit in self._compared(window, SOUND[spoken]):
                if hit.entry.id not in hits or hit.score > hits[hit.entry.id].score:
                    hits[hit.entry.id] = hit
        return sorted(hits.values(), key=lambda hit: -hit.score)

    def _compared(self, text: str, share: float) -> Iterator[Hit]:
        about = [merged(sound) for sound in telling(text)]
        if len(syllables(text)) < LEAST:
            return
        sounds, spellings = self._sounds.likenesses(text), self._spellings.likenesses(text)
        for position, (sound, question) in sounds.items():
            if (self._sounds.share(about, position) if about else sound >= VERBATIM) < ABOUT:
                continue
            spelling, _ = spellings.get(position, (0.0, ""))
            score = share * sound + (1.0 - share) * spelling
            if _denies(text) != _denies(asked_for(question)):
                score *= TURNED
            yield Hit(self.entries[position], score, question, sound, spelling)


class _Index:
    """Likeness to each entry by one kind of grams."""

    def __init__(self, entries: tuple[Entry, ...], grams: Callable[[str], Grams]) -> None:
        self._grams = grams
        self._questions = [
            [(text, grams(asked_for(text))) for text in (*entry.questions, entry.title)] for entry in entries
        ]
        self._whole = [frozenset(gram for _, each in questions for gram in each) for questions in self._questions]
        seen = Counter(gram for whole in self._whole for gram in whole)
        self._rarity = {gram: log(1.0 + len(entries) / count) ** 2 for gram, count in seen.items()}
        self._unknown = _UNKNOWN * log(1.0 + len(entries)) ** 2
        self._where: defaultdict[str, set[int]] = defaultdict(set)
        for position, whole in enumerate(self._whole):
            for gram in whole:
                self._where[gram].add(position)

    def likenesses(self, text: str) -> dict[int, tuple[float, str]]:
        """By position of the entry: likeness, and the likest question."""
        asked = self._grams(text)
        positions = {position for gram in asked for position in self._where.get(gram, ())}
        return {position: self._likeness(asked, position) for position in positions}

    def share(self, grams: Sequence[str], position: int) -> float:
        """Of these, how much occurs in an entry's questions."""
        return sum(gram in self._whole[position] for gram in grams) / len(grams)

    def _likeness(self, asked: Grams, position: int) -> tuple[float, str]:
        best, question = max((self._alike(asked, grams), text) for text, grams in self._questions[position])
        whole = self._weight(asked)
        covered = self._weight({gram: n for gram, n in asked.items() if gram in self._whole[position]})
        return (1.0 - COVER) * best + COVER * (covered / whole if whole else 0.0) * bool(best), question

    def _alike(self, asked: Grams, question: Grams) -> float:
        shared = self._weight(asked & question)
        if not shared:
            return 0.0
        return shared / (shared + MISSED * self._weight(question - asked) + STRANGE * self._weight(asked - question))

    def _weight(self, grams: Mapping[str, int]) -> float:
        return sum(
            n * self._rarity.get(gram, self._unknown) * (1.0 if " " in gram else ALONE) for gram, n in grams.items()
        )


def _windows(text: str) -> tuple[str, ...]:
    """A plain text, and the end of one that is long."""
    said = syllables(text)
    return (text, text[said[-LAST].start :]) if len(said) > LAST else (text,)


def _sound_grams(text: str) -> Grams:
    return _grams([merged(syllable.sound) for syllable in syllables(text)])


def _spelling_grams(text: str) -> Grams:
    return _grams([text[syllable.start : syllable.end].lower() for syllable in syllables(text)])


def _denies(told: str) -> bool:
    return any(negation in told for negation in "不没别未")


@lru_cache(maxsize=4096)
def asked_for(text: str) -> str:
    """Without what any question has."""
    return plain(_QUESTION.sub(" ", FILLERS.sub(" ", plain(text))))


def _grams(units: list[str]) -> Grams:
    """Single ones, and pairs with a space between them, also across what was left out."""
    return Counter(units) + Counter(map(" ".join, pairwise(units)))


def spoken(entry: Entry) -> dict[str, tuple[str, ...]]:
    """What a found entry puts into slots, as pieces that are spoken one by one (`ivr.standards.house.Values`).

    `answer` is the main point, `answer_details` problem, cause and solution or the steps in order, with a longer pause
    between them where they are written down; `answer_other_words` is for whoever did not understand.
    """
    pause = (PAUSE,) * (4 if entry.dictate else 1)
    details = tuple(piece for sentence in entry.answer.details for piece in (sentence, *pause))
    return {
        "answer": (entry.answer.main,),
        "answer_details": details,
        "answer_other_words": (entry.answer.other_words or entry.answer.main,),
        "answer_title": (entry.title,),
    }
