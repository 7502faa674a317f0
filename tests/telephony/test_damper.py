from __future__ import annotations

import pytest

from ivr.telephony.damper import KINDS, LONGEST, PAUSE_S, Damper, one_line


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_one_of_a_kind_is_told_and_the_rest_is_counted(clock: Clock) -> None:
    damper = Damper(clock)
    assert damper.admit("Error processing 17 bytes packet from UDP 192.0.2.1:4001: x") == 0
    for port in range(50):
        assert damper.admit(f"Error processing {port} bytes packet from UDP 192.0.2.{port}:{port}: y") is None
    clock.now += PAUSE_S - 0.01
    assert damper.admit("Error processing 1 bytes packet from UDP") is None
    clock.now += 0.02
    assert damper.admit("Error processing 2 bytes packet from UDP") == 51
    clock.now += PAUSE_S
    assert damper.admit("Error processing 3 bytes packet from UDP") == 0


def test_another_kind_is_told_at_once(clock: Clock) -> None:
    damper = Damper(clock)
    assert damper.admit("Error processing packet") == 0
    assert damper.admit("SRTP is not there") == 0


def words(number: int) -> str:
    """Different for every number, and without a digit."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def test_a_flood_of_kinds_is_bounded_in_lines_and_in_memory(clock: Clock) -> None:
    damper = Damper(clock)
    told = [number for number in range(10_000) if damper.admit(words(number)) is not None]
    assert len(told) == KINDS + 1
    assert len(damper._told) == KINDS + 1
    clock.now += PAUSE_S
    assert damper.admit("something else") == 0, "what fell silent makes room"
    assert len(damper._told) == 1


def test_a_line_is_cut() -> None:
    assert one_line("x" * LONGEST) == "x" * LONGEST
    assert one_line("x" * 5000) == "x" * (LONGEST - 1) + "…"
    assert len(one_line("\0" * 5000)) == LONGEST


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("plain, 中文 and all\n", "plain, 中文 and all"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("\u202eback\u2028new \udcff", r"\u202eback\u2028new \udcff"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(message: str, shown: str) -> None:
    assert one_line(message) == shown
