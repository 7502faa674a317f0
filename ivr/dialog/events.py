"""What can happen to a call.

Events are facts, told to `Call.handle(event, now)` by whoever owns the wire. `now` and every instant in an event
are seconds on the call's *sample clock*: how much audio has been handed to the wire since the INVITE came in. The
clock never jumps with the host's time of day, and a test may run it as fast as it likes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ivr.dialog.known import NOTHING, Known

SILENT = -100.0
"""dBov where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Event:
    """Base of all events."""


@dataclass(frozen=True, slots=True)
class Invited(Event):
    """An INVITE came in (requirements A1, A2, A5, A10)."""

    dialled: str
    """The number the caller dialled, as the PBX passes it on."""
    caller: str | None
    """E.164 without the plus, or None where the caller withheld it."""
    local_time: datetime
    """Wall clock in the house's time zone; only the greeting and the calendar look at it."""
    rings_before: int = 0
    """Rings the caller heard before the PBX sent the call to us (requirement A2)."""
    waited_s: float = 0.0
    """Seconds the caller waited in a queue of the PBX (requirement A5)."""
    headers: dict[str, str] = field(default_factory=dict)
    """SIP headers the PBX handed over, lower-cased names; free for standards to use."""
    priority: bool = False
    """The house serves this caller first."""
    incidents: tuple[str, ...] = ()
    """Faults that many callers have told of (requirement F7), by kind."""


@dataclass(frozen=True, slots=True)
class Dialled(Event):
    """We have sent an INVITE (requirements A7, B9)."""

    number: str
    """E.164 without the plus, or an extension."""
    local_time: datetime
    """Wall clock in the house's time zone."""
    reason: str
    """Why: an `outbound` of the standard."""
    known: Known = NOTHING


@dataclass(frozen=True, slots=True)
class Remembered(Event):
    """What the records know of the caller (requirements F6, F8); after the answer it comes too late."""

    known: Known = NOTHING
    """Of the call before, where that was cut off and nothing has come of it since; it has dropped once or more then."""
    owed: tuple[str, ...] = ()
    """Kinds of promises that people are keeping for them."""
    overdue: tuple[str, ...] = ()
    """Those of them that should have been kept by now (requirement E3)."""


@dataclass(frozen=True, slots=True)
class Ringing(Event):
    """The telephone that we dialled rings."""


@dataclass(frozen=True, slots=True)
class Connected(Event):
    """The call was answered, ours or theirs, the 200 acknowledged, and media flows both ways."""


@dataclass(frozen=True, slots=True)
class DeadlineReached(Event):
    """`Call.deadline` has come; `now` is that deadline, not the moment somebody noticed."""


@dataclass(frozen=True, slots=True)
class PlaybackFinished(Event):
    """The last audible sample of a playback was handed to the wire at `now`."""

    playback: int
    """The number given in the `Play` command."""


@dataclass(frozen=True, slots=True)
class SpeechOnset(Event):
    """Voice activity began; whether it is the caller speaking to us is not settled yet."""


@dataclass(frozen=True, slots=True)
class SpeechConfirmed(Event):
    """At least 250 ms of near speech since the onset (section B of the requirements)."""


@dataclass(frozen=True, slots=True)
class SpeechRejected(Event):
    """The sound that began with the last onset was not the caller speaking."""

    voiced_s: float = 0.0
    """How much of it sounded like a voice, seconds."""
    level: float = SILENT
    """Its level, dBov."""
    floor: float = SILENT
    """Noise floor of the line, dBov."""


@dataclass(frozen=True, slots=True)
class SpeechPaused(Event):
    """Confirmed speech has fallen silent for 160 ms: a breath, or the end. Recognition may start on what there is.

    Nothing is said when it goes on after all.
    """

    last_voiced: float
    """Instant of the last voiced sample."""


@dataclass(frozen=True, slots=True)
class SpeechEnded(Event):
    """Confirmed speech has been followed by the detector's hang-over of silence."""

    last_voiced: float
    """Instant of the last voiced sample; pauses are counted from here, not from `now`."""
    voiced_s: float = 0.0
    """Seconds of voice since the onset."""
    level: float = SILENT
    """Active level of this stretch of speech, dBov."""
    floor: float = SILENT
    """Noise floor of the line, dBov."""


