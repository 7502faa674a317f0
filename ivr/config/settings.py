"""The sections of `ivr.toml`: every key optional. No secret is ever a value here: secrets live in files that these
settings name, so that settings may be shown and logged.
"""

from __future__ import annotations

import math
from ipaddress import IPv4Network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from ivr.config.backends import AnyBackend, BackendName
from ivr.config.values import (
    Address,
    FilePath,
    HourSpans,
    Network,
    OptionalAddress,
    OptionalPath,
    OptionalSipAddress,
    Pattern,
    PortRange,
    Ports,
    PublicHost,
    SipAddress,
    SipUri,
    SipUser,
    Spoken,
    StandardName,
    TimeZone,
    WebAddress,
    host_port_of,
    readable,
)
from ivr.errors import UserError

REFUSED_AT_ONCE = 16
"""Calls that one worker may be refusing at one time on top of those that run: each has RTP ports while it lasts."""


class Section(BaseModel):
    """One table of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SipSettings(Section):
    """`[sip]`: where calls come from, and how many."""

    bind: SipAddress = Address("0.0.0.0", 5070)  # noqa: S104 - the PBX is another machine; `allow` says who may call
    """UDP and TCP; worker i listens on port + i."""
    tls_bind: OptionalSipAddress = None
    tls_certificate: OptionalPath = Field(default=None, validate_default=True)
    tls_key: OptionalPath = Field(default=None, validate_default=True)
    public_address: PublicHost = ""
    """Our address as the far side sees it, behind NAT; empty: the one we listen on."""
    registrar: SipUri = ""
    """Empty: do not register, take calls as they come."""
    username: SipUser = "ivr"
    password_file: FilePath = Field(default=Path("/etc/ivr/sip-password"), validate_default=True)
    """Looked at only when there is a registrar."""
    allow: list[Network] = [IPv4Network("127.0.0.0/8")]
    """Who may send INVITE; the registrar is implied."""
    max_calls: Annotated[int, Field(ge=1)] = 100
    """Of all workers together; beyond it 486 with Retry-After."""
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    rtp_ports: Annotated[Ports, Field(validate_default=True)] = PortRange(30000, 30999)
    """Of all workers together: a pair for every call that runs or is being refused."""
    media_timeout_s: Annotated[float, Field(gt=0)] = 10
    """Neither RTP nor RTCP for so long: media lost (requirement B13)."""
    drain_timeout_s: Annotated[float, Field(ge=0)] = 60
    """Longest time that running calls may take to finish after SIGTERM."""

    @field_validator("tls_certificate", "tls_key")
    @classmethod
    def _tls_files(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        if not info.data.get("tls_bind"):
            return path
        if path is None:
            raise ValueError("tls_bind needs it; name a PEM file")
        return readable(path)

    @field_validator("password_file")
    @classmethod
    def _password_file(cls, path: Path, info: ValidationInfo) -> Path:
        return readable(path) if info.data.get("registrar") else path

    @field_validator("workers")
    @classmethod
    def _work_for_all(cls, workers: int, info: ValidationInfo) -> int:
        if workers > info.data.get("max_calls", workers):
            raise ValueError("more workers than max_calls; have at most one worker a call")
        for key in ("bind", "tls_bind"):
            address: Address | None = info.data.get(key)
            if address and address.port and address.port + workers - 1 > 65535:
                raise ValueError(f"worker i listens on port + i, {key} {address} + {workers - 1} is none; lower {key}")
        return workers

    @field_validator("rtp_ports")
    @classmethod
    def _room_for_calls(cls, ports: PortRange, info: ValidationInfo) -> PortRange:
        calls, workers = info.data.get("max_calls"), info.data.get("workers")
        if not calls or not workers:  # one of them is wrong, and that is what is told
            return ports
        needed = workers * (math.ceil(calls / workers) + REFUSED_AT_ONCE)
        if ports.pairs < needed:
            total, of_whom = f"{calls} calls", f"{workers * REFUSED_AT_ONCE} that are refused"
            raise ValueError(f"{total} and {of_whom} need {2 * needed} ports, {ports} has {2 * ports.pairs}; widen it")
        return ports

    def password(self) -> str:
        """The registrar's password, read anew each time. Raises UserError."""
        return read_secret(self.password_file)

    def for_worker(self, index: int) -> SipSettings:
        """The share of worker `index` (from 0): its port, its RTP ports, its calls."""
        calls, more = divmod(self.max_calls, self.workers)
        room = self.rtp_ports.pairs // self.workers * 2
        first = self.rtp_ports.first + index * room
        return self.model_copy(
            update={
                "bind": _shifted(self.bind, index),
                "tls_bind": self.tls_bind and _shifted(self.tls_bind, index),
                "rtp_ports": PortRange(first, first + room - 1),
                "max_calls": calls + (index < more),
            }
        )


