"""Whatever happens, in whatever order: what a call must never do, and what it must always have."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ivr.dialog import events as ev
from ivr.dialog.call import Call
from ivr.dialog.known import NOTHING, Known
from ivr.standards.house import House
from ivr.standards.load import load_standard
from tests.dialog.wire import Wire

PARCELS = load_standard(Path(__file__).parent.parent / "standards" / "parcels.toml")
STANDARDS = {"parcels": PARCELS} | {name: load_standard(name) for name in ("general", "zto")}
SAID = [
    "",
    "转人工",
    "查快递",
    "听不见",
    "耳朵不好",
    "对",
    "不是",
    "七七三零一二三四五六七八",
    "没听懂",
    "等一下",
    "你好",
    "那个那个",
    "再见",
    "找你们领导",
    "我要寄快递",
    "我要寄快递，寄到广州，电话是13800138000，付款到付",
    "广州",
    "不是广州，是南京",
    "幺三八零零幺三八零零零",
    "幺三八",
    "到付",
    "寄付还是到付",
    "明天",
    "一二三四五六",
    "一二三四",
    "手机号不对",
    "付款寄付，寄到上海",
    "不想说",
    "取消寄件",
    "马上退运费",
    "我心里难受",
    "你这个混蛋",
    "气死了，太过分了",
]
STORIES = [
    "我要寄快递 广州 是 幺三八零零幺三八零零零 是 到付 是 明天 一二三四 手机号不对 "
    "幺三九零零幺三九零零零 是 对 →found 不用了",
    "我要寄快递 广州 不是 上海 是 不想说 不想说",
    "取消寄件 一二三四五六 →missing 一二三四五六 →found 好的 是 好的 没听懂",
    "马上退运费 一二三四五六 →found 好的 →granted 好的 取消寄件 是 好的",
    "马上退运费 一二三四五六 →found 好的 →refused 我心里难受 我心里难受 我心里难受",
]
"""What a caller says, and others answer."""
REPLIES = [
    ("found", {"eta": "2026-03-05", "fee": "12.50"}),
    ("found", {"eta": "", "fee": "x" * 100_000, "mobile": "abc", "nobody": "has", "caller": "it"}),
    ("found", {"to": "广州", "mobile": "13800138000", "pay": "到付", "insured": "yes", "day": "2026-03-05"}),
    ("missing", {}),
    ("granted", {}),
    ("refused", {"code": "123456"}),
    ("", {}),
]
KNOWN = [NOTHING, *(Known(menu, {"to": "广州", "mobile": "13800138000"}, 1) for menu in PARCELS.menu)]


class AnyOrder(RuleBasedStateMachine):
    """Drives one call with every event there is; the wire complains."""

    call: Call

    @initialize(
        name=st.sampled_from(sorted(STANDARDS)),
        ring=st.integers(1, 3),
        rings=st.integers(0, 5),
        words=st.booleans(),
        known=st.sampled_from(KNOWN),
    )
    def invite(self, name: str, ring: int, rings: int, words: bool, known: Known) -> None:
        standard = STANDARDS[name]
        self.call, self.wire, self.now = Call(standard, House(answer_on_ring=ring), words), Wire(standard), 0.0
        self.tell(ev.Invited("4001", None, datetime(2026, 3, 2, 9, tzinfo=UTC), rings))
        self.tell(ev.Remembered(known))

    def tell(self, event: ev.Event) -> None:
        for command in self.call.handle(event, self.now):
            self.wire.carry_out(command, self.now)

    @rule()
    def connected(self) -> None:
        self.tell(ev.Connected())

    @rule(seconds=st.floats(0.0, 3.0))
    def time_passes(self, seconds: float) -> None:
        self.run_until(self.now + seconds)

    @rule()
    def next_due(self) -> None:
        if (due := self.next()) is not None:
            self.run_until(due)

    def next(self) -> float | None:
        ends = [self.wire.ends] if self.wire.playing and not self.wire.paused else []
        return min([*ends, *([self.call.deadline] if self.call.deadline is not None else [])], default=None)

    def run_until(self, instant: float) -> None:
        for _ in range(20):
            due = self.next()
            if due is None or due > instant:
                break
            self.now = max(self.now, due)
            if self.wire.playing and not self.wire.paused and self.wire.ends <= due:
                self.wire.playing, self.wire.fell_silent = False, self.now
                self.tell(ev.PlaybackFinished(self.wire.playback))
            else:
                self.wire.insisted = self.call.state.endswith("listening")  # a turn that ran past its bound
                self.tell(ev.DeadlineReached())
        self.now = max(self.now, instant)

    @rule()
    def onset(self) -> None:
        self.tell(ev.SpeechOnset())

    @rule()
    def confirmed(self) -> None:
        self.wire.caller_speaks, self.wire.insisted = not self.wire.held, False
        self.tell(ev.SpeechConfirmed())

    @rule()
    def rejected(self) -> None:
        self.wire.caller_speaks = False
        self.tell(ev.SpeechRejected())

    @rule(ago=st.floats(0.0, 1.0), level=st.floats(-60.0, 0.0))
    def ended(self, ago: float, level: float = -25.0) -> None:
        self.wire.caller_speaks = False
        self.tell(ev.SpeechEnded(self.now - ago, 1.0, level, -65.0))

    @rule(seconds=st.floats(0.3, 1.5))
    def faint(self, seconds: float) -> None:
        self.tell(ev.FaintSpeech(seconds, -58.0, -65.0))

    @rule(
        text=st.sampled_from(SAID),
        ago=st.floats(0.0, 2.0),
        sure=st.floats(0.0, 1.0),
        mandarin=st.sampled_from([0.1, 1.0]),
    )
    def recognized(self, text: str, ago: float, sure: float, mandarin: float) -> None:
        self.tell(ev.Recognized(self.wire.turn, text, self.now - ago, sure, mandarin))

    @rule(text=st.sampled_from(SAID))
    def turn(self, text: str) -> None:
        self.onset()
        self.confirmed()
        self.ended(0.0)
        self.tell(ev.Recognized(self.wire.turn, text, self.now, 0.9))
        self.next_due()

    @rule()
    def recogniser_dies(self) -> None:
        self.tell(ev.RecognitionFailed(self.wire.turn, "died"))

    @rule(key=st.sampled_from("0123456789*#"))
    def key(self, key: str) -> None:
        self.tell(ev.KeyPressed(key))

    @rule(code=st.sampled_from([100, 180, 200, 202, 302, 404, 486, 503, 603]))
    def progress(self, code: int) -> None:
        self.tell(ev.TransferProgress(code))

    @rule(code=st.sampled_from([180, 200, 480, 486, 487, 503]))
    def target(self, code: int) -> None:
        if code >= 300 and self.call.state == "holding_resting":
            self.wire.consulting = False
        self.tell(ev.TargetProgress(code))

    @rule(event=st.sampled_from([ev.Held(), ev.HoldRefused(488), ev.TakenBack()]))
    def on_hold(self, event: ev.Event) -> None:
        self.tell(event)

    @rule()
    def supervisor(self) -> None:
        """As far as the hold, where nothing comes between."""
        self.turn("找你们领导")
        for key in "11":
            self.next_due()
            self.key(key)

    @rule(reply=st.sampled_from(REPLIES), late=st.integers(0, 1))
    def replied(self, reply: tuple[str, dict[str, str]], late: int) -> None:
        self.wire.asked = self.wire.asked and bool(late)
        self.tell(ev.Replied(self.wire.inquiry - late, *reply))

    @rule(keys=st.sampled_from(["13800138000#", "138*139", "123456#", "1234#", "20260305#", "1", "2", "9", "1#"]))
    def typed(self, keys: str) -> None:
        for key in keys:
            self.tell(ev.KeyPressed(key))

    @rule(told=st.lists(st.sampled_from(SAID), min_size=1, max_size=8))
    def conversation(self, told: list[str]) -> None:
        """One turn after the other, each once we have finished."""
        for text in told:
            self.next_due()
            self.turn(text)

    @rule()
    def hold(self) -> None:
        self.wire.held, self.wire.caller_speaks = True, False
        self.tell(ev.RemoteHold())

    @rule()
    def resume(self) -> None:
        self.wire.held = False
        self.tell(ev.RemoteResume())

    @rule(number=st.integers(0, 9))
    def stale_playback(self, number: int) -> None:
        if number != self.wire.playback:
            self.tell(ev.PlaybackFinished(number))

    @rule()
    def early_deadline(self) -> None:
        if self.call.deadline is None or self.call.deadline > self.now + 1e-3:
            assert self.call.handle(ev.DeadlineReached(), self.now) == []

    @precondition(lambda self: self.call.state == "recording_taking")
    @rule()
    def disk_full(self) -> None:
        self.wire.recording = False
        self.tell(ev.RecordingFailed("No space left on device"))

    @precondition(lambda self: self.now > 20.0)
    @rule()
    def media_lost(self) -> None:
        self.tell(ev.MediaLost())

    @precondition(lambda self: self.now > 20.0)
    @rule(code=st.sampled_from([200, 487, 408]))
    def far_end(self, code: int) -> None:
        self.tell(ev.RemoteHangup(code))
        assert self.call.ended

    @invariant()
    def has_a_deadline(self) -> None:
        if hasattr(self, "call"):
            assert self.call.ended or self.call.deadline is not None
            assert self.call.deadline is None or self.call.deadline >= self.now - 1e-6
            assert bool(self.call.outcome) == (self.call.state in {"ending", "ended"})

    def teardown(self) -> None:
        """A caller who does nothing more is let go within ten minutes and a hold, from wherever they are."""
        if not hasattr(self, "call"):
            return
        self.ended(0.0)
        bound = self.now + 600.0 + self.call.standard.limits.far_hold_s
        for _ in range(200):
            if (due := self.next()) is None:
                break
            self.run_until(due)
        assert self.call.ended, self.call.snapshot
        assert self.now <= bound


class AnyOrderOfTelling(AnyOrder):
    """A caller of the house that asks most, who has already said what they want."""

    @initialize(
        story=st.sampled_from(STORIES), until=st.integers(1, 14), known=st.sampled_from(KNOWN), goes_on=st.booleans()
    )
    def invite(self, story: str, until: int, known: Known, goes_on: bool) -> None:
        self.call, self.wire, self.now = Call(PARCELS, House(), words=True), Wire(PARCELS), 0.0
        self.tell(ev.Invited("4001", None, datetime(2026, 3, 2, 9, tzinfo=UTC)))
        self.tell(ev.Remembered(known if goes_on else NOTHING))
        self.next_due()
        self.connected()
        for text in story.split()[:until]:
            if text.startswith("→"):
                self.answered(text[1:])
            else:
                self.conversation([text])

    @rule(outcome=st.sampled_from(["found", "missing", "granted", "refused"]))
    def answered(self, outcome: str) -> None:
        self.next_due()
        self.wire.asked = False
        self.tell(ev.Replied(self.wire.inquiry, outcome))
        self.next_due()


SETTINGS = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
AnyOrder.TestCase.settings = AnyOrderOfTelling.TestCase.settings = SETTINGS
TestAnyOrder = pytest.mark.req("D8", "B1", "C1")(AnyOrder.TestCase)
TestAnyOrderOfTelling = pytest.mark.req("C10", "B12", "G1", "G5")(AnyOrderOfTelling.TestCase)
