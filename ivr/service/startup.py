"""What is checked before the first call is taken, each with one line that says what to do."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import structlog

from ivr.config import Address, Settings
from ivr.errors import UserError
from ivr.service.shelf import shelf_of
from ivr.service.voices import Voices, prepare

log = structlog.get_logger(__name__)


def check(settings: Settings) -> None:
    """Standards, prompts, ports. Raises UserError: what keeps the service from taking calls."""
    for address in addresses(settings):
        check_free(address)
    check_wording(settings)
    if reason := unwritable(settings.records.recordings):
        log.warning("callers' messages cannot be kept", folder=str(settings.records.recordings), reason=reason)
    if not settings.telephony.operator:
        log.warning("key 0 reaches nobody", todo="set telephony.operator, or sip.registrar")


def check_wording(settings: Settings) -> None:
    """Standards can be read and everything they say can be heard. Raises UserError."""
    standards, voices = shelf_of(settings), Voices(settings)
    try:
        prepare(settings, standards, voices)
    finally:
        voices.close()


def addresses(settings: Settings) -> Iterator[Address]:
    """Where the workers will speak SIP."""
    for index in range(settings.sip.workers):
        share = settings.sip.for_worker(index)
        yield from (address for address in (share.bind, share.tls_bind) if address)


def check_free(address: Address) -> None:
    """UDP and TCP can be had there. Raises UserError."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        try:
            _try_bind(address, kind)
        except OSError as error:
            name = "UDP" if kind is socket.SOCK_DGRAM else "TCP"
            reason = error.strerror or error
            raise UserError(f"sip.bind: {address} ({name}): {reason} → stop what uses it, or bind elsewhere") from None


def _try_bind(address: Address, kind: socket.SocketKind) -> None:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:  # connections of a service that just ended may linger
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def unwritable(folder: Path) -> str:
    """Why nothing can be written there, or nothing."""
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        return f"{existing} is a file"
    return "" if os.access(existing, os.W_OK) else f"no permission to write to {existing}"
