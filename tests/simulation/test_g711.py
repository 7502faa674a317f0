"""G.711 against values of ITU-T G.711 tables 1a/1b and 2a/2b, and against itself."""

from __future__ import annotations

import numpy as np
import pytest

from ivr.simulation.g711 import PCMA, PCMU, Codec


@pytest.mark.parametrize(
    ("codec", "sample", "code"),
    [
        (PCMA, 0, 0xD5),
        (PCMA, -1, 0x55),
        (PCMA, 32767, 0xAA),
        (PCMA, -32768, 0x2A),
        (PCMU, 0, 0xFF),
        (PCMU, 32767, 0x80),
        (PCMU, -32768, 0x00),
    ],
)
def test_known_codes(codec: Codec, sample: int, code: int) -> None:
    assert codec.encode(np.array([sample], np.int16)) == bytes([code])


@pytest.mark.parametrize("codec", [PCMA, PCMU])
def test_every_code_survives_a_round_trip(codec: Codec) -> None:
    samples = codec.decode(bytes(range(256)))
    assert np.array_equal(codec.decode(codec.encode(samples)), samples)


@pytest.mark.parametrize("codec", [PCMA, PCMU])
def test_speech_level_noise_keeps_a_ratio_of_35_db(codec: Codec) -> None:
    noise = (np.random.default_rng(1).normal(size=8000) * 1500).astype(np.int16)
    error = codec.decode(codec.encode(noise)).astype(float) - noise
    assert 10 * np.log10(np.mean(noise.astype(float) ** 2) / np.mean(error**2)) > 35