def _shifted(address: Address, by: int) -> Address:
    return Address(address.host, address.port + by if address.port else 0)


class StandardSettings(Section):
    """`[standard]`: how calls are served where no `[[line]]` says otherwise."""

    name: Annotated[StandardName, Field(min_length=1)] = "general"
    """A standard of ours, or the path of a house's own."""
    company: Spoken = "安达速运"
    site: Spoken = "上海"
    agent_number: Spoken = "8001"
    agent_surname: Spoken = ""
    """Told besides by standards that say who answers, such as zto (requirement G6)."""
    answer_on_ring: Annotated[int, Field(ge=1, le=3)] = 1
    """Answer when this ring's tone has sounded (requirement A1)."""
    hours: HourSpans = ()
    """When callers are served, e.g. ``["08:00-12:00", "14:00-18:00"]``; empty: at any time (requirement A6)."""
    hold: Literal["line", "music"] = "line"
    """Callers on hold: their line is held, and their PBX plays its music (RFC 3264), or they hear ours, and we them."""
    open_on: Literal["every day", "working days"] = "every day"
    """Working days are China's, with its public holidays and make-up days."""
    timezone: TimeZone = "Asia/Shanghai"
    prompts: OptionalPath = None
    """Folder of a house's own recordings, by prompt name."""
    knowledge: tuple[str, ...] = ()
    """Folders of entries that questions are answered from, ours by name; later ones replace (requirement C9)."""
    hears: Literal["words", "keys"] = "words"
    """Keys: what callers say is voice and no more, whatever the recogniser."""
    rating: bool = False
    """Callers are asked to rate the service when goodbye was said (requirement H6)."""
    record: bool = True
    """Calls are recorded, below ``[records] recordings``; what is private is silence there (requirement G3)."""
    announce: bool = False
    """Callers are told so right behind the greeting, by whatever standard (requirement A9)."""


class LineSettings(StandardSettings):
    """`[[line]]`: one dialled number; what it leaves out is that of `[standard]` (requirement A10)."""

    number: Annotated[str, Field(min_length=1)]


class SpeechSettings(Section):
    """`[speech]`: who turns callers' speech into words."""

    recognizer: Literal["auto", "vosk", "whisper", "none"] = "auto"
    """Auto: the best whose model is on this machine; without any there are voice activity and keys."""
    model: OptionalPath = None
    """Folder of a house's own Vosk or CTranslate2 Whisper model; its files tell which."""


class RecordsSettings(Section):
    """`[records]`: what stays of a call."""

    url: str = "sqlite:///var/lib/ivr/ivr.db"
    recordings: FilePath = Path("/var/lib/ivr/recordings")
    key_file: FilePath = Path("/etc/ivr/records.key")
    retention_days: Annotated[int, Field(ge=1)] = 180


