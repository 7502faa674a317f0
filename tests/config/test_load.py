from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest

from ivr.config import REFUSED_AT_ONCE, Address, PortRange, Settings, load, read_secret
from ivr.errors import UserError


@pytest.fixture
def write(tmp_path: Path) -> WriteToml:
    return WriteToml(tmp_path)


class WriteToml:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, text: str) -> Path:
        path = self.folder / "ivr.toml"
        path.write_text(text, encoding="utf-8")
        return path


def complaint(path: Path | None, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(UserError) as caught:
        load(path, environ or {})
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_nothing_given_is_the_default_house() -> None:
    settings = load(None, {})
    assert settings.sip.bind == Address("0.0.0.0", 5070)
    assert settings.sip.rtp_ports == PortRange(30000, 30999)
    assert (settings.sip.max_calls, settings.sip.workers) == (100, 1)
    assert settings.standard.name == "general"
    assert settings.standard.company == "安达速运"
    assert [str(network) for network in settings.sip.allow] == ["127.0.0.0/8"]
    assert settings == Settings()


def test_an_empty_file_is_the_default_house(write: WriteToml) -> None:
    assert load(write(""), {}) == Settings()


@pytest.mark.req("A10")
def test_a_line_inherits_from_standard_and_overrides_it(write: WriteToml) -> None:
    settings = load(
        write(
            """
            [standard]
            company = "安达速运"
            site = "北京"
            [[line]]
            number = "4008"
            name = "zto"
            company = "中通速递"
            """
        ),
        {},
    )
    line = settings.line_for("4008")
    assert (line.name, line.company, line.site) == ("zto", "中通速递", "北京")
    assert settings.line_for("10000") is settings.standard
    assert [served.name for served in settings.served] == ["general", "zto"]


def test_a_line_may_hear_keys_alone(write: WriteToml) -> None:
    settings = load(write('[standard]\n[[line]]\nnumber = "1"\nhears = "keys"\n[[line]]\nnumber = "2"'), {})
    assert [served.hears for served in settings.served] == ["words", "keys", "words"]


def test_a_house_may_bring_its_own_model(write: WriteToml, tmp_path: Path) -> None:
    assert load(write('[speech]\nmodel = ""'), {}).speech.model is None
    assert load(write('[speech]\nmodel = "vosk-cn"'), {}).speech.model == tmp_path / "vosk-cn"


def test_the_environment_overrides_the_file(write: WriteToml) -> None:
    path = write('[sip]\nbind = "127.0.0.1:6000"\nworkers = 1\nallow = ["10.0.0.0/8"]')
    environ = {
        "IVR_SIP_BIND": "127.0.0.1:6002",
        "IVR_SIP_WORKERS": "2",
        "IVR_SIP_ALLOW": '["192.168.0.0/16"]',
        "IVR_STANDARD_AGENT_NUMBER": "9527",
        "IVR_CONFIG": "/somewhere/ivr.toml",
        "PATH": "/usr/bin",
    }
    settings = load(path, environ)
    assert settings.sip.bind == Address("127.0.0.1", 6002)
    assert settings.sip.workers == 2
    assert [str(network) for network in settings.sip.allow] == ["192.168.0.0/16"]
    assert settings.standard.agent_number == "9527"


def test_the_environment_reaches_what_lines_inherit(write: WriteToml) -> None:
    settings = load(write('[[line]]\nnumber = "1"'), {"IVR_STANDARD_SITE": "广州"})
    assert settings.line_for("1").site == "广州"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[sip]\nbindd = "x"', "sip.bindd: unknown key → did you mean bind?"),
        ("[spi]", "spi: unknown key → did you mean sip?"),
        ('[[line]]\nnumber = "1"\nnam = "zto"', "line[1].nam: unknown key → did you mean name?"),
        ('[[line]]\nname = "zto"', "line[1].number: missing → add it"),
        ('[[line]]\nnumber = "1"\n[[line]]\nnumber = "1"', 'line: number "1" has two [[line]] entries; keep one'),
        ('[sip]\nbind = "5070"', 'sip.bind: "5070" is no address; write "HOST:PORT", e.g. "127.0.0.1:5070"'),
        ('[sip]\nbind = "0.0.0.0:99999"', "sip.bind: "),
        ('[sip]\nrtp_ports = "30001-30999"', "start with 30002 instead of 30001"),
        ('[sip]\nrtp_ports = "30999-30000"', "put the smaller port first"),
        ('[sip]\nrtp_ports = "many"', 'is no port range; write "FIRST-LAST"'),
        (
            '[sip]\nrtp_ports = "30000-30199"',
            "sip.rtp_ports: 100 calls and 16 that are refused need 232 ports, 30000-30199 has 200; widen it",
        ),
        ('[sip]\nrtp_ports = "30000-30009"\nmax_calls = 5', "5 calls and 16 that are refused need 42 ports"),
        (
            '[sip]\nrtp_ports = "30000-30999"\nmax_calls = 500\nworkers = 3',
            "sip.rtp_ports: 500 calls and 48 that are refused need 1098 ports, 30000-30999 has 1000; widen it",
        ),
        ("[sip]\nmax_calls = 600", "sip.rtp_ports: 600 calls and 16 that are refused need 1232 ports"),
        (
            '[sip]\nbind = "0.0.0.0:65535"\nworkers = 2',
            "sip.workers: worker i listens on port + i, bind 0.0.0.0:65535 + 1 is none; lower bind",
        ),
        (
            '[sip]\ntls_bind = "0.0.0.0:65533"\ntls_certificate = "ivr.toml"\ntls_key = "ivr.toml"\nworkers = 4',
            "sip.workers: worker i listens on port + i, tls_bind 0.0.0.0:65533 + 3 is none; lower tls_bind",
        ),
        ('[sip]\nbind = "[::1]:5070"', 'sip.bind: "[::1]:5070": SIP is IPv4 only for now; write an IPv4 address'),
        ('[sip]\ntls_bind = "[::]:5071"', 'sip.tls_bind: "[::]:5071": SIP is IPv4 only for now'),
        ('[sip]\nbind = "::1:5070"', 'sip.bind: "::1:5070" is no address'),
        ('[sip]\nbind = "[10.0.0.1]:5070"', 'sip.bind: "[10.0.0.1]:5070" is no address'),
        ('[sip]\nbind = "192.168..1:5070"', 'sip.bind: "192.168..1:5070" is no address'),
        ('[sip]\nusername = "front desk"', 'sip.username: "front desk" cannot stand in a SIP URI; use letters'),
        ('[sip]\nusername = "a@b"', 'sip.username: "a@b" cannot stand in a SIP URI'),
        ('[sip]\nusername = "a\\r\\nVia: x"', "sip.username: "),
        ('[sip]\nusername = ""', "sip.username: "),
        ('[sip]\npublic_address = "300.1.1.1"', 'sip.public_address: "300.1.1.1" is no IPv4 address or host name'),
        ('[sip]\npublic_address = "pbx:5060"', "sip.public_address: "),
        ('[sip]\npublic_address = "2001:db8::1"', "sip.public_address: "),
        ("[sip]\nmedia_timeout_s = inf", "sip.media_timeout_s: input should be a finite number"),
        ("[sip]\ndrain_timeout_s = nan", "sip.drain_timeout_s: input should be "),
        ('[sip]\nregistrar = "sip:pbx"\npassword_file = "~nobody-here/x"', "sip.password_file: "),
        ('[standard]\ncompany = "安达{site}"', 'standard.company: "安达{site}": { cannot be spoken'),
        ('[standard]\nsite = "上海}"', 'standard.site: "上海}": } cannot be spoken'),
        ('[[line]]\nnumber = "1"\ncompany = "{"', "line[1].company: "),
        ('[sip]\nallow = ["10.0.0.1/8"]', "sip.allow[1]: 10.0.0.1/8 has host bits set; write a network such as"),
        ("[sip]\nworkers = 0", "sip.workers: input should be greater than or equal to 1"),
        ("[sip]\nmax_calls = 1\nworkers = 2", "sip.workers: more workers than max_calls"),
        ('[sip]\nworkers = "two"', "sip.workers: input should be a valid integer"),
        ('[sip]\ntls_bind = "0.0.0.0:5071"', "sip.tls_certificate: tls_bind needs it; name a PEM file"),
        ('[sip]\nregistrar = "pbx"', 'sip.registrar: "pbx" is no SIP URI'),
        ('[standard]\ntimezone = "Asia/Shangai"', 'standard.timezone: "Asia/Shangai" is no time zone'),
        ('[standard]\ntimezone = "../etc"', "is no time zone"),
        ("[standard]\nanswer_on_ring = 4", "standard.answer_on_ring: "),
        ('[telephony]\nagents = "sip:pbx"', "telephony.agents: {agent} is missing"),
        ('[telephony]\noutbound_allow = ["("]', 'telephony.outbound_allow[1]: "(" is no regular expression'),
        ('[speech]\nrecognizer = "siri"', "speech.recognizer: "),
        ('[alerts]\nurll = "x"', "alerts.urll: unknown key → did you mean url?"),
        ('[alerts]\nurl = "http://example.com:99999/a"', 'alerts.url: "http://example.com:99999/a" is no web address'),
        ('[alerts]\nurl = "example.com"', 'alerts.url: "example.com" is no web address; write e.g. "https://'),
        ('[alerts]\nsecret_file = "nowhere"', "alerts.secret_file: "),
        ("[numbers]\nblock = []", "numbers.block: unknown key → did you mean blocked?"),
        ('[numbers]\nblocked = ["("]', 'numbers.blocked[1]: "(" is no regular expression'),
        ("[sip]\nmax_calls = 2\n[numbers]\nkept_lines = 2", "numbers: kept_lines = 2 leaves none of 2 lines to others"),
        ('[speech]\nmodell = "x"', "speech.modell: unknown key → did you mean model?"),
        ('[standard]\nhears = "everything"', "standard.hears: "),
        ("sip = 5", "sip: must be a table → write [sip]"),
        ("line = 5", "line: "),
        ("[sip", "not valid TOML"),
        ("x = " + "9" * 5000, "not valid TOML: Exceeds the limit"),
        ('[numbers]\nblocked = ["a{99999999999}"]', "is no regular expression"),
    ],
)
def test_a_mistake_is_one_line_naming_file_and_key(write: WriteToml, text: str, said: str) -> None:
    path = write(text)
    line = complaint(path)
    assert line.startswith(str(path))
    assert said in line


