"""Which recogniser to run: the one that was asked for, or the best of those whose model is on this machine.

A model is looked at from outside only, since its library, fed with a damaged one, may take the whole process with it:
whether the files are there, and whether it knows Mandarin. `try_out` loads it, in a process of its own.
"""

from __future__ import annotations

import json
import mmap
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ivr.errors import UserError
from ivr.speech.engine import Choice
from ivr.speech.models import Model, load_models

Name = Literal["auto", "vosk", "whisper", "none"]
LANGUAGE = "zh"
_MULTILINGUAL = 51865
"""Tokens of a Whisper that has languages; the English ones have one token less."""
_MANDARIN = (("你",), ("这", "這"))
"""Words that every Mandarin vocabulary has, in either script, and that no other language has all of."""


@dataclass(frozen=True)
class _Kind:
    """What is known of an engine without loading it."""

    engine: str
    streaming: bool
    files: tuple[tuple[str, ...], ...]
    """What its models consist of; of each group one file is enough. The first group tells the engine."""
    knows_mandarin: Callable[[Path], bool]


# ---------------------------------------------------------------- choosing


def choose(name: Name, folder: Path | None = None) -> Choice | None:
    """What `[speech]` asks for: a recogniser by name, and the folder of a house's own model, if it has one.

    None: there is to be none, or, where any would do, none is installed.

    Raises:
        UserError: what was asked for by name or folder is not there, is damaged, or knows no Mandarin.
    """
    if name == "none":
        return None
    if folder:
        choice = found_in(folder)
        if name not in ("auto", choice.name):
            raise UserError(f"{folder} is a model for {choice.name} → set speech.recognizer to it, or to auto")
        if not _KINDS[choice.name].knows_mandarin(folder):
            raise UserError(f"{folder}: this model knows no Mandarin → name one that does in speech.model")
        return choice
    if name == "auto":
        return next(iter(installed()), None)
    models = _known(name)
    whole = next((model for model in models if not model.missing()), models[0])
    return _choice(name, whole.require())


def installed() -> list[Choice]:
    """Those for Mandarin whose model is whole, best first. Raises UserError: the models may not be read."""
    return [_choice(model.engine, model.root) for name in _KINDS for model in _known(name) if not model.missing()]


def found_in(folder: Path) -> Choice:
    """The recogniser for the model in a folder, whatever its language.

    Raises:
        UserError: there is no such folder, it holds no model, or a part of one is missing.
    """
    try:
        os.scandir(folder).close()
        name = next((name for name, kind in _KINDS.items() if _has_any(folder, kind.files[0])), None)
        lacking = [group for group in _KINDS[name].files if not _has_any(folder, group)] if name else []
    except OSError as error:
        raise UserError(f"{error.filename}: {error.strerror} → speech.model must be a folder we may read") from None
    if name is None:
        parts = " nor ".join(f"{kind.files[0][0]} ({name})" for name, kind in _KINDS.items())
        raise UserError(f"{folder}: no model in it: neither {parts} → name the folder of one in speech.model")
    if lacking:
        raise UserError(f"{folder}: damaged: it lacks {' or '.join(lacking[0])} → unpack the model anew")
    return _choice(name, folder)


def _has_any(folder: Path, names: Iterable[str]) -> bool:
    return any(_has(folder / name) for name in names)


def _has(path: Path) -> bool:
    """Something is in the file. Raises OSError: it may not be read."""
    try:
        with path.open("rb") as file:
            return bool(file.read(1))
    except (FileNotFoundError, NotADirectoryError):
        return False


def _known(engine: str) -> list[Model]:
    """Models of the manifest for our callers."""
    return [model for model in load_models().values() if (model.engine, model.language) == (engine, LANGUAGE)]


def _choice(name: str, folder: Path) -> Choice:
    return Choice(name, _KINDS[name].engine, folder, _KINDS[name].streaming)


# ---------------------------------------------------------------- trying


def try_out(choice: Choice, limit_s: float = 60.0) -> float:
    """Load it in a process of its own, and let it listen to a second of nothing; returns how long that took, seconds.

    Raises:
        UserError: it does not work here, or is not done within `limit_s`.
    """
    command = [sys.executable, "-m", "ivr.speech.trial", choice.engine, str(choice.folder)]
    started = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit_s, check=False)  # noqa: S603  ours
    except subprocess.TimeoutExpired:
        raise UserError(f"{choice.folder}: not loaded after {limit_s:g} s → take a smaller model") from None
    if done.returncode:
        raise UserError(f"{choice.folder}: {choice.name} cannot use it: {_reason(done)} → fetch the model anew")
    return time.monotonic() - started


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        return f"its library ended with {signal.Signals(-done.returncode).name}"
    return next((line for line in reversed(done.stderr.splitlines()) if line.strip()), "it says nothing")


# ---------------------------------------------------------------- languages


def _words_in_mandarin(folder: Path) -> bool:
    """Of a Vosk model: its words are a text, or symbols within a graph (OpenFst: length, then UTF-8)."""
    for name in ("words.txt", "Gr.fst", "HCLG.fst"):
        path = folder / "graph" / name
        if path.is_file() and path.stat().st_size:
            return _all_found(path, (lambda word: b"\n" + word + b" ") if name.endswith(".txt") else _symbol)
    return False


def _all_found(path: Path, written: Callable[[bytes], bytes]) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return all(any(content.find(written(word.encode())) >= 0 for word in same) for same in _MANDARIN)


def _symbol(word: bytes) -> bytes:
    return struct.pack("<i", len(word)) + word


def _is_multilingual(folder: Path) -> bool:
    """Of a Whisper model: its vocabulary has languages in it."""
    listed = folder / "vocabulary.json"
    if listed.is_file():
        return len(json.loads(listed.read_bytes())) >= _MULTILINGUAL
    return len((folder / "vocabulary.txt").read_bytes().splitlines()) >= _MULTILINGUAL


_KINDS = {
    "vosk": _Kind(
        "ivr.speech.kaldi:Vosk",
        streaming=True,
        files=(
            ("am/final.mdl",),
            ("conf/mfcc.conf",),
            ("conf/model.conf",),
            ("graph/Gr.fst", "graph/HCLG.fst"),
            ("graph/HCLr.fst", "graph/HCLG.fst"),
        ),
        knows_mandarin=_words_in_mandarin,
    ),
    "whisper": _Kind(
        "ivr.speech.whisper:Whisper",
        streaming=False,
        files=(("model.bin",), ("config.json",), ("vocabulary.txt", "vocabulary.json")),
        knows_mandarin=_is_multilingual,
    ),
}
"""By name, best first: one that streams has its words ready when the caller has ended."""
