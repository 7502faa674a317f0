"""The far side's RTP, packet by packet, so that a test may lose, repeat and misplace them."""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple, Self

PCMA, EVENT = 8, 101
LOUD = bytes([0x2A, 0xAA] * 80)
"""20 ms of A-law at 4 kHz near full scale."""
KEYS = "0123456789*#ABCD"


class Packet(NamedTuple):
    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    payload: bytes


class RtpPeer:
    def __init__(self) -> None:
        self._socket = socket.socket(type=socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self.to = ("127.0.0.1", 0)
        self.sequence = 1000
        self.timestamp = 160_000
        self.ssrc = 0x1234

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def aim(self, port: int) -> None:
        self.to = ("127.0.0.1", port)

    def send(
        self, payload: bytes, payload_type: int, timestamp: int, marker: bool = False, sequence: int | None = None
    ) -> None:
        if sequence is None:
            sequence = self.sequence = self.sequence + 1
        header = struct.pack(">BBHII", 0x80, payload_type | marker << 7, sequence, timestamp, self.ssrc)
        self._socket.sendto(header + payload, self.to)

    def talk(self, frames: int = 1) -> None:
        for _ in range(frames):
            self.timestamp += 160
            self.send(LOUD, PCMA, self.timestamp)

    def key_packet(self, key: str, duration: int, end: bool) -> bytes:
        return struct.pack(">BBH", KEYS.index(key), end << 7 | 10, duration)

    def press(self, key: str, lengths: tuple[int, ...] = (160, 320, 480), ends: int = 3) -> None:
        """A key as RFC 4733 has it: growing durations, then the end, repeated."""
        self.timestamp += 160
        for number, duration in enumerate(lengths):
            self.send(self.key_packet(key, duration, False), EVENT, self.timestamp, marker=number == 0)
        for _ in range(ends):
            self.send(self.key_packet(key, lengths[-1] + 160, True), EVENT, self.timestamp)
        self.timestamp += lengths[-1] + 160

    def received(self) -> list[Packet]:
        packets: list[Packet] = []
        while True:
            try:
                data = self._socket.recv(2048)
            except BlockingIOError:
                return packets
            _, kind, sequence, timestamp, _ = struct.unpack(">BBHII", data[:12])
            packets.append(Packet(kind & 0x7F, bool(kind >> 7), sequence, timestamp, data[12:]))
