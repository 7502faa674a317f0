"""What is proved of every call: nobody who gives nothing is led in a circle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.standards.helpers import complaints

PARCELS = str(Path(__file__).with_name("parcels"))


@pytest.mark.req("B10")
@pytest.mark.parametrize(
    ("change", "key", "way"),
    [
        ('[menu.booking.answers]\nfailed = "again"', "menu.booking.no_input", "menu booking → menu booking"),
        ("[slot.code]\nanew = false", "menu.verifying.no_input", "form identity → menu verifying"),
        ('[gate.sure]\nthrough = "menu cancel"', "menu.cancel.no_input", "menu cancel → menu cancel"),
        (
            '[menu.sure_yes]\nneeds = ["chief"]\n[menu.ask_chief]\nneeds = ["sure"]\n'
            '[gate.sure]\nthrough = "menu sure_yes"',
            "menu.sure_yes.no_input",
            "menu sure_yes → menu ask_chief → menu sure_yes",
        ),
        (
            '[form.identity]\nthen = "form other"\n[form.other]\nreq = "G1"\nslots = ["mobile"]\nthen = "form other"\n'
            'refused = "transfer operator"\nat_last = "transfer operator"\nno_input = "no_choice"\n'
            'keys = { 0 = "transfer operator" }',
            "form.other.then",
            "form other → form other",
        ),
    ],
)
def test_nobody_is_led_in_a_circle_by_answers_gates_or_forms(tmp_path: Path, change: str, key: str, way: str) -> None:
    found = complaints(tmp_path, change, PARCELS)
    assert any(f": {key}: a caller who gives nothing is never let go: " in each and way in each for each in found), (
        found
    )


@pytest.mark.req("G1")
@pytest.mark.parametrize("key", ["menu", "returned", "came_back"])
def test_no_call_begins_behind_a_gate(tmp_path: Path, key: str) -> None:
    found = complaints(tmp_path, f'[opening]\n{key} = "cancel"', PARCELS)
    assert any(each.startswith(f"house.toml: opening.{key}: [menu.cancel] is behind a gate") for each in found), found
