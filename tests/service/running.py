"""The service as it is run, on loopback, for tests that call it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from ivr.simulation.dialog import Dialog
from ivr.simulation.stage import daytime
from tests.daemon import Daemon


class Service:
    """`ivr serve` on loopback; not started yet."""

    def __init__(self, folder: Path, free_port: Callable[[], int]) -> None:
        self.port, self.pages = free_port(), free_port()
        self.config, self.journal = folder / "ivr.toml", folder / "journal.jsonl"
        self.daemon = Daemon(folder)
        self._lines: dict[str, str] = {}

    def start(  # noqa: PLR0913, PLR0917 - sections of the configuration
        self,
        sip: str = "",
        standard: str = "general",
        recognizer: str = "none",
        telephony: str = "",
        url: str = "",
        more: str = "",
    ) -> None:
        self.config.write_text(
            f"""
            [sip]
            bind = "127.0.0.1:{self.port}"
            max_calls = 4
            rtp_ports = "38000-38199"
            {sip}
            [standard]
            name = "{standard}"
            timezone = "{daytime(datetime.now(UTC))}"
            [metrics]
            bind = "127.0.0.1:{self.pages}"
            [records]
            url = "{url or f"sqlite:///{self.config.parent / 'ivr.db'}"}"
            recordings = "recordings"
            [telephony]
            {telephony}
            [speech]
            recognizer = "{recognizer}"
            {more}
            """,
            encoding="utf-8",
        )
        serve = [sys.executable, "-m", "ivr.cli.main", "serve"]
        self.daemon.start([*serve, "--config", str(self.config), "--journal", str(self.journal)])

    @property
    def uri(self) -> str:
        return f"sip:4008@127.0.0.1:{self.port}"

    def workers(self) -> list[psutil.Process]:
        return psutil.Process(self.daemon.process.pid).children()

    def decoders(self) -> list[psutil.Process]:
        children = [child for worker in self.workers() for child in worker.children()]
        return [child for child in children if "ivr.speech.decoder" in child.cmdline()]

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.daemon.process.pid, number)

    def entries(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal.read_text(encoding="utf-8").splitlines()]

    def events(self) -> list[str]:
        return [line["event"] for line in map(_parsed, self.daemon.output.splitlines()) if line]


def _parsed(line: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
    return found


async def until(condition: Callable[[], object], within_s: float = 30.0) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        await asyncio.sleep(0.02)


async def spoken_to(call: Dialog) -> None:
    """Half a second of our voice has come: nobody presses a key in the instant in which they answer."""
    await until(lambda: len(call.rtp.packets) > 25)
