"""Where a prompt's sound comes from.

In this order: the house's own recording by the prompt's name, the set rendered for its text (shipped, then the house's
own), numbers read out by `numbers`, speech made at run time. A source that is damaged is reported and the next one
speaks instead: a caller is never left in silence because of a file.

A prompt that speaks what the caller told us is put together from its pieces, and of those a recording by name can hold
none. What is spoken of them at run time may be a caller's name: it stays in memory and never reaches the disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import structlog

from ivr.audio import FRAME, RATE
from ivr.errors import UserError
from ivr.files import cache_folder
from ivr.speech import cache
from ivr.speech.g711 import Pcm
from ivr.speech.mastering import beep, read_recording
from ivr.speech.music import hold_music, softened
from ivr.speech.numbers import Numbers, shipped_numbers
from ivr.speech.pieces import joined, pieces, together
from ivr.speech.rendered import RenderedSet, bare, house_set, shipped_set
from ivr.speech.tts import Synthesizer
from ivr.speech.voicing import NORMAL, Voicing, voiced
from ivr.standards.house import Utterance

SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".au")
"""Kinds of file a house may record its prompts in."""

_log = structlog.get_logger(__name__)
_IN_CALL_S = 2.0
"""Other calls wait for what has to be spoken amidst one."""
_KEPT = 1024  # prompts kept in memory, about 60 KB each


class PromptStore:
    """The prompts of one line. Threads may share it: `warm` it in the background, then `audio` never waits."""

    def __init__(
        self,
        recordings: Path | None = None,
        sets: Sequence[RenderedSet] | None = None,
        synthesizer: Synthesizer | None = None,
        numbers: Numbers | None = None,
    ) -> None:
        """By default with the sets and the numbers that come with the product.

        Stores may share a synthesizer; without one, text that nobody rendered is missing.

        Raises:
            UserError: the folder of recordings is not there, or a set's manifest is damaged.
        """
        self.recordings = _recordings(recordings)
        self._sets = _available_sets() if sets is None else sets
        self._numbers = numbers or (_available_numbers() if sets is None else Numbers())
        self._synthesizer = synthesizer
        self._sound = lru_cache(_KEPT)(self._find)
        self._slow = lru_cache(_KEPT)(self._slowed)

    def audio(self, utterances: Sequence[Utterance], pause_s: float, voice: Voicing = NORMAL) -> bytes:
        """The utterances one after the other, `pause_s` seconds (rounded to 20 ms) of silence between them.

        16-bit little-endian mono at 8 kHz, whole 20 ms frames. Blocks where a sound is not in memory yet. Speech made
        louder costs 0.3 ms a second of it each time, slower speech 1 ms a second once.

        Raises:
            UserError: no source can speak one of them; the message names it and says why.
        """
        silence = bytes(2 * FRAME * round(pause_s * RATE / FRAME))
        spoken = silence.join(self._said(utterance, voice.tempo) for utterance in utterances)
        return voiced(spoken, voice.gain_db, 1.0)

    async def warm(self, utterances: Iterable[Utterance]) -> None:
        """Have these in memory, without holding up the loop. Raises UserError, as `audio`."""
        for utterance in utterances:
            await asyncio.to_thread(self._said, utterance, NORMAL.tempo)

    def missing(self, utterances: Iterable[Utterance]) -> list[str]:
        """What is wrong with the sources of these, one line each: damaged files, texts that nobody can speak."""
        sounds = [(u.name, sound) for u in utterances for _, sound in self._sounds(u)]
        return list(dict.fromkeys(fault for name, sound in sounds for fault in self._faults(name, sound)))

    def improvised(self, utterances: Iterable[Utterance]) -> list[str]:
        """Texts that are spoken at run time, in a robot's voice; `ivr prompts render --config` does better."""
        sounds = [sound for u in utterances for _, sound in self._sounds(u)]
        return [sound.text for sound in sounds if sound.text and self._file(sound) is None]

    def source(self, utterance: Utterance) -> Path | None:
        """File that should speak the whole of it; None for a tone, our music, and what is made at run time."""
        return self._file(self._sound_of(utterance))

    def _recording(self, utterance: Utterance) -> Path | None:
        return None if utterance.parts else self.recordings.get(utterance.name)

    def _sound_of(self, utterance: Utterance) -> _Sound:
        return _Sound(bare(utterance.text), self._recording(utterance), music=utterance.kind == "music")

    def _file(self, sound: _Sound) -> Path | None:
        rendered = (folder.path(sound.text) for folder in self._sets if folder.has(sound.text))
        counted = self._numbers.folder if self._numbers.knows(sound.text) else None
        return sound.recording or next(rendered, counted)

    def _sounds(self, utterance: Utterance) -> list[tuple[int, _Sound]]:
        """What it consists of, with the frames of silence before each: the whole, or else its pieces."""
        if not utterance.parts or self.source(utterance):
            return [(0, self._sound_of(utterance))]
        found = together(pieces(utterance.parts), self._numbers.knows)
        return [(rest, _Sound(text, private=True)) for rest, text in found]

    def _said(self, utterance: Utterance, tempo: float) -> bytes:
        try:
            return joined(((rest, self._at(tempo, sound)) for rest, sound in self._sounds(utterance)), tempo)
        except UserError as error:
            raise UserError(f"prompt {utterance.name}: {error}") from None

    def _at(self, tempo: float, sound: _Sound) -> bytes:
        return self._sound(sound) if tempo == NORMAL.tempo or sound.music else self._slow(sound, tempo)

    def _slowed(self, sound: _Sound, tempo: float) -> bytes:
        return voiced(self._sound(sound), 0.0, tempo)

    def _find(self, sound: _Sound) -> bytes:
        reasons = []
        for source in (self._recorded, self._rendered, self._counted, self._spoken):
            try:
                pcm = source(sound)
            except UserError as error:
                _warn_once(str(error))
                reasons.append(str(error))
            else:
                if pcm is not None:
                    return pcm.astype("<i2").tobytes()
        raise UserError(reasons[0] if reasons else _unspoken(sound.text))

    def _faults(self, name: str, sound: _Sound) -> list[str]:
        faults: list[str] = []
        for source in (self._recorded, self._rendered, self._counted):
            try:
                if source(sound) is not None:
                    return faults
            except UserError as error:
                faults.append(str(error))
        return faults if self._synthesizer else [*faults, f"prompt {name}: {_unspoken(sound.text)}"]

    def _recorded(self, sound: _Sound) -> Pcm | None:
        if sound.recording is None:
            return None
        recorded = read_recording(sound.recording)
        return softened(recorded) if sound.music else recorded

    def _rendered(self, sound: _Sound) -> Pcm | None:
        if not sound.text:
            return hold_music() if sound.music else beep()
        return next((folder.read(sound.text) for folder in self._sets if folder.has(sound.text)), None)

    def _counted(self, sound: _Sound) -> Pcm | None:
        return self._numbers.speak(sound.text) if self._numbers.knows(sound.text) else None

    def _spoken(self, sound: _Sound) -> Pcm | None:
        if not self._synthesizer:
            return None
        return (_in_private if sound.private else cache.spoken)(self._synthesizer, sound.text)


@dataclass(frozen=True, slots=True)
class _Sound:
    """One sound; whoever asks for the same has it from memory."""

    text: str
    recording: Path | None = None
    music: bool = False
    private: bool = field(default=False, compare=False)
    """It speaks what a caller told us, perhaps."""


def _in_private(synthesizer: Synthesizer, text: str) -> Pcm:
    """Neither the sound nor the text leaves memory, not even for the log; what we say ourselves is there already."""
    try:
        known = cache.held(synthesizer, text)
        return synthesizer.speak_now(text, _IN_CALL_S) if known is None else known
    except UserError:
        raise UserError("what the caller told us cannot be spoken → ivr doctor") from None


@lru_cache(_KEPT)
def _warn_once(reason: str) -> None:
    """Once a process: a file is asked for with every wording that it may speak, on every line, at every reload."""
    _log.warning("prompt_damaged", reason=reason)


def _available_sets() -> list[RenderedSet]:
    try:
        cache_folder()
    except UserError as error:
        _log.warning("no_cache", reason=str(error))
        return [shipped_set()]
    return [shipped_set(), house_set()]


def _available_numbers() -> Numbers:
    try:
        return shipped_numbers()
    except UserError as error:
        _warn_once(str(error))
        return Numbers()


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
