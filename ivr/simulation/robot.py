"""The robot caller: carries out a scenario's script on a real call, and writes down what a caller would live through.

Everything it reports is measured at its own end of the wire: RTP packets by the kernel's receive time, SIP messages
likewise, its own voice by the moment it was sent. It hears which prompt is being played with an `Ear`, so that a script
may say "half a second into the greeting" or "after silent_2".
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ivr.audio import FRAME, FRAME_S
from ivr.quality.ear import Ear
from ivr.quality.likeness import Beginnings
from ivr.quality.measure import audible_part
from ivr.quality.observed import ActKind, CallerAct, HeardPrompt, Observed, Party
from ivr.simulation.codec import CODECS
from ivr.simulation.dialog import PICK_UP, Answering, Dialog, Identity, Milestone
from ivr.simulation.rtp import COMFORT_NOISE, KEYS, Impairments, Packet, dtmf
from ivr.simulation.scenario import Act, Scenario, Trigger
from ivr.simulation.sounds import Sounds, amplified
from ivr.simulation.user_agent import UserAgent
from ivr.speech.g711 import Pcm

LIMIT_S = 130.0
"""Longest call, seconds from the INVITE; then the robot hangs up and nobody is said to have ended it."""
KEY_S = 0.12
_JOINED_S = 2.0
_LONGEST_HOLE = 500  # packets; a bigger jump of the time stamp is a new stream, not a loss


@dataclass(frozen=True, slots=True)
class Recording:
    """One call as it was: what was observed, and both directions of audio on one time line."""

    scenario: Scenario
    seen: Observed
    heard: Pcm
    """8 kHz from the INVITE on, each packet where it arrived."""
    said: Pcm
    milestones: Sequence[Milestone]
    """Instants are seconds after the INVITE."""
    undone: Sequence[Act] = ()
    """Acts of the script that never came to pass."""


@dataclass(slots=True)
class Line:
    """What a robot must know of the service it calls."""

    uri: str
    """Where to send the INVITE."""
    known: Beginnings
    """Every prompt it may hear."""
    targets: Mapping[str, str] = field(default_factory=dict)
    """Transfer targets by URI."""
    host: str = "127.0.0.1"
    """Address to call from."""
    username: str = ""
    password: str = ""


class RobotCaller:
    """One call. Use once: `await RobotCaller(...).call()`."""

    def __init__(
        self, scenario: Scenario, line: Line, sounds: Sounds, changed: Callable[[RobotCaller], None] = lambda _: None
    ) -> None:
        self.scenario = scenario
        self._line, self._sounds, self._told = line, sounds, changed
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._ear = Ear(line.known, self._notice)
        self._expected: int | None = None  # time stamp of the next packet
        self._acts: list[CallerAct] = []
        self._todo = list(scenario.script)
        self._dialog: Dialog | None = None
        self._free_at = 0.0
        self._joined_at: float | None = None
        self._over_time = False
        called = scenario.is_called
        self._caller, self._callee = ("them", "us") if called else ("us", "them")

    # ------------------------------------------------------------------ what others may look at while it runs

    @property
    def invited_at(self) -> float | None:
        """Instant of the INVITE, on the loop's clock."""
        return self._time_of("invite", self._caller)

    @property
    def ended_at(self) -> float | None:
        """Instant at which the call was over, on the loop's clock: the BYE, or the last packet that was sent."""
        end = self._end()
        last = [act.start for act in self._acts if act.kind == "drop"]
        return last[-1] if last else end and end.at

    @property
    def clock(self) -> float:
        """Seconds since the INVITE; 0 before it."""
        invited = self.invited_at
        return 0.0 if invited is None else self._loop.time() - invited

    @property
    def seen(self) -> Observed:
        """What was observed so far."""
        zero = self.invited_at or 0.0
        answered, bye = self._time_of("200", self._callee), self._end()
        refer = self._time_of("refer", "them")
        return Observed(
            heard=tuple(replace(p, start=p.start - zero, end=p.end - zero) for p in self._ear.heard),
            caller=tuple(replace(act, start=act.start - zero, end=act.end - zero) for act in self._acts),
            ringing=_since(zero, self._time_of("180", self._callee)),
            answered=_since(zero, answered),
            ended=_since(zero, bye and bye.at),
            ended_by=_party(bye) if not self._over_time else None,
            status=self._final_status(),
            transfer=self._target(),
            transferred=_since(zero, refer),
            holds=self._holds(zero),
            joined=_since(zero, self._joined_at),
        )

    @property
    def hearing(self) -> HeardPrompt | None:
        """What is being heard right now."""
        return self._ear.heard[-1] if self._ear.busy else None

    @property
    def speaking(self) -> CallerAct | None:
        """What the caller is saying right now."""
        now = self._loop.time()
        return next((act for act in self._acts if act.audible and act.start <= now < act.end), None)

    # ------------------------------------------------------------------ the call

    async def call(self) -> Recording:
        """Call, play the script, and wait for the end."""
        async with UserAgent(self.identity, self._line.host) as agent:
            return await self._take_part(agent.dialog(self._line.uri, self._packet))

    async def be_called(self, dialog: Dialog) -> Recording:
        """The telephone rings: answer, play the script, and wait for the end."""
        dialog.rtp.listen(self._packet)
        return await self._take_part(dialog)

    async def _take_part(self, dialog: Dialog) -> Recording:
        caller = self.scenario.caller
        self._dialog = dialog
        dialog.rtp.muted = caller.media == "never"
        dialog.rtp.comfort_noise = caller.media == "comfort_noise"
        dialog.rtp.offset = round(caller.dc * 32768)
        script = asyncio.ensure_future(self._play(dialog))
        try:
            await self._until_over(dialog, script)
        finally:
            script.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await script
            await self._speak_to_successor(dialog)
        return self.recording()

    async def _speak_to_successor(self, dialog: Dialog) -> None:
        """Whom we were handed over to: is anybody heard there? Then that call may end too."""
        after = dialog.successor
        if after is None:
            return
        heard = asyncio.Event()
        after.rtp.listen(lambda _: heard.set())
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(heard.wait(), _JOINED_S)
        if after.rtp.packets:
            self._joined_at = after.rtp.packets[0].arrival
        await after.bye()

    @property
    def identity(self) -> Identity:
        """Whose telephone this is."""
        caller, network = self.scenario.caller, self.scenario.caller.network
        return Identity(
            number=caller.number or "anonymous",
            username=self._line.username,
            password=self._line.password,
            codecs=(8, 0, COMFORT_NOISE) if caller.media == "comfort_noise" else (8, 0),
            impairments=Impairments(network.loss, network.jitter_ms / 1000, network.reorder),
            transfer=self.scenario.operator,
            answering=Answering(self.scenario.called_back.rings) if self.scenario.called_back else PICK_UP,
        )

    async def _until_over(self, dialog: Dialog, script: asyncio.Future[None]) -> None:
        headers = list(self.scenario.caller.headers.items())
        if self.scenario.caller.number is None:
            headers.append(("Privacy", "id"))
        over = asyncio.ensure_future(self._converse(dialog, headers))
        try:
            async with asyncio.timeout(LIMIT_S):
                await asyncio.wait([over, script], return_when=asyncio.FIRST_COMPLETED)
                if script.done():
                    script.result()  # a fault in the script is told at once
                await over
        except TimeoutError:
            self._over_time = True
            await dialog.bye()
        finally:
            over.cancel()

    async def _converse(self, dialog: Dialog, headers: list[tuple[str, str]]) -> None:
        if self.scenario.is_called or await dialog.invite(headers) < 300:
            self._notice()
            await dialog.over.wait()

    async def _play(self, dialog: Dialog) -> None:
        while self._todo:
            await self._wait_for(self._todo[0].trigger)
            await self._perform(self._todo.pop(0), dialog)

    # ------------------------------------------------------------------ when

    async def _wait_for(self, trigger: Trigger) -> None:
        while (origin := self._origin(trigger)) is None:
            self._changed.clear()
            await self._changed.wait()
        await asyncio.sleep(max(0.0, origin + trigger.delay - self._loop.time()))

    def _origin(self, trigger: Trigger) -> float | None:
        match trigger.kind:
            case "ringing":
                return self.invited_at or self._loop.time()
            case "connected":
                return self._time_of("200", self._callee)
            case "previous":
                return self._free_at or self._loop.time()
        heard = [prompt for prompt in self._ear.heard if prompt.name == trigger.prompt][trigger.nth - 1 : trigger.nth]
        if not heard or (trigger.kind == "prompt_end" and not heard[0].complete):
            return None
        return heard[0].start if trigger.kind == "prompt_start" else heard[0].end

    # ------------------------------------------------------------------ what

    async def _perform(self, act: Act, dialog: Dialog) -> None:
        match act.verb:
            case "say":
                await self._utter("speech", act, act.say or "", dialog)
            case "play":
                await self._utter("sound", act, act.play or "", dialog)
            case "key":
                await self._press(act, dialog)
            case "silence":
                await asyncio.sleep(act.silence or 0.0)
            case "hold":
                self._note("hold")
                await dialog.hold()
            case "resume":
                self._note("resume")
                await dialog.resume()
            case "drop" | "mute" as verb:
                self._note(verb)
                dialog.rtp.muted = True
                dialog.rtp.reports = verb == "mute"
            case "hang_up":
                self._note("hang_up")
                await dialog.bye()
            case "cancel":
                self._note("cancel")
                dialog.cancel()
        self._free_at = self._loop.time()

    async def _utter(self, kind: ActKind, act: Act, what: str, dialog: Dialog) -> None:
        pcm = amplified(self._sounds.of(act, self.scenario), act.gain_db)
        start = dialog.rtp.play(pcm)
        part = audible_part(pcm)
        if part:
            self._acts.append(CallerAct(kind, start + part.start, start + part.end, what))
            self._told(self)
        await asyncio.sleep(max(0.0, start + len(pcm) / FRAME * FRAME_S - self._loop.time()))

    async def _press(self, act: Act, dialog: Dialog) -> None:
        key = act.key or KEYS[0]
        start = dialog.rtp.play(dtmf(key, KEY_S)) if act.inband else dialog.rtp.key(key, KEY_S)
        self._acts.append(CallerAct("key", start, start + KEY_S, key))
        self._told(self)
        await asyncio.sleep(KEY_S)

    def _note(self, kind: ActKind) -> None:
        now = self._loop.time()
        self._acts.append(CallerAct(kind, now, now))
        self._told(self)

    # ------------------------------------------------------------------ hearing

    def _packet(self, packet: Packet) -> None:
        codec = CODECS.get(packet.payload_type)
        if codec is None or len(packet.payload) != FRAME:
            return
        missing = 0 if self._expected is None else (packet.timestamp - self._expected) % 2**32 // FRAME
        if missing >= 2**31 // FRAME:
            return  # late: its place has been taken by silence
        if missing <= _LONGEST_HOLE:
            for n in range(missing, 0, -1):
                self._ear.feed(np.zeros(FRAME, np.int16), packet.arrival - n * FRAME_S)
        self._expected = (packet.timestamp + FRAME) % 2**32
        self._ear.feed(codec.decode(packet.payload), packet.arrival)

    def _notice(self) -> None:
        self._changed.set()
        self._told(self)

    # ------------------------------------------------------------------ writing it down

    def _time_of(self, what: str, by: str) -> float | None:
        milestones = self._dialog.milestones if self._dialog else []
        return next((m.at for m in milestones if m.what == what and m.by == by), None)

    def _end(self) -> Milestone | None:
        """BYE, CANCEL, or a refusal."""
        milestones = self._dialog.milestones if self._dialog else []
        refused = self._final_status() >= 300
        ends = [
            m for m in milestones if m.what in ("bye", "cancel") or (refused and m.what.isdigit() and m.what >= "3")
        ]
        return ends[0] if ends else None

    def _final_status(self) -> int:
        milestones = self._dialog.milestones if self._dialog else []
        codes = [int(m.what) for m in milestones if m.by == self._callee and m.what.isdigit() and int(m.what) >= 200]
        return codes[0] if codes else 0

    def _holds(self, zero: float) -> tuple[tuple[float, float], ...]:
        """From the re-INVITE that puts us on hold to the one that takes us off it."""
        milestones = self._dialog.milestones if self._dialog else []
        holds: list[tuple[float, float]] = []
        for redirection in (m for m in milestones if m.what == "reinvite"):
            at = redirection.at - zero
            if redirection.detail in ("sendonly", "inactive"):
                holds.append((at, at))
            elif holds:
                holds[-1] = (holds[-1][0], at)
        return tuple(holds)

    def _target(self) -> str | None:
        uri = (self._dialog.refer_to if self._dialog else "").partition("?")[0]
        return self._line.targets.get(uri, uri) or None

    def recording(self) -> Recording:
        """What there is of the call now that it is over."""
        self._ear.close()
        dialog, end = self._dialog, self._loop.time()
        if dialog is None:  # the telephone never rang
            nothing = np.zeros(FRAME, np.int16)
            return Recording(self.scenario, self.seen, nothing, nothing, (), tuple(self._todo))
        zero = self.invited_at or 0.0
        heard = [
            (p.arrival, CODECS[p.payload_type].decode(p.payload))
            for p in dialog.rtp.packets
            if p.payload_type in CODECS
        ]
        said = [(frame.at, dialog.rtp.codec.decode(frame.payload)) for frame in dialog.rtp.sent]
        return Recording(
            self.scenario,
            self.seen,
            _on_time_line(heard, zero, end),
            _on_time_line(said, zero, end),
            [m._replace(at=m.at - zero) for m in dialog.milestones],
            tuple(self._todo),
        )


def _since(zero: float, instant: float | None) -> float | None:
    return None if instant is None else instant - zero


def _party(end: Milestone | None) -> Party | None:
    """Who ended it; the robot's "us" is the caller."""
    return None if end is None else "caller" if end.by == "us" else "us"


def _on_time_line(pieces: Sequence[tuple[float, Pcm]], zero: float, end: float) -> Pcm:
    """Audio laid down where it arrived; a packet begins where the one before ends if they are less than 60 ms apart."""
    line = np.zeros(round((end - zero) * 8000) + FRAME, np.int16)
    place = 0
    for at, pcm in pieces:
        due = round((at - zero) * 8000)
        if abs(due - place) > 3 * FRAME:
            place = due
        part = pcm[: max(0, len(line) - place)]
        line[place : place + len(part)] = part
        place += len(pcm)
    return line
