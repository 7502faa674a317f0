from __future__ import annotations

from ivr.dialog.graph import diagrams
from ivr.dialog.states import LADDER, LADDER_STATES
from ivr.standards.load import load_standard


def test_the_ladder_is_drawn_with_every_state_and_trigger() -> None:
    text = diagrams([])["ladder"]
    assert all(state["name"] in text for state in LADDER_STATES)
    assert all(row["trigger"] in text for row in LADDER)


def test_a_standard_is_drawn_with_every_menu_and_its_waits() -> None:
    general = load_standard("general")
    text = diagrams([general])["general"]
    assert all(f"menu_{name}[" in text for name in general.menu)
    assert "2 s silent_1" in text
    assert "menu_greeting -- key 0 --> transfer_operator" in text
