"""The call to whom we ring while our caller holds: a dialog of its own, of which nothing is heard (RFC 5589)."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from ivr.dialog.events import Event, TargetProgress
from ivr.errors import UserError
from ivr.telephony.dialogs import Dialog
from ivr.telephony.pjsua import Foreign, lib

_UNAVAILABLE = 503
_HUNG_UP = 487

log = structlog.get_logger(__name__)


class Consultation:
    """Tells what becomes of it by `TargetProgress`; the listener of its dialog."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell
        self._rang = self._answered = self._over = False
        self.dialog: Dialog | None = None
        """None before it was dialled, and when it is over."""

    def begin(self, dial: Callable[[Consultation], Dialog]) -> None:
        """Ring; a line that cannot be had is somebody who cannot be reached."""
        try:
            self.dialog = dial(self)
        except UserError as error:
            log.warning("nobody can be consulted", reason=str(error))
            self._ended(_UNAVAILABLE)

    def end(self) -> None:
        """Hang up, or ring no longer; nothing is told of it."""
        dialog, self.dialog, self._over = self.dialog, None, True
        if dialog is not None:
            try:
                dialog.end(200 if self._answered else _HUNG_UP, "consultation over")
            except lib.Error as error:
                log.debug("a consultation was over already", reason=error.reason)

    def rings(self) -> None:
        """It rings."""
        if not self._rang:
            self._rang = True
            self._happened(180)

    def confirmed(self) -> None:
        """They answered."""
        if not self._answered:
            self._answered = True
            self._happened(200)

    def gone(self, code: int, reason: str) -> None:
        """They hung up, or did not take the call."""
        self.dialog = None
        self._ended(_HUNG_UP if self._answered else code)

    def _ended(self, code: int) -> None:
        self._happened(code)
        self._over = True

    def _happened(self, code: int) -> None:
        if not self._over:
            self._tell(TargetProgress(code))

    def media_flows(self, media: Foreign) -> None:
        """We say nothing to them, and need not hear them: they are about to be the caller's."""

    def media_held(self, media: Foreign) -> None:
        """Nothing is heard as it is."""

    def media_rests(self) -> None:
        """Nor now."""

    def redirected(self, code: int) -> None:
        """We asked for nothing."""

    def key_pressed(self, key: str, stamp: int) -> None:
        """No key means anything."""

    def transfer_progressed(self, code: int) -> None:
        """We referred nobody from here."""
