from __future__ import annotations

import json
from pathlib import Path

import pytest

from ivr.cli.main import run


def test_list_names_what_ships(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["standards", "list", "--json"]) == 0
    assert {"general", "zto"} <= {row["name"] for row in json.loads(capsys.readouterr().out)}
    assert run(["standards", "list"]) == 0
    assert "zto" in capsys.readouterr().out


def test_check_says_ok(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["standards", "check", "general", "zto"]) == 0
    assert capsys.readouterr().out == "general: OK\nzto: OK\n"


def test_check_tells_each_mistake_on_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house = tmp_path / "house.toml"
    house.write_text('name = "house"\ninherits = "general"\nladdder = 1\n[menu.greeting]\nsay = ["nothing"]\n')
    assert run(["standards", "check", "zto", str(house)]) == 2
    out, err = capsys.readouterr()
    assert out == "zto: OK\n"
    assert err.strip()
    assert all(line.startswith("house.toml: ") for line in err.splitlines())


def test_diff_shows_what_a_standard_does_its_own_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["standards", "diff", "general", "zto"]) == 0
    out = capsys.readouterr().out
    (patience,) = [line.split() for line in out.splitlines() if "ladder.patience" in line]
    assert patience == ["I2", "ladder.patience.last_wait_s", "2.0", "10.0"]
    assert "silent_1" not in out


def test_diff_shows_a_form_and_not_what_is_made_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Wishes, names and menus of forms are written once and stand in many places: they are shown once."""
    assert run(["standards", "diff", "telecom", "zto", "--json"]) == 0
    rows = {row["key"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["form.track.slots"] | {"req": ""} == {
        "req": "",
        "key": "form.track.slots",
        "telecom": "waybill",
        "zto": "name, waybill",
    }
    assert rows["limits.turn_s"]["telecom"] == "60.0", "what was not written is told where the other has it"
    assert rows["menu.greeting.say"]["zto"] == (
        "late_answer when queued, greeting, late_answer when late unless queued, recording_notice"
    )
    assert "wishes.asks_hours" in rows
    assert not [key for key in rows if ".named." in key or "track.name" in key or key.endswith("intents.asks_hours")]


def test_diff_with_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["standards", "diff", "general", "nowhere"]) == 2
    assert 'no standard "nowhere"' in capsys.readouterr().err


@pytest.mark.req("H1")
def test_wording_that_must_not_be_said_is_told_prescribed_or_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "house.toml"
    path.write_text(
        'name = "house"\ninherits = "general"\ntitle = "t"\nsources = []\n'
        '[wording.silent_1]\ntext = "喂，怎么不说话？"\n',
        encoding="utf-8",
    )
    assert run(["standards", "check", str(path)]) == 2
    said = "house: silent_1 「喂，怎么不说话？」 says 「喂,怎么不说话」, which H1 bars"
    assert capsys.readouterr().err == f"{said}: hurries the caller (impatience, 001)\n"


def test_a_name_longer_than_names_can_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["standards", "check", "house" * 60]) == 2
    assert capsys.readouterr().err.startswith('no standard "house')