def test_several_mistakes_are_counted(write: WriteToml) -> None:
    assert complaint(write("[sip]\nworkers = 0\nmax_calls = 0\n[zip]")).endswith("(and 2 more)")


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"IVR_SIP_BINDD": "x"}, "IVR_SIP_BINDD: unknown setting → did you mean IVR_SIP_BIND?"),
        ({"IVR_SIP_WORKERS": "two"}, "IVR_SIP_WORKERS: not valid; write it as in ivr.toml"),
        ({"IVR_SIP_WORKERS": "0"}, "IVR_SIP_WORKERS: input should be greater than or equal to 1"),
        ({"IVR_SIP_ALLOW": "10.0.0.0/8"}, "IVR_SIP_ALLOW: not valid; write it as in ivr.toml"),
        ({"IVR_LINE_NUMBER": "1"}, "IVR_LINE_NUMBER: unknown setting"),
        ({"IVR_STANDARD_TIMEZONE": "Mars"}, 'IVR_STANDARD_TIMEZONE: "Mars" is no time zone'),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(environ: dict[str, str], said: str) -> None:
    assert complaint(None, environ).startswith(said)


def test_a_file_that_is_not_there() -> None:
    assert "name the configuration with --config" in complaint(Path("/nowhere/ivr.toml"))


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "ivr.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "not valid TOML" in complaint(path)