@dataclass(frozen=True, slots=True)
class FaintSpeech(Event):
    """A voice too faint to be near was heard, and has paused or gone on for 1.5 s. It holds nothing up."""

    voiced_s: float
    """Seconds of voice since the last one of these events."""
    level: float
    """dBov."""
    floor: float
    """Noise floor of the line, dBov."""
    goes_on: bool = False
    """It has not paused yet; it is told once more when it does."""


@dataclass(frozen=True, slots=True)
class Recognized(Event):
    """What the recogniser makes of the caller's turn, from its beginning up to `until`."""

    turn: int
    """Number given in the `Listen` command; words of an earlier turn mean nothing any more."""
    text: str
    """Best reading, without spaces between characters; empty where no words were found."""
    until: float
    """Instant of the last voiced sample that it covers."""
    confidence: float = 0.0
    """0-1: how sure of its words the recogniser is, on average."""
    mandarin: float = 1.0
    """0-1: that the language is Mandarin, where the recogniser can tell; else 1."""
    alternatives: tuple[str, ...] = ()
    final: bool = True
    """False for a partial reading of a streaming recogniser, which may yet change."""


@dataclass(frozen=True, slots=True)
class RecognitionFailed(Event):
    """No words will come for this turn: the recogniser was late, is overloaded, has died."""

    turn: int
    reason: str


@dataclass(frozen=True, slots=True)
class KeyPressed(Event):
    """A telephone key (RFC 4733 or in-band)."""

    key: str
    """One of 0-9 * # A-D."""


@dataclass(frozen=True, slots=True)
class RemoteHold(Event):
    """The far side put us on hold (re-INVITE with sendonly or inactive)."""


@dataclass(frozen=True, slots=True)
class RemoteResume(Event):
    """The far side took us off hold."""


@dataclass(frozen=True, slots=True)
class TransferProgress(Event):
    """A NOTIFY told how the REFER is doing (RFC 3515); 2xx and above end the transfer one way or the other."""

    code: int
    """SIP status of the transfer target's leg, 100-699; a REFER refused outright reports its own status."""


@dataclass(frozen=True, slots=True)
class Held(Event):
    """The caller's line is on hold by our wish (RFC 3264)."""


@dataclass(frozen=True, slots=True)
class HoldRefused(Event):
    """The far side will not be put on hold, or taken off it."""

    code: int
    """SIP status of the re-INVITE."""


@dataclass(frozen=True, slots=True)
class TakenBack(Event):
    """After a hold of ours media flows both ways again."""


@dataclass(frozen=True, slots=True)
class TargetProgress(Event):
    """What becomes of the call to whom we ring while the caller holds."""

    code: int
    """SIP status: 180 it rings, 200 it was answered, from 300 on it is over (487: they hung up)."""


@dataclass(frozen=True, slots=True)
class Replied(Event):
    """Whoever was asked has answered (requirements B12, E6, F10)."""

    inquiry: int
    """Number given in the `Inquire` command; a reply to one that was withdrawn means nothing any more."""
    outcome: str
    """``found``, ``missing`` or ``failed`` of a backend, ``granted`` or ``refused`` of a supervisor, or what the
    backend itself calls it."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What they told, by slot; amounts as decimals, days and times in ISO 8601."""


@dataclass(frozen=True, slots=True)
class RecordingFailed(Event):
    """The caller's message cannot be written (disk full, no permission)."""

    reason: str


@dataclass(frozen=True, slots=True)
class MediaLost(Event):
    """Packets had arrived, then neither RTP nor RTCP for the media time-out (requirement B13)."""


@dataclass(frozen=True, slots=True)
class RemoteHangup(Event):
    """CANCEL, BYE, or the leg failed; nothing can be sent any more."""

    code: int = 200
    """SIP status that ended the dialog (200 for a BYE, 487 for a CANCEL, 408/5xx for a failure)."""
    reason: str = ""
    """The Reason header or phrase, for the record."""
