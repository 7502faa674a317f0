"""What a leg of a test's own is asked, in words, in order."""

from __future__ import annotations

from collections.abc import Mapping


class AskedLeg:
    """A leg that only remembers."""

    asked: list[str]

    def ring(self) -> None:
        self.asked.append("ring")

    def answer(self) -> None:
        self.asked.append("answer")

    def transfer(self, uri: str) -> None:
        self.asked.append(f"transfer {uri}")

    def hold(self) -> None:
        self.asked.append("hold")

    def take_back(self) -> None:
        self.asked.append("take_back")

    def consult(self, uri: str, fields: Mapping[str, str]) -> None:
        self.asked.append(f"consult {uri} {dict(fields)}")

    def hand_over(self) -> None:
        self.asked.append("hand_over")

    def dismiss(self) -> None:
        self.asked.append("dismiss")

    def hang_up(self, reason: str) -> None:
        self.asked.append(f"hang_up {reason}")
