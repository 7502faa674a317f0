from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ivr.config import SipSettings
from ivr.dialog.events import Event, Invited
from tests.telephony import sipp
from tests.telephony.rtp import RtpPeer

E = TypeVar("E", bound=Event)
Port = Callable[[], int]


class Line:
    """An endpoint under test, polled by the test itself, and the telephones that call it."""

    def __init__(self, endpoint: Any, folder: Path, free_port: Port) -> None:  # noqa: ANN401 - pjsua2 may be missing
        self.endpoint = endpoint
        self.happenings: list[Any] = []
        self.runs: list[sipp.SippRun] = []
        self.answering = True
        self._folder, self._free_port = folder, free_port

    def call(self, steps: str, *options: str) -> sipp.SippRun:
        run = sipp.start(self._folder, f"call-{len(self.runs)}", steps, self.endpoint.port, self._free_port(), *options)
        self.runs.append(run)
        return run

    def poll(self) -> None:
        for happening in self.endpoint.poll():
            self.happenings.append(happening)
            if isinstance(happening.event, Invited) and self.answering:
                happening.leg.ring()
                happening.leg.answer()
        time.sleep(0.002)

    def until(self, condition: Callable[[], object], limit_s: float = 20.0) -> None:
        """Poll until something is so; fails where it never becomes so."""
        end = time.monotonic() + limit_s
        while not condition():
            assert time.monotonic() < end, f"it did not come to pass; what happened: {self.events}"
            self.poll()

    def play_on(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= end)

    def talk(self, peer: RtpPeer, frames: int) -> None:
        """The far side speaks, packet by packet in its time."""
        for _ in range(frames):
            peer.talk()
            self.play_on(0.02)

    def finish(self, run: sipp.SippRun) -> None:
        """Poll until a telephone is done; fails where its scenario failed."""
        self.until(lambda: not run.running, limit_s=35.0)
        assert run.process.returncode == 0, run.messages()

    @property
    def events(self) -> list[Event]:
        return [happening.event for happening in self.happenings]

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def first(self, kind: type[E], limit_s: float = 20.0) -> E:
        self.until(lambda: self.all(kind), limit_s)
        return self.all(kind)[0]

    @property
    def leg(self) -> Any:  # noqa: ANN401 - pjsua2 may be missing
        return self.happenings[-1].leg


@pytest.fixture
def settings(free_port: Port) -> SipSettings:
    return SipSettings.model_validate({"bind": "127.0.0.1:0", "rtp_ports": "31000-31998", "media_timeout_s": 1.5})


@pytest.fixture
def open_line(tmp_path: Path, free_port: Port) -> Iterator[Callable[[SipSettings], Line]]:
    pytest.importorskip("pjsua2", reason="pjsua2 is not installed: make pjsua2")
    if not shutil.which("sipp"):
        pytest.skip("SIPp is not installed: apt-get install sip-tester")
    from ivr.telephony.endpoint import Endpoint  # noqa: PLC0415 - needs pjsua2

    lines: list[Line] = []

    def open_one(settings: SipSettings) -> Line:
        endpoint = Endpoint(settings)
        endpoint.start()
        lines.append(Line(endpoint, tmp_path, free_port))
        return lines[-1]

    yield open_one
    for line in lines:
        line.endpoint.close()  # a telephone that is still there answers the BYE
        for run in line.runs:
            run.stop()


@pytest.fixture
def full_build() -> None:
    pjsua2 = pytest.importorskip("pjsua2", reason="pjsua2 is not installed: make pjsua2")
    if not hasattr(pjsua2.ByteVector, "assign_from_bytes"):
        pytest.skip("the ready wheel carries four calls, and can be talked over: make pjsua2")


@pytest.fixture
def line(open_line: Callable[[SipSettings], Line], settings: SipSettings) -> Line:
    return open_line(settings)


@pytest.fixture
def peer() -> Iterator[RtpPeer]:
    with RtpPeer() as one:
        yield one
