"""Session descriptions (RFC 8866) for one G.711 audio stream with telephone events, and nothing else."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from ivr.simulation.codec import CODECS

Direction = Literal["sendrecv", "sendonly", "recvonly", "inactive"]
TELEPHONE_EVENT = 101
_DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")
_MIRROR: dict[Direction, Direction] = {"sendonly": "recvonly", "recvonly": "sendonly"}


class Session(NamedTuple):
    """The half of an offer or answer that one side states."""

    host: str
    port: int
    payload_types: tuple[int, ...] = (8, 0)
    """Static types of G.711 in order of preference."""
    direction: Direction = "sendrecv"
    event_type: int | None = TELEPHONE_EVENT
    """Payload type of RFC 4733 events; None where the side takes none."""

    @property
    def codec_type(self) -> int | None:
        """First payload type that is G.711."""
        return next((t for t in self.payload_types if t in CODECS), None)


def mirrored(direction: Direction) -> Direction:
    """What the other side answers."""
    return _MIRROR.get(direction, direction)


def write(session: Session, version: int = 1) -> str:
    """SDP text; `version` counts up with every change within a dialog (RFC 3264 section 8)."""
    types = [*session.payload_types, *([session.event_type] if session.event_type is not None else [])]
    maps = [f"a=rtpmap:{t} {CODECS[t].name}/8000" for t in session.payload_types if t in CODECS]
    if session.event_type is not None:
        maps += [f"a=rtpmap:{session.event_type} telephone-event/8000", f"a=fmtp:{session.event_type} 0-15"]
    lines = [
        "v=0",
        f"o=caller 1 {version} IN IP4 {session.host}",
        "s=call",
        f"c=IN IP4 {session.host}",
        "t=0 0",
        f"m=audio {session.port} RTP/AVP {' '.join(map(str, types))}",
        *maps,
        "a=ptime:20",
        f"a={session.direction}",
    ]
    return "\r\n".join(lines) + "\r\n"


def read(text: str) -> Session | None:
    """The first audio stream of an SDP; None where it has none or refuses it (port 0)."""
    media = re.search(r"^m=audio (\d+) [\w/]+ ([\d ]+)", text, re.MULTILINE)
    hosts = re.findall(r"^c=IN IP4 ([^\s/]+)", text, re.MULTILINE)
    if not media or not hosts or media.group(1) == "0":
        return None
    event = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", text, re.MULTILINE)
    directions: list[Direction] = [d for d in _DIRECTIONS if re.search(rf"^a={d}\s*$", text, re.MULTILINE)]
    types = tuple(int(t) for t in media.group(2).split())
    return Session(
        hosts[-1], int(media.group(1)), types, [*directions, "sendrecv"][0], int(event.group(1)) if event else None
    )
