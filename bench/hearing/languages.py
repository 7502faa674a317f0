"""Other languages: espeak-ng speaks them itself, or says how they sound, in letters that Kokoro's voices can read.

espeak-ng's own voices sound like nobody. Kokoro's sound like people, and make a foreigner of each Mandarin voice: a
native speaker would hear an accent, a recogniser of Mandarin hears a language that is none.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping

import espeakng_loader
import numpy as np

from ivr.speech.kokoro import Kokoro
from ivr.speech.mastering import Samples

_SYNCHRONOUS, _UTF8, _IPA = 2, 1, 2
_TAKE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int16), ctypes.c_int, ctypes.c_void_p)

_SOUNDS = {"ä": "a", "ɗ": "d", "ɫ": "l", "ʑ": "ʝ", "qp": "p", "q": "k"}
"""Letters of espeak-ng that Kokoro has no sound for."""
_CHINESE = {"tsh": "ʦʰ", "ts": "ʦ", "c": "ʦʰ", "z": "ʦ", "p": "pʰ", "t": "tʰ", "k": "kʰ", "b": "p", "d": "t", "ɡ": "k"}
_CHINESE |= {"nɡ": "ŋ", "yu": "y", "oe": "œ", "eo": "œ", "aa": "a"}
_TONES = {"1": "→", "2": "↗", "ɜ": "→", "4": "↓", "5": "↗", "6": "↘"}
_SPELLING: Mapping[str, Mapping[str, str]] = {
    "sit/yue": _CHINESE | _TONES,
    "sit/hak": {"n^": "ɲ", "tsh": "ʦʰ", "ts": "ʦ", "ph": "pʰ", "th": "tʰ", "kh": "kʰ"} | _TONES,
    "aav/vi": _SOUNDS | _TONES,
}


class Espeak:
    """espeak-ng in this process, speaking `language`; its library knows one language at a time."""

    def __init__(self, language: str) -> None:
        """Raises ValueError where espeak-ng has no such language."""
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self.rate = self._library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
        """Samples a second."""
        if self._library.espeak_SetVoiceByName(language.encode()):
            raise ValueError(f"espeak-ng speaks no {language}")

    def phonemes(self, text: str) -> str:
        """In its own spelling of the IPA, clause by clause, a comma between each two."""
        rest = ctypes.c_char_p(text.encode())
        clauses = []
        while rest.value:
            address = ctypes.cast(ctypes.pointer(rest), ctypes.POINTER(ctypes.c_void_p))
            clauses.append(self._library.espeak_TextToPhonemes(address, _UTF8, _IPA).decode())
        return ", ".join(clauses)

    def speak(self, text: str) -> Samples:
        """Mono audio at `rate`, full scale ±1."""
        pieces = [b""]

        def take(samples: ctypes._Pointer[ctypes.c_int16], count: int, _events: int) -> int:
            if samples:
                pieces.append(ctypes.string_at(samples, 2 * count))
            return 0

        taker = _TAKE(take)
        self._library.espeak_SetSynthCallback(taker)
        said = text.encode()
        self._library.espeak_Synth(said, len(said) + 1, 0, 0, 0, _UTF8, None, None)
        return np.frombuffer(b"".join(pieces), "<i2") / 32768.0


class Foreigner(Kokoro):
    """A voice of Kokoro's that speaks a language of espeak-ng's."""

    def __init__(self, voice: str, language: str) -> None:
        """Raises UserError where Kokoro cannot run here, ValueError where espeak-ng has no such language."""
        super().__init__(voice)
        espeak, spelling = Espeak(language), _SPELLING.get(language, _SOUNDS)
        pattern = re.compile("|".join(map(re.escape, sorted(spelling, key=len, reverse=True))))
        self._phonemes = lambda text: pattern.sub(lambda match: spelling[match[0]], espeak.phonemes(text))
