"""One two-way RTP stream of G.711 (RFC 3550, RFC 3551) with telephone events (RFC 4733).

Sends a packet every 20 ms on a schedule that does not drift, and can be told to behave badly: lose, delay and swap
packets, add a constant to every sample, fall silent, tell of comfort noise in its silences, or never speak at all.
Keeps every packet that arrives with the kernel's receive time.
"""

from __future__ import annotations

import asyncio
import random
import struct
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ivr.audio import FRAME, FRAME_S, RATE
from ivr.quality.measure import frames
from ivr.simulation.codec import CODECS, PCMA, Codec
from ivr.simulation.udp import Address, TimedSocket, bind_pair
from ivr.speech.g711 import Pcm

KEYS = "0123456789*#ABCD"
_HEADER = struct.Struct("!BBHII")
_REPORT = struct.Struct("!BBHIIIIIII")
_REPORT_FRAMES = 50
_EVENT = struct.Struct("!BBH")
_EVENT_VOLUME = 10  # dBm0 below zero, RFC 4733 section 2.3.3
COMFORT_NOISE = 13
"""Payload type of RFC 3389."""
_NOISE_FRAMES = 10
_NOISE_LEVEL = bytes([65])  # -65 dBov, RFC 3389 section 3.1
_EVENT_ENDS = 3  # the end of an event is sent three times, RFC 4733 section 2.5.1.4
_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_PAD = "123A456B789C*0#D"


class Impairments(NamedTuple):
    """How badly the caller's line treats what it sends."""

    loss: float = 0.0
    """Share of packets that never arrive, 0-1."""
    jitter_s: float = 0.0
    """Largest extra delay of a packet, seconds, evenly spread."""
    reorder: float = 0.0
    """Share of packets that arrive after their successor, 0-1."""
    seed: int = 1


PERFECT = Impairments()


class Packet(NamedTuple):
    """One RTP packet that arrived."""

    arrival: float
    """Kernel receive time, seconds of the loop's clock."""
    sequence: int
    timestamp: int
    payload_type: int
    payload: bytes
    source: int = 0
    """SSRC."""


class Frame(NamedTuple):
    """20 ms that were sent."""

    at: float
    payload: bytes


def parse_packet(data: bytes, arrival: float) -> Packet | None:
    """Read one RTP packet; None for what is none (RTCP, STUN, noise)."""
    if len(data) < _HEADER.size or data[0] >> 6 != 2:
        return None
    flags, kind, sequence, timestamp, source = _HEADER.unpack_from(data)
    start = _HEADER.size + 4 * (flags & 15)
    if flags & 0x10 and len(data) >= start + 4:  # header extension
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    end = len(data) - (data[-1] if flags & 0x20 else 0)
    return Packet(arrival, sequence, timestamp, kind & 0x7F, data[start:end], source) if start <= end else None


