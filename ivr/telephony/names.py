"""Host names, resolved where nobody waits for them.

The system's resolver blocks for seconds when DNS does, and SIP runs in the thread that serves every call. So the names
of ivr.toml are resolved once, at start, and names in SIP messages by PJSIP's own resolver, which answers when it can.
Our build of pjsua2 never asks the system's.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address
from pathlib import Path

from ivr.config.values import host_port_of
from ivr.errors import JobError

_MOST_NAMESERVERS = 4


def nameservers(file: Path = Path("/etc/resolv.conf")) -> list[str]:
    """IPv4 addresses of the system's name servers, in order; empty where there are none."""
    try:
        words = [line.split() for line in file.read_text("utf-8", "replace").splitlines()]
    except OSError:
        return []
    found = [line[1] for line in words if len(line) > 1 and line[0] == "nameserver"]
    return [server for server in found if _is_ipv4(server)][:_MOST_NAMESERVERS]


def route_to(uri: str) -> str:
    """A loose route (RFC 3261, section 16.12) to the address behind a SIP URI's host; never shown in messages.

    Raises:
        JobError: the name means nothing now; it may later, so that starting again makes sense.
    """
    host, _, port = host_port_of(uri).partition(":")
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)
    except OSError as error:
        raise JobError(f"{host} cannot be found: {error.strerror}  →  see [sip] registrar and DNS") from None
    transport = next((part for part in uri.split(";")[1:] if part.lower().startswith("transport=")), "")
    place = f"{found[0][4][0]}:{port}" if port else str(found[0][4][0])
    return ";".join(filter(None, (f"<sip:{place}", transport, "lr", "hide>")))


def _is_ipv4(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
