"""What the callers hear, taken from the wire with the kernel's time stamps: neither side measures itself."""

from __future__ import annotations

import re
import struct
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import numpy as np

from ivr.audio import FRAME
from ivr.quality.measure import Interval, audible, gaps, intervals
from ivr.speech.g711 import alaw_decode

_PCAP_HEADER, _RECORD_HEADER = 24, 16
_ETHERNET, _UDP, _RTP = 14, 8, 12
_LARGEST = 2000  # bytes of a packet kept: all of a 200 with its SDP
_AUDIO_PORT = re.compile(rb"^m=audio (\d+)", re.MULTILINE)


class Datagram(NamedTuple):
    """A UDP datagram on the wire between callers and the system under test."""

    at: float
    """Seconds since the epoch, by the kernel."""
    source: int
    """Port."""
    target: int
    """Port."""
    data: bytes


class HeardCall(NamedTuple):
    """One call at the caller's ear; instants in seconds since the epoch."""

    answered: float
    """Arrival of the 200."""
    sounds: list[Interval]
    lasted_s: float
    """First to last packet."""
    spoken: list[Interval]
    """What the caller said meanwhile, where that was captured too."""

    @property
    def greeting_s(self) -> float:
        """From the 200 to the first audible packet; infinite if none ever came."""
        return self.sounds[0].start - self.answered if self.sounds else float("inf")

    @property
    def gaps_s(self) -> list[float]:
        """Between each two prompts."""
        return gaps(self.sounds)

    @property
    def barge_ins_s(self) -> list[float]:
        """Each time the caller began to speak into a prompt: how long it went on."""
        begun = [(said.start, sound) for said in self.spoken for sound in self.sounds]
        return [sound.end - at for at, sound in begun if sound.start < at < sound.end]


class Capture:
    """tcpdump on the loopback interface while the context is open: packets from the system under test, or both ways."""

    def __init__(self, file: Path, sip_port: int, rtp_ports: tuple[int, int], *, both_ways: bool = False) -> None:
        self.file = file
        first, last = rtp_ports
        side = "" if both_ways else "src "
        wanted = f"udp and host 127.0.0.1 and ({side}port {sip_port} or {side}portrange {first}-{last})"
        self._command = ["tcpdump", "-i", "lo", "-n", "-p", "-U", "-B", "16384", "-s", str(_LARGEST)]
        self._command += ["--time-stamp-precision=nano", "-Z", "root", "-w", str(file), wanted]

    def __enter__(self) -> Capture:
        self._process = subprocess.Popen(self._command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert self._process.stderr
        first_words = self._process.stderr.readline()
        assert b"listening" in first_words, f"tcpdump does not run: {first_words.decode().strip()}"
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        self._process.terminate()
        _, words = self._process.communicate()
        dropped = re.search(rb"(\d+) packets dropped by kernel", words)
        if kind is None and dropped:
            assert int(dropped[1]) == 0, f"the capture lost {int(dropped[1])} packets; nothing can be said about gaps"

    def calls(self, sip_port: int) -> list[HeardCall]:
        """Every answered call."""
        return heard_calls(datagrams(self.file.read_bytes()), sip_port)


def datagrams(pcap: bytes) -> Iterator[Datagram]:
    """The UDP datagrams in a nanosecond pcap file of an Ethernet-like interface (little-endian, IPv4)."""
    at = _PCAP_HEADER
    while at + _RECORD_HEADER <= len(pcap):
        seconds, nanoseconds, kept, _ = struct.unpack_from("<IIII", pcap, at)
        ip = at + _RECORD_HEADER + _ETHERNET
        udp = ip + (pcap[ip] & 15) * 4
        at += _RECORD_HEADER + kept
        if at <= len(pcap):
            source, target = struct.unpack_from(">HH", pcap, udp)
            yield Datagram(seconds + nanoseconds / 1e9, source, target, pcap[udp + _UDP : at])


def heard_calls(stream: Iterator[Datagram], sip_port: int) -> list[HeardCall]:
    """Joins each 200 that carries an SDP with the RTP from the port it names, and with the RTP to it, if there is."""
    answers: dict[int, list[float]] = defaultdict(list)
    packets: dict[tuple[int, int, bytes], list[Datagram]] = defaultdict(list)
    for datagram in stream:
        if sip_port in (datagram.source, datagram.target):
            port = _AUDIO_PORT.search(datagram.data) if datagram.data.startswith(b"SIP/2.0 200") else None
            if port:
                answers[int(port[1])].append(datagram.at)
        elif len(datagram.data) == _RTP + FRAME:
            packets[datagram.source, datagram.target, datagram.data[8:12]].append(datagram)
    spoken: dict[tuple[int, int], list[Datagram]] = defaultdict(list)
    for (source, target, _), sent in packets.items():
        spoken[source, target] += sent
    streams = sorted(packets.items(), key=lambda item: item[1][0].at)
    found = (_heard(answers[source], heard, spoken[target, source]) for (source, target, _), heard in streams)
    return [call for call in found if call]


def _heard(answers: list[float], heard: list[Datagram], spoken: list[Datagram]) -> HeardCall | None:
    """The last answer before the stream was a second old is its own: ports are used again."""
    first, last = heard[0].at, heard[-1].at
    answered = max((at for at in answers if at < first + 1.0), default=None)
    if answered is None:
        return None
    meanwhile = [datagram for datagram in spoken if answered <= datagram.at <= last]
    return HeardCall(answered, _sounds(heard), last - first, _sounds(meanwhile))


def _sounds(stream: list[Datagram]) -> list[Interval]:
    codes = b"".join(datagram.data[_RTP:] for datagram in stream)
    heard = np.asarray(audible(alaw_decode(codes).reshape(-1, FRAME)))
    return intervals([datagram.at for datagram in stream], heard.tolist())
