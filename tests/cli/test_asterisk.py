from __future__ import annotations

from pathlib import Path

import pytest

from ivr.cli.main import run


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "secret").write_text("s3cret")
    path = tmp_path / "ivr.toml"
    path.write_text('[sip]\nregistrar = "sip:127.0.0.1"\npassword_file = "secret"\n[[line]]\nnumber = "4008"\n')
    return str(path)


def test_the_files_go_to_the_terminal(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["asterisk", "config", "--config", config]) == 0
    out = capsys.readouterr().out
    assert "- pjsip.conf\n" in out
    assert "s3cret" in out


def test_the_files_go_to_a_folder_that_others_cannot_read(config: str, tmp_path: Path) -> None:
    assert run(["asterisk", "config", "--config", config, "--out", str(tmp_path / "etc")]) == 0
    pjsip = tmp_path / "etc" / "pjsip.conf"
    assert "s3cret" in pjsip.read_text(encoding="utf-8")
    assert pjsip.stat().st_mode & 0o007 == 0