def test_relative_paths_are_relative_to_the_file(write: WriteToml) -> None:
    path = write('[standard]\nname = "house.toml"\nprompts = "studio"\n[records]\nrecordings = "/srv/voice"')
    settings = load(path, {})
    assert settings.standard.name == str(path.parent / "house.toml")
    assert settings.standard.prompts == path.parent / "studio"
    assert settings.records.recordings == Path("/srv/voice")


class TestPasswordFile:
    def test_is_needed_only_for_a_registrar(self, write: WriteToml) -> None:
        load(write('[sip]\npassword_file = "none"'), {})
        assert "sip.password_file: " in complaint(write('[sip]\nregistrar = "sip:pbx"\npassword_file = "none"'))

    def test_gives_the_password_but_never_shows_it(self, write: WriteToml) -> None:
        (write.folder / "secret").write_text("hunter2\n", encoding="utf-8")
        settings = load(write('[sip]\nregistrar = "sip:pbx"\npassword_file = "secret"'), {})
        assert settings.sip.password() == "hunter2"
        assert "hunter2" not in repr(settings) + settings.model_dump_json()

    def test_in_a_folder_that_may_not_be_entered(self, locked: Path) -> None:
        environ = {"IVR_SIP_REGISTRAR": "sip:pbx", "IVR_SIP_PASSWORD_FILE": str(locked / "secret")}
        said = complaint(None, environ)
        assert said == f"IVR_SIP_PASSWORD_FILE: {locked}/secret may not be read; give the service's user the right to"

    def test_that_vanished_is_one_line(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="put the password on its first line"):
            read_secret(tmp_path / "gone")


