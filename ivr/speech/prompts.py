"""Where a prompt's sound comes from.

In this order: the house's own recording by the prompt's name, the set rendered for its text (shipped, then the house's
own), speech made at run time. A source that is damaged is reported and the next one speaks instead: a caller is never
left in silence because of a file.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import structlog

from ivr.audio import FRAME, RATE
from ivr.errors import UserError
from ivr.files import cache_folder
from ivr.speech.g711 import Pcm
from ivr.speech.mastering import beep, read_recording
from ivr.speech.rendered import RenderedSet, house_set, read_prompt, shipped_set, write_prompt
from ivr.speech.tts import Synthesizer
from ivr.standards.house import Utterance

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".au")
"""Kinds of file a house may record its prompts in."""

_log = structlog.get_logger(__name__)
_KEPT = 1024  # prompts kept in memory, about 60 KB each


class PromptStore:
    """The prompts of one line. Threads may share it: `warm` it in the background, then `audio` never waits."""

    def __init__(
        self,
        recordings: Path | None = None,
        sets: Sequence[RenderedSet] | None = None,
        synthesizer: Synthesizer | None = None,
    ) -> None:
        """Stores may share a synthesizer; without one, text that nobody rendered is missing.

        Raises:
            UserError: the folder of recordings is not there, or a set's manifest is damaged.
        """
        self.recordings = _recordings(recordings)
        self._sets = _available_sets() if sets is None else sets
        self._synthesizer = synthesizer
        self._sound = lru_cache(_KEPT)(self._find)

    def audio(self, utterances: Sequence[Utterance], pause_s: float) -> bytes:
        """The utterances one after the other, `pause_s` seconds (rounded to 20 ms) of silence between them.

        16-bit little-endian mono at 8 kHz, whole 20 ms frames. Blocks where a sound is not in memory yet.

        Raises:
            UserError: no source can speak one of them; the message names it and says why.
        """
        silence = bytes(2 * FRAME * round(pause_s * RATE / FRAME))
        return silence.join(self._sound(utterance) for utterance in utterances)

    async def warm(self, utterances: Iterable[Utterance]) -> None:
        """Have these in memory, without holding up the loop. Raises UserError, as `audio`."""
        for utterance in utterances:
            await asyncio.to_thread(self._sound, utterance)

    def missing(self, utterances: Iterable[Utterance]) -> list[str]:
        """What is wrong with the sources of these, one line each: damaged files, texts that nobody can speak."""
        return list(dict.fromkeys(fault for utterance in utterances for fault in self._faults(utterance)))

    def improvised(self, utterances: Iterable[Utterance]) -> list[str]:
        """Texts that are spoken at run time, in a robot's voice; `ivr prompts render --config` does better."""
        return [u.text for u in utterances if self.source(u) is None and u.text]

    def source(self, utterance: Utterance) -> Path | None:
        """File that should speak it; None for a tone and for run-time speech."""
        if path := self.recordings.get(utterance.name):
            return path
        return next((folder.path(utterance.text) for folder in self._sets if folder.has(utterance.text)), None)

    def _find(self, utterance: Utterance) -> bytes:
        reasons = []
        for source in (self._recorded, self._rendered, self._spoken):
            try:
                pcm = source(utterance)
            except UserError as error:
                _warn_once(str(error))
                reasons.append(str(error))
            else:
                if pcm is not None:
                    return pcm.astype("<i2").tobytes()
        raise UserError(f"prompt {utterance.name}: {reasons[0] if reasons else _unspoken(utterance.text)}")

    def _faults(self, utterance: Utterance) -> list[str]:
        faults: list[str] = []
        for source in (self._recorded, self._rendered):
            try:
                if source(utterance) is not None:
                    return faults
            except UserError as error:
                faults.append(str(error))
        return faults if self._synthesizer else [*faults, f"prompt {utterance.name}: {_unspoken(utterance.text)}"]

    def _recorded(self, utterance: Utterance) -> Pcm | None:
        path = self.recordings.get(utterance.name)
        return read_recording(path) if path else None

    def _rendered(self, utterance: Utterance) -> Pcm | None:
        if not utterance.text:
            return beep()
        return next((folder.read(utterance.text) for folder in self._sets if folder.has(utterance.text)), None)

    def _spoken(self, utterance: Utterance) -> Pcm | None:
        """Run-time speech, kept on disk by text and voice."""
        if not self._synthesizer:
            return None
        key = hashlib.sha256(f"{self._synthesizer.maker}\n{utterance.text}".encode()).hexdigest()[:32]
        pcm = _from_cache(key)
        if pcm is None:
            pcm = self._synthesizer.speak_now(utterance.text)
            _to_cache(key, pcm)
        return pcm


@lru_cache(_KEPT)
def _warn_once(reason: str) -> None:
    """Once a process: a file is asked for with every wording that it may speak, on every line, at every reload."""
    _log.warning("prompt_damaged", reason=reason)


def _from_cache(key: str) -> Pcm | None:
    try:
        return read_prompt(cache_folder("tts") / f"{key}.wav")
    except (UserError, OSError):
        return None


def _to_cache(key: str, pcm: Pcm) -> None:
    """A disk that is full or read-only must not silence us."""
    try:
        write_prompt(cache_folder("tts") / f"{key}.wav", pcm)
    except OSError as error:
        _log.warning("speech_not_cached", path=error.filename, reason=error.strerror)


def _available_sets() -> list[RenderedSet]:
    try:
        return [shipped_set(), house_set()]
    except OSError as error:
        _log.warning("no_cache", path=error.filename, reason=error.strerror)
        return [shipped_set()]


def _recordings(folder: Path | None) -> dict[str, Path]:
    """The house's recordings by prompt name."""
    if folder is None:
        return {}
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        todo = "standard.prompts in ivr.toml names the folder of the house's own recordings"
        raise UserError(f"{folder}: {error.strerror} → {todo}") from None
    return {path.stem: path for path in files if path.suffix.lower() in SUFFIXES}


def _unspoken(text: str) -> str:
    return f"nobody has spoken 「{text}」 → ivr prompts render"
