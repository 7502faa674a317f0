"""What a call asks of whoever owns the wire. The core returns these; it never carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ivr.standards.house import Utterance
from ivr.standards.said import Expects

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Command:
    """Base of all commands."""


@dataclass(frozen=True, slots=True)
class Ring(Command):
    """Send 180 Ringing."""


@dataclass(frozen=True, slots=True)
class Answer(Command):
    """Send 200 OK."""


@dataclass(frozen=True, slots=True)
class Play(Command):
    """Speak, starting at `at` on the sample clock or as soon after as the wire allows.

    The owner answers with `PlaybackFinished(playback)` at the last audible sample, unless stopped before.
    """

    playback: int
    """Counts up from 1 within a call."""
    utterances: tuple[Utterance, ...]
    at: float
    """Instant of the first audible sample, seconds."""
    pause_s: float = 0.4
    """Silence between two utterances, seconds."""


@dataclass(frozen=True, slots=True)
class PausePlayback(Command):
    """Fall silent but remember the place: somebody may have begun to speak (requirement C1)."""


@dataclass(frozen=True, slots=True)
class ResumePlayback(Command):
    """Go on where `PausePlayback` stopped."""


@dataclass(frozen=True, slots=True)
class StopPlayback(Command):
    """Fall silent for good; no `PlaybackFinished` follows."""


@dataclass(frozen=True, slots=True)
class SetVoice(Command):
    """How everything we say from now on is spoken (requirements B5, B11)."""

    gain_db: float
    """Louder than usual by this, behind a limiter; 0 to 18."""
    tempo: float
    """Speed; 1 is as rendered, 0.8 is slow."""


@dataclass(frozen=True, slots=True)
class Listen(Command):
    """A turn of the caller may begin: what is heard from now on belongs to it.

    The owner answers with `Recognized` or `RecognitionFailed`, if it has a recogniser.
    """

    turn: int
    """Counts up from 1 within a call; 0 while nothing need be understood: a message, a transfer."""
    expects: Expects
    """What was asked; a hint for the recogniser and for voice activity (a "是" is short)."""
    phrases: tuple[str, ...] = ()
    """What may be said, for a recogniser with a grammar; a hint only."""


@dataclass(frozen=True, slots=True)
class Note(Command):
    """For the record: a verdict with its evidence, a reading, something owed to the caller."""

    kind: str
    """``verdict``, ``understood``, ``answer``, ``owed``, ``reply``."""
    fields: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Inquire(Command):
    """Ask somebody outside of the call: a system of the house's, or a supervisor (requirements B12, E6, F10).

    The owner answers with `Replied(inquiry)`, at once or when it knows; it need not answer at all.
    """

    inquiry: int
    """Counts up from 1 within a call."""
    of: str
    """Name of a backend, key of `[backends]` in the configuration; ``supervisor`` for an approval."""
    about: Mapping[str, str]
    """What they are told: slots that are handed over, and ``caller``, the number of the far side."""


@dataclass(frozen=True, slots=True)
class Withdraw(Command):
    """Nobody waits for an inquiry any more; what becomes of it means nothing to the call."""

    inquiry: int
    """Number given in the `Inquire` command."""


@dataclass(frozen=True, slots=True)
class StartRecording(Command):
    """Record the caller's message from now on."""

    limit_s: float
    keep_original: bool = False
    """Of what is masked in it, the original is sealed."""


@dataclass(frozen=True, slots=True)
class StopRecording(Command):
    """End the message; an empty one (nothing said) is not kept."""

    keep: bool


@dataclass(frozen=True, slots=True)
class Transfer(Command):
    """Blind transfer by REFER (RFC 3515, RFC 5589); progress comes back as `TransferProgress`."""

    target: str
    """Key of `[telephony]` in the configuration: ``operator``, ``supervisor``."""


@dataclass(frozen=True, slots=True)
class Hold(Command):
    """Put the caller's line on hold: re-INVITE with sendonly (RFC 3264); `Held` or `HoldRefused` follows."""


@dataclass(frozen=True, slots=True)
class TakeBack(Command):
    """Take the caller's line off our hold; `TakenBack` follows when media flows."""


@dataclass(frozen=True, slots=True)
class LookFor(Command):
    """Find out whether they can be rung: `Consult` may follow."""

    target: str
    """As in `Consult`."""
    number: str


@dataclass(frozen=True, slots=True)
class Consult(Command):
    """Ring somebody on a line of its own; `TargetProgress` follows."""

    target: str
    """Key of `[telephony]` in the configuration."""
    summary: str
    """What they should know of the caller's matter."""
    number: str = ""
    """Of the agent, where the target is ``agent``."""


@dataclass(frozen=True, slots=True)
class HandOver(Command):
    """Connect the caller to whom we consult: REFER with Replaces (RFC 3891, RFC 5589); `TransferProgress` follows."""


@dataclass(frozen=True, slots=True)
class Dismiss(Command):
    """Hang up on whom we consult, or stop ringing them."""


@dataclass(frozen=True, slots=True)
class HangUp(Command):
    """Send BYE (or a final refusal before the answer)."""

    reason: str
    """Short token for the record: ``silence``, ``goodbye``, ``transferred``, ``media_lost``…"""
