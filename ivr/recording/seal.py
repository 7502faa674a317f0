"""Originals of what was masked, where a standard keeps them: encrypted, for those who hold the key.

``<call>.sealed`` is a head (what it is, which key) and then one record after the other, so that a crash costs the last
at most. A record is AES-256-GCM (NIST SP 800-38D) with a nonce of its own; the call, the times and the record's place
in the file are authenticated with it, so that no record can be altered, moved, or taken for that of another call.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import secrets
import stat
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivr.errors import JobError, UserError
from ivr.files import OURS_ALONE

SUFFIX = ".sealed"
KEY_BYTES = 32
_MAGIC = b"sanling sealed 1\n"
_SIZES = struct.Struct(">II")
_PLACE = struct.Struct(">Q")
_NONCE = 12
_TAG = 16
_MOST = 2**24  # bytes of one record: a span is 30 s of audio at most


@dataclass(frozen=True)
class Key:
    """32 bytes that open what they sealed."""

    secret: bytes = field(repr=False)

    @property
    def name(self) -> bytes:
        """8 bytes that tell one key from another, and nothing of it."""
        return hashlib.sha256(b"sanling records key" + self.secret).digest()[:8]


class Original(NamedTuple):
    """What was said in a masked span."""

    call: str
    kind: Literal["audio", "text"]
    """Audio: the caller's channel, 16-bit little-endian at 8 kHz; text: UTF-8."""
    from_s: float
    until_s: float
    """Seconds on the call's sample clock."""
    data: bytes


# ------------------------------------------------------------------ keys


def new_key(path: Path) -> None:
    """Make a key of chance and write it, base64, for this user alone. Raises UserError; overwrites nothing."""
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OURS_ALONE)
    except FileExistsError:
        raise UserError(f"{path}: exists already → name another file: nobody can open what a lost key sealed") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror} → name a file that can be written") from None
    with os.fdopen(file, "wb") as out:
        out.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        out.flush()
        os.fsync(file)


def read_key(path: Path) -> Key:
    """The key in a file: 32 bytes, or base64 of them. Raises UserError, also where others may read the file."""
    try:
        with path.open("rb") as file:
            mode, content = stat.S_IMODE(os.fstat(file.fileno()).st_mode), file.read(1024)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror} → make a key with: ivr records key --out {path}") from None
    if mode & 0o077:
        raise UserError(f"{path}: others may read it (mode {mode:04o}) → chmod 600 {path}")
    secret = _decoded(content)
    if len(secret) != KEY_BYTES:
        raise UserError(f"{path}: holds no key of {KEY_BYTES} bytes, raw or base64 → ivr records key --out FILE")
    return Key(secret)


def _decoded(content: bytes) -> bytes:
    if len(content) == KEY_BYTES:
        return content
    try:
        return base64.b64decode(content.strip(), validate=True)
    except binascii.Error:
        return b""


# ------------------------------------------------------------------ sealing


class SealedFile:
    """Appends originals to a new file. Raises OSError as the disk does; what was whole before stays whole."""

    def __init__(self, path: Path, key: Key) -> None:
        self._aead, self._head = AESGCM(key.secret), _MAGIC + key.name
        self._count, self._size = 0, 0
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OURS_ALONE)
        try:
            self._append(self._head)
        except OSError:
            self.close()
            path.unlink()
            raise

    def add(self, original: Original) -> None:
        """Seal one more."""
        told = json.dumps(original._replace(data=b"")._asdict() | {"data": len(original.data)}).encode()
        nonce = secrets.token_bytes(_NONCE)
        body = nonce + self._aead.encrypt(nonce, original.data, _bound(self._head, self._count, told))
        self._append(_SIZES.pack(len(told), len(body)) + told + body)
        self._count += 1

    def _append(self, data: bytes) -> None:
        written = 0
        try:
            while written < len(data):
                written += os.pwrite(self._file, data[written:], self._size + written)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def close(self) -> None:
        """No more comes."""
        os.close(self._file)


def _bound(head: bytes, place: int, told: bytes) -> bytes:
    """What a record is authenticated with: its file's key, its place, its call and times."""
    return head + _PLACE.pack(place) + told


def open_sealed(path: Path, key: Key) -> Iterator[Original]:
    """The originals in a file, in order.

    Raises UserError for what is no such file or another key; JobError where a byte was altered, or a crash cut the
    last record short: those before it have been given by then.
    """
    try:
        with path.open("rb") as file:
            yield from _records(file, path, key)
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None


def _records(file: IO[bytes], path: Path, key: Key) -> Iterator[Original]:
    head = file.read(len(_MAGIC) + len(key.name))
    if len(head) < len(_MAGIC) + len(key.name) and _MAGIC.startswith(head[: len(_MAGIC)]):
        raise JobError(f"{path}: is cut short; a crash took it before anything was sealed")
    if not head.startswith(_MAGIC):
        raise UserError(f"{path}: no sealed recording → name a .sealed file")
    if head != _MAGIC + key.name:
        raise UserError(f"{path}: sealed with another key → name the key file that was in use then")
    aead, place = AESGCM(key.secret), 0
    while sizes := file.read(_SIZES.size):
        told, body = _record(file, sizes, f"{path}: record {place + 1}")
        try:
            data = aead.decrypt(body[:_NONCE], body[_NONCE:], _bound(head, place, told))
        except InvalidTag:
            raise JobError(f"{path}: record {place + 1} was altered") from None
        yield Original(**json.loads(told) | {"data": data})
        place += 1


def _record(file: IO[bytes], sizes: bytes, which: str) -> tuple[bytes, bytes]:
    if len(sizes) == _SIZES.size:
        told_size, body_size = _SIZES.unpack(sizes)
        if max(told_size, body_size) > _MOST or body_size < _NONCE + _TAG:
            raise JobError(f"{which} was altered")
        told, body = file.read(told_size), file.read(body_size)
        if len(told) + len(body) == told_size + body_size:
            return told, body
    raise JobError(f"{which} is cut short; a crash or a full disk took its end")
