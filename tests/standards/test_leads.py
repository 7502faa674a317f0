"""Acts that lead nowhere, or mean nothing where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.standards.helpers import complaints


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ('[menu.help.keys]\n7 = "form gone"', "menu.help.keys.7: there is no [form.gone]"),
        ('[menu.help.keys]\n7 = "next"', 'menu.help.keys.7: "next" means something in the menus of a form only'),
        ('[menu.help.intents]\nno = "skip"', 'menu.help.intents.no: "skip" means something in the menus of a form'),
        ('[menu.help.keys]\n7 = "confirmed"', 'menu.help.keys.7: "confirmed" means something in the menu that'),
        ('[menu.help.keys]\n7 = "own_number"', 'menu.help.keys.7: "own_number" is what a key or a wish answers where'),
        (
            '[menu.hold_back]\non_answer = "own_number"',
            'menu.hold_back.on_answer: "own_number" is what a key or a wish',
        ),
        ('[menu.help.keys]\n7 = "proceed"', 'menu.help.keys.7: "proceed" leads through a gate; give the menu grants'),
        ('[ladder.no_choice]\nthen = "proceed"', 'ladder.no_choice.then: "proceed" leads through a gate'),
        ('[ladder.no_choice]\nthen = "again"', "ladder.no_choice.then: a ladder ends in a menu, a form"),
        ('[ladder.no_choice]\nthen = "go_on"', "ladder.no_choice.then: a ladder ends in a menu, a form"),
        ('[form.track]\nthen = "next"', 'form.track.then: "next" means something in the menus of a form only'),
        ('[form.track]\nthen = "proceed"', 'form.track.then: "proceed" leads through a gate'),
        ('[form.track]\nthen = "ladder looking_up"', "form.track.then: nobody listens here; lead to a menu"),
        ('[transfer.operator]\nfailed = "go_on"', "transfer.operator.failed: nobody listens here; lead to a menu"),
        ('[transfer.operator]\nfailed = "ladder silent"', "transfer.operator.failed: nobody listens here"),
        ('[hold.supervisor]\nback = "unclear"', "hold.supervisor.back: nobody listens here; lead to a menu"),
        ('[hold.supervisor.keys]\n7 = "go_on"', "hold.supervisor.keys.7: nobody listens here; lead to a menu"),
        ('[recording.message]\ndone = "ladder silent"', "recording.message.done: nobody listens here"),
        ('[gate.key]\nreq = "G1"\nthrough = "proceed"', 'gate.key.through: "proceed" leads through a gate'),
        ('[gate.key]\nreq = "G1"\nthrough = "back"', "gate.key.through: leads to a menu or a form"),
        ('[wishes]\ntrack = "menu gone"', "wishes.track: there is no [menu.gone]"),
        ('[wishes]\ngone = "menu help"', "wishes.gone: there is no [intent.gone]"),
        ('[always]\ngone = "menu help"', "always.gone: there is no [intent.gone]"),
        ('upset = "gone"', "upset: there is no [ladder.gone]"),
        ('upset = "silent"', 'upset: [ladder.silent] goes by silence; give it on = "call"'),
        ('[unclear]\nphone = "gone"', "unclear.phone: there is no [ladder.gone]"),
        ('confirm = "help"', 'confirm: [menu.help] must lead "back" for who meant neither'),
        ('which = "gone"', "which: there is no [menu.gone]"),
    ],
)
def test_it_is_told_by_its_key(tmp_path: Path, change: str, line: str) -> None:
    found = complaints(tmp_path, change)
    assert any(each.startswith(f"house.toml: {line}") for each in found), found


def test_each_is_told_once(tmp_path: Path) -> None:
    found = complaints(tmp_path, '[wishes]\ntrack = "menu gone"')
    assert found == ["house.toml: wishes.track: there is no [menu.gone]"]
