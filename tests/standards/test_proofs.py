"""What is proved of every call by a standard: a house's own that breaks one of these is refused, by one line that names
the place. Each shipped standard passes (`test_load`); here each proof is shown to fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.standards.acts import Act
from ivr.standards.load import load_standard
from ivr.standards.ways import acts
from tests.standards.helpers import complaints

PARCELS = str(Path(__file__).with_name("parcels"))


MENU = 'req = "B10"\nno_input = "no_choice"\non_speech = "menu offer"\nkeys = { 0 = "transfer operator" }\n'


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (f"[menu.extra]\n{MENU}", "menu.extra: is never reached"),
        ('[ladder.extra]\nreq = "B10"\nlast_wait_s = 2.0\nthen = "menu goodbye"', "ladder.extra: is never reached"),
        (
            '[gate.extra]\nreq = "G1"\nthrough = "menu help"\n[menu.help]\ngrants = "extra"',
            "gate.extra: is never reach",
        ),
        (
            '[transfer.extra]\nreq = "D8"\ntarget = "operator"\nfailed = "menu help"',
            "transfer.extra: is never reached; remove it or lead somebody to it",
        ),
    ],
)
def test_every_state_can_be_come_to(tmp_path: Path, change: str, line: str) -> None:
    assert_told(tmp_path, change, line)


@pytest.mark.req("B10")
@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            f"[menu.extra]\n{MENU.replace('no_choice', 'gone')}",
            "menu.extra.no_input: there is no [ladder.gone], so this",
        ),
        (
            '[menu.help]\nno_input = "unclear"',
            "menu.help.no_input: [ladder.unclear] goes by turns, and silence is none",
        ),
        ("[ladder.silent]\nlast_wait_s = inf", "ladder.silent.last_wait_s: Input should be a finite number"),
        ("[ladder.silent]\nlast_wait_s = nan", "ladder.silent.last_wait_s: Input should be a finite number"),
        ("[limits]\nturn_s = inf", "limits.turn_s: Input should be a finite number"),
        ("[limits]\nsaying_s = nan", "limits.saying_s: Input should be a finite number"),
        ("[limits]\nfar_hold_s = -1.0", "limits.far_hold_s: Input should be greater than"),
    ],
)
def test_every_state_has_a_deadline(tmp_path: Path, change: str, line: str) -> None:
    assert_told(tmp_path, change, line)


@pytest.mark.req("D8")
@pytest.mark.parametrize(
    ("change", "line"),
    [
        ('[menu.help.keys]\n0 = "menu offer"', "menu.help.keys: key 0 leads to no person (D8)"),
        (
            '[menu.help.keys]\n0 = "menu offer"\n5 = "transfer operator"',
            "menu.help.keys: key 0 leads to no person (D8)",
        ),
        ('[form.track.keys]\n0 = "menu help"', "form.track.keys: key 0 leads to no person (D8)"),
        ('[slot.waybill.keys]\n0 = "menu help"', "slot.waybill.keys: key 0 leads to no person (D8)"),
        ('[hold.supervisor.keys]\n0 = "menu help"', "hold.supervisor.keys: key 0 leads to no person (D8)"),
        ('[recording.message.keys]\n0 = "menu help"', "recording.message.keys: key 0 leads to no person (D8)"),
        ('[always]\noperator = "menu help"', "always: no wish leads to a person (D8); add operator"),
        ('[menu.help.intents]\noperator = "again"', "menu.help.intents.operator: keeps from a person whoever asks"),
        (
            '[form.track.intents]\noperator = "menu help"',
            "form.track.intents.operator: keeps from a person whoever asks",
        ),
        (
            '[slot.phone.intents]\noperator = "menu help"',
            "slot.phone.intents.operator: keeps from a person whoever asks",
        ),
        ('[wishes]\noperator = "menu help"', "wishes.operator: keeps from a person whoever asks for one (D8)"),
        ('[hold.agent.intents]\noperator = "menu help"', "hold.agent.intents: no wish leads to a person (D8)"),
    ],
)
def test_a_person_is_one_key_and_one_wish_away(tmp_path: Path, change: str, line: str) -> None:
    assert_told(tmp_path, change, line)


@pytest.mark.req("I2")
@pytest.mark.parametrize(
    ("change", "line"),
    [
        ('[menu.help.keys]\n7 = "hang_up rude"', "menu.help.keys.7: only the end of a ladder may hang up, after its"),
        ('[always]\nend = "hang_up rude"', "always.end: only the end of a ladder may hang up"),
        (
            '[transfer.operator]\nfailed = "hang_up rude"',
            "transfer.operator.failed: only the end of a ladder may hang up",
        ),
        ('[form.track]\nat_last = "hang_up rude"', "form.track.at_last: only the end of a ladder may hang up"),
        ('[menu.abuse_ask]\nanswers = { failed = "hang_up rude" }', "menu.abuse_ask.answers.failed: only the end of a"),
        ("[ladder.patience]\nlast_wait_s = 0.0", "ladder.patience.last_wait_s: hangs up without a pause; wait 1 s"),
        ('[ladder.unclear]\nthen = "hang_up unclear"', 'ladder.unclear.then: a ladder on = "turn" has no pause'),
        ('[ladder.abuse]\nthen = "hang_up abuse"', 'ladder.abuse.then: a ladder on = "call" has no pause'),
        ("[ladder.silent]\nsteps = []", "menu.greeting.no_input: [ladder.silent] hangs up without a word"),
        ('[menu.help]\nonce_heard = "patience"', "menu.help.once_heard: [ladder.patience] hangs up without a word"),
        (
            '[menu.help]\nheard = { inaudible = "patience" }',
            "menu.help.heard: [ladder.patience] hangs up without a word",
        ),
        ("[menu.goodbye]\nsay = []", "menu.goodbye.no_input: [ladder.patience] hangs up without a word"),
        (
            '[menu.goodbye]\nsay = [{ say = "goodbye", when = "late" }]',
            "menu.goodbye.no_input: [ladder.patience] hangs up without a word",
        ),
        ('[menu.help.keys]\n7 = "ladder patience"', "menu.help.keys: [ladder.patience] hangs up without a word"),
    ],
)
def test_nobody_is_hung_up_on_without_a_word_and_a_pause(tmp_path: Path, change: str, line: str) -> None:
    assert_told(tmp_path, change, line, "telecom")


@pytest.mark.req("D1", "D2")
@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            "[hold.supervisor]\nback_s = 55.0",
            "hold.supervisor.back_s: must come 12 s before limit_s, so that the hold is",
        ),
        ("[hold.supervisor]\nlimit_s = 900.0", "hold.supervisor.limit_s: Input should be less than or equal to 600"),
        (
            '[hold.supervisor]\nback = "hold agent"',
            "hold.supervisor.back: puts a caller on hold who was not asked (D1)",
        ),
        ('[hold.supervisor.keys]\n5 = "hold agent"', "hold.supervisor.keys.5: puts a caller on hold who was not asked"),
        (
            '[transfer.operator]\nfailed = "hold agent"',
            "transfer.operator.failed: puts a caller on hold who was not asked",
        ),
        ('[ladder.silent]\nthen = "hold agent"', "ladder.silent.then: puts a caller on hold who was not asked"),
        ('[always]\nsupervisor = "hold supervisor"', "always.supervisor: puts a caller on hold who was not asked"),
    ],
)
def test_a_hold_is_agreed_to_and_ends(tmp_path: Path, change: str, line: str) -> None:
    assert_told(tmp_path, change, line)


def assert_told(tmp_path: Path, change: str, line: str, inherits: str = "general") -> None:
    found = complaints(tmp_path, change, inherits)
    assert any(each.partition(".toml: ")[2].startswith(line) for each in found), found


@pytest.mark.req("B10", "D8")
@pytest.mark.parametrize(
    ("change", "line"),
    [
        ('[transfer.operator]\nfailed = "transfer operator"', "transfer operator → transfer operator"),
        ('[transfer.operator]\nfailed = "back"', "menu track.waybill → transfer operator"),
        ('[recording.message]\nempty = "record message"', "record message → record message"),
        ('[menu.shipment_lookup.answers]\nfailed = "rephrase"', "menu shipment_lookup → menu shipment_lookup"),
    ],
)
def test_nobody_is_led_in_a_circle_by_errands(tmp_path: Path, change: str, line: str) -> None:
    change += '\n[ladder.no_choice]\nthen = "transfer operator"' if "back" in change else ""
    found = complaints(tmp_path, change)
    assert any("is never let go: " in each and line in each for each in found), found


@pytest.mark.req("E6")
def test_telecom_ends_a_call_for_abuse_with_the_supervisors_approval_only() -> None:
    telecom = load_standard("telecom")
    ends = [key for key, act in acts(telecom) if act in (Act("menu", "abuse_end"), Act("hang_up", "abuse"))]
    assert ends == [("menu", "abuse_ask", "answers", "granted"), ("ladder", "abuse_over", "then")]
    climbed = [name for name, menu in telecom.menu.items() if "abuse_over" in (menu.no_input, menu.once_heard)]
    assert climbed == ["abuse_end"]


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
