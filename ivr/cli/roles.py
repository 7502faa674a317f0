"""Who may see what of callers: `[roles]` of ivr.toml, by login name (requirement G7).

A house that names no roles leaves it to the rights of its files: whoever can read the database sees what is in it.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping
from dataclasses import dataclass

from ivr.config import Role
from ivr.errors import UserError, printable

EVERYBODY: frozenset[Role] = frozenset(("agent", "supervisor", "auditor"))
STAFF: frozenset[Role] = frozenset(("agent", "supervisor"))
SUPERVISORS: frozenset[Role] = frozenset(("supervisor",))
MAY: Mapping[str, frozenset[Role]] = {
    "list": EVERYBODY,
    "show": STAFF,
    "promise": STAFF,
    "incident": STAFF,
    "export": SUPERVISORS,
    "audio": SUPERVISORS,
    "open": SUPERVISORS,
    "approval": SUPERVISORS,
    "audit": frozenset(("supervisor", "auditor")),
}
"""By what is done, as its first word stands in the audit trail."""


@dataclass(frozen=True)
class Roles:
    """Login names and what they are; without any, everybody may everything."""

    of: Mapping[str, Role]

    def check(self, who: str | None, what: str, role: str = "") -> None:
        """That the one at the keyboard may do that, is who they say, and is in that office. Raises UserError."""
        if not self.of:
            return
        login = account()
        if who not in (None, login):
            raise UserError(f'you are "{printable(login)}", not "{printable(str(who))}" → leave out --as')
        mine = self.of.get(login)
        if mine is None:
            raise UserError(f'"{printable(login)}" has no role → [roles] of ivr.toml')
        if mine not in MAY[what.split(maxsplit=1)[0]]:
            raise UserError(f'"{printable(login)}" is {mine}, and may not do this ({what}) → ask a supervisor')
        if role not in ("", mine):
            raise UserError(f'"{printable(login)}" is {mine}, not {printable(role)} → --role {mine}')


def account() -> str:
    """Whose process this is, whatever the environment says."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        raise UserError(f"user {os.getuid()} has no name here → log in as somebody whom [roles] names") from None
