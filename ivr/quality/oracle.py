"""What a scenario expects, and whether a call met it.

Expectations are data, read from the scenario file; each knows how to judge itself against an `Observed` call. The
`heard` entries state *everything* we may say, in order: a prompt too many is a failure as well as one too few.

Definitions (design, "What the numbers mean"):

* *gap*: last audible sample of our previous prompt to the first of this one;
* *within*: how long the silence before a prompt lasted, whoever ended speaking last (greeting time after connect,
  reply time after the caller);
* *stopped within*: the caller's first audible sample to our last one (barge-in);
* *reply*: the caller's last audible sample, of a key the first packet, to the first of this prompt, which answers;
* *louder*, *slower*: this prompt at the ear against the first of the call;
* *rings*: tone 1 s, pause 4 s; answered on ring n means 1, 6, 11 s after the INVITE.

What the service made of the caller is no sound: `verdict`, `understood`, `answer` and `owed` are looked up, in order,
in the notes of its journal, and left out where no journal is at hand.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from ivr.audio import FRAME_S
from ivr.quality.observed import HeardPrompt, Observed, Party
from ivr.understanding.verdict import Kind

RING_TONE_S = 1.0
RING_PERIOD_S = 5.0
_LONGEST_PAUSE_S = 1.0
Seconds = Annotated[float, Field(ge=0, le=3600)]
Tolerance = Annotated[float, Field(gt=0, le=10)]
Entry = Mapping[str, object]
"""One line of a call's journal."""
_LEVEL_TOLERANCE_DB = 1.5
_TEMPO_TOLERANCE = 0.05


@dataclass(frozen=True, slots=True)
class Check:
    """One judgement, as it is printed: what, what the standard says, what was measured, and whether that is fine."""

    what: str
    standard: str
    measured: str
    ok: bool
    req: str = ""
    seconds: float | None = None
    """The measured time, where it is one."""


@dataclass(slots=True)
class Hearing:
    """A call being judged: what was heard, and how much of it has been accounted for."""

    seen: Observed
    notes: Sequence[Entry] | None = None
    """Notes of the service's journal; None where it is not at hand."""
    done: int = 0
    noted: dict[str, int] = field(default_factory=dict)
    """How many notes of each kind have been accounted for."""
    checks: list[Check] = field(default_factory=list)

    def take(self, name: str) -> HeardPrompt | None:
        """The next prompt if it is `name`; if it comes later only, what lies between stays unaccounted for."""
        later = [i for i, prompt in enumerate(self.seen.heard) if i >= self.done and prompt.name == name]
        if not later:
            return None
        for extra in self.seen.heard[self.done : later[0]]:
            self.checks.append(_unexpected(extra))
        self.done = later[0] + 1
        return self.seen.heard[later[0]]

    def note(self, kind: str, wanted: Entry) -> Check | None:
        """Whether such a note of this kind comes next, others being passed over; None without notes."""
        if self.notes is None:
            return None
        start = self.noted.get(kind, 0)
        left = [note for note in self.notes if note.get("note") == kind][start:]
        place = next((n for n, note in enumerate(left) if wanted.items() <= note.items()), None)
        if place is not None:
            self.noted[kind] = start + place + 1
            left = [wanted]
        found = "; ".join(" ".join(str(note.get(key)) for key in wanted) for note in left)
        return Check(kind, " ".join(map(str, wanted.values())), found or "nothing", place is not None)

    def rest(self) -> Iterator[HeardPrompt]:
        """Prompts that nothing asked for."""
        return iter(self.seen.heard[self.done :])


class _Expectation(BaseModel, ABC):
    model_config = ConfigDict(extra="forbid", frozen=True)

    req: str = ""
    """Requirement this line shows; the scenario's first where it is left out."""

    @abstractmethod
    def judge(self, call: Hearing) -> Iterator[Check]:
        """Check this line against the call."""

    def _timed(self, what: str, wanted: float, measured: float, tolerance: float) -> Check:
        ok = abs(measured - wanted) <= tolerance + 1e-9
        return Check(what, f"{wanted:.2f} ± {tolerance:.2f} s", f"{measured:.2f} s", ok, self.req, measured)

    def _bounded(self, what: str, limit: float, measured: float) -> Check:
        ok = -FRAME_S <= measured <= limit + 1e-9
        return Check(what, f"≤ {limit:.2f} s", f"{measured:.2f} s", ok, self.req, measured)

    def _plain(self, what: str, wanted: object, measured: object) -> Check:
        return Check(what, str(wanted), str(measured), wanted == measured, self.req)


