"""The process that speaks run-time text: pyttsx3 on espeak-ng 1.52, one text at a time.

    python -m ivr.speech.espeak DESCRIPTOR VOICE WORDS_A_MINUTE

A voice is named as espeak-ng does, ``sit/cmn``, or by its language alone, ``cmn``.
Over the connection come texts; back go WAV files as bytes, or the reason why not as a string. It ends with the other
side. A process of its own, since pyttsx3 hangs when two threads use it and may not come back at all.

Debian's espeak-ng 1.51 reads Mandarin as English letters. The library that espeakng-loader carries is loaded first and
globally, under the name that pyttsx3 then asks the system for.
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import espeakng_loader


def serve(connection: Connection[Any, Any], voice: str, rate: int) -> None:
    """Speak whatever comes, until the other side is gone."""
    try:
        engine = _engine(voice, rate)
    except (OSError, ValueError, RuntimeError) as error:
        connection.send(f"espeak-ng does not start: {error}")
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "speech.wav"
        while True:
            try:
                text = connection.recv()
            except (EOFError, OSError):
                return
            connection.send(_speak(engine, text, path))


def _engine(voice: str, rate: int) -> Any:  # noqa: ANN401  pyttsx3 has no types
    os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
    ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
    import pyttsx3  # noqa: PLC0415  only now does it find the right library

    engine = pyttsx3.init("espeak")
    known = [known.id for known in engine.getProperty("voices")]
    named = [name for name in known if voice in (name, name.rpartition("/")[2])]
    if not named:  # pyttsx3 would go on in English
        raise ValueError(f'no voice "{voice}" among {len(known)}')
    engine.setProperty("voice", named[0])
    engine.setProperty("rate", rate)
    return engine


_WAV_HEADER = 44  # bytes; a file of no more than that is what a lost text leaves on a busy machine


def _speak(engine: Any, text: str, path: Path) -> bytes | str:  # noqa: ANN401  pyttsx3 has no types
    path.unlink(missing_ok=True)
    for _ in range(3):  # of a new engine, pyttsx3 loses the first text if it is long
        engine.save_to_file(text, str(path))
        engine.runAndWait()
        if path.exists() and path.stat().st_size > _WAV_HEADER:
            return path.read_bytes()
    return "espeak-ng made no sound"


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])), sys.argv[2], int(sys.argv[3]))
