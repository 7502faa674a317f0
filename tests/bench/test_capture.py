from __future__ import annotations

import struct
from itertools import pairwise

import numpy as np
import pytest

from bench.capture import datagrams, heard_calls
from ivr.speech.g711 import alaw_encode

SIP_PORT = 5070
EPOCH = 1_800_000_000
LOUD = alaw_encode(np.full(160, 8000, np.int16))
FAINT = alaw_encode(np.full(160, 100, np.int16))


CALLER = 6000


def record(at_ms: int, port: int, data: bytes, target: int = CALLER) -> bytes:
    """One packet of a nanosecond pcap file: Ethernet, IPv4, UDP."""
    udp = struct.pack(">HHHH", port, target, 8 + len(data), 0) + data
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
    packet = bytes(12) + b"\x08\0" + ip + udp
    seconds, milliseconds = divmod(at_ms, 1000)
    return struct.pack("<IIII", EPOCH + seconds, milliseconds * 1_000_000, len(packet), len(packet)) + packet


def answer(at_ms: int, audio_port: int) -> bytes:
    return record(
        at_ms, SIP_PORT, b"SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n\r\nv=0\r\nm=audio %d RTP/AVP 8\r\n" % audio_port
    )


def rtp(first_ms: int, port: int, ssrc: int, frames: list[bytes], target: int = CALLER) -> list[bytes]:
    header = struct.pack(">BBHII", 0x80, 8, 0, 0, ssrc)
    return [record(first_ms + 20 * n, port, header + frame, target) for n, frame in enumerate(frames)]


def pcap(*records: bytes) -> bytes:
    return bytes(24) + b"".join(records)


def test_greeting_and_gaps_are_those_of_the_wire() -> None:
    frames = [FAINT] * 5 + [LOUD] * 50 + [FAINT] * 100 + [LOUD] * 10
    (call,) = heard_calls(datagrams(pcap(answer(1000, 30000), *rtp(1010, 30000, 7, frames))), SIP_PORT)
    assert call.greeting_s == pytest.approx(0.110, abs=1e-6)
    assert call.gaps_s == pytest.approx([2.0], abs=1e-6)
    assert call.lasted_s == pytest.approx(164 * 0.02, abs=1e-6)


def test_a_port_used_again_is_another_call() -> None:
    one = [answer(0, 30000), *rtp(20, 30000, 1, [LOUD] * 3)]
    two = [answer(5000, 30000), *rtp(5060, 30000, 2, [LOUD] * 3)]
    calls = heard_calls(datagrams(pcap(*one, *two)), SIP_PORT)
    assert [call.greeting_s for call in calls] == pytest.approx([0.02, 0.06], abs=1e-6)
    assert all(after.answered > before.answered for before, after in pairwise(calls))


def test_a_caller_who_hears_nothing_waits_for_ever() -> None:
    (call,) = heard_calls(datagrams(pcap(answer(0, 30000), *rtp(20, 30000, 1, [FAINT] * 50))), SIP_PORT)
    assert call.greeting_s == float("inf")


def test_a_file_cut_off_in_mid_packet_is_read_up_to_there() -> None:
    whole = pcap(answer(0, 30000), *rtp(20, 30000, 1, [LOUD] * 3))
    assert len(list(datagrams(whole[:-1]))) == 3


def test_who_speaks_into_a_prompt_is_timed_until_it_rests() -> None:
    ours = rtp(1000, 30000, 7, [LOUD] * 60 + [FAINT] * 140)
    theirs = rtp(1000, CALLER, 9, [FAINT] * 50 + [LOUD] * 30 + [FAINT] * 60 + [LOUD] * 20, target=30000)
    (call,) = heard_calls(datagrams(pcap(answer(990, 30000), *ours, *theirs)), SIP_PORT)
    assert [said.start - EPOCH for said in call.spoken] == pytest.approx([2.0, 3.8], abs=1e-6)
    assert call.barge_ins_s == pytest.approx([0.2], abs=1e-6), "the second time nothing was being said"