class Heard(_Expectation):
    """``heard: silent_1`` with ``gap: 2.0`` or ``within: 2.0``: this prompt comes next, to its end."""

    heard: str
    gap: Seconds | None = None
    """Seconds from the last audible sample of our previous prompt, give or take `tolerance`."""
    within: Seconds | None = None
    """Longest silence before it, seconds."""
    tolerance: Tolerance = 0.1
    text: str = ""
    """Words that must occur in it."""
    stopped_within: Seconds | None = None
    """It was interrupted, and fell silent at most this long after the caller began."""
    cut: bool = False
    """It may end early."""
    reply: Seconds | None = None
    """It answers the caller, at most this long after their last audible sample."""
    louder: Annotated[float, Field(ge=-30, le=30)] | None = None
    """Level against that of the first prompt, dB, give or take 1.5."""
    slower: Annotated[float, Field(gt=0, le=2)] | None = None
    """Speed against that of the first prompt, give or take 0.05."""

    def judge(self, call: Hearing) -> Iterator[Check]:
        """Identity, completeness and timing of one prompt."""
        prompt = call.take(self.heard)
        if prompt is None:
            following = next(call.rest(), None)
            yield Check(
                self.heard,
                "heard",
                f"heard {following.name or 'a sound'}" if following else "not heard",
                False,
                self.req,
            )
            return
        yield from self._whole(prompt)
        yield from self._timing(prompt, call)
        yield from self._voice(prompt, call.seen.heard[0])

    def _whole(self, prompt: HeardPrompt) -> Iterator[Check]:
        if self.text:
            yield Check(f"{self.heard} says", self.text, prompt.text, self.text in prompt.text, self.req)
        if self.cut or self.stopped_within is not None:
            return
        length = f"{prompt.end - prompt.start:.2f} s"
        yield Check(
            f"{self.heard} heard",
            "to its end",
            length if prompt.complete else f"cut after {length}",
            prompt.complete,
            self.req,
        )

    def _timing(self, prompt: HeardPrompt, call: Hearing) -> Iterator[Check]:
        seen = call.seen
        if self.gap is not None:
            before = [p.end for p in seen.heard if p.end <= prompt.start] or [seen.answered or 0.0]
            yield self._timed(f"wait before {self.heard}", self.gap, prompt.start - before[-1], self.tolerance)
        if self.within is not None:
            yield self._bounded(
                f"silence before {self.heard}", self.within, prompt.start - seen.quiet_since(prompt.start)
            )
        if self.reply is not None:
            yield self._replied(prompt, seen, self.reply)
        if self.stopped_within is not None:
            yield self._stopped(prompt, seen)

    def _voice(self, prompt: HeardPrompt, first: HeardPrompt) -> Iterator[Check]:
        if self.louder is not None:
            gain = prompt.gain_db - first.gain_db
            ok = abs(gain - self.louder) <= _LEVEL_TOLERANCE_DB
            wanted = f"{self.louder:+.1f} ± {_LEVEL_TOLERANCE_DB} dB"
            yield Check(f"level of {self.heard}", wanted, f"{gain:+.1f} dB", ok, self.req)
        if self.slower is not None:
            tempo = prompt.tempo / first.tempo
            ok = abs(tempo - self.slower) <= _TEMPO_TOLERANCE
            yield Check(f"tempo of {self.heard}", f"{self.slower:.2f}", f"{tempo:.2f}", ok, self.req)

    def _replied(self, prompt: HeardPrompt, seen: Observed, limit: float) -> Check:
        acts = [act for act in seen.caller if act.audible and act.start < prompt.start]
        spoken = [act.start if act.kind == "key" else act.end for act in acts]  # a key is told when it goes down
        if not spoken:
            return self._plain(f"{self.heard} answers", "the caller", "nobody")
        return self._bounded(f"reply {self.heard}", limit, prompt.start - max(spoken))

    def _stopped(self, prompt: HeardPrompt, seen: Observed) -> Check:
        after = [p.start for p in seen.heard if p.start > prompt.start]
        until = min([prompt.end + _LONGEST_PAUSE_S, *after])  # what was cut may have been a pause within the prompt
        onsets = [act.start for act in seen.caller if act.audible and prompt.start <= act.start <= until]
        if prompt.complete or not onsets:
            return self._plain(f"{self.heard} interrupted", "yes", "went on to its end")
        return self._bounded(f"{self.heard} stopped", self.stopped_within or 0.0, max(0.0, prompt.end - onsets[0]))


