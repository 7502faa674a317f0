from __future__ import annotations

import resource
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ivr.config import Settings
from ivr.errors import UserError
from ivr.recording.seal import new_key
from ivr.records import Database
from ivr.service import doctor, ping
from ivr.service.doctor import CHECKS, Finding, examine
from ivr.speech.models import find_model
from tests.speech.engines import BROKEN, FRAMES

IDENTITY = Path(__file__).parents[1] / "standards" / "identity.toml"


def settings(**tables: Any) -> Settings:  # noqa: ANN401 - as in ivr.toml
    return Settings.model_validate({"metrics": {"bind": ""}, "sip": {"bind": "127.0.0.1:0"}} | tables)


def found(name: str, some: Settings | None = None) -> list[Finding]:
    return list(CHECKS[name](some or settings()))


@pytest.mark.parametrize("name", ["python", "pjsua2", "voice activity", "standards", "prompts", "speech at run time"])
def test_what_calls_need_is_here(name: str) -> None:
    findings = found(name)
    assert findings
    assert {finding.state for finding in findings} == {"ok"}, findings


def test_every_finding_bears_the_name_of_its_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Settings) -> Any:  # noqa: ANN401 - raises
        raise UserError("pjsua2 cannot be loaded → make pjsua2")

    monkeypatch.setattr(doctor, "CHECKS", {"python": CHECKS["python"], "pjsua2": broken})
    python, pjsua2 = examine(settings())
    assert python.name == "python"
    assert pjsua2 == Finding("pjsua2", "bad", "pjsua2 cannot be loaded", "make pjsua2")


def test_the_ready_wheel_is_less_than_could_be(monkeypatch: pytest.MonkeyPatch) -> None:
    from ivr.telephony import pjsua  # noqa: PLC0415 - needs pjsua2

    monkeypatch.setattr(pjsua, "FULL_BUILD", False)
    monkeypatch.setattr(pjsua, "MAX_CALLS", 4)
    assert [finding.state for finding in found("pjsua2")] == ["note", "bad"]
    assert [finding.state for finding in found("pjsua2", settings(sip={"max_calls": 4}))] == ["note"]


def test_a_standard_with_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "house.toml").write_text("name = ", encoding="utf-8")
    findings = {finding.name: finding for finding in examine(settings(standard={"name": str(tmp_path / "house.toml")}))}
    assert findings["standards"].state == "bad"
    assert "not valid TOML" in findings["standards"].detail


def test_what_nobody_rendered_is_spoken_by_a_robot() -> None:
    (finding,) = found("prompts", settings(standard={"company": "一家没有录过音的公司"}))
    assert finding.state == "note"
    assert "一家没有录过音的公司" in finding.detail


