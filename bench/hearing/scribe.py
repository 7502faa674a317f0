"""Words for turns, by the recogniser that would be used here; what was decoded once is not decoded again.

Decoding is a pure function of the audio, the weights and a few modules, so its results are kept in the cache under a
name made of just these. How long it takes is measured on its own, and always anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from ivr.audio import RATE
from ivr.files import cache_folder
from ivr.speech import engine, upsample
from ivr.speech.engine import Engine, Words
from ivr.speech.g711 import Pcm
from ivr.speech.recognizers import Name, choose
from ivr.standards.said import Expects

_PACKAGES = {"whisper": "ctranslate2", "vosk": "vosk"}


class Scribe:
    """One recogniser: ``whisper``, ``vosk``, or ``auto``."""

    def __init__(self, name: Name = "whisper") -> None:
        """Raises UserError where it is not installed."""
        choice = choose(name)
        assert choice, "no recogniser"
        module, _, made = choice.engine.partition(":")
        self.name = choice.name
        self._class, self._folder = getattr(import_module(module), made), choice.folder
        self._engine: Engine | None = None
        self._kept = sqlite3.connect(cache_folder("bench") / "words.sqlite", isolation_level=None)
        self._kept.execute("create table if not exists words (audio text primary key, words text) without rowid")
        self._maker = _fingerprint(module, choice.name, choice.folder)

    def words(self, turns: Sequence[tuple[Pcm, Expects]]) -> list[Words]:
        """What was said in each turn, given what was asked; no words for no audio."""
        names = [self._name(pcm, expects) for pcm, expects in turns]
        known = {name: self._recall(name) for name in names}
        missing = {n: turn for n, turn in zip(names, turns, strict=True) if known[n] is None and len(turn[0])}
        if missing:
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                for name, words in zip(
                    missing, pool.map(lambda turn: self._read(*turn), missing.values()), strict=True
                ):
                    self._kept.execute("insert or replace into words values (?, ?)", (name, json.dumps(words)))
                    known[name] = words
        return [known[name] or Words("") for name in names]

    def timed(self, pcm: Pcm, expects: Expects = "text") -> float:
        """Seconds to decode a turn, alone on the machine as far as we can tell."""
        began = time.perf_counter()
        self._read(pcm, expects)
        return time.perf_counter() - began

    def _read(self, pcm: Pcm, expects: Expects) -> Words:
        utterance = self.engine.open(expects, ())
        utterance.feed(pcm.tobytes())
        return utterance.words()

    @property
    def engine(self) -> Engine:
        """Loaded when it is first needed."""
        made: Engine = self._engine or self._class(self._folder, os.cpu_count() or 1)
        self._engine = made
        return made

    def _name(self, pcm: Pcm, expects: Expects) -> str:
        return hashlib.sha256(f"{self._maker} {expects} {RATE} ".encode() + pcm.tobytes()).hexdigest()[:32]

    def _recall(self, name: str) -> Words | None:
        row = self._kept.execute("select words from words where audio = ?", (name,)).fetchone()
        if row is None:
            return None
        text, confidence, mandarin, alternatives = json.loads(row[0])
        return Words(text, confidence, mandarin, tuple(alternatives))


def _fingerprint(module: str, name: str, folder: Path) -> str:
    """Of whatever decides what is read: our modules, the weights, the library."""
    sources = [import_module(module), engine, upsample]
    if name == "whisper":
        sources.append(import_module("ivr.speech.mel"))
    parts = [Path(str(source.__file__)).read_bytes() for source in sources]
    parts += [f"{file.name} {file.stat().st_size}".encode() for file in sorted(folder.iterdir())]
    parts.append(version(_PACKAGES[name]).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]