class Absent(_Expectation):
    """``absent: silent_3``: never heard in the whole call."""

    absent: str

    def judge(self, call: Hearing) -> Iterator[Check]:
        """Look through all that was heard."""
        found = any(prompt.name == self.absent for prompt in call.seen.heard)
        yield Check(self.absent, "not heard", "heard" if found else "not heard", not found, self.req)


class Rings(_Expectation):
    """``rings: 3``: answered when the third tone has sounded (requirement A1)."""

    rings: Annotated[int, Field(ge=1, le=20)]
    tolerance: Tolerance = 0.2

    def judge(self, call: Hearing) -> Iterator[Check]:
        """Time from INVITE to 200."""
        if call.seen.answered is None:
            yield Check("answered", f"on ring {self.rings}", "not answered", False, self.req)
            return
        wanted = RING_TONE_S + RING_PERIOD_S * (self.rings - 1)
        yield self._timed(f"answered on ring {self.rings}", wanted, call.seen.answered, self.tolerance)


class HangUp(_Expectation):
    """``hangup_by: us`` and ``after: 2.0``: who ended the call, and how long after the last audible sample of ours."""

    hangup_by: Party
    after: Seconds | None = None
    since: Literal["prompt", "caller"] = "prompt"
    """What `after` is counted from: the end of our last prompt, or of the caller's last act."""
    tolerance: Tolerance = 0.1

    def judge(self, call: Hearing) -> Iterator[Check]:
        """Who and when."""
        seen = call.seen
        yield self._plain("hung up by", self.hangup_by, seen.ended_by or "nobody")
        if self.after is not None and seen.ended is not None:
            yield self._timed("hung up after", self.after, seen.ended - self._origin(seen), self.tolerance)

    def _origin(self, seen: Observed) -> float:
        ends = [p.end for p in seen.heard] if self.since == "prompt" else [act.end for act in seen.caller]
        return ends[-1] if ends else seen.answered or 0.0


class Transfer(_Expectation):
    """``transfer: operator``: a REFER to that target."""

    transfer: str
    within: Seconds | None = None
    """Longest time from the silence before it, seconds."""

    def judge(self, call: Hearing) -> Iterator[Check]:
        """Target and time of the REFER."""
        seen = call.seen
        yield self._plain("transferred to", self.transfer, seen.transfer or "nobody")
        if self.within is not None and seen.transferred is not None:
            yield self._bounded("transferred", self.within, seen.transferred - seen.quiet_since(seen.transferred))


class Hold(_Expectation):
    """``hold: 45.0``: so long the caller waits on hold, give or take `tolerance`; at most `limit` (requirement D2)."""

    hold: Seconds
    limit: Seconds = 60.0
    tolerance: Tolerance = 0.5

    def judge(self, call: Hearing) -> Iterator[Check]:
        """From hold to the first word of ours behind it: what the caller waits."""
        if not call.seen.holds:
            yield Check("put on hold", "yes", "never", False, self.req)
            return
        began, ended = call.seen.holds[0]
        back = next((prompt.start for prompt in call.seen.heard if prompt.start > began), ended)
        yield self._timed("back with the caller after", self.hold, back - began, self.tolerance)
        yield self._bounded("taken off hold", self.limit, ended - began)


class NoHold(_Expectation):
    """``on_hold: false``: nobody is put on hold (requirement D1)."""

    on_hold: Literal[False]

    def judge(self, call: Hearing) -> Iterator[Check]:
        """Look for a re-INVITE."""
        yield self._plain("put on hold", False, bool(call.seen.holds))


class Joined(_Expectation):
    """``joined: true``: the caller and whom they were handed over to hear each other (requirement D3)."""

    joined: bool

    def judge(self, call: Hearing) -> Iterator[Check]:
        """Whether audio came."""
        yield self._plain("connected", self.joined, call.seen.joined is not None)


class Outcome(_Expectation):
    """``outcome: answered``: how the INVITE ended."""

    outcome: Literal["answered", "busy", "cancelled", "refused", "failed"]

    def judge(self, call: Hearing) -> Iterator[Check]:
        """From the final SIP status."""
        yield self._plain("the call was", self.outcome, outcome_of(call.seen.status))


