"""The recording of one call: both channels, as they come and go, from the first frame of audio to the end."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from ivr.audio import FRAME_S
from ivr.recording.recorder import Masked, Recorder, Sink
from ivr.telephony.discretion import Tape as Judged
from ivr.telephony.playout import Playout

_LONGEST_STALL_FRAMES = 500


class Tapes:
    """Several that hear the same."""

    def __init__(self, *tapes: Judged) -> None:
        self._tapes = tapes

    def turn_began(self, at: float) -> None:
        """The caller may be speaking."""
        for tape in self._tapes:
            tape.turn_began(at)

    def turn_judged(self, from_s: float, until_s: float, mute: bool, keep_original: bool = False) -> None:
        """A verdict."""
        for tape in self._tapes:
            tape.turn_judged(from_s, until_s, mute, keep_original)

    def sensitive(self, on: bool, at: float, keep_original: bool = False) -> None:
        """A private question."""
        for tape in self._tapes:
            tape.sensitive(on, at, keep_original)

    def read_back(self, on: bool, at: float) -> None:
        """A private prompt."""
        for tape in self._tapes:
            tape.read_back(on, at)

    def keep_text(self, text: str, from_s: float, until_s: float) -> None:
        """Words to be sealed."""
        for tape in self._tapes:
            tape.keep_text(text, from_s, until_s)


class Tape:
    """Hands a call's audio to its `Recorder`, and what `Discretion` knows of it; without a sink it does nothing.

    `began` is told when there is something to record, `told` of every masked span.
    """

    def __init__(
        self,
        call: str,
        sink: Sink | None = None,
        *,
        began: Callable[[], None] = lambda: None,
        told: Callable[[Masked], None] = lambda masked: None,
    ) -> None:
        self._call, self._sink, self._began, self._told = call, sink, began, told
        self._recorder: Recorder | None = None
        self._pending: list[Callable[[Recorder], None]] = []

    def listen(self, playout: Playout) -> None:
        """Record what is said there."""
        if self._sink:
            playout.said = deque(maxlen=_LONGEST_STALL_FRAMES)

    # ------------------------------------------------------------------ audio, every tick

    def take(self, pcm: bytes, at: float, playout: Playout) -> None:
        """What came in, from `at` on, and what went out meanwhile; 16-bit mono at 8 kHz, whole frames."""
        said = playout.said
        if self._sink is None or said is None:
            return
        ours = [said.popleft() for _ in range(len(said))]
        recorder = self._recorder or self._begin(at)
        recorder.caller(pcm, at)
        if ours:
            recorder.us(b"".join(ours), playout.clock - len(ours) * FRAME_S)

    def _begin(self, at: float) -> Recorder:
        assert self._sink
        recorder = self._recorder = Recorder(self._sink, self._call, began=at, told=self._told)
        self._began()
        for tell in self._pending:
            tell(recorder)
        self._pending = []
        return recorder

    # ------------------------------------------------------------------ what is known of it

    def turn_began(self, at: float) -> None:
        """As `Recorder.turn_began`; so are those that follow."""
        self._tell(lambda recorder: recorder.turn_began(at))

    def turn_judged(self, from_s: float, until_s: float, mute: bool, keep_original: bool = False) -> None:
        """The verdict on what was said from `from_s` up to `until_s`."""
        self._tell(lambda recorder: recorder.turn_judged(from_s, until_s, mute, keep_original))

    def sensitive(self, on: bool, at: float, keep_original: bool = False) -> None:
        """What is asked for is private."""
        self._tell(lambda recorder: recorder.sensitive(on, at, keep_original))

    def read_back(self, on: bool, at: float) -> None:
        """We say something private ourselves."""
        self._tell(lambda recorder: recorder.read_back(on, at))

    def keep_text(self, text: str, from_s: float, until_s: float) -> None:
        """Seal the words of a masked span."""
        self._tell(lambda recorder: recorder.keep_text(text, from_s, until_s))

    def _tell(self, what: Callable[[Recorder], None]) -> None:
        if self._recorder:
            what(self._recorder)
        elif self._sink:
            self._pending.append(what)

    def close(self) -> None:
        """The call is over."""
        if self._recorder:
            self._recorder.close()
        self._sink = None