class TestRecogniser:
    @pytest.fixture
    def cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SANLING_CACHE", str(tmp_path))

    @pytest.mark.usefixtures("cache")
    def test_none_installed_is_a_note(self) -> None:
        (finding,) = found("recogniser")
        assert (finding.state, finding.todo) == ("note", "ivr models pull")
        assert finding.detail == "none is installed: voice activity and keys only"

    @pytest.mark.usefixtures("cache")
    @pytest.mark.parametrize("tables", [{"speech": {"recognizer": "none"}}, {"standard": {"hears": "keys"}}])
    def test_none_wanted_is_fine(self, tables: dict[str, Any]) -> None:
        (finding,) = found("recogniser", settings(**tables))
        assert finding.state == "ok"

    @pytest.mark.usefixtures("cache")
    def test_one_that_is_asked_for_must_be_there(self) -> None:
        asked = settings(speech={"recognizer": "vosk"})
        finding = next(finding for finding in examine(asked) if finding.name == "recogniser")
        assert finding.state == "bad"
        assert "ivr models pull vosk-small-cn" in finding.detail + finding.todo

    def test_the_one_that_is_chosen_is_tried(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(doctor, "chosen", lambda _: FRAMES)
        (finding,) = found("recogniser")
        assert finding.state == "ok"
        assert finding.detail.startswith("frames, works after ")
        monkeypatch.setattr(doctor, "chosen", lambda _: BROKEN)
        with pytest.raises(UserError, match="broken cannot use it: the model is damaged"):
            found("recogniser")


def test_a_damaged_model_is_told_from_one_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANLING_CACHE", str(tmp_path))
    (find_model("whisper").folder / "model.bin").write_bytes(b"half of it")
    details = [finding.detail for finding in found("models")]
    assert "whisper is damaged" in details
    assert any(detail.startswith("vosk-small-cn is not here") for detail in details)
    assert not any("vosk-ko" in detail for detail in details), "only developers need it"


class TestService:
    def test_a_free_port(self) -> None:
        (finding,) = found("service")
        assert "127.0.0.1:0 is free" in finding.detail

    def test_a_port_that_somebody_else_has(self, free_port: Callable[[], int]) -> None:
        port = free_port()
        with socket.socket(type=socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", port))
            findings = {f.name: f for f in examine(settings(sip={"bind": f"127.0.0.1:{port}"}))}
        assert findings["service"].state == "bad"
        assert "in use" in findings["service"].detail

    @pytest.mark.parametrize(("says", "state"), [("ready", "ok"), ("draining", "note")])
    def test_our_own_service_may_have_it(self, monkeypatch: pytest.MonkeyPatch, says: str, state: str) -> None:
        monkeypatch.setattr(ping, "own_health", lambda _: says)
        (finding,) = found("service", settings(metrics={}))
        assert finding.state == state


class TestRegistrar:
    def test_none_is_fine(self) -> None:
        assert found("registrar")[0].state == "ok"

    def test_that_does_not_answer_and_a_password_everybody_reads(
        self, tmp_path: Path, free_port: Callable[[], int]
    ) -> None:
        secret = tmp_path / "secret"
        secret.write_text("x")
        secret.chmod(0o644)
        sip = {"registrar": f"sip:127.0.0.1:{free_port()}", "password_file": str(secret)}
        silent, readable = found("registrar", settings(sip=sip))
        assert "does not answer" in silent.detail
        assert readable.todo == f"chmod o-r {secret}"


@pytest.mark.parametrize(("limit", "state"), [(20000, "ok"), (64, "bad")])
def test_open_files(monkeypatch: pytest.MonkeyPatch, limit: int, state: str) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    assert found("open files")[0].state == state


def test_a_disk_that_is_nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(1, 1, 1 << 20))
    assert {finding.state for finding in found("disk")} == {"note"}


@pytest.mark.parametrize(("synchronised", "state"), [(True, "ok"), (False, "note")])
def test_the_clock(monkeypatch: pytest.MonkeyPatch, synchronised: bool, state: str) -> None:
    monkeypatch.setattr(doctor, "_synchronised", lambda: synchronised)
    assert found("clock")[0].state == state


def test_messages_that_cannot_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "chosen", lambda settings: True)
    (tmp_path / "file").write_text("")
    assert found("messages", settings(records={"recordings": str(tmp_path / "file" / "x")}))[0].state == "note"
    assert found("messages", settings(records={"recordings": str(tmp_path / "new")}))[0].state == "ok"


@pytest.mark.req("G3")
def test_messages_in_which_nobody_finds_a_number(tmp_path: Path) -> None:
    deaf = settings(speech={"recognizer": "none"}, records={"recordings": str(tmp_path)})
    assert "private numbers in them are not found" in found("messages", deaf)[0].detail


@pytest.mark.req("A9")
def test_callers_who_are_recorded_without_being_told() -> None:
    silent, announced = {"number": "4001"}, {"number": "4002", "announce": True}
    zto, unrecorded = {"number": "4003", "name": "zto"}, {"number": "4004", "record": False}
    some = settings(standard={"announce": True}, line=[{**silent, "announce": False}, announced, zto, unrecorded])
    (finding,) = found("recording notice", some)
    assert finding.detail == "line 4001: callers are not told that calls are recorded"
    assert found("recording notice", settings())[0].detail.startswith("general: callers are not told")
    assert found("recording notice", settings(standard={"announce": True}))[0].detail == "callers are told"
    assert found("recording notice", settings(standard={"record": False}))[0].detail == "nothing is recorded"


