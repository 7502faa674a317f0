from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ivr.speech.g711 import Pcm, alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

EVERY_CODE = bytes(range(256))
LAWS = [
    pytest.param(alaw_encode, alaw_decode, id="A-law"),
    pytest.param(ulaw_encode, ulaw_decode, id="µ-law"),
]


@pytest.mark.parametrize(("encode", "decode"), LAWS)
def test_a_decoded_code_encodes_to_the_same_sound(
    encode: Callable[[Pcm], bytes], decode: Callable[[bytes], Pcm]
) -> None:
    sounds = decode(EVERY_CODE)
    assert np.array_equal(decode(encode(sounds)), sounds)


@pytest.mark.parametrize(("encode", "decode"), LAWS)
def test_the_ratio_to_its_own_noise_stays_above_33_db(
    encode: Callable[[Pcm], bytes], decode: Callable[[bytes], Pcm]
) -> None:
    wave = (10_000 * np.sin(np.arange(8000) / 3)).astype(np.int16)
    noise = decode(encode(wave)).astype(float) - wave
    assert 10 * np.log10(np.mean(wave.astype(float) ** 2) / np.mean(noise**2)) > 33


def test_alaw_matches_the_tables_of_the_standard() -> None:
    assert alaw_decode(bytes([0xD5, 0x55, 0xAA, 0x2A])).tolist() == [8, -8, 32256, -32256]
    assert alaw_encode(np.array([0, -1, 32767, -32768], np.int16)) == bytes([0xD5, 0x55, 0xAA, 0x2A])


def test_ulaw_matches_the_tables_of_the_standard() -> None:
    assert ulaw_decode(bytes([0xFF, 0x80, 0x00])).tolist() == [0, 32124, -32124]
    assert ulaw_encode(np.array([32767, -32768], np.int16)) == bytes([0x80, 0x00])
