"""A caller of a house that asks whatever can be asked (`tests/standards/parcels.toml`)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.known import NOTHING, Known
from ivr.standards.load import load_standard
from ivr.standards.model import Standard
from tests.dialog.helpers import Driver

PARCELS = load_standard(Path(__file__).parent.parent / "standards" / "parcels.toml")
MOBILE = "幺三八零零幺三八零零零"
CODE = "一二三四五六"
NOW = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


class Caller(Driver):
    """Says one thing after the other, each when we have finished."""

    def __init__(self, *said: str, known: Known = NOTHING, standard: Standard = PARCELS) -> None:
        super().__init__(standard, words=True)
        self.tell(ev.Invited("4001", "13800138000", NOW))
        self.tell(ev.Remembered(known))
        self.due()
        self.tell(ev.Connected())
        self.tells(*said)

    def tells(self, *said: str) -> Caller:
        """One turn each."""
        for text in said:
            self.listens()
            self.say(text)
        return self

    def listens(self) -> None:
        """To what is being said, to its end."""
        if self.call.state.endswith("saying"):
            self.said()

    def types(self, keys: str) -> Caller:
        """One key after the other."""
        for key in keys:
            self.key(key)
        return self

    def hears(self, outcome: str, inquiry: int = 0, **values: str) -> list[do.Command]:
        """Whoever was asked last answers."""
        return self.tell(ev.Replied(inquiry or self.last(do.Inquire).inquiry, outcome, values))

    def goes_on(self) -> Caller:
        """We finish, and what comes by itself comes."""
        self.listens()
        self.due()
        return self

    @property
    def menu(self) -> str:
        """Where they are."""
        return self.call.snapshot.menu

    @property
    def told(self) -> dict[str, str]:
        """Whole answers so far; as a call that goes on with this one would have them."""
        return dict(self.call.standing.slots)
