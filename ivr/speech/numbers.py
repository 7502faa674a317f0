"""Numbers read out digit by digit, yet as one reads them: each digit runs into the next.

Digits that are spoken one by one and set in a row are hard to follow: whisper-base gets every second one of them wrong.
So we keep, for any two digits, the sound from the middle of the one to the middle of the other, cut from longer numbers
that a voice read (diphones, with digits for phones), and splice such pieces in the middle of vowels. Of numbers put
together like that whisper gets as many digits right as of those that the voice reads whole.

Pieces lie one behind the other in one sound file; its manifest says where, and who spoke them.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from pathlib import Path

import numpy as np
import soundfile
from pydantic import BaseModel, ConfigDict, ValidationError

from ivr.audio import RATE
from ivr.errors import UserError
from ivr.files import data_folder
from ivr.speech.g711 import Pcm
from ivr.speech.mastering import Samples, levelled, trimmed
from ivr.speech.rendered import write_whole
from ivr.speech.voicing import most_alike

SPEED = 0.7
"""Of Kokoro, for numbers: about three digits a second, so that they can be written down."""
DIGITS = "零幺二三四五六七八九"
REST = "-"
"""Stands for the silence before and after a number: ``-七``, ``七三``, ``三-`` are the pieces of 七三."""
PIECES = tuple(a + b for a, b in product(REST + DIGITS, repeat=2) if a + b != 2 * REST)
SOUND, MANIFEST = "digits.wav", "manifest.json"
MARGIN = 100
"""Samples that a piece goes on beyond the middle of a vowel, so that a splice may be placed."""
_FADE = 80  # samples, 10 ms
_REACH = MARGIN - _FADE // 2  # samples by which a splice may be moved, together a period of the voice
_RAMP = np.linspace(0, 1, _FADE)


class Manifest(BaseModel):
    """What lies beside the sound file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    maker: str
    """Model, voice and settings; another maker makes the sound stale."""
    sha256: str
    """Of the sound file."""
    pieces: dict[str, tuple[int, int]]
    """First sample of each, and the one behind its last."""


class Numbers:
    """The numbers of one voice, from a folder; without a manifest in it, or a folder, it knows none.

    Raises UserError where what lies there is damaged.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.maker = ""
        self._pieces: Mapping[str, Samples] = {}
        if folder and (folder / MANIFEST).exists():
            self._load(folder)

    def _load(self, folder: Path) -> None:
        try:
            manifest = Manifest.model_validate_json((folder / MANIFEST).read_bytes())
            content = (folder / SOUND).read_bytes()
        except (OSError, ValidationError):
            raise UserError(f"{folder}: damaged → ivr prompts render") from None
        if hashlib.sha256(content).hexdigest() != manifest.sha256 or manifest.pieces.keys() != set(PIECES):
            raise UserError(f"{folder / SOUND}: damaged (not the file in the manifest) → ivr prompts render")
        audio = soundfile.read(io.BytesIO(content), dtype="int16")[0].astype(np.float64)
        self._pieces = {name: audio[start:end] for name, (start, end) in manifest.pieces.items()}
        self.maker = manifest.maker

    def knows(self, text: str) -> bool:
        """Whether this is a number of two digits or more; one digit alone is better spoken for itself."""
        return len(text) > 1 and bool(self._pieces) and set(text) <= set(DIGITS)

    def speak(self, number: str) -> Pcm:
        """A number that it knows: 8 kHz, whole 20 ms frames, the first and the last audible. 0.2 ms a digit."""
        names = (a + b for a, b in pairwise(f"{REST}{number}{REST}"))
        sound = trimmed(levelled(_spliced([self._pieces[name] for name in names])))
        return np.asarray(np.round(sound), np.int16)


def shipped_numbers() -> Numbers:
    """Those that come with the product. Raises UserError where they are damaged."""
    return Numbers(numbers_folder())


def numbers_folder() -> Path:
    """Where those lie that come with the product."""
    return data_folder("prompts") / "numbers"


def keep(folder: Path, pieces: Mapping[str, Pcm], maker: str) -> None:
    """Write these pieces, one for each of `PIECES`. Raises OSError where they cannot be written."""
    ends = np.cumsum([len(pieces[name]) for name in PIECES]).tolist()
    places = {name: (end - len(pieces[name]), end) for name, end in zip(PIECES, ends, strict=True)}
    content = io.BytesIO()
    sound = np.concatenate([pieces[name] for name in PIECES])
    soundfile.write(content, sound, RATE, subtype="PCM_16", format="WAV")
    manifest = Manifest(maker=maker, sha256=hashlib.sha256(content.getvalue()).hexdigest(), pieces=places)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / SOUND, content.getvalue())
    write_whole(folder / MANIFEST, (manifest.model_dump_json(indent=1) + "\n").encode())


def is_stale(folder: Path, maker: str) -> bool:
    """There are none, damaged ones, or those of another maker."""
    try:
        return Numbers(folder).maker != maker
    except UserError:
        return True


def _spliced(pieces: Sequence[Samples]) -> Samples:
    """Each piece faded into the next around the middle of their common vowel, where the two are most alike."""
    done, voice = [], pieces[0]
    for following in pieces[1:]:
        cut = len(voice) - MARGIN - _FADE // 2
        end = voice[cut : cut + _FADE]
        start = most_alike(following[: _FADE + 2 * _REACH], end)
        done += [voice[:cut], end * (1 - _RAMP) + following[start : start + _FADE] * _RAMP]
        voice = following[start + _FADE :]
    return np.concatenate([*done, voice])
