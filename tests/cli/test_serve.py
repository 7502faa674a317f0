from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from ivr.cli.main import run

pytestmark = pytest.mark.usefixtures("restored_logs")


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str, noted: tuple[str, ...] = ()) -> str:
    assert run(["serve", *arguments]) == 2
    *notes, last = capsys.readouterr().err.splitlines()
    assert tuple(json.loads(note)["event"] for note in notes) == noted, "what was logged before, and nothing else"
    assert last.startswith("ivr: ")
    return last


class TestRefusesToStart:
    def test_with_a_mistake_in_the_configuration(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        config = tmp_path / "ivr.toml"
        config.write_text("[sip]\nmax_cals = 5")
        assert f"{config}: sip.max_cals: unknown key → did you mean max_calls?" in refusal(
            capsys, "--config", str(config)
        )

    def test_with_a_mistake_in_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("IVR_SIP_BIND", "5070")
        assert "IVR_SIP_BIND: " in refusal(capsys)

    def test_on_a_port_in_use(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            monkeypatch.setenv("IVR_SIP_BIND", address)
            assert f"sip.bind: {address} (UDP): Address already in use" in refusal(capsys)

    def test_with_a_standard_that_is_not_there(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("IVR_SIP_BIND", "127.0.0.1:0")
        monkeypatch.setenv("IVR_STANDARD_NAME", "nowhere")
        assert 'no standard "nowhere"' in refusal(capsys)

    def test_with_a_recogniser_that_is_not_there(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        monkeypatch.setenv("IVR_SIP_BIND", "127.0.0.1:0")
        monkeypatch.setenv("IVR_SPEECH_RECOGNIZER", "whisper")
        monkeypatch.setenv("SANLING_CACHE", str(tmp_path))
        assert "ivr models pull whisper" in refusal(capsys)

    def test_with_a_journal_that_cannot_be_written(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        monkeypatch.setenv("IVR_SIP_BIND", "127.0.0.1:0")
        monkeypatch.setenv("IVR_RECORDS_RECORDINGS", str(tmp_path))
        monkeypatch.setenv("IVR_TELEPHONY_OPERATOR", "sip:0@pbx")
        monkeypatch.setenv("IVR_SPEECH_RECOGNIZER", "none")
        journal = str(tmp_path / "no" / "journal.jsonl")
        noted = ("standards ask whom nobody knows: that fails at once",)
        assert "--journal" in refusal(capsys, "--journal", journal, noted=noted)
