"""What a process hears on its calls: keys and voice activity on all of them, words on those that have a recogniser."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from ivr.dialog import events as ev
from ivr.service.words import Recogniser, Words
from ivr.speech.activity import Heard
from ivr.speech.recognition import Statistics
from ivr.standards.said import Expects

SHORT: frozenset[Expects] = frozenset({"yes_no", "choice"})
"""What is answered in so short a word that voice activity must believe in it sooner."""


class Activity(Protocol):
    """What is needed of voice activity; `ivr.speech.activity.VoiceActivity` is the real one."""

    def add(self, stream: int) -> None:
        """Begin to listen."""

    def remove(self, stream: int) -> None:
        """Stop listening."""

    def mute_inband(self, stream: int) -> None:
        """Report no keys heard in the audio."""

    def expect(self, stream: int, short: bool) -> None:
        """A short word is expected, or anything."""

    def process(self, audio: Mapping[int, bytes], speaking: Collection[int] = ()) -> list[Heard]:
        """Hear what is new on each stream."""


class _Turn(NamedTuple):
    number: int
    expects: Expects
    phrases: Sequence[str]


@dataclass
class _Stream:
    words: bool
    turn: _Turn | None = None
    sends_events: bool = False


class Hearing:
    """Voice activity and recognition of a process, as one; for one thread. Nothing in it waits."""

    def __init__(self, activity: Activity, recogniser: Recogniser | None = None) -> None:
        self._activity, self._words = activity, Words(recogniser)
        self._streams: dict[int, _Stream] = {}

    @property
    def offers_words(self) -> bool:
        """A call that begins now can be given words."""
        return self._words.ready

    @property
    def statistics(self) -> Statistics:
        """What became of the turns that were to be recognised."""
        return self._words.statistics

    def hears_words(self, stream: int) -> bool:
        """Words are listened for on this stream."""
        return self._streams[stream].words

    def add(self, stream: int, *, words: bool) -> None:
        """Begin to listen to a stream, for words too or not; its received audio starts at 0 s."""
        self._streams[stream] = _Stream(words)
        self._activity.add(stream)
        if words:
            self._words.add(stream)

    def remove(self, stream: int) -> None:
        """Stop listening to a stream."""
        known = self._streams.pop(stream)
        self._activity.remove(stream)
        if known.words:
            self._words.remove(stream)

    def begin_anew(self, stream: int) -> None:
        """Forget what was being heard: whoever speaks next begins to speak then, in the turn that we are in."""
        known = self._streams[stream]
        self.remove(stream)
        self.add(stream, words=known.words)
        if known.sends_events:
            self.mute_inband(stream)
        if known.turn:
            self.listen(stream, *known.turn)

    def mute_inband(self, stream: int) -> None:
        """Do not look for keys in the audio: this stream sends them as RFC 4733 events."""
        self._streams[stream].sends_events = True
        self._activity.mute_inband(stream)

    def listen(self, stream: int, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        """What comes from now on belongs to this turn; see `ivr.dialog.commands.Listen`."""
        known = self._streams[stream]
        known.turn = _Turn(turn, expects, phrases)
        self._activity.expect(stream, expects in SHORT)
        if known.words:
            self._words.listen(stream, turn, expects, phrases)

    def process(self, audio: Mapping[int, bytes], speaking: Collection[int] = ()) -> list[Heard]:
        """Hear what is new on each stream, as `VoiceActivity.process`; asked every turn of the loop, for answers.

        Pauses within speech are the recogniser's affair and are not told.
        """
        heard = self._activity.process(audio, speaking) if audio else []
        worded = {stream: pcm for stream, pcm in audio.items() if self._streams[stream].words}
        answers = self._words.process(worded, [each for each in heard if each.stream in worded])
        return [each for each in heard if not isinstance(each.event, ev.SpeechPaused)] + answers

    def close(self) -> None:
        """End the recogniser's process."""
        self._words.close()


class StreamEar:
    """The ear of one call's session (`ivr.telephony.session.Ear`)."""

    def __init__(self, hearing: Hearing, stream: int) -> None:
        self._hearing, self._stream = hearing, stream

    def listen(self, turn: int, expects: Expects, phrases: Sequence[str]) -> None:
        """Hand it on."""
        self._hearing.listen(self._stream, turn, expects, phrases)


def on_clock(event: ev.Event, clock: Callable[[float], float]) -> ev.Event:
    """The event with the instants in it moved from received audio to the sample clock."""
    match event:
        case ev.SpeechEnded():
            return replace(event, last_voiced=clock(event.last_voiced))
        case ev.Recognized():
            return replace(event, until=clock(event.until))
    return event
