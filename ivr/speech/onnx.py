"""onnxruntime, kept from telling its maker about us: a box that takes calls talks to its PBX and to nobody else.

Import `ort` from here and from nowhere else; the switch must be set before onnxruntime is loaded.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime as ort

__all__ = ["ort"]
