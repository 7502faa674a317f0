"""What a single value of `ivr.toml` may be: each type says how it is written, and what to do when it is not."""

from __future__ import annotations

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, ValidationInfo

_HOUR_SPAN = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)")


class Address(NamedTuple):
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class PortRange(NamedTuple):
    """UDP ports, both ends included; RTP on the even ones, RTCP on the odd (RFC 3550, section 11)."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    @property
    def pairs(self) -> int:
        """How many calls have room: two ports each."""
        return (self.last - self.first + 1) // 2


_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


# ---------------------------------------------------------------- reading single values


def _address(value: object) -> object:
    if not isinstance(value, str):
        return value
    host, _, port = value.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not (_is_host(host) or (host != bare and _is_ip(bare, 6))) or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f'"{value}" is no address; write "HOST:PORT", e.g. "127.0.0.1:5070"')
    return bare, int(port)


def _ipv4(address: Address) -> Address:
    if ":" in address.host:
        raise ValueError(f'"{address}": SIP is IPv4 only for now; write an IPv4 address, e.g. "0.0.0.0:{address.port}"')
    return address


def _is_host(text: str) -> bool:
    """An IPv4 address or a host name (RFC 1123, section 2.1), whose last label is not all digits."""
    if re.fullmatch(r"[\d.]+", text):
        return _is_ip(text, 4)
    return len(text) <= 253 and all(_LABEL.fullmatch(label) for label in text.removesuffix(".").split("."))


def _is_ip(text: str, version: int) -> bool:
    try:
        return ip_address(text).version == version
    except ValueError:
        return False


def _port_range(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d{1,5})-(\d{1,5})", value.replace(" ", ""))
    if not match:
        raise ValueError(f'"{value}" is no port range; write "FIRST-LAST", e.g. "30000-30999"')
    return int(match[1]), int(match[2])


def _sane_range(ports: PortRange) -> PortRange:
    if not 1024 <= ports.first < ports.last <= 65535:
        raise ValueError(f"{ports} is not within 1024-65535; put the smaller port first")
    if ports.first % 2:
        raise ValueError(f"RTP takes the even ports (RFC 3550): start with {ports.first + 1} instead of {ports.first}")
    return ports


def _network(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return ip_network(value)
    except ValueError as error:
        raise ValueError(f'{error}; write a network such as "192.168.1.0/24" or one address') from None


def _path(value: object, info: ValidationInfo) -> object:
    base: Path = (info.context or {}).get("base", Path.cwd())
    if not isinstance(value, str) or not value:
        return value or None
    try:
        return str(base / Path(value).expanduser())
    except RuntimeError:  # ~nobody
        raise ValueError(f'"{value}": there is no such user; write the whole path') from None


def _standard_name(value: object, info: ValidationInfo) -> object:
    is_path = isinstance(value, str) and ("/" in value or value.endswith(".toml"))
    return _path(value, info) if is_path else value


def readable(path: Path) -> Path:
    """The path, if it is a file that we may read. Raises ValueError."""
    try:
        is_file = path.is_file()
    except OSError:  # a folder on the way may not be entered
        is_file = True
    if not is_file:
        raise ValueError(f"{path} does not exist; create it, or name another file")
    if not os.access(path, os.R_OK):
        raise ValueError(f"{path} may not be read; give the service's user the right to")
    return path


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f'"{name}" is no time zone; write one such as "Asia/Shanghai"') from None
    return name


def _sip_uri(uri: str) -> str:
    if uri and not re.fullmatch(r"sips?:[^\s@]+(@[^\s@]+)?", uri):
        raise ValueError(f'"{uri}" is no SIP URI; write e.g. "sip:0@192.168.1.10"')
    return uri


def _has_port(url: str) -> bool:
    """Whether its port, where it names one, is one that there is."""
    port = re.search(r"://[^/?]*:(\d+)(?=[/?]|$)", url)
    return not port or 0 < int(port[1][:6]) < 2**16


def _web_address(url: str) -> str:
    if url and not (re.fullmatch(r"https?://[^\s/?#]+([/?][^\s#]*)?", url) and _has_port(url)):
        raise ValueError(f'"{without_secrets(url)}" is no web address; write e.g. "https://example.com/alerts"')
    return url


def without_secrets(url: str) -> str:
    """A web address as it may be shown: who is behind it needs no password, and a query may be a key itself."""
    return re.sub(r"(?<=//)[^/?#]*@", "…@", url).partition("?")[0]


def _sip_user(text: str) -> str:
    """`user` of RFC 3261, section 25.1, without escapes: it is the name in the digest, too."""
    if not re.fullmatch(r"[A-Za-z0-9_.!~*'()&=+$,;?/-]+", text):
        raise ValueError(f'"{text}" cannot stand in a SIP URI; use letters, digits, and -_.!~*\'()&=+$,;?/')
    return text


def _public_host(text: str) -> str:
    if text and not _is_host(text):
        raise ValueError(f'"{text}" is no IPv4 address or host name; write e.g. "203.0.113.5"')
    return text


def _spoken(text: str) -> str:
    if found := re.search(r"[{}]", text):
        raise ValueError(f'"{text}": {found[0]} cannot be spoken; variables stand in a standard\'s wording only')
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except (re.error, OverflowError) as error:
        raise ValueError(f'"{text}" is no regular expression: {error}') from None
    return text


def _hour_spans(spans: tuple[str, ...]) -> tuple[str, ...]:
    last = "00:00"
    for span in spans:
        if not _HOUR_SPAN.fullmatch(span):
            raise ValueError(f'"{span}" is no span of hours; write e.g. "08:00-12:00"')
        first, end = span.split("-")
        if not last <= first < end:
            raise ValueError(f'"{span}" must begin at {last} or later, and end after it begins')
        last = end
    return spans


AddressText = Annotated[Address, BeforeValidator(_address), PlainSerializer(str)]
OptionalAddress = Annotated[AddressText | None, BeforeValidator(lambda value: value or None)]
SipAddress = Annotated[AddressText, AfterValidator(_ipv4)]
OptionalSipAddress = Annotated[SipAddress | None, BeforeValidator(lambda value: value or None)]
Ports = Annotated[PortRange, BeforeValidator(_port_range), AfterValidator(_sane_range), PlainSerializer(str)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(_network)]
FilePath = Annotated[Path, BeforeValidator(_path)]
OptionalPath = Annotated[Path | None, BeforeValidator(_path)]
SipUri = Annotated[str, AfterValidator(_sip_uri)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
SipUser = Annotated[str, AfterValidator(_sip_user)]
PublicHost = Annotated[str, AfterValidator(_public_host)]
Spoken = Annotated[str, AfterValidator(_spoken)]
Pattern = Annotated[str, AfterValidator(_pattern)]
TimeZone = Annotated[str, AfterValidator(_timezone)]
HourSpans = Annotated[tuple[str, ...], AfterValidator(_hour_spans)]
StandardName = Annotated[str, BeforeValidator(_standard_name)]


def host_port_of(uri: str) -> str:
    """``host`` or ``host:port`` of a SIP URI (RFC 3261, 19.1), without scheme, user and parameters; empty for none."""
    return uri.partition(":")[2].rpartition("@")[2].partition(";")[0].partition("?")[0]
