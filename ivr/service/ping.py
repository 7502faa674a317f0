"""Whether somebody answers: a registrar to OPTIONS (RFC 3261, section 11), our own service to /health."""

from __future__ import annotations

import json
import secrets
import socket
import urllib.error
import urllib.request

from ivr.config import Address

_OPTIONS = (
    "OPTIONS {uri} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP {here};rport;branch=z9hG4bK{token}\r\n"
    "Max-Forwards: 70\r\n"
    "From: <sip:doctor@{here}>;tag={token}\r\n"
    "To: <{uri}>\r\n"
    "Call-ID: {token}\r\n"
    "CSeq: 1 OPTIONS\r\n"
    "Content-Length: 0\r\n\r\n"
)


def options(uri: str, address: Address, limit_s: float = 2.0) -> str:
    """First line of the answer to an OPTIONS over UDP; any answer is a sign of life. Raises OSError without one."""
    family, kind, _, _, target = socket.getaddrinfo(*address, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind) as out:
        out.settimeout(limit_s)
        out.connect(target)
        here = Address(*out.getsockname()[:2])
        out.send(_OPTIONS.format(uri=uri, here=here, token=secrets.token_hex(8)).encode())
        return out.recv(4096).decode(errors="replace").split("\r\n", 1)[0]


def own_health(address: Address, limit_s: float = 2.0) -> str | None:
    """What a service of ours at this address says of itself: `ready`, or why not; None: there is none."""
    try:
        with urllib.request.urlopen(f"http://{address}/health", timeout=limit_s) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        text = error.read()
    except OSError:
        return None
    try:
        return str(json.loads(text)["reason"])
    except (ValueError, KeyError, TypeError):
        return None
