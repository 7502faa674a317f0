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
import importlib
import os
import sys
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

import espeakng_loader


def serve(connection: Connection[Any, Any], voice: str, rate: int) -> None:
    """Speak whatever comes, until the other side is gone.

    Each text is spoken by a copy of this process, which has not started espeak-ng yet: its voice trembles on from one
    text to the next, and only the first of a process sounds the same every time. A prompt must: whoever listens for
    it knows it by its samples.
    """
    try:
        _load()
    except OSError as error:
        connection.send(f"espeak-ng does not start: {error}")
        return
    while True:
        try:
            text = connection.recv()
        except (EOFError, OSError):
            return
        copy = os.fork()
        if not copy:
            _speak_and_end(connection, text, voice, rate)
        if os.waitpid(copy, 0)[1]:
            return  # as if this process had died of it: another is started


def _speak_and_end(connection: Connection[Any, Any], text: str, voice: str, rate: int) -> NoReturn:
    status = 1
    try:
        with tempfile.TemporaryDirectory() as folder:
            connection.send(_spoken(text, voice, rate, Path(folder) / "speech.wav"))
        status = 0
    finally:
        os._exit(status)  # nothing of a copy goes on as if it were the process


def _spoken(text: str, voice: str, rate: int, path: Path) -> bytes | str:
    try:
        return _speak(_engine(voice, rate), text, path)
    except (OSError, ValueError, RuntimeError) as error:
        return f"espeak-ng does not start: {error}"


def _load() -> None:
    """All that takes long and leaves no thread behind, which a copy would not have."""
    os.environ["ESPEAK_DATA_PATH"] = espeakng_loader.get_data_path()
    ctypes.CDLL(espeakng_loader.get_library_path(), mode=ctypes.RTLD_GLOBAL)
    importlib.import_module("pyttsx3.drivers.espeak")  # only now does it find the right library


def _engine(voice: str, rate: int) -> Any:  # noqa: ANN401  pyttsx3 has no types
    import pyttsx3  # noqa: PLC0415  not before the library is there

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
