"""Calls in which something private is said, one after the other as fast as the disk takes them, until killed.

``python -m tests.recording.story FOLDER KEYFILE``
"""

from __future__ import annotations

import sys
import time
from datetime import datetime
from pathlib import Path

import numpy as np

from ivr.audio import FRAME, FRAME_BYTES, RATE
from ivr.recording.recorder import Recorder
from ivr.recording.seal import read_key
from ivr.recording.shelf import Shelf

LOUD = 10_000
"""Every sample of what is private is louder; everything else is softer."""
NOTICED = 15 * FRAME_BYTES
"""How much of a turn has been said before anybody knows of it."""
_NOISE = np.random.default_rng(7)
PRIVATE = (_NOISE.integers(LOUD, 32_000, 3 * RATE) * _NOISE.choice([-1, 1], 3 * RATE)).astype("<i2").tobytes()
CLEAR = _NOISE.integers(-LOUD // 2, LOUD // 2, 3 * RATE).astype("<i2").tobytes()


class Told:
    """A call that tells its recorder what a session would."""

    def __init__(self, shelf: Shelf, call: str) -> None:
        self.recorder = Recorder(shelf.begin(call, datetime(2026, 2, 3)), call)
        self.clock = 0.0
        self.recorder.caller(CLEAR[:FRAME_BYTES], 2 * FRAME / RATE)  # no gap yet: from here on the caller is early

    def say(self, caller: bytes, us: bytes) -> None:
        for at in range(0, len(caller), FRAME_BYTES):
            self.recorder.caller(caller[at : at + FRAME_BYTES], self.clock)
            self.recorder.us(us[at : at + FRAME_BYTES], self.clock)
            self.clock += FRAME / RATE

    def turn(self, pcm: bytes, mute: bool) -> None:
        began = self.clock
        self.say(pcm[:NOTICED], CLEAR)
        self.recorder.turn_began(began)
        self.say(pcm[NOTICED:], CLEAR)
        ended = self.clock
        self.say(CLEAR[: 2 * NOTICED], CLEAR)
        self.recorder.turn_judged(began, ended, mute, keep_original=mute)

    def private_question(self) -> None:
        self.recorder.sensitive(True, self.clock, keep_original=True)
        self.say(PRIVATE, CLEAR)
        self.recorder.sensitive(False, self.clock)

    def read_back(self) -> None:
        self.recorder.read_back(True, self.clock)
        self.say(PRIVATE, PRIVATE)
        self.recorder.read_back(False, self.clock)


def tell(call: Told) -> None:
    """One call."""
    for _ in range(4):
        call.say(CLEAR, CLEAR)
        call.turn(PRIVATE, mute=True)
        call.turn(CLEAR, mute=False)
        call.private_question()
        call.read_back()
    call.turn(PRIVATE * 11, mute=False)  # no verdict for 33 s
    call.recorder.turn_began(call.clock)
    call.say(PRIVATE, CLEAR)  # and none at the end
    call.recorder.close()


def main(folder: str, key_file: str) -> None:
    shelf, number = Shelf(Path(folder), read_key(Path(key_file))), 0
    print("ready", flush=True)  # noqa: T201 - told to the test
    while True:
        tell(Told(shelf, f"c{number}"))
        number += 1
        while shelf.waiting > 30:
            time.sleep(0.001)


if __name__ == "__main__":
    main(*sys.argv[1:])
