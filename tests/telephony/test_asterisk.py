from __future__ import annotations

from pathlib import Path

import pytest

from ivr.config import Settings, SipSettings, TelephonySettings
from ivr.config.values import Address, PortRange
from ivr.errors import UserError
from ivr.telephony.asterisk import render


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("sesame\n", encoding="utf-8")
    return file


def registering(password_file: Path, registrar: str = "sip:127.0.0.1:5560", **sip: object) -> Settings:
    return Settings.model_validate({"sip": {"registrar": registrar, "password_file": str(password_file), **sip}})


def section(text: str, name: str, kind: str) -> dict[str, str]:
    """Keys of the section `name` whose type is `kind`."""
    for part in text.split("\n[")[1:]:
        title, _, body = part.partition("]\n")
        pairs = (line.split(";")[0].partition("=") for line in body.splitlines() if "=" in line)
        keys = {key.strip(): value.strip() for key, _, value in pairs}
        if title == name and keys.get("type") == kind:
            return keys
    raise AssertionError(f"no {kind} [{name}] in:\n{text}")


def test_registers_with_digest_and_a_contact_for_each_worker(password_file: Path) -> None:
    pjsip = render(registering(password_file, username="line", workers=3))["pjsip.conf"]
    assert section(pjsip, "line", "auth")["password"] == "sesame"
    assert section(pjsip, "line", "endpoint")["auth"] == "line"
    assert section(pjsip, "line", "aor")["max_contacts"] == "3"


@pytest.mark.parametrize(
    ("registrar", "bind"),
    [
        ("sip:127.0.0.1:5560", "127.0.0.1:5560"),
        ("sip:192.0.2.1", "0.0.0.0:5060"),
        ("sip:ivr@pbx.example:5080;transport=udp", "0.0.0.0:5080"),
    ],
)
def test_listens_where_the_service_registers(password_file: Path, registrar: str, bind: str) -> None:
    pjsip = render(registering(password_file, registrar))["pjsip.conf"]
    assert section(pjsip, "transport-udp", "transport")["bind"] == bind


def test_without_a_registrar_the_service_is_known_by_its_address() -> None:
    settings = Settings(sip=SipSettings(bind=Address("192.0.2.7", 5070), workers=2))
    pjsip = render(settings)["pjsip.conf"]
    assert "contact = sip:ivr@192.0.2.7:5070\ncontact = sip:ivr@192.0.2.7:5071\n" in pjsip
    assert section(pjsip, "ivr", "identify")["match"] == "192.0.2.7"
    assert "auth" not in section(pjsip, "ivr", "endpoint")


def test_audio_ports_keep_clear_of_the_services_own() -> None:
    assert "rtpstart = 10000" in render(Settings())["rtp.conf"]
    settings = Settings(sip=SipSettings(rtp_ports=PortRange(12000, 12999)))
    assert "rtpstart = 40000" in render(settings)["rtp.conf"]


def test_transfers_reach_the_extensions_that_the_service_names() -> None:
    targets = TelephonySettings(operator="sip:100@192.0.2.1", supervisor="sip:200@192.0.2.1")
    dialplan = render(Settings(telephony=targets))["extensions.conf"]
    assert "exten => 100,1,Goto(ivr-operator,100,1)" in dialplan
    assert "exten => 200,1,Dial(${SUPERVISOR}" in dialplan


def test_an_unreadable_password_is_one_clear_line(password_file: Path) -> None:
    settings = registering(password_file)
    password_file.unlink()
    with pytest.raises(UserError, match="put the password on its first line"):
        render(settings)


@pytest.mark.parametrize(
    ("url", "listens"),
    [
        ("http://127.0.0.1:8088", "bindaddr = 127.0.0.1\nbindport = 8088\n"),
        ("http://192.0.2.1/", "bindaddr = 192.0.2.1\nbindport = 80\n"),
        ("http://localhost:8088", "bindaddr = 127.0.0.1\nbindport = 8088\n"),
        ("http://pbx.example:8088", "bindaddr = 0.0.0.0\nbindport = 8088\n"),
        ("https://192.0.2.1:8089", "bindaddr = 127.0.0.1\ntlsenable = yes\ntlsbindaddr = 192.0.2.1:8089\n"),
    ],
)
def test_who_can_be_rung_is_told_where_the_service_asks(password_file: Path, url: str, listens: str) -> None:
    asks = TelephonySettings(ari_url=url, ari_username="ivr", ari_password_file=password_file)
    written = render(Settings(telephony=asks))
    assert f"enabled = yes\n{listens}\n" in written["http.conf"]
    assert "[ivr]\ntype = user\nread_only = yes\npassword = sesame\n" in written["ari.conf"]
    assert "load = res_ari_device_states.so\n" in written["modules.conf"]


def test_where_nobody_asks_nothing_listens() -> None:
    written = render(Settings())
    assert not written.keys() & {"http.conf", "ari.conf"}
    assert "res_ari" not in written["modules.conf"]
