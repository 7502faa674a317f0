"""UDP sockets on an asyncio loop whose datagrams carry the kernel's receive time.

What is measured at the caller's ear must not depend on when this process found time to look, so the arrival of a
datagram is the kernel's own stamp (SO_TIMESTAMPNS, socket(7)), brought onto the loop's clock.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import Callable

from ivr.errors import UserError
from ivr.simulation.sip import MalformedMessageError, host_port

Address = tuple[str, int]
Received = Callable[[bytes, Address, float], None]
"""Called with the datagram, its sender, and its arrival in seconds of the loop's clock (``time.monotonic``)."""

_SO_TIMESTAMPNS = 35  # asm-generic/socket.h; Python has no name for it
_TIMESPEC = struct.Struct("@ll")
_LARGEST = 65535


class TimedSocket:
    """A bound UDP socket that hands every datagram on with its arrival time."""

    def __init__(self, bound: socket.socket, received: Received) -> None:
        self._socket = bound
        self._received = received
        self._loop = asyncio.get_running_loop()
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self.address: Address = bound.getsockname()[:2]
        self._loop.add_reader(bound, self._drain)

    def send(self, data: bytes, to: Address) -> None:
        """Send one datagram; one that cannot be sent (buffer full, socket closed) is lost, as UDP datagrams may be."""
        with contextlib.suppress(OSError):
            self._socket.sendto(data, to)

    def close(self) -> None:
        """Give the port back."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _drain(self) -> None:
        while self._socket.fileno() >= 0:
            try:
                data, ancillary, _, sender = self._socket.recvmsg(_LARGEST, 64)
            except (BlockingIOError, ConnectionRefusedError):
                return
            self._received(data, sender[:2], _arrival(ancillary))


def _arrival(ancillary: list[tuple[int, int, bytes]]) -> float:
    now = time.monotonic()
    for level, kind, stamp in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(stamp[: _TIMESPEC.size])
            age: float = time.time() - (seconds + nanoseconds * 1e-9)
            return now - max(0.0, age)
    return now


def bind(host: str, port: int = 0) -> socket.socket:
    """A UDP socket on `host`; port 0 takes a free one."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def bind_pair(host: str) -> tuple[socket.socket, socket.socket]:
    """Two neighbouring free ports, the first even: RTP and its RTCP (RFC 3550 section 11)."""
    while True:
        first = bind(host)
        port = first.getsockname()[1]
        if port % 2 == 0 and port < 65535:
            with contextlib.suppress(OSError):
                return first, bind(host, port + 1)
        first.close()


def resolve(uri: str) -> Address:
    """Where requests to a SIP URI go: an IPv4 address and port; raises `UserError` where there is none."""
    try:
        host, port = host_port(uri)
        return socket.gethostbyname(host), port
    except MalformedMessageError as error:
        raise UserError(str(error)) from error
    except OSError as error:
        raise UserError(f"{uri}: host {host} is not known; give a name or an IPv4 address that resolves") from error


def source_address(target: Address) -> str:
    """Address of ours from which packets reach a target: loopback for loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(target)
        host: str = probe.getsockname()[0]
        return host
