"""Programs that run beside a test and say so themselves when they are ready (sd_notify), so that nobody has to poll."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

READY_S = 60.0
"""Longest time a daemon may take to get ready."""


class Daemon:
    """One process and its descendants; `folder` holds its notification socket and what it prints."""

    def __init__(self, folder: Path, seen_as: str | None = None) -> None:
        """`seen_as`: path of `folder` for a process in a chroot."""
        self._folder = folder
        self._seen_as = seen_as or str(folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running process."""
        assert self._process, "not started"
        return self._process

    @property
    def started(self) -> bool:
        """There was a process."""
        return self._process is not None

    @property
    def output(self) -> str:
        """What it printed so far."""
        file = self._folder / "output"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def start(self, command: Sequence[str], environ: Mapping[str, str] = {}) -> None:
        """Returns when it is ready. Raises AssertionError with its last words if it does not get there."""
        ready = self._folder / "ready"
        ready.unlink(missing_ok=True)
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notification,
            (self._folder / "output").open("ab") as out,
        ):
            notification.bind(str(ready))
            notification.settimeout(0.5)
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **environ, "NOTIFY_SOCKET": f"{self._seen_as}/ready"},
            )
            self._wait(notification)

    def _wait(self, notification: socket.socket) -> None:
        for _ in range(int(READY_S / 0.5)):
            try:
                if b"READY=1" in notification.recv(4096):
                    return
            except TimeoutError:
                if self.process.poll() is not None:
                    break
        self.kill()
        raise AssertionError(f"not ready after {READY_S:.0f} s, or ended before:\n{self.output[-3000:]}")

    def stop(self, grace_s: float = 10.0) -> int:
        """SIGTERM and its exit code; SIGKILL (-9) after `grace_s` seconds."""
        self.process.terminate()
        try:
            return self.process.wait(grace_s)
        except subprocess.TimeoutExpired:
            return self.kill()

    def kill(self) -> int:
        """SIGKILL, as a crash would be."""
        self.process.kill()
        return self.process.wait()
