"""The two codecs of the telephone network, by their static RTP payload types (RFC 3551)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ivr.speech.g711 import Pcm, alaw_decode, alaw_encode, ulaw_decode, ulaw_encode


class Codec(NamedTuple):
    """G.711, one law of it."""

    name: str
    payload_type: int
    encode: Callable[[Pcm], bytes]
    decode: Callable[[bytes], Pcm]
    silence: int
    """Code of the sample zero."""


PCMA = Codec("PCMA", 8, alaw_encode, alaw_decode, 0xD5)
PCMU = Codec("PCMU", 0, ulaw_encode, ulaw_decode, 0xFF)
CODECS = {codec.payload_type: codec for codec in (PCMA, PCMU)}
