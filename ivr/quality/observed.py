"""A call as its caller lived it: the one structure that every judgement works on.

Virtual time, the robot caller and (later) recordings of production calls all produce an `Observed`; the oracle cannot
tell them apart. Instants are seconds after the INVITE, at the caller's ear: for what we say that is the arrival of the
first and of the last audible 20 ms (peak above -40 dBFS), for what the caller says the moment it was sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Party = Literal["us", "caller"]
ActKind = Literal["speech", "sound", "key", "hold", "resume", "drop", "mute", "hang_up", "cancel"]


@dataclass(frozen=True, slots=True)
class HeardPrompt:
    """One prompt of ours at the caller's ear."""

    name: str | None
    """Name in the standard's wording; None for audible sound that is no prompt of the standard."""
    start: float
    end: float
    complete: bool = True
    """False when it was cut off before its last audible sample."""
    text: str = ""
    gain_db: float = 0.0
    """Its level at the ear against that at which it was rendered."""
    tempo: float = 1.0
    """Its speed; 1 is as rendered."""


@dataclass(frozen=True, slots=True)
class CallerAct:
    """Something the caller did."""

    kind: ActKind
    start: float
    end: float
    """Equal to `start` for what takes no time."""
    what: str = ""
    """The words said, the name of the file played, or the key."""

    @property
    def audible(self) -> bool:
        """Whether we could hear it: speech and keys, not signalling."""
        return self.kind in ("speech", "sound", "key")


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything the oracle needs to know about one call."""

    heard: tuple[HeardPrompt, ...] = ()
    caller: tuple[CallerAct, ...] = ()
    ringing: float | None = None
    """First 180."""
    answered: float | None = None
    """200 to the INVITE."""
    ended: float | None = None
    """BYE, CANCEL, or a final refusal."""
    ended_by: Party | None = None
    status: int = 0
    """Final SIP status of the INVITE: 200, 486, 487, 488…; 0 if none came."""
    transfer: str | None = None
    """Whom the REFER named, as a key of ``[telephony]`` (or its URI where it is none of them)."""
    transferred: float | None = None
    """Arrival of the REFER."""

    holds: tuple[tuple[float, float], ...] = ()
    """When we put the caller on hold and took them back, by re-INVITE; one that never ended ends where it began."""
    joined: float | None = None
    """When the caller and whom they were handed over to began to hear each other."""

    def quiet_since(self, instant: float) -> float:
        """When the silence lasting until `instant` began: at connect, after our last prompt, or after the caller.

        `instant` itself where somebody was still audible.
        """
        spans = [(p.start, p.end) for p in self.heard]
        spans += [(act.start, act.end) for act in self.caller if act.audible or act.kind == "resume"]
        return max([min(end, instant) for start, end in spans if start < instant], default=self.answered or 0.0)
