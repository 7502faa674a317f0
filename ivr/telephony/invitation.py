"""What an INVITE says: who calls, which number was dialled, and what the PBX hands over in ``X-`` headers."""

from __future__ import annotations

import re
from collections.abc import Container
from datetime import UTC, datetime
from urllib.parse import unquote

from ivr.dialog.events import Invited
from ivr.telephony.numbers import normalised

_COMPACT = {"f": "from", "t": "to", "i": "call-id", "m": "contact", "v": "via"}
"""Short forms of header names (RFC 3261, section 7.3.3)."""
_USER = re.compile(r"sips?:([^@;:>\s]+)[^@>\s]*@|tel:([^;>\s]+)", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_LONGEST_WAIT_S = 24 * 3600.0


def headers(message: str) -> dict[str, str]:
    """Header fields of a SIP message by lower-case full name; repeated ones are joined by commas (RFC 3261, 7.3.1)."""
    head = re.split(r"\r?\n\r?\n", message, maxsplit=1)[0]
    unfolded = re.sub(r"\r?\n[ \t]+", " ", head)
    found: dict[str, str] = {}
    for line in unfolded.splitlines()[1:]:
        name, colon, value = line.partition(":")
        if colon:
            name = _COMPACT.get(name.strip().lower(), name.strip().lower())
            found[name] = f"{found[name]}, {value.strip()}" if name in found else value.strip()
    return found


def read(message: str, own: Container[str] = (), now: datetime | None = None) -> Invited:
    """The event that an INVITE is.

    `own` holds the user names we registered under: a PBX that calls a registered contact puts the dialled number into
    To and our own name into the request line. `now` defaults to the wall clock, in UTC.
    """
    fields = headers(message)
    request, to = _user(message.split("\n", 1)[0]), _user(fields.get("to", ""))
    return Invited(
        dialled=to if to and (not request or request in own) else request,
        caller=_caller(fields),
        local_time=now or datetime.now(UTC),
        rings_before=int(_number(fields.get("x-rings", ""))),
        waited_s=min(_number(fields.get("x-waited", "")), _LONGEST_WAIT_S),
        headers={name: value for name, value in fields.items() if name.startswith("x-")},
    )


def _user(text: str) -> str:
    match = _USER.search(text)
    return unquote(match[1] or match[2]) if match else ""


def _caller(fields: dict[str, str]) -> str | None:
    """The identity the PBX asserts (RFC 3325) goes before From, which the caller's telephone writes."""
    withheld = {"id", "user", "header"} & set(re.split(r"[;,\s]+", fields.get("privacy", "").lower()))
    if withheld:
        return None
    return normalised(_user(fields.get("p-asserted-identity", "")) or _user(fields.get("from", "")))


def _number(text: str) -> float:
    """The first number in a header that a person wrote into a dialplan; 0 where there is none."""
    match = _NUMBER.search(text)
    return min(float(match[0]), 1e6) if match else 0.0
