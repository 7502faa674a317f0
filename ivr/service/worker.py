"""One worker: it polls SIP, listens, and lets every session say what is due, fifty times a second.

Everything happens in one thread, in `tick`. A fault in one call ends that call; a fault anywhere else ends the worker,
which its parent replaces.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
import uuid
from collections import deque
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import ParamSpec, Protocol
from zoneinfo import ZoneInfo

import structlog

from ivr.config import Settings
from ivr.config.settings import StandardSettings
from ivr.dialog import events as ev
from ivr.dialog.call import Call
from ivr.dialog.known import spoken
from ivr.errors import JobError, UserError
from ivr.service.callbacks import CUT_OFF, Order
from ivr.service.hearing import Hearing, StreamEar, on_clock
from ivr.service.inquiries import Desk, Inquiries
from ivr.service.journal import Journal
from ivr.service.keeping import Keeper, Origin, Record
from ivr.service.metrics import Metrics
from ivr.service.recogniser import hears_words
from ivr.service.taping import Taping
from ivr.service.voices import Voices
from ivr.service.words import Recogniser
from ivr.speech.activity import Heard, VoiceActivity
from ivr.speech.houses import house_of
from ivr.standards.house import utterances
from ivr.standards.model import Standard
from ivr.telephony.discretion import Discretion
from ivr.telephony.endpoint import Endpoint
from ivr.telephony.keys import Keys
from ivr.telephony.legs import Happening, SipLeg
from ivr.telephony.message import MessageFile
from ivr.telephony.numbers import listed
from ivr.telephony.presence import Presence
from ivr.telephony.received import ReceivedTime
from ivr.telephony.session import AHEAD_S, TICK_S, Entry, Session
from ivr.telephony.tape import Tape, Tapes

GIL_SWITCH_S = 0.0005
"""How long the bridge's clock thread may wait for Python while we compute; the usual 5 ms are a quarter of a frame."""
BRIDGE_DEAD_S = 5.0
"""Without a frame on any running leg for so long, the worker gives up."""
_LAST_BYES_S = 2.0
_HOPELESS_S = 0.5
"""A tick later than this starts the count anew instead of catching up."""

log = structlog.get_logger(__name__)
P = ParamSpec("P")


class Wire(Protocol):
    """What a worker needs of a SIP endpoint; `ivr.telephony.endpoint.Endpoint` is the real one."""

    registered: bool | None

    def start(self) -> None:
        """Listen."""

    def poll(self) -> list[Happening]:
        """What happened since the last time, in order."""

    def dial(self, uri: str, fields: Mapping[str, str]) -> SipLeg:
        """Send an INVITE. Raises UserError where that cannot be done."""

    def drain(self) -> None:
        """Take no further calls."""

    def close(self) -> None:
        """Leave nothing behind."""


@dataclass(eq=False)
class _Attended:
    """A call that we attend to."""

    leg: SipLeg
    session: Session
    standard: str
    record: Record
    tape: Tape
    message: MessageFile
    discretion: Discretion
    ended: Callable[[str], None] = lambda outcome: None
    """Told the outcome."""
    desk: Desk | None = None
    cut_off: bool = False
    """We end it, for a reason of our own."""
    time: ReceivedTime = field(default_factory=ReceivedTime)
    keys: Keys = field(default_factory=Keys)

    def take(self) -> bytes:
        """What the caller sent since the last time."""
        pcm = self.leg.take_received()
        if pcm:
            before_s = self.time.received_s
            self.time.took(len(pcm), self.leg.clock)
            at = self.time.on_clock(before_s)
            self.tape.take(pcm, at, self.leg.playout)
            self.session.hear(pcm, at)
        return pcm

    def advance(self) -> None:
        """Say and do what is due."""
        self.session.advance(self.leg.clock + (AHEAD_S if self.leg.running else 0.0))

    def hear(self, heard: Heard) -> None:
        """Voice activity noticed something, or the recogniser answered."""
        event, at = on_clock(heard.event, self.time.on_clock), self.time.on_clock(heard.at)
        if not isinstance(event, ev.KeyPressed) or self.keys.press_is_new(event.key, at, tone=True):
            self.session.tell(event, at)


