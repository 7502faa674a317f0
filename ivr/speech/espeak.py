"""The process that speaks run-time text: espeak-ng 1.52, one text at a time.

    python -m ivr.speech.espeak DESCRIPTOR VOICE WORDS_A_MINUTE

A voice is named as espeak-ng does, ``sit/cmn``, or by its language alone, ``cmn``.
Over the connection come texts; back go WAV files as bytes, or the reason why not as a string. It ends with the other
side. A process of its own, since what hangs or crashes in there must not take a call with it.

Debian's espeak-ng 1.51 reads Mandarin as English letters; the library that espeakng-loader carries does not. It is
asked without a wrapper: pyttsx3 lets the library speak in a thread of its own, and now and then loses half a second.
"""

from __future__ import annotations

import ctypes
import io
import os
import sys
import wave
from multiprocessing.connection import Connection
from typing import Any, NoReturn

import espeakng_loader

_SYNCHRONOUS = 2  # speak_lib.h: espeak_AUDIO_OUTPUT; a text has been spoken when the call comes back
_RATE = 1  # espeak_PARAMETER
_CHARS_UTF8, _ENDPAUSE = 1, 0x1000
_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def serve(connection: Connection[Any, Any], voice: str, rate: int) -> None:
    """Speak whatever comes, until the other side is gone.

    Each text is spoken by a copy of this process, which has not spoken yet: the voice of espeak-ng trembles on from
    one text to the next, and only the first of a process sounds the same every time. A prompt must: whoever listens
    for it knows it by its samples.
    """
    try:
        speaker = Speaker(voice, rate)
    except (OSError, ValueError) as error:
        connection.send(f"espeak-ng does not start: {error}")
        return
    while True:
        try:
            text = connection.recv()
        except (EOFError, OSError):
            return
        copy = os.fork()
        if not copy:
            _speak_and_end(connection, speaker, text)
        if os.waitpid(copy, 0)[1]:
            return  # as if this process had died of it: another is started


def _speak_and_end(connection: Connection[Any, Any], speaker: Speaker, text: str) -> NoReturn:
    status = 1
    try:
        connection.send(speaker.wav(text) or "espeak-ng made no sound")
        status = 0
    finally:
        os._exit(status)  # nothing of a copy goes on as if it were the process


class Speaker:
    """One voice of espeak-ng (speak_lib.h). The library has one state a process: make one, and let it speak once."""

    def __init__(self, voice: str, rate: int) -> None:
        """`rate` is words a minute, 80-450. Raises OSError without the library, ValueError without the voice."""
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        data = str(espeakng_loader.get_data_path()).encode()
        self._hertz: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, data, 0)
        if self._hertz <= 0:
            raise OSError("its data cannot be read")
        if self._library.espeak_SetVoiceByName(voice.encode()):
            raise ValueError(f'no voice "{voice}"')
        self._library.espeak_SetParameter(_RATE, rate, 0)
        self._pieces: list[bytes] = []
        self._callback = _Heard(self._heard)  # kept: C holds no reference
        self._library.espeak_SetSynthCallback(self._callback)

    def wav(self, text: str) -> bytes:
        """A WAV file, mono, 16 bits; empty where nothing was spoken."""
        said = text.encode()
        self._library.espeak_Synth(said, ctypes.c_size_t(len(said) + 1), 0, 0, 0, _CHARS_UTF8 | _ENDPAUSE, None, None)
        if not self._pieces:
            return b""
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(self._hertz)
            out.writeframes(b"".join(self._pieces))
        return file.getvalue()

    def _heard(self, samples: Any, count: int, _events: int | None) -> int:  # noqa: ANN401  a pointer of ctypes
        if samples and count > 0:
            self._pieces.append(ctypes.string_at(samples, 2 * count))
        return 0


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])), sys.argv[2], int(sys.argv[3]))
