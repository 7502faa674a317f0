"""pjsua2, whichever build of it is installed.

The product builds pjsua2 2.17 itself (``make pjsua2``). The ready wheel of the package index (2.15.1) is the fallback:
it carries four calls and copies audio byte by byte. Only this module knows the difference.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Any

import structlog

from ivr.audio import FRAME_BYTES
from ivr.errors import UserError

try:
    import pjsua2
except ImportError as error:
    raise UserError(f"pjsua2 cannot be loaded ({error})  →  run: make pjsua2") from None

lib: Any = pjsua2
"""The library, without types: upstream's wrapper carries none."""

Foreign = Any
"""An object of the library's."""

FULL_BUILD = hasattr(lib.ByteVector, "assign_from_bytes")
"""Our own build: fast frames, and room for hundreds of calls. Both came in the same release."""

MAX_CALLS = 256 if FULL_BUILD else 4
"""PJSUA_MAX_CALLS as compiled in. pjsua2 does not tell it, and takes a larger number without a word."""

_AUDIO: int = lib.PJMEDIA_FRAME_TYPE_AUDIO

log = structlog.get_logger(__name__)


def warn_of_fallback() -> None:
    """One loud line where the ready wheel is in use."""
    if not FULL_BUILD:
        log.warning(
            "pjsua2 is the ready wheel: at most 4 calls, and an OpenSSL out of support since 2019  →  run: make pjsua2"
        )


def hush(level: int = 2) -> None:
    """No chatter on standard output before the library knows our log; `level` 2 is warnings."""
    set_level = getattr(ctypes.CDLL(lib._pjsua2.__file__), "pj_log_set_level", None)
    if set_level:
        set_level(level)


_thread = threading.local()


def pin_thread() -> None:
    """Keep Python's state of the calling thread, one of the library's own, for as long as the thread lives.

    Otherwise it is made and thrown away with every callback, its stack mapped and unmapped each time: a third of all
    the work at 100 calls. CPython keeps a state whose `PyGILState_Ensure` is not matched by a release.
    """
    if not hasattr(_thread, "pinned"):
        _thread.pinned = True
        ctypes.pythonapi.PyGILState_Ensure()


# What follows runs 10,000 times a second with 100 calls. Every call through the wrapper lets go of Python's lock and
# takes it again, and every attribute is looked up by name: a frame does with as few of both as it can.

Callback = Callable[[Foreign], None]


def frame_requested(take: Callable[[], bytes], silence: bytes) -> Callback:
    """For `AudioMediaPort.onFrameRequested`: hands the bridge the next 20 ms.

    `silence` itself (not its equal) is not handed over: the bridge sends silence for a frame left empty.
    """
    fill = _fill

    def requested(frame: Foreign) -> None:
        pcm = take()
        if pcm is not silence:
            fill(frame, pcm)

    return requested


def frame_received(keep: Callable[[bytearray], None]) -> Callback:
    """For `AudioMediaPort.onFrameReceived`: keeps 20 ms from the bridge, zeros where nothing came."""
    copy = _copy

    def received(frame: Foreign) -> None:
        pcm = bytearray(FRAME_BYTES)
        copy(frame, pcm)
        keep(pcm)

    return received


if FULL_BUILD:
    _buffer, _type = lib.MediaFrame.buf.fget, lib.MediaFrame.type.fset
    _assign_bytes, _copy_bytes = lib.ByteVector.assign_from_bytes, lib.ByteVector.copy_to_bytearray

    def _fill(frame: Foreign, pcm: bytes) -> None:
        _assign_bytes(_buffer(frame), pcm)
        _type(frame, _AUDIO)

    def _copy(frame: Foreign, pcm: bytearray) -> None:
        _copy_bytes(_buffer(frame), pcm)

else:

    def _fill(frame: Foreign, pcm: bytes) -> None:
        frame.buf = lib.ByteVector(pcm)
        frame.type = _AUDIO

    def _copy(frame: Foreign, pcm: bytearray) -> None:
        came = bytes(frame.buf)
        pcm[: len(came)] = came
