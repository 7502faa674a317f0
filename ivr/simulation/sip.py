"""SIP messages (RFC 3261): reading, writing, and digest credentials. No socket, no clock, no state.

The robot caller has its own small stack on purpose: a caller that shared pjsip with the service could not show pjsip's
faults.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from abc import ABC, abstractmethod
from dataclasses import dataclass, field

VERSION = "SIP/2.0"
_COMPACT = {
    "i": "call-id",
    "m": "contact",
    "e": "content-encoding",
    "l": "content-length",
    "c": "content-type",
    "f": "from",
    "s": "subject",
    "k": "supported",
    "t": "to",
    "v": "via",
    "r": "refer-to",
    "b": "referred-by",
    "o": "event",
}
_PARAMETER = re.compile(r';\s*([\w.!%*+`\'~-]+)(?:\s*=\s*("[^"]*"|[^\s;,]*))?')
_CHALLENGE = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')
_COMMA = re.compile(r',(?=(?:[^"<]*(?:"[^"]*"|<[^>]*>))*[^">]*$)')
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


class MalformedMessageError(ValueError):
    """The datagram is no SIP message; the text says why."""


@dataclass(slots=True)
class Message(ABC):
    """What requests and responses have in common."""

    headers: list[tuple[str, str]] = field(default_factory=list, kw_only=True)
    """In order, names as written."""
    body: str = field(default="", kw_only=True)

    def all(self, name: str) -> list[str]:
        """Every value of a header, in order; a list in one line is split at its commas."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return [part.strip() for value in values for part in _COMMA.split(value)] if values else []

    def get(self, name: str, default: str = "") -> str:
        """First value of a header, whole."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), default)

    @property
    @abstractmethod
    def start_line(self) -> str:
        """First line, without its end."""

    @property
    def method(self) -> str:
        """Method of the transaction the message belongs to."""
        return self.get("CSeq").partition(" ")[2].strip()

    @property
    def sequence(self) -> int:
        """Number in CSeq."""
        return int(self.get("CSeq", "0").partition(" ")[0])

    @property
    def branch(self) -> str:
        """Transaction id of the topmost Via."""
        return parameters(next(iter(self.all("Via")), "")).get("branch", "")

    def encode(self) -> bytes:
        """The datagram; Content-Length is counted here."""
        body = self.body.encode()
        lines = [self.start_line, *(f"{name}: {value}" for name, value in self.headers), f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(slots=True)
class Request(Message):
    """A request; `method` of its first line."""

    verb: str
    uri: str

    @property
    def start_line(self) -> str:
        """Request line."""
        return f"{self.verb} {self.uri} {VERSION}"


@dataclass(slots=True)
class Response(Message):
    """A response."""

    status: int
    """100-699."""
    reason: str

    @property
    def start_line(self) -> str:
        """Status line."""
        return f"{VERSION} {self.status} {self.reason}"


def parse(datagram: bytes) -> Request | Response:
    """Read one datagram; raises `MalformedMessageError`."""
    try:
        head, _, body = datagram.decode("utf-8").partition("\r\n\r\n")
    except UnicodeDecodeError as error:
        raise MalformedMessageError("is not UTF-8") from error
    first, *lines = re.sub(r"\r\n[ \t]+", " ", head).split("\r\n")
    headers = [_header(line) for line in lines if line]
    message = _start(first)
    message.headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
    message.body = body
    if not re.fullmatch(r"\d+ +\w+", message.get("CSeq")) or not message.get("Call-ID") or not message.all("Via"):
        raise MalformedMessageError("lacks Via, Call-ID or CSeq")
    return message


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise MalformedMessageError(f"header without a colon: {line[:40]!r}")
    name = name.strip()
    return _COMPACT.get(name.lower(), name), value.strip()


def _start(line: str) -> Request | Response:
    parts = line.split(" ", 2)
    if len(parts) == 3 and parts[0] == VERSION and parts[1].isdigit():
        return Response(int(parts[1]), parts[2])
    if len(parts) == 3 and parts[2] == VERSION:
        return Request(parts[0], parts[1])
    raise MalformedMessageError(f"first line {line[:40]!r}")


def parameters(value: str) -> dict[str, str]:
    """``;name=value`` parameters behind a header value or an address in angle brackets, names in lower case."""
    tail = value.rpartition(">")[2] if ">" in value else value
    return {name.lower(): (text or "").strip('"') for name, text in _PARAMETER.findall(tail)}


def address(value: str) -> str:
    """The URI inside a name-addr or addr-spec, e.g. of From, Contact, Refer-To."""
    inside = re.search(r"<([^>]*)>", value)
    return inside.group(1) if inside else value.partition(";")[0].strip()


def host_port(uri: str) -> tuple[str, int]:
    """Where a SIP URI points: host and port (5060 where it names none); raises `MalformedMessageError`."""
    match = re.fullmatch(r"sips?:(?:[^@]*@)?(\[[^\]]+\]|[^:;?]+)(?::(\d+))?(?:[;?].*)?", uri)
    if not match:
        raise MalformedMessageError(f"{uri!r} is no SIP URI, e.g. sip:4001@127.0.0.1:5070")
    return match.group(1).strip("[]"), int(match.group(2) or 5060)


def reply(request: Request, status: int, reason: str, to_tag: str = "") -> Response:
    """A response with the headers that RFC 3261 section 8.2.6 copies from the request."""
    response = Response(status, reason)
    for name in ("Via", "Record-Route", "From", "To", "Call-ID", "CSeq"):
        response.headers += [(name, value) for key, value in request.headers if key.lower() == name.lower()]
    if to_tag and "tag" not in parameters(request.get("To")):
        response.headers = [(n, f"{v};tag={to_tag}" if n == "To" else v) for n, v in response.headers]
    return response


def credentials(challenge: str, request: Request, username: str, password: str) -> str:
    """Value of (Proxy-)Authorization that answers a digest challenge (RFC 7616; MD5 and SHA-256, qop auth or none)."""
    asked = {name.lower(): quoted or bare for name, quoted, bare in _CHALLENGE.findall(challenge)}
    algorithm = asked.get("algorithm", "MD5").upper()
    if algorithm not in _HASHES:
        raise MalformedMessageError(f"digest algorithm {algorithm} is not known")

    def digest(*parts: str) -> str:
        return _HASHES[algorithm](":".join(parts).encode()).hexdigest()

    secret = digest(username, asked.get("realm", ""), password)
    subject = digest(request.verb, request.uri)
    given = {"username": username, "realm": asked.get("realm", ""), "nonce": asked.get("nonce", ""), "uri": request.uri}
    bare = {"algorithm": algorithm}
    if "auth" in asked.get("qop", "").replace(" ", "").split(","):
        given["cnonce"] = secrets.token_hex(8)
        bare |= {"qop": "auth", "nc": "00000001"}
        given["response"] = digest(secret, given["nonce"], bare["nc"], given["cnonce"], "auth", subject)
    else:
        given["response"] = digest(secret, given["nonce"], subject)
    if "opaque" in asked:
        given["opaque"] = asked["opaque"]
    return "Digest " + ", ".join([*(f'{k}="{v}"' for k, v in given.items()), *(f"{k}={v}" for k, v in bare.items())])
