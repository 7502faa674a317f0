from __future__ import annotations

from pathlib import Path

import pytest

from ivr.cli.main import run


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "secret").write_text("s3cret")
    path = tmp_path / "ivr.toml"
    (tmp_path / "ari").write_text("0pen;sesame")
    path.write_text(
        """
        telephony = { ari_url = "http://127.0.0.1:8088", ari_username = "ivr", ari_password_file = "ari" }
        sip = { registrar = "sip:127.0.0.1", password_file = "secret" }
        line = [{ number = "4008" }]
        """
    )
    return str(path)


def test_the_files_go_to_the_terminal_and_passwords_do_not(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["asterisk", "config", "--config", config]) == 0
    out = capsys.readouterr().out
    assert all(f"- {name}.conf\n" in out for name in ("pjsip", "ari", "http"))
    assert "s3cret" not in out
    assert "0pen" not in out
    assert out.count("password = written with --out FOLDER only") == 2


def test_passwords_go_to_files_of_their_own_mode(config: str, tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "ari.conf").touch(mode=0o644)
    assert run(["asterisk", "config", "--config", config, "--out", str(folder)]) == 0
    for name, password in (("pjsip.conf", "s3cret"), ("ari.conf", "0pen\\;sesame")):
        assert f"password = {password}\n" in (folder / name).read_text(encoding="utf-8")
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    assert (folder / "extensions.conf").stat().st_mode & 0o007 == 0


def test_presence_without_a_user_is_one_clear_line(
    config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IVR_TELEPHONY_ARI_USERNAME", "")
    assert run(["asterisk", "config", "--config", config]) == 2
    assert capsys.readouterr().err == (
        "ivr: telephony.ari_url: who asks? → set ari_username, letters and digits, and ari_password_file\n"
    )
