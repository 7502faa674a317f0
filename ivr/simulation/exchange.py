"""Where the robots' telephones are reached: the far end of `[telephony] outbound` on a stage."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ivr.simulation.dialog import Answering, Dialog, Identity
from ivr.simulation.sip import Request
from ivr.simulation.user_agent import UserAgent

TARGETS = {
    "answers": Answering(1.0),
    "busy": Answering(0.3, 486, "Busy Here"),
    "away": Answering(0.3, 480, "Temporarily Unavailable"),
    "no_answer": Answering(3600.0),
    "hangs_up": Answering(1.0, leaves_s=0.0),
}
"""Telephones of people whom callers are to be handed over to, by `Scenario.target`."""
_NOBODY = Identity(answering=Answering(0.0, 480, "Temporarily Unavailable"))


@dataclass(frozen=True, slots=True)
class _Telephone:
    identity: Identity
    called: asyncio.Future[Dialog]


class Exchange(UserAgent):
    """Puts calls through to those who expect one; nobody else answers."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        super().__init__(_NOBODY, host)
        self._telephones: dict[str, _Telephone] = {}
        self._colleagues: dict[str, Identity] = {}

    def expect(self, identity: Identity) -> asyncio.Future[Dialog]:
        """The next call to this identity's number; its telephone rings and answers as the identity says."""
        called: asyncio.Future[Dialog] = asyncio.get_running_loop().create_future()
        self._telephones[identity.number] = _Telephone(identity, called)
        return called

    def staff(self, caller: str, target: str) -> None:
        """Whoever is rung about this caller (header X-Caller) behaves so; a key of `TARGETS`."""
        self._colleagues[caller] = Identity("supervisor", answering=TARGETS[target])

    def _callee(self, request: Request) -> Identity:
        if about := request.get("X-Caller"):
            return self._colleagues.get(about.removeprefix("86"), _NOBODY)
        telephone = self._telephones.get(_number(request))
        return telephone.identity if telephone else _NOBODY

    def _came(self, request: Request, dialog: Dialog) -> None:
        telephone = self._telephones.pop(_number(request), None)
        if telephone and not telephone.called.done():
            telephone.called.set_result(dialog)


def _number(request: Request) -> str:
    return request.uri.partition(":")[2].partition("@")[0]
