"""Who may call, and how many at once."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import structlog

from ivr.config.settings import NumbersSettings
from ivr.config.values import host_port_of
from ivr.telephony.numbers import listed

Network = IPv4Network | IPv6Network
RETRY_AFTER_S = 10
"""How long a refused PBX should leave us alone: two rings."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A final answer to an INVITE that no call comes of."""

    code: int
    reason: str
    headers: dict[str, str] = field(default_factory=dict)


FORBIDDEN = Refusal(403, "not allowed")
BUSY = Refusal(486, "all lines busy", {"Retry-After": str(RETRY_AFTER_S)})
DECLINED = Refusal(603, "blocked number")
DRAINING = Refusal(486, "shutting down", {"Retry-After": str(RETRY_AFTER_S)})


class Admission:
    """The door: an allow list of senders, a number of places, some of them kept, and a closing time."""

    def __init__(
        self, allow: Iterable[Network], registrar: str, max_calls: int, numbers: NumbersSettings | None = None
    ) -> None:
        self._allow = [*allow, *addresses_of(registrar)]
        self._registrar: IPv4Address | IPv6Address | None = None
        self._places, self._numbers = max_calls, numbers or NumbersSettings()
        self.draining = False
        """Set to take no further calls."""

    def refusal(self, source: str, calls: int) -> Refusal | None:
        """Why an INVITE from `source` (``host:port``) is not taken while `calls` are running; None: it is."""
        if not self._allowed(host_and_port(source)[0]):
            return FORBIDDEN
        return self.no_line(calls)

    def no_line(self, calls: int) -> Refusal | None:
        """Why there can be no further call, in or out, while `calls` are running; None: there can."""
        if self.draining:
            return DRAINING
        return BUSY if calls >= self._places else None

    def turned_away(self, number: str | None, calls: int) -> Refusal | None:
        """Why this caller is not served while `calls` are running; None: they are."""
        if listed(number, self._numbers.blocked):
            return DECLINED
        return None if self.is_priority(number) else self.no_line(calls + self._numbers.kept_lines)

    def is_priority(self, number: str | None) -> bool:
        """Whether this caller is served first."""
        return listed(number, self._numbers.priority)

    def registrar_is_at(self, source: str) -> None:
        """It answered from `source` (``host:port``): its name may have meant another address when we began."""
        self._registrar = _address(host_and_port(source)[0])

    def _allowed(self, host: str) -> bool:
        address = _address(host)
        return address is not None and (address == self._registrar or any(address in net for net in self._allow))


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return _plain(ip_address(host.partition("%")[0]))
    except ValueError:
        return None


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """An IPv4 sender on a dual-stack socket shows up as ``::ffff:192.0.2.1``."""
    return getattr(address, "ipv4_mapped", None) or address


def host_and_port(name: str) -> tuple[str, int]:
    """Of a socket name, ``192.0.2.1:5060`` or ``[2001:db8::1]:5060``; port 0 where there is none."""
    host, colon, port = name.rpartition(":")
    if colon and port.isdecimal() and (":" not in host or host.startswith("[")):
        return host.strip("[]"), int(port)
    return name.strip("[]"), 0


def addresses_of(uri: str) -> list[Network]:
    """The networks, of one address each, that the host of a SIP URI has; none for an empty URI or an unknown host."""
    host, _ = host_and_port(host_port_of(uri))
    if not host:
        return []
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
    except OSError as error:
        log.warning("the registrar's host is not known; calls from it are refused", host=host, error=str(error))
        return []
    return [ip_network(address[0]) for *_, address in found]