@pytest.mark.req("G3")
def test_recordings(tmp_path: Path) -> None:
    without = {
        "speech": {"recognizer": "none"},
        "records": {"recordings": str(tmp_path), "key_file": str(tmp_path / "key")},
    }
    (finding,) = found("recordings", settings(**without))
    assert finding.state == "note"
    assert "said unasked, nobody finds them" in finding.detail
    assert found("recordings", settings(standard={"record": False}, **without))[0].detail == "none: switched off"


@pytest.mark.req("G3")
def test_the_key_of_originals(tmp_path: Path) -> None:
    key = tmp_path / "key"
    some = settings(
        speech={"recognizer": "none"}, standard={"name": str(IDENTITY)}, records={"key_file": str(key), "url": ""}
    )
    assert found("recordings", some)[1] == Finding(
        "", "note", f"{key}: No such file or directory", f"make a key with: ivr records key --out {key}"
    )
    new_key(key)
    assert found("recordings", some)[1].state == "ok"
    key.chmod(0o644)
    assert "others may read it (mode 0644)" in found("recordings", some)[1].detail


def test_records(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ivr.db'}"
    assert "first start" in found("records", settings(records={"url": url}))[0].detail
    database = Database(url)
    database.upgrade()
    database.close()
    assert found("records", settings(records={"url": url}))[0].detail == str(tmp_path / "ivr.db")
    (tmp_path / "ivr.db").write_bytes(b"no database" * 1000)
    (damaged,) = found("records", settings(records={"url": url}))
    assert (damaged.state, bool(damaged.todo)) == ("note", True)
    assert found("records", settings(records={"url": ""}))[0].todo == "set records.url"


def test_who_is_cut_off_can_be_rung_back_where_there_is_a_way_out() -> None:
    assert found("call-backs", settings())[0].state == "note"
    assert found("call-backs", settings(telephony={"outbound": "sip:{number}@pbx"}))[0].state == "ok"


def test_holidays_are_known_where_they_matter() -> None:
    office = {"hours": ["08:00-12:00"], "open_on": "working days"}
    assert not found("calendar", settings())
    assert len(found("calendar", settings(standard=office))) == 1


@pytest.mark.parametrize("name", ["asterisk", "sipp", "sound device", "models", "transfers"])
def test_what_is_only_for_some_is_never_bad(name: str) -> None:
    assert all(finding.state != "bad" for finding in found(name))


def test_alerts_have_somebody_who_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as there:
        alerts = {"url": f"http://127.0.0.1:{there.getsockname()[1]}/robot?key=sesame"}
        (heard,) = found("alerts", settings(alerts=alerts))
    assert (heard.state, heard.detail) == ("ok", "json, 127.0.0.1 is there")
    (gone,) = found("alerts", settings(alerts=alerts))
    assert gone.state == "note"
    assert "sesame" not in gone.detail
    (nobody,) = found("alerts")
    assert (nobody.state, nobody.todo) == ("note", "set alerts.url")


@pytest.mark.req("B12")
def test_backends_that_would_not_answer_are_told(tmp_path: Path) -> None:
    asking = str(Path(__file__).parents[1] / "standards" / "asking.toml")
    away = {"kind": "sqlite", "file": str(tmp_path / "away.db"), "query": "select 1"}
    there = {"account": away, "ticket": {"kind": "sample"}}
    findings = found("backends", settings(standard={"name": asking}, backends=there))
    told = [(finding.state, finding.detail) for finding in findings]
    assert told[:2] == [
        ("note", f"account: {tmp_path / 'away.db'}: unable to open database file"),
        ("ok", "ticket: sample data"),
    ]
    assert ("note", "shipment: a standard asks it, and nobody is there") in told[2:]
