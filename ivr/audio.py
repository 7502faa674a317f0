"""The telephone's audio, everywhere the same: G.711 at 8 kHz in packets of 20 ms."""

from __future__ import annotations

RATE = 8000
"""Samples a second."""
FRAME = 160
"""Samples in 20 ms, one RTP packet."""
FRAME_S = 0.02
FRAME_BYTES = 2 * FRAME
"""Of 16-bit linear audio."""
