"""Keeps the decoder process running: starts it, hears whether it is well, kills it where it is not, starts it anew.

Nothing here ever waits. What the socket does not take at once is kept and offered again; a process that is lost is
told as a message like any other, and the next one is started after 1 s, 2 s, 4 s, … a minute.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog

from ivr.speech.engine import Choice
from ivr.speech.messages import LARGEST, Kind, Message, pack, unpack

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Watch:
    """How long a decoder process may take, seconds."""

    start_s: float = 60.0
    """Until its model is loaded."""
    stall_s: float = 10.0
    """With one piece of work, or to answer a ping."""
    ping_s: float = 1.0
    """From ping to ping."""
    back_off_s: float = 60.0
    """Longest wait before it is started anew; one that has lived as long starts with a clean record."""


class _LostError(Exception):
    """The process is of no use any more; the message says why, in a few words."""


class Keeper:
    """A decoder process, and the next one when it fails; for one thread. `receive` must be called every tick."""

    backlog = 4000
    """Messages that may wait for the socket: five seconds of sixteen speakers."""

    def __init__(self, choice: Choice, threads: int, clock: Callable[[], float], watch: Watch) -> None:
        self._choice, self._threads, self._clock, self._watch = choice, threads, clock, watch
        self.ready = False
        """A process is there and takes work."""
        self._process: subprocess.Popen[bytes] | None = None
        self._killed: list[subprocess.Popen[bytes]] = []
        self._socket: socket.socket
        self._outbox: deque[bytes] = deque()
        self._failures = 0
        self._start()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._process.pid if self._process else None

    def send(self, message: Message) -> bool:
        """Hand a message over, now or soon; False for audio for which there is no room. Ignored while not ready."""
        if not self.ready:
            return True
        if message.kind is Kind.AUDIO and len(self._outbox) >= self.backlog:
            return False
        self._outbox.append(pack(message))
        return True

    def receive(self) -> list[Message]:
        """What the process has said since the last time, and that it is lost, if it is."""
        self._killed = [process for process in self._killed if process.poll() is None]
        if self._process is None:
            if self._clock() >= self._retry_at:
                self._start()
            return []
        messages = []
        try:
            for message in self._read():
                if self._is_news(message):
                    messages.append(message)
            self._check()
            self._flush()
        except _LostError as error:
            self._give_up(str(error))
            messages.append(Message(Kind.LOST, body=str(error).encode()))
        return messages

    def close(self) -> None:
        """End the process, and wait for it."""
        if self._process:
            self._stop()
        for process in self._killed:
            process.wait()

    def _start(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.setblocking(False)
        choice = self._choice
        command = [sys.executable, "-m", "ivr.speech.decoder", str(theirs.fileno()), choice.engine, str(choice.folder)]
        alone = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}  # as many threads as we start, and no more
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  our own module
                [*command, str(self._threads)],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=2,  # what native libraries print belongs to the log
                env={**os.environ, **alone},
            )
        self._started_at, self._pinged_at, self._pong = self._clock(), float("-inf"), True

    def _read(self) -> Iterator[Message]:
        while True:
            try:
                packet = self._socket.recv(LARGEST)
            except BlockingIOError:
                return
            except ConnectionError:
                packet = b""
            if not packet:
                raise _LostError("died")
            yield unpack(packet)

    def _is_news(self, message: Message) -> bool:
        """Whether it is for others to know; what is about the process itself is dealt with here."""
        if message.kind is Kind.READY:
            self.ready = True
            seconds = round(self._clock() - self._started_at, 1)
            log.info("recogniser ready", engine=self._choice.name, pid=self.pid, seconds=seconds)
        elif message.kind is Kind.PONG:
            self._pong = True
            if message.at > self._watch.stall_s:
                raise _LostError(f"stuck in one piece of work for {self._watch.stall_s:g} s")
        elif message.turn == 0:
            raise _LostError(message.body.decode())
        else:
            return True
        return False

    def _check(self) -> None:
        now = self._clock()
        if not self.ready:
            if now - self._started_at > self._watch.start_s:
                raise _LostError(f"not ready after {self._watch.start_s:g} s")
        elif not self._pong and now - self._pinged_at > self._watch.stall_s:
            raise _LostError(f"stood still for {self._watch.stall_s:g} s")
        elif self._pong and now - self._pinged_at >= self._watch.ping_s:
            self._pinged_at, self._pong = now, False
            self.send(Message(Kind.PING))

    def _flush(self) -> None:
        try:
            while self._outbox:
                self._socket.send(self._outbox[0])
                self._outbox.popleft()
        except BlockingIOError:
            pass
        except ConnectionError:
            raise _LostError("died") from None

    def _give_up(self, reason: str) -> None:
        now = self._clock()
        if self.ready and now - self._started_at > self._watch.back_off_s:
            self._failures = 0
        wait = min(2.0**self._failures, self._watch.back_off_s)
        self._failures, self._retry_at = self._failures + 1, now + wait
        log.error("recogniser lost", engine=self._choice.name, pid=self.pid, reason=reason, again_in_s=wait)
        self._stop()

    def _stop(self) -> None:
        assert self._process
        self._process.kill()
        self._killed.append(self._process)
        self._socket.close()
        self._outbox.clear()
        self._process, self.ready = None, False
