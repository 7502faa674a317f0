"""Speaks text that nobody could render before: names, numbers, a house without Kokoro.

The voice is a robot's, but it is there within some tens of milliseconds and on every machine. Synthesis runs in a
process of its own (`ivr.speech.espeak`) that is started when it is first needed, restarted when it dies, and killed
when it takes too long.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from multiprocessing.connection import Connection, Pipe
from typing import Any

import soundfile

from ivr.errors import UserError
from ivr.speech.g711 import Pcm
from ivr.speech.mastering import master

VOICE = "sit/cmn"
RATE = 170
"""Words a minute as espeak-ng counts them: 3.5 syllables of Mandarin a second. Faster is hard to follow."""


class Synthesizer:
    """Speech at run time. Any thread may use it; one text is spoken at a time."""

    def __init__(self, voice: str = VOICE, rate: int = RATE, limit_s: float = 5.0) -> None:
        self.maker = f"espeak-ng 1.52 {voice} {rate}"
        """Who speaks; part of the name under which speech is cached."""
        self._arguments = (voice, str(rate))
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection[Any, Any]

    def speak_now(self, text: str, limit_s: float | None = None) -> Pcm:
        """A prompt that speaks `text`; blocks for 20-100 ms, the first time for half a second, at worst for `limit_s`.

        Raises:
            UserError: it cannot be spoken, or espeak-ng does not work here; the message says which.
        """
        with self._lock:
            limit_s = self._limit_s if limit_s is None else limit_s
            answer = self._ask(text, limit_s) or self._ask(text, limit_s)  # a process that died is replaced once
        if not isinstance(answer, bytes):
            raise UserError(f"「{text}」 cannot be spoken: {answer or 'espeak-ng keeps dying'} → ivr doctor")
        samples, rate = soundfile.read(io.BytesIO(answer), dtype="float64")
        try:
            return master(samples, rate)
        except ValueError:
            raise UserError(f"「{text}」 cannot be spoken: nothing is heard of it") from None

    def close(self) -> None:
        """End the process; the next text starts another."""
        with self._lock:
            self._stop()

    def _ask(self, text: str, limit_s: float) -> bytes | str | None:
        """WAV file, reason why not, or None where the process died."""
        try:
            self._start()
            self._connection.send(text)
            if self._connection.poll(limit_s):
                answer: bytes | str = self._connection.recv()
                return answer
        except (EOFError, BrokenPipeError, ConnectionResetError):
            self._stop()
            return None
        except OSError as error:  # no process to be had
            self._stop()
            return str(error)
        self._stop()
        return f"not done after {limit_s:g} s"

    def _start(self) -> None:
        if self._process is not None:
            return
        self._connection, theirs = Pipe()
        with theirs:
            command = [sys.executable, "-m", "ivr.speech.espeak", str(theirs.fileno()), *self._arguments]
            self._process = subprocess.Popen(  # noqa: S603  our own module, with arguments of ours
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C on a terminal is for us; the process ends with its connection
            )

    def _stop(self) -> None:
        if self._process is None:
            return
        self._connection.close()
        os.killpg(self._process.pid, signal.SIGKILL)  # it leads a session of its own, its copies are in it
        self._process.wait()
        self._process = None
