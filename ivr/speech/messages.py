"""What a worker and its decoder process say to each other: packets over a socket pair, all of one shape."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import IntEnum
from struct import Struct
from typing import TYPE_CHECKING, NamedTuple

from ivr.speech.engine import Words

if TYPE_CHECKING:
    from ivr.standards.said import Expects  # brings pydantic, most of a second that a decoder's start can do without

LARGEST = 1 << 17
"""Bytes of a packet; 1.5 s of audio is a fifth of it."""
_HEADER = Struct("<BIId")


class Kind(IntEnum):
    """The first six go to the decoder, the others come from it."""

    OPEN = 0
    """A turn begins; the body holds the hints."""
    AUDIO = 1
    """More of it, up to the instant `at`."""
    ASK = 2
    """For the words up to now; they are to be marked with `revision` and `at`. Replaces what was asked before."""
    HURRY = 3
    """The speaker has ended: what he asked goes before what others ask in a breath."""
    CLOSE = 4
    """Nobody wants the words of this turn any more."""
    PING = 5

    READY = 6
    """The model is loaded."""
    WORDS = 7
    """The answer to `revision`, or a partial reading (revision 0)."""
    FAILED = 8
    """This turn cannot be read, or, for turn 0, the engine does not work; the body says why."""
    PONG = 9
    """`at` is for how many seconds the longest piece of work has been going on."""
    LOST = 10
    """Never sent: the process is gone; the body says why."""


class Message(NamedTuple):
    """One packet."""

    kind: Kind
    turn: int = 0
    """Number of the turn between these two, never used again; 0 where it is about no turn."""
    revision: int = 0
    at: float = 0.0
    body: bytes = b""


def pack(message: Message) -> bytes:
    """The packet."""
    return _HEADER.pack(*message[:4]) + message.body


def unpack(packet: bytes) -> Message:
    """The message in a packet."""
    kind, turn, revision, at = _HEADER.unpack_from(packet)
    return Message(Kind(kind), turn, revision, at, packet[_HEADER.size :])


def pack_hints(expects: Expects, phrases: Sequence[str]) -> bytes:
    """Body of OPEN."""
    return json.dumps([expects, *phrases]).encode()


def unpack_hints(body: bytes) -> tuple[Expects, list[str]]:
    """What was asked, and what may well be said."""
    expects, *phrases = json.loads(body)
    return expects, phrases


def pack_words(words: Words) -> bytes:
    """Body of WORDS."""
    return json.dumps(words).encode()


def unpack_words(body: bytes) -> Words:
    """The reading."""
    text, confidence, mandarin, alternatives = json.loads(body)
    return Words(text, confidence, mandarin, tuple(alternatives))
