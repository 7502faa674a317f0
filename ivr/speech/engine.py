"""What every recogniser is to the rest of the house.

An engine lives in a niced process of its own (`ivr.speech.decoder`), one for all the calls of a worker; nothing here is
called from the worker's loop. Several threads decode at once, but an utterance is only ever in the hands of one thread.

Audio is little-endian 16-bit mono at 8 kHz as the wire brought it; `ivr.speech.upsample` doubles its rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from ivr.standards.said import Expects  # brings pydantic, most of a second that a decoder's start can do without


class Words(NamedTuple):
    """A reading of what was said."""

    text: str
    """Without spaces between characters; empty where no words were found."""
    confidence: float = 0.0
    """0-1: how sure of them the recogniser is, on average."""
    mandarin: float = 1.0
    """0-1: that the language is Mandarin, where the recogniser can tell; else 1."""
    alternatives: tuple[str, ...] = ()
    """Other readings of the same, best first."""


class Utterance(Protocol):
    """One turn of one caller, from its first sound on. Dropping it frees whatever it holds."""

    def feed(self, pcm: bytes) -> Words | None:
        """Take in more audio, any number of samples; a streaming engine answers with its reading so far, or None.

        Quick: a small part of the time that the audio lasts, and for an engine that does not stream next to nothing.
        """

    def words(self) -> Words:
        """The reading of everything fed since it was opened.

        May take its time, but a bounded one: it cannot be called off. Asked again after every pause of the speaker, and
        more audio may be fed afterwards.
        """


class Engine(Protocol):
    """A recogniser with its model loaded. Made as ``Class(folder, threads)``, by `Choice`.

    An exception from the constructor means that it does not work here; one from an utterance fails that turn only.
    """

    name: str
    streaming: bool
    """It has partial readings while speech goes on."""

    def open(self, expects: Expects, phrases: Sequence[str]) -> Utterance:
        """Begin to listen to a turn; quick. Both arguments are hints: what was asked, and what may well be said."""


class Choice(NamedTuple):
    """Which engine to run in the process: data that can cross to it."""

    name: str
    """As in the configuration and in metrics: ``whisper``, ``vosk``."""
    engine: str
    """``module:Class``."""
    folder: Path
    """Of its model."""
    streaming: bool = False
