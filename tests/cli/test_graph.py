from __future__ import annotations

from pathlib import Path

import pytest

from ivr.cli.main import run


def test_diagrams_go_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph"]) == 0
    out = capsys.readouterr().out
    assert "stateDiagram" in out
    assert {"%% general", "%% zto"} <= set(out.splitlines())


def test_diagrams_go_to_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", "zto", "--out", str(tmp_path / "docs")]) == 0
    written = capsys.readouterr().out.split()
    assert str(tmp_path / "docs" / "zto.mmd") in written
    assert (tmp_path / "docs" / "zto.mmd").read_text(encoding="utf-8").startswith("flowchart")


def test_a_folder_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").write_text("a file")
    assert run(["graph", "--out", str(tmp_path / "docs" / "deeper")]) == 1
    assert "Not a directory" in capsys.readouterr().err