def dtmf(key: str, seconds: float = 0.12, level_db: float = -10.0) -> Pcm:
    """The two tones of a key (ITU-T Q.23) as whole frames; `level_db` is the peak of each, relative to full scale."""
    place = _PAD.index(key)
    count = max(1, round(seconds / FRAME_S))
    t = np.arange(count * FRAME) / RATE
    tones = np.sin(2 * np.pi * _ROWS[place // 4] * t) + np.sin(2 * np.pi * _COLUMNS[place % 4] * t)
    return (tones * 32767 * 10 ** (level_db / 20)).astype(np.int16)


class RtpStream:
    """The audio of one call, from binding the port to closing it. Needs a running asyncio loop."""

    def __init__(
        self,
        host: str,
        impairments: Impairments = PERFECT,
        on_packet: Callable[[Packet], None] = lambda _: None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        media, control = bind_pair(host)
        self._socket = TimedSocket(media, self._arrived)
        self._control = TimedSocket(control, self._control_arrived)
        self._impairments = impairments
        self._random = random.Random(impairments.seed)
        self._on_packet = on_packet
        self._remote: Address | None = None
        self._event_type: int | None = None
        self.codec: Codec = PCMA
        """What we send."""
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._sequence = self._random.randrange(1 << 16)
        self._timestamp = self._random.randrange(1 << 32)
        self._source = self._random.randrange(1 << 32)
        self._audio: deque[bytes] = deque()
        self._events: deque[bytes] = deque()  # RFC 4733 payloads, one a frame, instead of audio
        self._event_start = 0
        self.muted = False
        """True: no RTP is sent."""
        self.comfort_noise = False
        """True: silence is not sent, but told five times a second."""
        self.offset = 0
        """Added to every sample, full scale 32768."""
        self.reports = False
        """True: an RTCP receiver report goes out every second."""
        self.packets: list[Packet] = []
        """Everything that arrived, in order of arrival."""
        self.sent: list[Frame] = []
        """Audio that was sent (or lost on purpose); empty frames stand for no audio."""
        self.control_packets = 0
        """RTCP packets that arrived."""

    def listen(self, on_packet: Callable[[Packet], None]) -> None:
        """Tell somebody else of every packet from now on."""
        self._on_packet = on_packet

    @property
    def address(self) -> Address:
        """Where we receive."""
        return self._socket.address

    def start(self, remote: Address, payload_type: int, event_type: int | None) -> None:
        """Begin to send, or go on to another address or codec."""
        self._remote, self.codec, self._event_type = remote, CODECS[payload_type], event_type
        if self._timer is None:
            self._due = self._loop.time()
            self._tick()

    def close(self) -> None:
        """Stop sending, give the ports back."""
        if self._timer:
            self._timer.cancel()
        self._socket.close()
        self._control.close()

    def play(self, pcm: Pcm) -> float:
        """Queue audio, padded to whole frames; returns when its first frame is due, seconds of the loop's clock."""
        start = self._due + len(self._audio) * FRAME_S
        self._audio.extend(map(self._encoded, frames(pcm)))
        return start

    def _encoded(self, frame: Pcm) -> bytes:
        return self.codec.encode(np.clip(frame.astype(np.int32) + self.offset, -32768, 32767).astype(np.int16))

    def hush(self) -> None:
        """Forget the audio that was queued."""
        self._audio.clear()

    def key(self, key: str, seconds: float = 0.12) -> float:
        """Send a key as RFC 4733 events, `seconds` long, or in band where the far side takes no events.

        Returns the instant the first packet is due.
        """
        if self._event_type is None:
            return self.play(dtmf(key, seconds))
        code, count = KEYS.index(key), max(1, round(seconds / FRAME_S))
        body = [_EVENT.pack(code, _EVENT_VOLUME, n * FRAME) for n in range(1, count + 1)]
        end = _EVENT.pack(code, 0x80 | _EVENT_VOLUME, count * FRAME)
        start = self._due + len(self._events) * FRAME_S
        self._events.extend([*body, *[end] * _EVENT_ENDS])
        return start

    def _tick(self) -> None:
        if not self.muted:
            self._send_frame()
        if self.reports and self._timestamp // FRAME % _REPORT_FRAMES == 0:
            self._send_report()
        self._timestamp = (self._timestamp + FRAME) & 0xFFFFFFFF
        self._due += FRAME_S
        self._timer = self._loop.call_at(self._due, self._tick)

    def _send_frame(self) -> None:
        if self._events:
            self._send_event(self._events.popleft())
            return
        speaks = bool(self._audio)
        payload = self._audio.popleft() if speaks else self._encoded(np.zeros(FRAME, np.int16))
        self.sent.append(Frame(self._loop.time(), payload))
        if speaks or not self.comfort_noise:
            self._send(self.codec.payload_type, self._timestamp, payload)
        elif self._timestamp // FRAME % _NOISE_FRAMES == 0:
            self._send(COMFORT_NOISE, self._timestamp, _NOISE_LEVEL)

    def _send_report(self) -> None:
        """A receiver report (RFC 3550 section 6.4.2) to the port above the far side's RTP."""
        if self._remote and self.packets:
            host, port = self._remote
            last = self.packets[-1]
            report = _REPORT.pack(0x81, 201, 7, self._source, last.source, 0, last.sequence, 0, 0, 0)
            self._control.send(report, (host, port + 1))

    def _send_event(self, payload: bytes) -> None:
        first = _EVENT.unpack(payload)[1:] == (_EVENT_VOLUME, FRAME)
        if first:
            self._event_start = self._timestamp
        self._send(self._event_type or 0, self._event_start, payload, marker=first)

    def _send(self, kind: int, timestamp: int, payload: bytes, marker: bool = False) -> None:
        header = _HEADER.pack(0x80, kind | (0x80 if marker else 0), self._sequence, timestamp, self._source)
        self._sequence = (self._sequence + 1) & 0xFFFF
        delay = self._misfortune()
        if delay is None or self._remote is None:
            return
        if delay:
            self._loop.call_later(delay, self._socket.send, header + payload, self._remote)
        else:
            self._socket.send(header + payload, self._remote)

    def _misfortune(self) -> float | None:
        """Extra delay of the next packet, seconds; None loses it."""
        bad = self._impairments
        if self._random.random() < bad.loss:
            return None
        late = 1.5 * FRAME_S if self._random.random() < bad.reorder else 0.0
        return late + self._random.random() * bad.jitter_s

    def _arrived(self, data: bytes, _sender: Address, arrival: float) -> None:
        packet = parse_packet(data, arrival)
        if packet:
            self.packets.append(packet)
            self._on_packet(packet)

    def _control_arrived(self, _data: bytes, _sender: Address, _arrival: float) -> None:
        self.control_packets += 1


def keys_heard(packets: list[Packet], event_type: int) -> str:
    """Keys that arrived as RFC 4733 events; the packets of one event share a timestamp."""
    events = {p.timestamp: p.payload[0] for p in packets if p.payload_type == event_type and len(p.payload) >= 4}
    return "".join(KEYS[code] for code in events.values() if code < len(KEYS))