class Overlap(_Expectation):
    """``overlap: 0.3``: the longest stretch in which we and the caller spoke at once, seconds (requirement C1)."""

    overlap: Seconds

    def judge(self, call: Hearing) -> Iterator[Check]:
        """Compare every prompt with everything the caller said."""
        both = [
            min(p.end, act.end) - max(p.start, act.start)
            for p in call.seen.heard
            for act in call.seen.caller
            if act.kind == "speech"
        ]
        yield self._bounded("spoke at once", self.overlap, max([0.0, *both]))


class _Noted(_Expectation):
    def _look_up(self, call: Hearing, kind: str, **wanted: str) -> Iterator[Check]:
        if check := call.note(kind, wanted):
            yield replace(check, req=self.req)


class Judged(_Noted):
    """``verdict: inaudible``: what the verdict on a turn of the caller is."""

    verdict: Kind

    def judge(self, call: Hearing) -> Iterator[Check]:
        """From the journal."""
        yield from self._look_up(call, "verdict", verdict=self.verdict)


class Understood(_Noted):
    """``understood: operator``: an intent."""

    understood: str

    def judge(self, call: Hearing) -> Iterator[Check]:
        """From the journal."""
        yield from self._look_up(call, "understood", intent=self.understood)


class Answered(_Noted):
    """``answer: {waybill: "773012345678"}``: what is read for a slot, in its canonical form."""

    answer: Annotated[dict[str, str], Field(min_length=1)]

    def judge(self, call: Hearing) -> Iterator[Check]:
        """From the journal."""
        for slot, value in self.answer.items():
            yield from self._look_up(call, "answer", slot=slot, value=value)


class Owed(_Noted):
    """``owed: local_callback``: a promise to the caller."""

    owed: str

    def judge(self, call: Hearing) -> Iterator[Check]:
        """From the journal."""
        yield from self._look_up(call, "owed", promise=self.owed)


def outcome_of(status: int) -> str:
    """A word for the final status of an INVITE (RFC 3261 section 21)."""
    words = {486: "busy", 600: "busy", 487: "cancelled", 0: "failed", 408: "failed"}
    if 200 <= status < 300:
        return "answered"
    return words.get(status, "failed" if 500 <= status < 600 else "refused")


_KINDS: dict[str, type[_Expectation]] = {
    "heard": Heard,
    "absent": Absent,
    "rings": Rings,
    "hangup_by": HangUp,
    "transfer": Transfer,
    "outcome": Outcome,
    "hold": Hold,
    "on_hold": NoHold,
    "joined": Joined,
    "overlap": Overlap,
    "verdict": Judged,
    "understood": Understood,
    "answer": Answered,
    "owed": Owed,
}


def _kind(value: object) -> str | None:
    keys = value if isinstance(value, dict) else vars(value)
    return next((kind for kind in _KINDS if kind in keys), None)


Expectation = Annotated[
    Annotated[Heard, Tag("heard")]
    | Annotated[Absent, Tag("absent")]
    | Annotated[Rings, Tag("rings")]
    | Annotated[HangUp, Tag("hangup_by")]
    | Annotated[Transfer, Tag("transfer")]
    | Annotated[Outcome, Tag("outcome")]
    | Annotated[Hold, Tag("hold")]
    | Annotated[NoHold, Tag("on_hold")]
    | Annotated[Joined, Tag("joined")]
    | Annotated[Overlap, Tag("overlap")]
    | Annotated[Judged, Tag("verdict")]
    | Annotated[Understood, Tag("understood")]
    | Annotated[Answered, Tag("answer")]
    | Annotated[Owed, Tag("owed")],
    Discriminator(
        _kind,
        custom_error_type="expectation",
        custom_error_message=f"expects nothing known; write one of {', '.join(_KINDS)}",
    ),
]


def judge(expectations: Sequence[Expectation], seen: Observed, journal: Sequence[Entry] | None = None) -> list[Check]:
    """Judge one call: every expectation in order, then whatever was heard that none of them asked for.

    Without the service's journal nothing is said of what it understood.
    """
    call = Hearing(seen, None if journal is None else [entry for entry in journal if "note" in entry])
    for expectation in expectations:
        found = list(expectation.judge(call))
        call.checks += found
    return call.checks + [_unexpected(prompt) for prompt in call.rest()]


def _unexpected(prompt: HeardPrompt) -> Check:
    return Check("nothing else", "listed in expect", f"{prompt.name or 'a sound'} at {prompt.start:.2f} s", False)
