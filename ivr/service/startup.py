"""What is checked before the first call is taken, each with one line that says what to do."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import structlog

from ivr.backends import opened
from ivr.config import Address, Settings
from ivr.errors import UserError
from ivr.records import Database, RecordsError
from ivr.service.inquiries import unanswered
from ivr.service.recogniser import chosen, hears_words
from ivr.service.shelf import shelf_of
from ivr.service.voices import Voices, improvised, prepare
from ivr.speech.recognizers import try_out
from ivr.speech.wording import check_houses

_WITHOUT_EFFECT = {
    "console": ("bind",),
}
"""Keys that may be written already, by section."""

log = structlog.get_logger(__name__)


def check(settings: Settings) -> None:
    """Ports, recogniser, standards, prompts, backends. Raises UserError: what keeps the service from taking calls."""
    for address in addresses(settings):
        check_free(address)
    check_recogniser(settings)
    check_wording(settings)
    check_backends(settings)
    if reason := unwritable(settings.records.recordings):
        log.warning("callers' messages cannot be kept", folder=str(settings.records.recordings), reason=reason)
    if not settings.telephony.operator:
        log.warning("key 0 reaches nobody", todo="set telephony.operator, or sip.registrar")
    if keys := without_effect(settings):
        log.info("set, but has no effect yet", keys=keys)


def open_records(settings: Settings) -> None:
    """Make the database, or bring it up to date. One that cannot be had is told of: calls go on, records wait for it.

    Raises UserError for a URL that is none.
    """
    if not settings.records.url:
        log.warning("no records are kept, and nobody who is cut off is rung back", todo="set records.url")
        return
    database = Database(settings.records.url)
    try:
        database.upgrade()
    except RecordsError as error:
        todo = "calls go on, their records wait for it"
        log.error("records cannot be kept now", reason=str(error), todo=todo)  # noqa: TRY400 - the line says it all
    finally:
        database.close()


def check_wording(settings: Settings) -> None:
    """Standards can be read and everything they say can be heard; a robot's voice is told of. Raises UserError."""
    check_houses(settings.served)
    standards, voices = shelf_of(settings), Voices(settings)
    try:
        prepare(settings, standards, voices)
        texts = improvised(settings, standards, voices)
    finally:
        voices.close()
    if texts:
        todo = "→ ivr prompts render --config FILE"
        log.warning("prompts are spoken by the run-time voice", prompts=len(texts), first=texts[0], todo=todo)


def check_recogniser(settings: Settings) -> None:
    """The one that is asked for can be had; that there is none to choose from is told. Raises UserError.

    A house's own model is tried out: nobody else vouches for it.
    """
    wanted = settings.speech.recognizer == "auto" and any(map(hears_words, settings.served))
    choice = chosen(settings)
    if choice and settings.speech.model:
        try_out(choice)
    elif choice is None and wanted:
        log.warning("no recogniser is installed: callers have their keys and a person", todo="→ ivr models pull")


def check_backends(settings: Settings) -> None:
    """Each can be made; whom standards ask in vain is told. Raises UserError. Nobody is asked anything yet."""
    if missing := unanswered(shelf_of(settings).values(), opened(settings.backends)):
        log.info("standards ask whom nobody knows: that fails at once", of=missing, todo="→ [backends.NAME]")


def without_effect(settings: Settings) -> list[str]:
    """Keys that the administrator set, and that nothing in this version reads."""
    usual = Settings.model_validate({"sip": settings.sip, "telephony": {}})
    return [
        f"{section}.{key}"
        for section, keys in _WITHOUT_EFFECT.items()
        for key in keys
        if _value(settings, section, key) not in (None, _value(usual, section, key))
    ]


def _value(settings: Settings, section: str, key: str) -> object:
    return getattr(getattr(settings, section), key)


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
            # workers whose parent was killed let their calls finish
            todo = "stop what uses it (ps -ef | grep ivr.service.process), or bind elsewhere"
            raise UserError(f"sip.bind: {address} ({name}): {reason} → {todo}") from None


def _try_bind(address: Address, kind: socket.SocketKind) -> None:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:  # connections of a service that just ended may linger
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def unwritable(folder: Path) -> str:
    """Why nothing can be written there, or nothing."""
    existing = first_there(folder)
    if not existing.is_dir():
        return f"{existing} is a file"
    return "" if os.access(existing, os.W_OK | os.X_OK) else f"no permission to write to {existing}"


def first_there(folder: Path) -> Path:
    """The folder, or the nearest above it that is there and that we may see."""
    return next(path for path in (folder, *folder.parents) if os.access(path, os.F_OK))  # exists() may raise
