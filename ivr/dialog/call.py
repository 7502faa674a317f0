"""One call: events in, commands out.

A call holds what it knows and does what the rows of `ivr.dialog.states` ask for. It has no clock: every instant is
given to it, on the sample clock. It has no wire: what it wants done it returns. So a call of a minute runs in a
millisecond, the same in a test as on the line, and any order of events can be tried on it.

What it does is told from the wire inwards: `line` the telephone, `place` where it is in its standard, `listening` how
long the caller's turn lasts, `sense` what it means, `acts` what is done about it, `keys`, `inquiring` of others, and
`errands`: a person, a message, `holding` a caller who waits. Beside them stand `gates`, `filling` of forms, `ladders`,
and `knowing` what the house knows.
"""

from __future__ import annotations

from typing import NamedTuple

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.dropping import DROPPED
from ivr.dialog.holding import Holding
from ivr.dialog.keys import Keys
from ivr.dialog.known import Known
from ivr.dialog.line import EARLY_S, RING_S, TONE_S
from ivr.standards.ways import resumes, returns

__all__ = ["RING_S", "TONE_S", "Call", "Snapshot"]

_TRIGGERS: dict[type[ev.Event], str] = {
    ev.Invited: "invite",
    ev.Dialled: "dial",
    ev.Remembered: "remembered",
    ev.Ringing: "rings",
    ev.Connected: "connect",
    ev.DeadlineReached: "due",
    ev.PlaybackFinished: "said",
    ev.SpeechOnset: "onset",
    ev.SpeechConfirmed: "confirmed",
    ev.SpeechRejected: "rejected",
    ev.SpeechPaused: "paused",
    ev.SpeechEnded: "ended",
    ev.FaintSpeech: "faint",
    ev.Recognized: "recognized",
    ev.RecognitionFailed: "recognized",
    ev.KeyPressed: "key",
    ev.RemoteHold: "hold",
    ev.RemoteResume: "resume",
    ev.TransferProgress: "progress",
    ev.Held: "on_hold",
    ev.HoldRefused: "hold_refused",
    ev.TakenBack: "taken_back",
    ev.TargetProgress: "target",
    ev.Replied: "replied",
    ev.RecordingFailed: "failed",
    ev.MediaLost: "lost",
    ev.RemoteHangup: "hung_up",
}


class Snapshot(NamedTuple):
    """Where a call stands, for journals and pictures."""

    state: str
    menu: str
    ladder: str
    step: int


class Call(Keys, Holding):
    """The life of one call by one standard.

    `words` says that a recogniser will answer each `Listen`; without one, voice activity and keys carry the call.

    Attributes:
        outcome: how the call ended, empty while it runs: the reason of a ladder's hang-up, ``transferred``,
            ``caller_hung_up``, ``cancelled``, ``leg_failed``, ``media_lost``, ``far_hold``, ``endless_turn``,
            ``endless_call`` or ``no_ack``; of a call that we make also ``machine``, ``no_answer``, ``busy``,
            ``declined`` or ``failed``.
    """

    def handle(self, event: ev.Event, now: float) -> list[do.Command]:
        """Take in what happened at `now` (seconds on the sample clock) and return what is to be done, in order.

        An event that means nothing in the present state is ignored; an instant before the last one counts as now.
        """
        if not self._concerns_us(event, now):
            return []
        self._now, self._event, self._insists = max(self._now, now), event, False
        self._hear(event)
        if self._no_answer_in_time(event):
            self._go("replied")
        elif not self._is_for_pledge(event):
            self._go(_TRIGGERS[type(event)])
        asked, self._commands = self._commands, []
        return asked

    @property
    def snapshot(self) -> Snapshot:
        """Where the call stands."""
        return Snapshot(self.state, self._menu, self._ladders.name, self._ladders.step)

    @property
    def goodbye(self) -> bool:
        """Goodbye was said, and nothing since."""
        return self._here.closing

    @property
    def standing(self) -> Known:
        """What a call that goes on with this one has to know."""
        drops, told = self._known.drops + (DROPPED in self._promised), self._filling.answered
        menu = self._came_from if returns(self._here) else self._menu
        if resumes(self.standard, self.standard.menu[menu]):  # cut off before it went on: it still stands where it did
            menu = self._known.menu
        matter, asked = self._gates.matter_at(menu)
        if matter:  # they prove anew who they are, and then have what they came for
            return Known(matter, {slot: value for slot, value in told.items() if slot not in asked}, drops)
        return Known(menu if self._matter else "", told, drops)

    def _concerns_us(self, event: ev.Event, now: float) -> bool:
        match event:
            case _ if self.ended:
                return False
            case ev.DeadlineReached():
                return self.deadline is not None and now >= self.deadline - EARLY_S
            case ev.PlaybackFinished(playback=number):
                return self._playing and number == self._playback
        return True
