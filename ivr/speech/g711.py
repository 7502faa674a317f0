"""G.711: what the wire does to a voice (ITU-T G.711, A-law and µ-law).

Both directions are tables made from the decoder's definition: a sample is encoded as the code whose decoded value is
nearest, which is where G.711 puts its decision values.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]
Codes = NDArray[np.uint8]


def alaw_decode(codes: bytes) -> Pcm:
    """Linear samples, shape (len(codes),), full scale ±32768, of A-law octets."""
    return _alaw_values()[np.frombuffer(codes, np.uint8)]


def alaw_encode(pcm: Pcm) -> bytes:
    """A-law octets of linear samples, one each."""
    return _codes_of_alaw()[pcm.view(np.uint16)].tobytes()


def ulaw_decode(codes: bytes) -> Pcm:
    """Linear samples, shape (len(codes),), full scale ±32768, of µ-law octets."""
    return _ulaw_values()[np.frombuffer(codes, np.uint8)]


def ulaw_encode(pcm: Pcm) -> bytes:
    """µ-law octets of linear samples, one each."""
    return _codes_of_ulaw()[pcm.view(np.uint16)].tobytes()


@cache
def _alaw_values() -> Pcm:
    code = np.arange(256) ^ 0x55
    segment, step = code >> 4 & 7, (code & 15) * 16
    size = np.where(segment == 0, step + 8, (step + 264) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, size, -size).astype(np.int16)


@cache
def _ulaw_values() -> Pcm:
    code = np.arange(256) ^ 0xFF
    size = (((code & 15) * 8 + 132) << (code >> 4 & 7)) - 132
    return np.where(code & 0x80, -size, size).astype(np.int16)


@cache
def _codes_of_alaw() -> Codes:
    return _nearest_codes(_alaw_values())


@cache
def _codes_of_ulaw() -> Codes:
    return _nearest_codes(_ulaw_values())


def _nearest_codes(values: Pcm) -> Codes:
    """Code for every 16-bit sample, indexed by its unsigned view, shape (65536,)."""
    order = np.argsort(values, kind="stable")
    sorted_values = values[order].astype(np.int32)
    boundaries = (sorted_values[:-1] + sorted_values[1:]) / 2
    samples = np.arange(65536, dtype=np.uint16).view(np.int16)
    return order[np.searchsorted(boundaries, samples, side="right")].astype(np.uint8)
