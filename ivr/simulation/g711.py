"""ITU-T G.711 A-law and µ-law as two lookup tables each, built from the standard's own arithmetic."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
"""Mono linear audio, shape (samples,), 8 kHz, full scale ±32768."""
_EVERY_SAMPLE = np.arange(-32768, 32768, dtype=np.int32)
_EVERY_CODE = np.arange(256, dtype=np.int32)


class Codec(NamedTuple):
    """One of the two companding laws, with its static RTP payload type (RFC 3551)."""

    name: str
    payload_type: int
    to_code: NDArray[np.uint8]
    """Indexed by sample + 32768."""
    to_sample: Pcm
    """Indexed by code."""

    def encode(self, pcm: Pcm) -> bytes:
        """Linear samples to codes, one byte each."""
        return self.to_code[pcm.astype(np.int32) + 32768].tobytes()

    def decode(self, data: bytes) -> Pcm:
        """Codes to linear samples."""
        return self.to_sample[np.frombuffer(data, np.uint8)]

    @property
    def silence(self) -> int:
        """Code of the sample zero."""
        return int(self.to_code[32768])


def _log2(value: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.floor(np.log2(np.maximum(value, 1))).astype(np.int32)


def _alaw_codes() -> NDArray[np.uint8]:
    magnitude = np.where(_EVERY_SAMPLE >= 0, _EVERY_SAMPLE, ~_EVERY_SAMPLE)
    segment = np.maximum(_log2(magnitude) - 7, 0)
    step = (magnitude >> np.where(segment == 0, 4, segment + 3)) & 15
    return ((segment << 4 | step) ^ np.where(_EVERY_SAMPLE >= 0, 0xD5, 0x55)).astype(np.uint8)


def _alaw_samples() -> Pcm:
    code = _EVERY_CODE ^ 0x55
    segment, middle = (code >> 4) & 7, ((code & 15) << 4) + 8
    magnitude = np.where(segment == 0, middle, (middle + 0x100) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _ulaw_codes() -> NDArray[np.uint8]:
    magnitude = np.minimum(np.abs(_EVERY_SAMPLE >> 2), 8158) + 33  # the law is defined on 14 bits
    segment = _log2(magnitude) - 5
    step = (magnitude >> (segment + 1)) & 15
    code = np.where(_EVERY_SAMPLE < 0, 0x80, 0) | segment << 4 | step
    return np.asarray(~code & 0xFF, np.uint8)


def _ulaw_samples() -> Pcm:
    code = ~_EVERY_CODE & 0xFF
    magnitude = (((code & 15) << 3) + 132 << ((code >> 4) & 7)) - 132
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


PCMA = Codec("PCMA", 8, _alaw_codes(), _alaw_samples())
PCMU = Codec("PCMU", 0, _ulaw_codes(), _ulaw_samples())
CODECS = {codec.payload_type: codec for codec in (PCMA, PCMU)}
