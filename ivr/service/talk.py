"""A call on a microphone and a speaker instead of a line: the same session, playout and hearing as a worker's.

PortAudio's thread calls `SoundLeg.exchange` every 20 ms, which only moves bytes; the loop turns as often.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ivr.audio import FRAME, RATE
from ivr.backends import Backend, Reply
from ivr.dialog import events as ev
from ivr.dialog.inquiring import NOBODY
from ivr.errors import UserError
from ivr.service.hearing import Hearing, on_clock
from ivr.telephony.playout import Playout
from ivr.telephony.session import AHEAD_S, TICK_S, Session

STREAM = 0
"""Number of the one call."""


class Sound(Protocol):
    """An open microphone and speaker."""

    def close(self) -> None:
        """Fall silent and stop listening."""


OpenSound = Callable[[Callable[[bytes], bytes]], Sound]
"""Opens microphone and speaker; every 20 ms it is handed what was heard and asks for what to say."""


@dataclass(eq=False)
class SoundLeg:
    """A leg on a sound device: it rings, answers and hangs up in an instant, and can be transferred to nobody."""

    open_sound: OpenSound
    now: Callable[[], float] = time.monotonic
    playout: Playout = field(default_factory=Playout)
    received: deque[bytes] = field(default_factory=deque)
    """20 ms frames from the microphone, not heard yet."""
    events: deque[ev.Event] = field(default_factory=deque)
    """What happened to the leg and was not told yet."""
    _sound: Sound | None = None

    def __post_init__(self) -> None:
        self._invited_at = self.now()

    @property
    def clock(self) -> float:
        """Seconds on the sample clock."""
        return self.playout.clock if self._sound else self.now() - self._invited_at

    def exchange(self, heard: bytes) -> bytes:
        """20 ms in, 20 ms out (PortAudio's thread)."""
        self.received.append(heard)
        return self.playout.take()

    def ring(self) -> None:
        """Nobody hears it."""

    def answer(self) -> None:
        """Microphone and speaker are opened."""
        self.playout.base = self.clock
        self._sound = self.open_sound(self.exchange)
        self.events.append(ev.Connected())

    def transfer(self, uri: str) -> None:
        """There is nobody to transfer to: 501."""
        self.events.append(ev.TransferProgress(501))

    def hold(self) -> None:
        """The microphone stays open; what it hears while we wait is nobody's turn."""
        self.events.append(ev.Held())

    def take_back(self) -> None:
        """Nothing was shut."""
        self.events.append(ev.TakenBack())

    def consult(self, uri: str, fields: Mapping[str, str]) -> None:
        """There is nobody to ring either: 501."""
        self.events.append(ev.TargetProgress(501))

    def hand_over(self) -> None:
        """Nor anybody to hand over to."""
        self.events.append(ev.TransferProgress(501))

    def dismiss(self) -> None:
        """Nobody was rung."""

    def hang_up(self, reason: str) -> None:
        """Microphone and speaker are closed."""
        self.close()
        self.events.append(ev.RemoteHangup(reason=reason))

    def close(self) -> None:
        """Fall silent; the clock goes on from where it stands."""
        if self._sound:
            self._invited_at = self.now() - self.playout.clock
            self._sound.close()
            self._sound = None


@dataclass(eq=False)
class _Desk:
    """Asks the house's systems; there is no supervisor."""

    backends: Mapping[str, Backend]
    events: deque[ev.Event]
    tasks: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    def inquire(self, inquiry: int, of: str, about: Mapping[str, str]) -> None:
        """Ask, without waiting."""
        self.tasks[inquiry] = asyncio.get_running_loop().create_task(self._ask(inquiry, of, about))

    async def _ask(self, inquiry: int, of: str, about: Mapping[str, str]) -> None:
        backend = self.backends.get(of)
        reply = await backend.ask({"caller": "", **about}) if backend else Reply(NOBODY)
        self.events.append(ev.Replied(inquiry, reply.outcome, dict(reply.values)))

    def withdraw(self, inquiry: int) -> None:
        """Nobody waits for it any more."""
        if task := self.tasks.pop(inquiry, None):
            task.cancel()


class Talk:
    """One call with whoever sits at this machine; the session is on that leg, its ear on that stream of `hearing`."""

    def __init__(self, session: Session, leg: SoundLeg, hearing: Hearing, invited: ev.Invited) -> None:
        self.session, self.leg = session, leg
        self._hearing = hearing
        session.tell(invited)

    def asks(self, backends: Mapping[str, Backend]) -> None:
        """Whom the call may ask from now on, in the event loop that runs."""
        self.session.desk = _Desk(backends, self.leg.events)

    async def run(self) -> None:
        """Until somebody hangs up."""
        while not self.session.ended:
            self.turn()
            await asyncio.sleep(TICK_S)

    def turn(self) -> None:
        """Tell what happened, hear what came in, do what is due."""
        while self.leg.events:
            self.session.tell(self.leg.events.popleft())
        self._hear(b"".join(self.leg.received.popleft() for _ in range(len(self.leg.received))))
        self.session.advance(self.leg.clock + AHEAD_S)

    def _hear(self, pcm: bytes) -> None:
        if pcm:
            self.session.hear(pcm)
        speaking = [STREAM] if self.session.speaking else []
        for _, at, event in self._hearing.process({STREAM: pcm} if pcm else {}, speaking):
            self.session.tell(on_clock(event, self._on_clock), max(self._on_clock(at), 0.0))

    def _on_clock(self, instant: float) -> float:
        """Sample-clock instant of an instant in seconds of received audio: both began with the answer."""
        return instant + self.leg.playout.base

    def press(self, key: str) -> None:
        """A key of the keyboard that a telephone has too."""
        self.session.tell(ev.KeyPressed(key))

    def hang_up(self) -> None:
        """Whoever sits here hangs up."""
        self.leg.close()
        self.session.tell(ev.RemoteHangup())


# ---------------------------------------------------------------- sound devices


def sound_devices() -> str:
    """Names of the default microphone and speaker. Raises UserError: one line, if there is none."""
    sounddevice = _sounddevice()
    try:
        microphone, speaker = (sounddevice.query_devices(kind=kind)["name"] for kind in ("input", "output"))
    except (sounddevice.PortAudioError, ValueError):
        raise UserError("no microphone or no speaker → connect a headset") from None
    return f"{microphone} / {speaker}"


def open_sound(device: str | None) -> OpenSound:
    """Opens a device by (part of) its name, the default ones for None. Raises UserError when it is opened."""
    sounddevice = _sounddevice()

    def opened(exchange: Callable[[bytes], bytes]) -> Sound:
        def callback(heard: bytes, said: memoryview, *_: object) -> None:
            said[:] = exchange(bytes(heard))

        try:
            stream: Sound = sounddevice.RawStream(
                samplerate=RATE, blocksize=FRAME, channels=1, dtype="int16", device=device, callback=callback
            )
            stream.start()  # type: ignore[attr-defined]  # sounddevice has no types
        except (sounddevice.PortAudioError, ValueError) as error:
            raise UserError(f"the sound device does not work at 8 kHz: {error} → choose another: --device") from None
        return stream

    return opened


def _sounddevice() -> Any:  # noqa: ANN401 - sounddevice has no types
    try:
        import sounddevice  # noqa: PLC0415 - brings PortAudio, which a server need not have
    except ImportError:
        raise UserError('sounddevice is not installed → pip install "sanling[talk]"') from None
    except OSError:
        raise UserError("PortAudio is not installed → apt-get install libportaudio2") from None
    return sounddevice
