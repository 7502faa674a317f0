"""What docs/standards.md tells a newcomer to write works: its blocks are read from it, checked, and rehearsed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ivr.cli.main import run
from ivr.files import data_folder
from ivr.standards.load import StandardError, load_standard

DOCUMENT = (data_folder("prompts").parent / "docs" / "standards.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?:toml|yaml)\n# (\S+\.(?:toml|yaml))\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(r"^```toml\n((?!# \S+\.toml).*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of the document, as somebody has them who has pasted every block into its file."""
    for file, block in BLOCK.findall(DOCUMENT):
        with (tmp_path / file).open("a", encoding="utf-8") as pasted:
            pasted.write(block)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_ladder_and_a_form_are_added_without_a_line_of_python(
    newcomer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sorted(path.name for path in newcomer.iterdir()) == ["house.toml", "ivr.toml", "pickup.yaml"]
    assert run(["standards", "check", "house.toml"]) == 0
    assert capsys.readouterr().out == "house.toml: OK\n"
    (newcomer / "ivr.toml").unlink()  # it names the file where a service would have it
    assert run(["rehearse", "--virtual", "pickup.yaml"]) == 0
    assert capsys.readouterr().out.startswith("PASS  pickup ")


def test_a_scenario_finds_the_standard_that_lies_beside_it(
    newcomer: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir("/")
    assert run(["rehearse", "--virtual", str(newcomer / "pickup.yaml")]) == 0
    assert capsys.readouterr().out.startswith("PASS  pickup ")


def test_what_it_shows_of_them_is_in_use(newcomer: Path) -> None:
    house = load_standard(newcomer / "house.toml")
    assert house.menu["pickup.pickup_on"].no_input == "calendar"
    assert house.menu["help"].intents["ship"] == ("form", "pickup")
    assert "house.toml" in (newcomer / "ivr.toml").read_text(encoding="utf-8")


def test_a_slip_in_it_is_told_by_its_place(newcomer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    house = newcomer / "house.toml"
    house.write_text(
        house.read_text(encoding="utf-8").replace('no_input = "calendar"', 'no_input = "calender"'), "utf-8"
    )
    assert run(["standards", "check", "house.toml"]) == 2
    assert "house.toml: slot.pickup_on.no_input: there is no [ladder.calender]" in capsys.readouterr().err


@pytest.mark.parametrize("snippet", SNIPPET.findall(DOCUMENT), ids=lambda snippet: snippet.splitlines()[0].split()[0])
def test_every_key_that_it_names_is_one(tmp_path: Path, snippet: str) -> None:
    """Its other snippets are parts of something: names may be missing, but nothing is misspelt or of the wrong kind."""
    path = tmp_path / "house.toml"
    path.write_text(f'name = "house"\ninherits = "general"\ntitle = "t"\nsources = []\n{snippet}', "utf-8")
    try:
        load_standard(path)
    except StandardError as error:
        lines = [line for line in error.lines if re.search("unknown key|Input should|is no act|not valid TOML", line)]
        assert lines == []
