"""What tests of every layer may ask for."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest_plugins = ["tests.records.databases"]
_NOBODY = 65534
_SERVICE_DATA = [Path("/var/lib/ivr"), Path("/var/lib/ivr/ivr.db"), Path("/var/lib/ivr/recordings")]
_SHARED_AUDIO = Path(__file__).resolve().parents[2] / "shared" / "audio"


@pytest.fixture(autouse=True)
def _this_machines_service_is_left_alone() -> Iterator[None]:
    """Whoever starts the service gives it records of its own; a machine that runs it for callers has these already."""
    missing = [path for path in _SERVICE_DATA if not path.exists()]
    yield
    made = [str(path) for path in missing if path.exists()]
    assert not made, f"the test wrote to the place of an installed service: {', '.join(made)} → set [records]"


@pytest.fixture(scope="session")
def shared_audio() -> Path:
    """Folder of people's recordings, which lies beside the repository on some machines."""
    if not _SHARED_AUDIO.is_dir():
        pytest.skip("people's recordings are not beside the repository")
    return _SHARED_AUDIO


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder that may neither be listed nor entered. Root may do everything, and so is nobody for this test."""
    folder, root = tmp_path / "locked", os.getuid() == 0
    folder.mkdir(mode=0)
    if root:
        os.setresuid(_NOBODY, _NOBODY, 0)
    try:
        yield folder
    finally:
        if root:
            os.setresuid(0, 0, 0)
        folder.chmod(0o700)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str, str], Path]]:
    """Makes a folder of that name in `tmp_path` a file system of so many bytes ("64k")."""
    with ExitStack() as mounted:

        def mount(name: str, size: str) -> Path:
            folder = tmp_path / name
            folder.mkdir()
            tmpfs = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
            if subprocess.run(tmpfs, capture_output=True, check=False).returncode:
                pytest.skip("a disk of its own needs root, and the right to mount")
            mounted.callback(subprocess.run, ["umount", "--lazy", str(folder)], check=True)
            return folder

        yield mount


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """Gives ports that are free on loopback for UDP and TCP at once, never the same twice."""
    given: set[int] = set()

    def port() -> int:
        while True:
            with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
                udp.bind(("127.0.0.1", 0))
                number: int = udp.getsockname()[1]
                try:
                    tcp.bind(("127.0.0.1", number))
                except OSError:
                    continue
            if number not in given:
                given.add(number)
                return number

    return port