class Worker:
    """Takes calls until told to stop.

    `settings` is this worker's share; `voices`, `standards` and `recogniser` serve its lines.
    """

    def __init__(  # noqa: PLR0913 - each is made elsewhere, and none is part of another
        self,
        settings: Settings,
        voices: Voices,
        standards: Mapping[str, Standard],
        journal: Journal,
        metrics: Metrics,
        *,
        keeper: Keeper,
        taping: Taping | None = None,
        recogniser: Recogniser | None = None,
        presence: Callable[[str, str], Presence] = lambda target, number: "unknown",
        inquiries: Inquiries | None = None,
    ) -> None:
        self._presence, self._inquiries = presence, inquiries
        self._settings, self._voices, self._standards = settings, voices, standards
        self._journal, self._metrics = journal, metrics
        self._keeper, self._taping = keeper, taping
        self.wire: Wire = Endpoint(settings.sip, metrics.call_refused, settings.numbers)
        self.hearing = Hearing(VoiceActivity(settings.sip.max_calls), recogniser)
        self._calls: dict[int, _Attended] = {}
        self._remembered: deque[tuple[int, ev.Remembered]] = deque()
        self._moved_at = time.monotonic()

    # ------------------------------------------------------------ life

    def listen(self) -> None:
        """From now on its place is its own. Raises UserError if SIP cannot be spoken, e.g. for a port in use."""
        self.wire.start()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop`; then take no further calls and let those that run finish, within the drain time-out."""
        sys.setswitchinterval(GIL_SWITCH_S)
        gc.collect()
        gc.freeze()  # models and prompts stay for good: no collection looks at them again, and none takes long
        try:
            await self._tick_until(stop.is_set)
            self.wire.drain()
            await self._tick_until(lambda: not self._calls, self._settings.sip.drain_timeout_s)
            for call in self._calls.values():
                call.cut_off = True
                call.record.cut_off()
                call.leg.hang_up("shutdown")
            await self._tick_until(lambda: not self._calls, _LAST_BYES_S)
        finally:
            self._calls.clear()
            gc.unfreeze()
            self.wire.close()

    async def _tick_until(self, done: Callable[[], bool], limit_s: float = float("inf")) -> None:
        due = start = time.monotonic()
        while not done() and due - start < limit_s:
            now = time.monotonic()
            self._metrics.tick(now - due)
            self.tick()
            due = due + TICK_S if now - due < _HOPELESS_S else now + TICK_S
            await asyncio.sleep(max(due - time.monotonic(), 0.0))

    def tick(self) -> None:
        """One turn."""
        for happening in self.wire.poll():
            self._happened(happening)
        self._recall()
        self._hand_over_replies()
        audio = self._fetch()
        self._watch_bridge(bool(audio))
        self._listen(audio)
        self._advance(audio)
        self._metrics.recognition(self.hearing.offers_words, self.hearing.statistics)
        if self.wire.registered is not None and self.wire.registered != self._metrics.registered:
            self._metrics.registration(self.wire.registered)

    def _hand_over_replies(self) -> None:
        for leg, reply in self._inquiries.replies() if self._inquiries else ():
            if (call := self._calls.get(leg)) is not None:
                self._guarded(call, call.session.tell, reply)

    # ------------------------------------------------------------ what happens on the wire

    def _happened(self, happening: Happening) -> None:
        leg, event, at = happening
        if isinstance(event, ev.Invited):
            try:
                self._attend(leg, event)
            except Exception:
                log.exception("a call could not be taken", leg=leg.number)
                leg.hang_up("fault")
        elif (call := self._calls.get(leg.number)) is not None:
            self._guarded(call, self._tell, call, event, at)

    def _tell(self, call: _Attended, event: ev.Event, at: float) -> None:
        if isinstance(event, ev.KeyPressed):
            self.hearing.mute_inband(call.leg.number)
            if not call.keys.press_is_new(event.key, at, tone=False):
                return
        if isinstance(event, ev.RemoteHold):  # whoever speaks when the hold is over begins to speak then
            self.hearing.begin_anew(call.leg.number)
            call.time = ReceivedTime()
        call.session.tell(event, at)

    def _attend(self, leg: SipLeg, invited: ev.Invited) -> None:
        served = self._settings.line_for(invited.dialled)
        origin = Origin(served, self._standards[served.name], invited.dialled, "in", invited.caller)
        incidents = self._keeper.incidents(invited.dialled)
        local = replace(invited, local_time=_local(invited.local_time, served), incidents=incidents)
        self._take(self.new_name(), leg, origin, local)
        self._keeper.recall(origin, lambda remembered: self._remembered.append((leg.number, remembered)))

    def _recall(self) -> None:
        """Hand over what the records knew of callers, as it comes in from the thread that reads it."""
        while self._remembered:
            number, remembered = self._remembered.popleft()
            if call := self._calls.get(number):
                self._guarded(call, call.session.tell, remembered)

    def new_name(self) -> str:
        """The name of a call, by which journal, records and recordings know it."""
        return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"

    async def prepare(self, origin: Origin) -> None:
        """Have in memory whatever speaks of what is known: a text that nobody rendered takes its time."""
        known = spoken(origin.standard, origin.known.slots)
        said = utterances(origin.standard, house_of(origin.served), known)
        await self._voices.of(origin.served).warm(each for each in said if each.parts)

    def dial(self, name: str, order: Order) -> None:
        """Call somebody (requirements A7, B9). Raises UserError where that cannot be done now."""
        outbound = self._settings.telephony.outbound
        if not outbound:
            raise UserError("nobody can be rung → set telephony.outbound, or sip.registrar")
        leg = self.wire.dial(outbound.replace("{number}", order.number), {"X-Reason": order.reason})
        origin = order.origin
        dialled = ev.Dialled(order.number, _local(datetime.now(UTC), origin.served), order.reason, known=origin.known)
        try:
            self._take(name, leg, origin, dialled, order)
        except Exception:
            leg.hang_up("fault")
            raise

    def give_up(self, promise_id: int) -> None:
        """Stop ringing whoever was promised that, where they have not answered."""
        for call in self._calls.values():
            if call.record.origin.promise_id == promise_id and call.session.call.state == "dialling":
                call.leg.hang_up("came_back")

    def _take(self, name: str, leg: SipLeg, origin: Origin, first: ev.Event, order: Order | None = None) -> None:
        served = origin.served
        words = hears_words(served) and self.hearing.offers_words
        core = Call(origin.standard, house_of(served), words=words)
        record = self._keeper.record(name, core, origin)
        written = _Journals(self._journal.of(name), record.note)
        tape = self._taping.tape(name, served, record, written) if self._taping else Tape(name)
        tape.listen(leg.playout)
        message = MessageFile(self._settings.records.recordings, name)
        record.discretion = discretion = Discretion(origin.standard, Tapes(tape, message), written, words=words)
        desk = self._inquiries.desk(leg.number, record) if self._inquiries else None
        session = Session(
            call=core,
            leg=leg,
            prompts=self._voices.of(served),
            journal=_Journals(_Measured(self._metrics), discretion, record, _Kept(order)),
            message=message,
            targets={
                "operator": self._settings.telephony.operator,
                "supervisor": self._settings.telephony.supervisor,
                "agent": self._settings.telephony.agents,
            },
            ear=StreamEar(self.hearing, leg.number),
            caller=origin.number or "",
            presence=self._presence,
            is_agent=lambda number: listed(number, self._settings.telephony.agents_allow),
            desk=desk,
        )
        ended = order.ended if order else lambda outcome: None
        call = _Attended(leg, session, served.name, record, tape, message, discretion, ended, desk)
        self._calls[leg.number] = call
        self.hearing.add(leg.number, words=words)
        self._metrics.call_started()
        self._guarded(call, session.tell, first, 0.0)

    # ------------------------------------------------------------ frame by frame

    def _fetch(self) -> dict[int, bytes]:
        """The audio of those calls whose clock moved, by leg."""
        audio = {}
        for number, call in list(self._calls.items()):
            try:
                if pcm := call.take():
                    audio[number] = pcm
            except Exception:
                self._fault(call)
        return audio

    def _watch_bridge(self, moved: bool) -> None:
        """The loop may turn while pjsua2's clock stands still; only a new worker mends that."""
        now = time.monotonic()
        if moved or not any(call.leg.running for call in self._calls.values()):
            self._moved_at = now
        elif now - self._moved_at > BRIDGE_DEAD_S:
            raise JobError(f"no frame for {BRIDGE_DEAD_S:g} s: the bridge's clock stands still")

    def _listen(self, audio: Mapping[int, bytes]) -> None:
        speaking = [number for number in audio if self._calls[number].session.speaking]
        for heard in self.hearing.process(audio, speaking):
            if (call := self._calls.get(heard.stream)) is not None:
                self._guarded(call, call.hear, heard)

    def _advance(self, moved: Collection[int]) -> None:
        for number, call in list(self._calls.items()):
            if number in moved or not call.leg.running:
                self._guarded(call, call.advance)
                if call.session.ended:
                    self._bury(call, call.session.call.outcome)

    # ------------------------------------------------------------ the end of calls

    def _guarded(self, call: _Attended, action: Callable[P, None], *args: P.args, **kwargs: P.kwargs) -> None:
        """A fault ends this call and no other."""
        try:
            action(*args, **kwargs)
        except Exception:
            self._fault(call)

    def _fault(self, call: _Attended) -> None:
        log.exception("fault in a call; it is ended", leg=call.leg.number)
        self._bury(call, "fault", partial(call.leg.hang_up, "fault"))

    def _bury(self, call: _Attended, outcome: str, *first: Callable[[], object]) -> None:
        """A step that goes wrong keeps none of the others from being taken: what is owed to the caller is the last."""
        if not self._calls.pop(call.leg.number, None):
            return
        number = call.leg.number
        steps: list[Callable[[], object]] = [*first, call.session.close, *([call.desk.close] if call.desk else [])]
        steps += [call.discretion.end, call.tape.close, call.message.close, partial(self.hearing.remove, number)]
        steps += [partial(self._metrics.call_ended, call.standard, outcome), partial(call.record.ended, outcome)]
        steps.append(partial(call.ended, CUT_OFF if call.cut_off else outcome))
        for step in steps:
            try:
                step()
            except Exception:
                log.exception("fault at the end of a call", leg=number)


def _local(instant: datetime, served: StandardSettings) -> datetime:
    return instant.astimezone(ZoneInfo(served.timezone))


class _Journals:
    """Everybody who reads a call's journal."""

    def __init__(self, *readers: Callable[[Entry], None]) -> None:
        self._readers = readers

    def __call__(self, entry: Entry) -> None:
        for read in self._readers:
            read(entry)


class _Kept:
    """Tells whoever ordered a call that its purpose is reached."""

    def __init__(self, order: Order | None) -> None:
        self._order = order

    def __call__(self, entry: Entry) -> None:
        if self._order and entry.get("note") == "kept":
            self._order.kept()


class _Measured:
    """Counts what is in a journal: how long greeting and answers took, how far the waits were off."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._connected_at: float | None = None

    def __call__(self, entry: Entry) -> None:
        match entry:
            case {"event": "Connected", "t": at}:
                self._connected_at = at
            case {"command": "Play"}:
                self._placed(entry)
            case {"event": "RecognitionFailed", "reason": reason}:
                self._metrics.no_words(reason)
            case {"note": "reply", "reply_s": seconds}:
                self._metrics.reply(seconds)
            case {"note": "verdict", "verdict": kind}:
                self._metrics.verdict(kind)

    def _placed(self, entry: Entry) -> None:
        if self._connected_at is not None:
            self._metrics.greeting(entry["start"] - self._connected_at)
            self._connected_at = None
        else:
            self._metrics.gap_error(entry["start"] - entry["at"])
