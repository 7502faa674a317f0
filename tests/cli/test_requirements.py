from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ivr.cli import requirements
from ivr.cli.main import run
from ivr.cli.requirements import collect
from ivr.errors import JobError
from ivr.simulation.scenario import Scenario, load_scenarios

CHECKOUT = Path(__file__).resolve().parents[2]

TEST = """
import pytest
pytestmark = pytest.mark.req("A3")

@pytest.mark.req("B1", "B10")
def test_ladder(): ...

class TestKeys:
    @pytest.mark.parametrize("key", [pytest.param("0", marks=pytest.mark.req("D8"))])
    async def test_zero(self, key): ...

    @pytest.mark.req(*scenario.proves)
    def test_scenario(self): ...
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tests" / "dialog").mkdir(parents=True)
    (tmp_path / "tests" / "dialog" / "test_call.py").write_text(TEST)
    (tmp_path / "scenarios" / "line").mkdir(parents=True)
    (tmp_path / "scenarios" / "line" / "silent.yaml").write_text("title: x\nproves:\n  - B1\n  - I2\n")
    monkeypatch.setattr(requirements, "data_folder", lambda name: tmp_path / name)
    return tmp_path


def test_the_table_has_every_row_once() -> None:
    rows = collect(Path("/nowhere"))
    counts = {letter: sum(row.id.startswith(letter) for row in rows) for letter in "ABCDEFGHI"}
    assert counts == {"A": 10, "B": 13, "C": 11, "D": 8, "E": 14, "F": 11, "G": 8, "H": 7, "I": 3}
    assert all(re.fullmatch(r"[A-I]\d+", row.id) for row in rows)
    assert len({row.summary for row in rows}) == 85


def test_proofs_are_found_wherever_a_mark_may_stand(checkout: Path) -> None:
    rows = {row.id: row for row in collect(checkout)}
    assert rows["A3"].tests == ["tests/dialog/test_call.py"]
    assert rows["B1"].tests == ["tests/dialog/test_call.py::test_ladder"]
    assert rows["B10"].tests == ["tests/dialog/test_call.py::test_ladder"]
    assert rows["D8"].tests == ["tests/dialog/test_call.py::TestKeys::test_zero"]
    assert rows["B1"].scenarios == ["scenarios/line/silent.yaml"]
    assert rows["I2"].proved
    assert not rows["A1"].proved


def test_a_row_that_does_not_exist_is_named(checkout: Path) -> None:
    (checkout / "scenarios" / "line" / "odd.yaml").write_text("proves: [Z9]\n")
    with pytest.raises(JobError, match=r'scenarios/line/odd\.yaml: there is no requirement "Z9"'):
        collect(checkout)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("scenarios/line/odd.yaml", b"proves: [B1", "not valid YAML"),
        ("scenarios/line/odd.yaml", b"title: 2026-02-30", "not valid YAML: day is out of range"),
        ("scenarios/line/odd.yaml", b"proves: 3", "proves is a list"),
        ("scenarios/line/odd.yaml", b"\xff", "cannot be read: not UTF-8 text"),
        ("tests/test_odd.py", b"def", "not valid Python"),
        ("tests/test_odd.py", b"\xff", "cannot be read: not UTF-8 text"),
    ],
)
def test_what_cannot_be_read_is_named(checkout: Path, name: str, content: bytes, said: str) -> None:
    (checkout / name).write_bytes(content)
    with pytest.raises(JobError, match=f"{name}: {said}"):
        collect(checkout)


def test_every_row_is_proved_in_this_checkout_but_those_that_say_why_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["requirements", "--strict"]) == 0, capsys.readouterr().err
    assert {row.id for row in collect(CHECKOUT) if row.later} == {"H4", "H5", "H7"}


@pytest.mark.usefixtures("checkout")
class TestCommand:
    def test_prints_a_table(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["requirements"]) == 0
        header, *rows = capsys.readouterr().out.splitlines()
        assert header.split() == ["id", "requirement", "proved", "by"]
        assert len(rows) == 85
        assert rows[0].endswith("—")
        (b1,) = (row for row in rows if row.startswith("B1 "))
        assert b1.endswith("scenarios/line/silent.yaml (+1)")

    def test_prints_every_proof_of_rows_that_are_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["requirements", "B1", "A1"]) == 0
        a1, nothing, b1, *proofs = capsys.readouterr().out.splitlines()
        assert (a1[:2], nothing.strip(), b1[:2]) == ("A1", "—", "B1")
        assert [proof.strip() for proof in proofs] == [
            "scenarios/line/silent.yaml",
            "tests/dialog/test_call.py::test_ladder",
        ]

    def test_prints_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["requirements", "--json", "D8"]) == 0
        (row,) = json.loads(capsys.readouterr().out)
        assert row["tests"] == ["tests/dialog/test_call.py::TestKeys::test_zero"]

    def test_is_strict_about_rows_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["requirements", "--strict", "B1", "D8"]) == 0
        assert run(["requirements", "--strict", "B1", "A1", "A2"]) == 1
        assert "no test proves A1, A2 → mark one" in capsys.readouterr().err

    def test_a_row_that_waits_says_why_until_it_is_proved(
        self, checkout: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run(["requirements", "--strict", "B1", "H4"]) == 0
        assert "— later: marked by the review" in capsys.readouterr().out
        (checkout / "scenarios" / "line" / "loud.yaml").write_text("proves: [H4]\n")
        assert run(["requirements", "--strict", "H4"]) == 1
        assert "H4 is proved by now → take it out of [later]" in capsys.readouterr().err

    def test_shows_what_is_left_to_prove(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["requirements", "--unproved"]) == 0
        out = capsys.readouterr().out
        assert "\nA1 " in out
        assert "\nB1 " not in out

    def test_knows_no_other_rows(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["requirements", "Z9"]) == 2
        assert "no requirement Z9" in capsys.readouterr().err


NO_LINE = {
    "C8": "characters are explained where so much is told at once that no small recogniser reads it",
    "E14": "begins with a call of ours",
    "F3": "follows what is told at once as well",
    "F4": "tells a time of day",
    "F7": "takes an incident on record",
    "F10": "follows what is told at once as well",
}
"""Rows that are shown by calls, though by none over SIP, and why."""


def test_rows_that_calls_show_are_shown_by_one_over_sip() -> None:
    rows: dict[str, list[Scenario]] = {}
    for scenario in load_scenarios():
        for row in {*scenario.proves, *(line.req for line in scenario.expect if line.req)}:
            rows.setdefault(row, []).append(scenario)
    assert {row for row, shown in rows.items() if all(scenario.only_virtual for scenario in shown)} == {*NO_LINE}