def test_operator_is_an_extension_of_the_registrar_unless_told(write: WriteToml) -> None:
    (write.folder / "secret").write_text("x", encoding="utf-8")
    registrar = '[sip]\nregistrar = "sip:pbx.test:5080;transport=tcp"\npassword_file = "secret"\n'
    telephony = load(write(registrar + '[telephony]\nsupervisor = "sip:boss@pbx.test"'), {}).telephony
    assert telephony.operator == "sip:0@pbx.test:5080"
    assert telephony.supervisor == "sip:boss@pbx.test"
    assert telephony.agents == "sip:{agent}@pbx.test:5080"
    assert load(None, {}).telephony.operator == ""


def test_empty_addresses_switch_things_off(write: WriteToml) -> None:
    settings = load(write('[sip]\ntls_bind = ""\n[metrics]\nbind = ""\n[console]\nbind = ""'), {})
    assert (settings.sip.tls_bind, settings.metrics.bind, settings.console.bind) == (None, None, None)


def test_an_ipv6_address(write: WriteToml) -> None:
    bind = load(write('[metrics]\nbind = "[::1]:9464"'), {}).metrics.bind
    assert bind == Address("::1", 9464)
    assert str(bind) == "[::1]:9464"


@pytest.mark.parametrize("host", ["203.0.113.5", "pbx.example.com", "ivr-1", "a.b.", ""])
def test_addresses_that_others_may_see_us_by(write: WriteToml, host: str) -> None:
    assert load(write(f'[sip]\npublic_address = "{host}"'), {}).sip.public_address == host


@pytest.mark.parametrize("user", ["ivr", "8001", "front-desk_1.2", "+8621;x=1&y"])
def test_users_that_a_sip_uri_takes(write: WriteToml, user: str) -> None:
    assert load(write(f'[sip]\nusername = "{user}"'), {}).sip.username == user


class TestShares:
    def test_workers_share_ports_and_calls_without_overlap(self, write: WriteToml) -> None:
        settings = load(write('[sip]\nworkers = 3\nmax_calls = 100\nrtp_ports = "30000-30999"'), {})
        shares = [settings.for_worker(index).sip for index in range(3)]
        assert [share.bind.port for share in shares] == [5070, 5071, 5072]
        assert [share.max_calls for share in shares] == [34, 33, 33]
        assert [share.rtp_ports.first for share in shares] == [30000, 30332, 30664]
        assert all(share.rtp_ports.first % 2 == 0 for share in shares)
        assert all(a.rtp_ports.last < b.rtp_ports.first for a, b in itertools.pairwise(shares))

    @pytest.mark.parametrize(("calls", "workers"), [(1, 1), (5, 1), (5, 3), (100, 7), (500, 3), (64, 64)])
    def test_every_share_of_the_narrowest_range_has_room_for_its_calls(
        self, write: WriteToml, calls: int, workers: int
    ) -> None:
        def settings(ports: int) -> Settings:
            text = f'[sip]\nmax_calls = {calls}\nworkers = {workers}\nrtp_ports = "20000-{20000 + ports - 1}"'
            return load(write(text), {})

        needed = 2 * workers * (math.ceil(calls / workers) + REFUSED_AT_ONCE)
        shares = [settings(needed).for_worker(index).sip for index in range(workers)]
        assert sum(share.max_calls for share in shares) == calls
        assert all(share.rtp_ports.pairs >= share.max_calls + REFUSED_AT_ONCE for share in shares)
        with pytest.raises(UserError, match="widen it"):
            settings(needed - 2)

    def test_the_last_port_may_be_used(self, write: WriteToml) -> None:
        settings = load(write('[sip]\nbind = "0.0.0.0:65534"\nworkers = 2'), {})
        assert settings.for_worker(1).sip.bind.port == 65535

    def test_port_0_stays_any_port(self, write: WriteToml) -> None:
        settings = load(write('[sip]\nbind = "127.0.0.1:0"\nworkers = 2'), {})
        assert settings.for_worker(1).sip.bind.port == 0


def test_settings_survive_the_way_to_a_worker(write: WriteToml) -> None:
    settings = load(
        write('[sip]\ntls_bind = ""\nallow = ["10.0.0.0/8"]\n[standard]\nprompts = "studio"\n[[line]]\nnumber = "1"'),
        {},
    )
    assert Settings.model_validate_json(settings.model_dump_json()) == settings
