from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ivr.config import Address, Settings
from ivr.errors import UserError
from ivr.service import startup


def settings(port: int = 0, **tables: object) -> Settings:
    return Settings.model_validate({"sip": {"bind": f"127.0.0.1:{port}"}, **tables})


def test_the_shipped_standards_can_all_be_heard(tmp_path: Path) -> None:
    lines = [{"number": "1", "name": "general"}, {"number": "2", "name": "zto"}]
    startup.check(settings(line=lines, records={"recordings": str(tmp_path)}, telephony={"operator": "sip:0@pbx"}))


@pytest.mark.parametrize(("kind", "name"), [(socket.SOCK_DGRAM, "UDP"), (socket.SOCK_STREAM, "TCP")])
def test_a_port_in_use_is_one_line(kind: socket.SocketKind, name: str, free_port: Callable[[], int]) -> None:
    port = free_port()
    with socket.socket(type=kind) as taken:
        taken.bind(("127.0.0.1", port))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        with pytest.raises(UserError, match=rf"sip.bind: 127.0.0.1:{port} \({name}\): Address already in use → stop"):
            startup.check(settings(port))


def test_the_port_of_every_worker_is_looked_at() -> None:
    some = Settings.model_validate({"sip": {"bind": "127.0.0.1:6000", "workers": 3}})
    assert [address.port for address in startup.addresses(some)] == [6000, 6001, 6002]


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(UserError, match="Cannot assign requested address"):
        startup.check_free(Address("192.0.2.1", 5070))


def test_a_standard_with_a_mistake(tmp_path: Path) -> None:
    house = tmp_path / "house.toml"
    house.write_text('name = "house"\ninherits = "general"\n[menu.greeting]\nsay = ["nothing"]\n', encoding="utf-8")
    with pytest.raises(UserError, match=r"house\.toml: menu\.greeting"):
        startup.check_wording(settings(standard={"name": str(house)}))


@pytest.mark.req("H1")
@pytest.mark.parametrize("key", ["company", "site", "agent_surname"])
def test_a_house_whose_name_must_not_be_said(key: str) -> None:
    named = {key: "不归我管"}
    for house in (settings(standard=named), settings(line=[{"number": "1", **named}])):
        with pytest.raises(UserError, match=rf"^standard\.{key}: says 「不归我管」, which \S+ bars: .+ → write"):
            startup.check_wording(house)


def test_a_damaged_recording_is_replaced_but_a_folder_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "greeting.wav").write_bytes(b"no sound")
    with capture_logs() as logged:
        startup.check_wording(settings(standard={"prompts": str(tmp_path)}))
    assert any("greeting.wav" in str(entry) for entry in logged)
    with pytest.raises(UserError, match=r"gone: No such file or directory → standard\.prompts"):
        startup.check_wording(settings(standard={"prompts": str(tmp_path / "gone")}))


def test_a_robots_voice_is_one_warning() -> None:
    with capture_logs() as logged:
        startup.check_wording(settings(standard={"company": "一家没有录过音的公司"}))
    (entry,) = logged
    assert entry["log_level"] == "warning"
    assert entry["prompts"] > 0
    assert entry["todo"].startswith("→ ivr prompts render --config")


def test_the_shipped_house_warns_of_nothing() -> None:
    with capture_logs() as logged:
        startup.check_wording(settings())
    assert logged == []


class TestRecogniser:
    @pytest.fixture(autouse=True)
    def no_models(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SANLING_CACHE", str(tmp_path / "cache"))

    def test_one_that_is_named_must_be_there(self) -> None:
        with pytest.raises(UserError, match=r"ivr models pull whisper"):
            startup.check_recogniser(settings(speech={"recognizer": "whisper"}))

    def test_none_to_choose_from_is_one_warning(self) -> None:
        with capture_logs() as logged:
            startup.check_recogniser(settings())
        (entry,) = logged
        assert entry["log_level"] == "warning"
        assert entry["todo"] == "→ ivr models pull"

    def test_a_houses_own_model_is_tried_out(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"no model in it: .* → name the folder of one in speech\.model"):
            startup.check_recogniser(settings(speech={"model": str(tmp_path)}))
        files = {"model.bin": b"damaged", "config.json": b"{}", "vocabulary.txt": b"a\n" * 51865}
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match=r"whisper cannot use it: .* → fetch the model anew"):
            startup.check_recogniser(settings(speech={"model": str(tmp_path)}))

    @pytest.mark.parametrize(
        "tables",
        [
            {"speech": {"recognizer": "none"}},
            {"standard": {"hears": "keys"}},
            {"speech": {"recognizer": "whisper"}, "standard": {"hears": "keys"}},
        ],
        ids=["switched off", "no line hears words", "not needed"],
    )
    def test_nobody_is_told_of_what_nobody_wants(self, tables: dict[str, object]) -> None:
        with capture_logs() as logged:
            startup.check_recogniser(Settings.model_validate(tables))
        assert logged == []


class TestKeysWithoutEffect:
    def test_are_told_where_they_are_set(self) -> None:
        some = settings(
            speech={"recognizer": "none"},
            records={"url": "sqlite:///x"},
            telephony={"outbound_allow": []},
            console={"bind": "127.0.0.1:8081"},
        )
        with capture_logs() as logged:
            startup.check(some)
        (entry,) = [entry for entry in logged if entry["event"] == "set, but has no effect yet"]
        assert entry["log_level"] == "info"
        assert entry["keys"] == [
            "console.bind",
        ]

    def test_are_not_told_where_they_are_left_alone_or_switched_off(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret"
        secret.write_text("x")
        some = Settings.model_validate(
            {
                "sip": {"registrar": "sip:pbx.test", "password_file": str(secret)},
                "console": {"bind": ""},
                "telephony": {"operator": "sip:0@elsewhere"},
            }
        )
        assert some.telephony.agents, "filled in by the registrar, not by the administrator"
        assert startup.without_effect(some) == []


def test_a_folder_for_messages_that_may_not_be_entered(locked: Path) -> None:
    assert startup.unwritable(locked / "below" / "recordings").startswith("no permission to write to ")


def test_what_is_no_obstacle_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with capture_logs() as logged:
        startup.check(
            settings(speech={"recognizer": "none"}, records={"recordings": str(tmp_path / "file" / "recordings")})
        )
    assert [entry["event"] for entry in logged if entry["log_level"] == "warning"] == [
        "callers' messages cannot be kept",
        "key 0 reaches nobody",
    ]


@pytest.mark.req("B12")
def test_whom_standards_ask_in_vain_is_told_at_the_start() -> None:
    asking = {"name": str(Path(__file__).parents[1] / "standards" / "asking.toml")}
    with capture_logs() as logged:
        startup.check_backends(settings(standard=asking))
        startup.check_backends(settings(standard=asking, backends={"shipment": {"kind": "sample"}}))
    without, with_shipments = ({*entry["of"]} for entry in logged)
    assert without - with_shipments == {"shipment"}
    assert {entry["event"] for entry in logged} == {"standards ask whom nobody knows: that fails at once"}
    with pytest.raises(UserError, match="the sample answers no"):
        startup.check_backends(settings(backends={"weather": {"kind": "sample"}}))
