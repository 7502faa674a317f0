from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from ivr.service.notify import notify, watchdog_interval


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_it(tmp_path: Path, abstract: bool) -> None:
    path = f"@sanling-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path.replace("@", "\0", 1))
        systemd.settimeout(5)
        assert notify({"NOTIFY_SOCKET": path}, READY=1, STATUS="3 calls 通话")
        assert systemd.recv(1000).decode() == "READY=1\nSTATUS=3 calls 通话"


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/at/all"])
def test_nobody_there_disturbs_nothing(address: str) -> None:
    assert not notify({"NOTIFY_SOCKET": address}, READY=1)


def test_without_systemd() -> None:
    assert not notify({}, READY=1)
    assert watchdog_interval({}) is None


def test_the_watchdog_is_fed_twice_in_its_time() -> None:
    assert watchdog_interval({"WATCHDOG_USEC": "30000000"}) == 15.0
    assert watchdog_interval({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}) == 15.0


def test_a_watchdog_of_another_process_is_not_ours() -> None:
    assert watchdog_interval({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}) is None


def test_a_reader_that_sleeps_delays_nothing(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        told = [notify({"NOTIFY_SOCKET": str(tmp_path / "notify")}, WATCHDOG=1) for _ in range(2000)]
    assert told[0]
    assert not told[-1]