class TelephonySettings(Section):
    """`[telephony]`: whom we may call. Empty URIs become extensions of the registrar, where there is one."""

    operator: SipUri = ""
    """Key 0 and 转人工 (requirement D8); by default extension 0."""
    supervisor: SipUri = ""
    """By default extension 7000."""
    agents: SipUri = ""
    """With `{agent}` for the agent's number."""
    agents_allow: list[Pattern] = [r"^[2-8]\d{2,4}$"]
    """Numbers that callers may name as an agent's: the PBX would connect them to any other as well."""
    outbound: SipUri = ""
    """With `{number}` for the number to ring."""
    outbound_allow: list[Pattern] = [r"^1[3-9]\d{9}$", r"^0\d{9,11}$"]
    ari_url: Annotated[str, Field(pattern=r"^(https?://[^/\s]+/?)?$")] = ""
    """Asterisk's HTTP server, e.g. ``http://127.0.0.1:8088``: it tells who can be rung (requirement D4)."""
    ari_username: str = ""
    ari_password_file: OptionalPath = None
    devices: dict[Literal["operator", "supervisor", "agent"], str] = {"supervisor": "PJSIP/supervisor"}
    """Asterisk's names of the telephones that are asked about; that of an agent with ``{agent}`` for their number."""

    @field_validator("agents", "outbound")
    @classmethod
    def _has_place(cls, uri: str, info: ValidationInfo) -> str:
        place = {"agents": "{agent}", "outbound": "{number}"}[str(info.field_name)]
        if uri and place not in uri:
            raise ValueError(f"{place} is missing; write e.g. sip:{place}@192.168.1.10")
        return uri

    @field_validator("devices")
    @classmethod
    def _agents_differ(cls, devices: dict[str, str]) -> dict[str, str]:
        if "{agent}" not in devices.get("agent", "{agent}"):
            raise ValueError('{agent} is missing; write e.g. agent = "PJSIP/{agent}"')
        return devices

    def ari_password(self) -> str:
        """Read anew each time; empty where there is none. Raises UserError."""
        return read_secret(self.ari_password_file) if self.ari_password_file else ""

    def on(self, registrar: str) -> TelephonySettings:
        """The same, empty URIs filled in with extensions of the registrar."""
        host = host_port_of(registrar)
        users = {"operator": "0", "supervisor": "7000", "agents": "{agent}", "outbound": "{number}"}
        missing = {key: f"sip:{user}@{host}" for key, user in users.items() if not getattr(self, key)}
        return self.model_copy(update=missing)


class NumbersSettings(Section):
    """`[numbers]`: who is not served, who is served first, and how often one number is rung.

    Numbers are patterns as in `telephony.outbound_allow`: the whole number, as a telephone of the country dials it.
    """

    blocked: list[Pattern] = []
    """Callers who are refused with 603 before the answer."""
    priority: list[Pattern] = []
    """Callers whom wording may greet in its own way (condition `priority`), and who get the last lines."""
    exempt: list[Pattern] = []
    """Callers whom no supervisor may be asked to turn away (requirement E6): the answer is no."""
    kept_lines: Annotated[int, Field(ge=0)] = 0
    """Of `sip.max_calls`: lines that only priority callers get."""
    calls_an_hour: Annotated[int, Field(ge=1)] = 6
    """Most often that we ring one number; a promise beyond that becomes a ticket."""
    calls_a_day: Annotated[int, Field(ge=1)] = 20

    def for_worker(self, workers: int) -> NumbersSettings:
        """One worker's share of the lines."""
        return self.model_copy(update={"kept_lines": math.ceil(self.kept_lines / workers)})


class AlertsSettings(Section):
    """`[alerts]`: who is told at once of urgent tickets, failed promises and incidents (requirement F5)."""

    url: WebAddress = ""
    """Gets a POST for each; with `url_file` empty as well nobody is told."""
    url_file: OptionalPath = None
    """File whose first line is the address: that of a robot is a key in itself."""
    format: Literal["json", "wecom", "dingtalk"] = "json"
    """`wecom` and `dingtalk`: a group robot of 企业微信 or 钉钉."""
    secret_file: OptionalPath = None
    """File whose first line is the secret that a DingTalk robot wants its calls signed with."""

    @field_validator("url_file", "secret_file")
    @classmethod
    def _is_there(cls, path: Path | None) -> Path | None:
        return readable(path) if path else None

    @property
    def wanted(self) -> bool:
        """Somebody is to be told."""
        return bool(self.url or self.url_file)

    def address(self) -> str:
        """Where to, read anew each time. Raises UserError."""
        return read_secret(self.url_file) if self.url_file else self.url


