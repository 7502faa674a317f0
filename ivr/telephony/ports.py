"""Places on pjsua2's bridge, where a leg's audio goes in and out.

The bridge's clock thread calls a port 50 times a second, also one that nothing is connected to. A port must not be
deleted while that may happen (the callback would find half an object), and must not be connected anew before the
bridge has let go of its old call. So ports are kept and used again, after a rest.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from ivr.audio import FRAME_S, RATE
from ivr.telephony import pjsua
from ivr.telephony.pjsua import Foreign, lib
from ivr.telephony.playout import SILENCE

REST_S = 1.0
"""Fifty turns of the bridge, which needs one."""


class Port(lib.AudioMediaPort):  # type: ignore[misc]  # pjsua2 carries no types
    """One place on the bridge. Its callbacks are attributes, not methods: pjsua2 then meets bare functions."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.onFrameRequested: pjsua.Callback = _nothing
        self.onFrameReceived: pjsua.Callback = _nothing
        audio = lib.MediaFormatAudio()
        audio.init(lib.PJMEDIA_FORMAT_PCM, RATE, 1, int(FRAME_S * 1e6), 16)
        self.createPort(name, audio)

    def attach(self, take: Callable[[], bytes], keep: Callable[[bytearray], None]) -> None:
        """From the next turn on, say what `take` returns and give what is heard to `keep`, 20 ms each."""
        self.onFrameRequested = pjsua.frame_requested(take, SILENCE)
        self.onFrameReceived = pjsua.frame_received(keep)

    def detach(self) -> None:
        """Say and hear nothing."""
        self.onFrameRequested = self.onFrameReceived = _nothing


class Ports:
    """All ports of an endpoint."""

    def __init__(self) -> None:
        self._resting: deque[tuple[float, Port]] = deque()
        self._all = [Port("keeper")]
        self._all[0].onFrameReceived = lambda _: pjsua.pin_thread()

    def borrow(self) -> Port:
        """One that is free."""
        if self._resting and self._resting[0][0] <= time.monotonic():
            return self._resting.popleft()[1]
        self._all.append(Port(f"port {len(self._all)}"))
        return self._all[-1]

    def give_back(self, port: Port) -> None:
        """Its call is over."""
        port.detach()
        self._resting.append((time.monotonic() + REST_S, port))

    def close(self) -> None:
        """Delete all; the bridge's clock must have stopped, and every port be given back."""
        self._resting.clear()
        self._all.clear()


def _nothing(_: Foreign) -> None:
    """A frame left empty is silence; one left alone is lost."""
