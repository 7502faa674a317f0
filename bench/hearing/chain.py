"""The hearing chain as a worker runs it, on many calls at once and as fast as it goes: sounds, words, meaning, verdict.

Recognition runs in this process, without the queue and its time limit: here is measured what is heard, elsewhere when.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

import numpy as np

from bench.hearing.scribe import Scribe
from ivr.audio import FRAME_BYTES, RATE
from ivr.dialog.events import Recognized, SpeechConfirmed, SpeechEnded, SpeechOnset, SpeechRejected
from ivr.dialog.meaning import Meaning, interpreter
from ivr.dialog.turn import Turn
from ivr.service.hearing import SHORT
from ivr.speech.activity import Heard, VoiceActivity
from ivr.speech.engine import Words
from ivr.speech.g711 import Pcm
from ivr.standards.acts import Act
from ivr.standards.blocks import Menu
from ivr.standards.load import load_standard
from ivr.standards.model import Standard
from ivr.standards.said import Expects
from ivr.understanding.verdict import Evidence

STANDARD = "general"
_BATCH = 128
_LEAD_S, _LEAD_AGAIN_S, _TOGETHER_S = 0.4, 0.2, 0.3  # as in ivr.speech.recognition
_TODAY = date(2025, 3, 14)
_ANY = Act("hang_up", "answered")


class Call(NamedTuple):
    """A call, and from when on the turn counts that is of interest."""

    pcm: Pcm
    expects: Expects = "text"
    since: float = 0.0


class Understood(NamedTuple):
    """What became of a call's turn."""

    words: Words
    meaning: Meaning
    evidence: Evidence


def understand(calls: Sequence[Call], scribe: Scribe) -> list[Understood]:
    """The whole chain, up to what the verdict is judged by."""
    heard = listen(calls)
    audio = [(turn_audio(call, told), call.expects) for call, told in zip(calls, heard, strict=True)]
    read = scribe.words(audio)
    return [_understand(*each) for each in zip(calls, heard, read, strict=True)]


def listen(calls: Sequence[Call]) -> list[list[Heard]]:
    """What voice activity says of each call, frame by frame."""
    heard: list[list[Heard]] = []
    for start in range(0, len(calls), _BATCH):
        heard += _listen(calls[start : start + _BATCH])
    return heard


def _listen(calls: Sequence[Call]) -> list[list[Heard]]:
    ears = VoiceActivity(capacity=len(calls))
    for stream, call in enumerate(calls):
        ears.add(stream)
        ears.expect(stream, call.expects in SHORT)
    audio = [call.pcm.tobytes() for call in calls]
    heard: list[list[Heard]] = [[] for _ in calls]
    for at in range(0, max(map(len, audio)), FRAME_BYTES):
        frames = {stream: pcm[at : at + FRAME_BYTES] for stream, pcm in enumerate(audio) if len(pcm) > at}
        for each in ears.process(frames):
            heard[each.stream].append(each)
    return heard


def turn_audio(call: Call, heard: Sequence[Heard]) -> Pcm:
    """What the recogniser is given of a turn: each stretch of speech, from a little before its first sound on.

    Empty where nobody spoke.
    """
    began, quiet_since, sent, lead = call.since, -math.inf, call.since, _LEAD_S
    stretches = [call.pcm[:0]]
    for _, at, event in heard:
        match event:
            case SpeechOnset() if at - quiet_since > _TOGETHER_S:
                began = at
            case SpeechRejected():
                quiet_since = at
            case SpeechConfirmed():
                first = max(began - lead, sent)
            case SpeechEnded() if at > call.since:
                stretches.append(call.pcm[round(first * RATE) : round(at * RATE)])
                quiet_since = sent = at
                lead = _LEAD_AGAIN_S
    return np.concatenate(stretches)


def level_before(call: Call, heard: Sequence[Heard]) -> float:
    """How loud the caller was before the turn of interest, dBov."""
    earlier = Turn(0, "text", False)
    for each in heard:
        if each.at <= call.since:
            earlier.hear(each.event)
    return earlier.level


def _understand(call: Call, heard: Sequence[Heard], words: Words) -> Understood:
    turn = Turn(1, call.expects, True)
    for each in heard:
        if each.at > call.since:
            turn.hear(each.event)
    if turn.heard:
        turn.hear(Recognized(1, words.text, math.inf, words.confidence, words.mandarin, words.alternatives))
    meaning = read(words.text, call.expects)
    usual = level_before(call, heard)
    return Understood(words, meaning, turn.evidence(usual, meaning.score, meaning.relevance))


def read(text: str, expects: Expects) -> Meaning:
    """What words mean where that was asked, by the standard `STANDARD`."""
    if not text:
        return Meaning()
    standard, menu = _standard(), asking(expects)
    return interpreter(standard).read(text, menu, acts(menu), {}, _TODAY)


def acts(menu: Menu) -> dict[str, Act]:
    """What words can lead to in a menu."""
    return {**_standard().always, **menu.intents}


@cache
def asking(expects: Expects) -> Menu:
    """A menu of the standard that asks this, or one like it: the greeting where anything may be said."""
    standard = _standard()
    if expects == "text":
        return standard.menu[standard.opening.menu]
    menus = (menu for menu in standard.menu.values() if menu.asks == expects and not menu.corrects)
    return next(menus, Menu(req="C2", asks=expects, slot="answer", on_answer=_ANY, no_input="", on_speech=_ANY))


@cache
def _standard() -> Standard:
    return load_standard(STANDARD)