Role = Literal["agent", "supervisor", "auditor"]
"""`agent`: calls as they are written down; `supervisor`: their sound and originals as well; `auditor`: who looked."""


class ConsoleSettings(Section):
    """`[console]`: the supervisor's pages."""

    bind: OptionalAddress = Address("127.0.0.1", 8080)


class MetricsSettings(Section):
    """`[metrics]`: /metrics and /health; an empty address switches them off."""

    bind: OptionalAddress = Address("127.0.0.1", 9464)


class Settings(Section):
    """All of `ivr.toml`, complete and checked."""

    sip: SipSettings = SipSettings()
    standard: StandardSettings = StandardSettings()
    line: list[LineSettings] = []
    speech: SpeechSettings = SpeechSettings()
    records: RecordsSettings = RecordsSettings()
    telephony: TelephonySettings = TelephonySettings()
    numbers: Annotated[NumbersSettings, Field(validate_default=True)] = NumbersSettings()
    alerts: AlertsSettings = AlertsSettings()
    console: ConsoleSettings = ConsoleSettings()
    metrics: MetricsSettings = MetricsSettings()
    backends: dict[BackendName, AnyBackend] = {}
    """`[backends.NAME]`: the house's own systems, see `ivr.config.backends`."""
    roles: dict[str, Role] = {}
    """`[roles]`: who may see what of callers, by login name (requirement G7); without any, who can read the files."""

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, data: Any) -> Any:  # noqa: ANN401 - whatever TOML holds; pydantic checks it next
        """A line starts from `[standard]`."""
        match data:
            case {"line": list(lines), "standard": dict(standard)}:
                return {**data, "line": [{**standard, **line} if isinstance(line, dict) else line for line in lines]}
        return data

    @field_validator("line")
    @classmethod
    def _each_number_once(cls, lines: list[LineSettings]) -> list[LineSettings]:
        numbers = [line.number for line in lines]
        twice = next((number for number in numbers if numbers.count(number) > 1), None)
        if twice:
            raise ValueError(f'number "{twice}" has two [[line]] entries; keep one')
        return lines

    @field_validator("telephony")
    @classmethod
    def _extensions(cls, telephony: TelephonySettings, info: ValidationInfo) -> TelephonySettings:
        sip: SipSettings | None = info.data.get("sip")
        return telephony.on(sip.registrar) if sip and sip.registrar else telephony

    @field_validator("numbers")
    @classmethod
    def _lines_for_others(cls, numbers: NumbersSettings, info: ValidationInfo) -> NumbersSettings:
        sip: SipSettings | None = info.data.get("sip")
        if sip and numbers.for_worker(sip.workers).kept_lines >= sip.max_calls // sip.workers:
            lines = f"kept_lines = {numbers.kept_lines} leaves none of {sip.max_calls} lines to others"
            raise ValueError(f"{lines}; lower it, or raise sip.max_calls")
        return numbers

    def line_for(self, dialled: str) -> StandardSettings:
        """How a call to this number is served: its `[[line]]`, else `[standard]`."""
        return next((line for line in self.line if line.number == dialled), self.standard)

    @property
    def served(self) -> list[StandardSettings]:
        """Every way a call may be served."""
        return [self.standard, *self.line]

    def for_worker(self, index: int) -> Settings:
        """The same, with worker `index`'s share of `[sip]`."""
        numbers = self.numbers.for_worker(self.sip.workers)
        return self.model_copy(update={"sip": self.sip.for_worker(index), "numbers": numbers})


def read_secret(path: Path) -> str:
    """First line of a secret's file. Raises UserError."""
    try:
        return path.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise UserError(f"{path}: {reason} → put the password on its first line, readable by this user") from None
