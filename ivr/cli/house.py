"""The database that a command of the command line looks into, the clock on its wall, and who looks."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from ivr.cli.options import Command
from ivr.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ivr.records import Database


def as_user(command: Command) -> Command:
    """Who looks; passes `who`."""
    return click.option("--as", "who", metavar="USER", help="Who looks; by default the login name.")(command)


class House:
    """The database, and the clock on its wall."""

    def __init__(self, config: Path | None) -> None:
        from ivr.config import load

        self.settings = load(config)
        self.zone = ZoneInfo(self.settings.standard.timezone)

    @cached_property
    def database(self) -> Database:
        """Closed when the command is over. Raises UserError where none is kept."""
        from ivr.records import Database

        if not self.settings.records.url:
            raise UserError("no records are kept → set records.url")
        database = Database(self.settings.records.url)
        click.get_current_context().call_on_close(database.close)
        return database

    @property
    def now(self) -> datetime:
        """On that clock."""
        return datetime.now(self.zone)

    def wall_time(self, instant: datetime) -> str:
        """On that clock, for people, to the second."""
        return f"{instant.astimezone(self.zone):%Y-%m-%d %H:%M:%S}"

    def user(self, who: str | None) -> str:
        """Who is at the keyboard: as they say, or as they logged in; with `[roles]` always that. Raises UserError."""
        from ivr.cli.roles import account

        return account() if self.settings.roles else who or _login()

    def allow(self, what: str, who: str | None = None, role: str = "") -> None:
        """Raises UserError where `[roles]` has it that they may not."""
        from ivr.cli.roles import Roles

        Roles(self.settings.roles).check(who, what, role)

    def open(self, tx: Connection, who: str | None, what: str, calls: Sequence[str], detail: str = "") -> None:
        """What somebody is about to see stands in the audit trail, or they do not see it. Raises UserError."""
        from ivr.records import Audit

        self.allow(what, who)
        audit = Audit(tx)
        for call in calls:
            audit.append(self.user(who), what, call, detail, self.now)

    def local(self, value: Any) -> Any:  # noqa: ANN401 - whatever a row holds
        """The same, instants as local time in ISO 8601."""
        match value:
            case datetime():
                return value.astimezone(self.zone).isoformat()
            case dict():
                return {key: self.local(item) for key, item in value.items()}
            case list() | tuple():
                return [self.local(item) for item in value]
        return value


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise UserError("who are you? → name yourself with --as USER") from None
