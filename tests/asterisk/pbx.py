"""A real Asterisk of one's own: started in the chroot that scripts/asterisk-root.sh prepares, on loopback only.

Every instance has its own folder for configuration, sockets, database and log, so that several run side by side.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.daemon import Daemon

REPOSITORY = Path(__file__).resolve().parents[2]
_PATHS = {
    "astetcdir": "etc",
    "astrundir": "run",
    "astlogdir": "log",
    "astspooldir": "spool",
    "astvarlibdir": "lib",
    "astdbdir": "lib",
    "astkeydir": "lib",
    "astcachedir": "cache",
}
_LOGGER = "[general]\n[logfiles]\nfull.log => notice,warning,error,verbose,security\n"


class AsteriskUnavailableError(Exception):
    """No Asterisk can be run here; the message says why."""


def asterisk_root() -> Path:
    """Folder of the unpacked Asterisk, prepared if need be. Raises AsteriskUnavailableError."""
    if os.geteuid() != 0:
        raise AsteriskUnavailableError("a real Asterisk runs in a chroot, which needs root")
    prepared = subprocess.run(
        [REPOSITORY / "scripts" / "asterisk-root.sh"], capture_output=True, text=True, check=False, timeout=600
    )
    if prepared.returncode:
        raise AsteriskUnavailableError(prepared.stderr.strip().splitlines()[-1])
    return Path(prepared.stdout.strip())


class Asterisk:
    """Use as a context manager; `files` are the contents of its configuration folder, by name."""

    def __init__(self, root: Path, files: Mapping[str, str], verbosity: int = 3) -> None:
        self._root = root
        self._verbosity = verbosity
        self.folder = Path(tempfile.mkdtemp(prefix="pbx-", dir=root / "srv"))
        self._daemon = Daemon(self.folder, self.inside(self.folder))
        for folder in set(_PATHS.values()):
            (self.folder / folder).mkdir()
        for name, text in {"logger.conf": _LOGGER, **files, "asterisk.conf": self._own_paths()}.items():
            (self.folder / "etc" / name).write_text(text, encoding="utf-8")

    def __enter__(self) -> Asterisk:
        try:
            self.start()
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    @property
    def pid(self) -> int:
        """Of the running Asterisk."""
        return self._daemon.process.pid

    @property
    def log(self) -> str:
        """What it said so far."""
        file = self.folder / "log" / "full.log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def inside(self, path: Path) -> str:
        """A path below the chroot as Asterisk sees it."""
        return f"/{path.relative_to(self._root)}"

    def start(self) -> None:
        """Returns when it has fully booted."""
        self._daemon.start([*self._asterisk, "-f", *["-v"] * self._verbosity])

    def stop(self) -> None:
        """End it as a power cut would: nobody is told."""
        self._daemon.kill()

    def forget(self) -> None:
        """Lose what it keeps across restarts: registrations. Only while it is stopped."""
        for file in (self.folder / "lib").glob("astdb*"):
            file.unlink()

    def rx(self, command: str) -> str:
        """What the console answers to a command."""
        return subprocess.run(
            [*self._asterisk, "-r", "-x", command], capture_output=True, text=True, check=False, timeout=30
        ).stdout

    @property
    def _asterisk(self) -> list[str]:
        return ["chroot", str(self._root), "asterisk", "-C", f"{self.inside(self.folder)}/etc/asterisk.conf"]

    def _own_paths(self) -> str:
        modules = next((self._root / "usr" / "lib").glob("*/asterisk/modules"))
        paths = {"astmoddir": self.inside(modules), "astdatadir": "/usr/share/asterisk"}
        paths |= {key: f"{self.inside(self.folder)}/{folder}" for key, folder in _PATHS.items()}
        return "[directories]\n" + "".join(f"{key} => {path}\n" for key, path in paths.items())
