from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ivr.audio import FRAME, RATE
from ivr.recording.delay import BLOCK, CALLER, GRACE, LAG, LONGEST, MARGIN, RAMP, US, Clear, DelayLine, Mask

Samples = npt.NDArray[np.int16]


def sound(channel: int, start: int, size: int) -> bytes:
    """Samples that tell where they belong: never 0, and other ones on the other channel."""
    at = np.arange(start, start + size) % 15000 + 1
    return (at if channel == CALLER else -at).astype("<i2").tobytes()


@dataclass
class Rig:
    """A delay line, what went into it, and what came out."""

    out: bytearray = field(default_factory=bytearray)
    clear: list[Clear] = field(default_factory=list)
    told: list[tuple[str, int, int | None]] = field(default_factory=list)
    ends: list[int] = field(default_factory=lambda: [0, 0])

    def __post_init__(self) -> None:
        self.line = DelayLine(self.out.extend, self.clear.append, self._told)

    def _told(self, mask: Mask) -> None:
        self.told.append((mask.why, mask.start, mask.until))

    def say(self, channel: int, frames: int) -> None:
        for _ in range(frames):
            self.line.add(channel, sound(channel, self.ends[channel], FRAME))
            self.ends[channel] += FRAME

    def run(self, seconds: float) -> None:
        """Both channels, frame by frame."""
        for _ in range(round(seconds * RATE / FRAME)):
            self.say(CALLER, 1)
            self.say(US, 1)

    @property
    def written(self) -> tuple[Samples, Samples]:
        pairs = np.frombuffer(bytes(self.out), "<i2").reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]


def expected(channel: int, size: int, spans: list[tuple[int, int]]) -> tuple[Samples, npt.NDArray[np.bool_]]:
    """What must stand in the file, and where that is certain: not within the ramps."""
    samples = np.frombuffer(sound(channel, 0, size), "<i2").copy()
    certain = np.ones(size, bool)
    for start, until in spans:
        certain[max(start - RAMP, 0) : until + RAMP] &= start >= until
    for start, until in spans:
        samples[start:until], certain[start:until] = 0, True
    return samples, certain


def wide(start: float, until: float) -> tuple[int, int]:
    """A span from one second to another with its margins."""
    return max(int(start * RATE) - MARGIN, 0), int(until * RATE) + MARGIN


def assert_written(rig: Rig, spans: list[tuple[int, int]], of_us: list[tuple[int, int]] | None = None) -> None:
    for channel, masked in ((CALLER, spans), (US, of_us or [])):
        written = rig.written[channel]
        samples, certain = expected(channel, len(written), masked)
        assert np.array_equal(written[certain], samples[certain])
        assert (np.abs(written[~certain]) <= np.abs(samples[~certain])).all()


def test_without_turns_everything_is_written_in_step_a_little_later() -> None:
    rig = Rig()
    rig.run(5)
    assert 5 * RATE - GRACE - 2 * BLOCK < rig.line.start <= 5 * RATE - GRACE
    rig.line.close()
    assert len(rig.written[0]) == 5 * RATE
    assert_written(rig, [])


@pytest.mark.req("G3")
@pytest.mark.parametrize("mute", [True, False])
def test_nothing_of_a_turn_leaves_before_its_verdict(mute: bool) -> None:
    rig = Rig()
    rig.run(3)
    rig.line.hold(int(2.5 * RATE))
    rig.run(7)
    assert rig.line.start <= 2.5 * RATE
    rig.line.judge(int(2.5 * RATE), 9 * RATE, mute, keep=False)
    rig.run(5)
    rig.line.close()
    assert_written(rig, [wide(2.5, 9)] if mute else [])
    assert rig.told == ([("verdict", *wide(2.5, 9))] if mute else [])


@pytest.mark.req("G3")
def test_a_turn_that_waits_for_the_next_is_held_with_it() -> None:
    rig = Rig()
    rig.run(2)
    rig.line.hold(2 * RATE)
    rig.run(3)
    rig.line.hold(5 * RATE)
    rig.run(3)
    assert rig.line.start < 2 * RATE
    rig.line.judge(5 * RATE, 7 * RATE, mute=True, keep=False)
    rig.run(3)
    assert rig.line.start < 2 * RATE
    rig.line.judge(2 * RATE, 4 * RATE, mute=True, keep=False)
    rig.run(3)
    rig.line.close()
    assert_written(rig, [wide(2, 4), wide(5, 7)])


@pytest.mark.req("G3")
def test_a_turn_without_a_verdict_is_muted_after_thirty_seconds_and_told() -> None:
    rig = Rig()
    rig.run(2)
    rig.line.hold(int(1.5 * RATE))
    rig.run(29)
    assert not rig.told
    rig.run(2)
    began = int(1.5 * RATE) - MARGIN
    assert rig.told == [("overdue", began, None)]
    rig.run(20)
    assert 53 * RATE - rig.line.start <= GRACE + BLOCK
    gone = rig.line.start
    rig.line.judge(int(1.5 * RATE), 50 * RATE, mute=False, keep=True)
    rig.run(3)
    rig.line.close()
    assert rig.told[1:] == [("overdue", began, gone)]
    assert_written(rig, [(began, gone)])


@pytest.mark.req("G3")
def test_what_has_no_verdict_when_the_call_ends_is_muted() -> None:
    rig = Rig()
    rig.run(4)
    rig.line.hold(3 * RATE)
    rig.run(2)
    rig.line.close()
    assert_written(rig, [(3 * RATE - MARGIN, 6 * RATE)])
    assert rig.told == [("unjudged", 3 * RATE - MARGIN, 6 * RATE)]


@pytest.mark.req("G3")
def test_both_channels_can_be_muted_from_an_instant_to_another() -> None:
    rig, mask = Rig(), Mask(2 * RATE, None, "read_back", channels=(CALLER, US))
    rig.run(1)
    rig.line.mute(mask)
    rig.run(8)
    rig.line.unmute(mask, 9 * RATE)
    rig.run(4)
    rig.line.close()
    assert_written(rig, [wide(2, 9)], [wide(2, 9)])


def test_what_was_written_before_anybody_knew_is_told_as_missed() -> None:
    rig = Rig()
    rig.run(6)
    gone = rig.line.start
    told: list[Mask] = []
    rig.line._told = told.append
    rig.line.judge(gone - 800, 6 * RATE, mute=True, keep=False)
    assert [mask.missed for mask in told] == [800]


def test_a_gap_is_silence_and_what_comes_too_late_is_dropped() -> None:
    rig = Rig()
    rig.line.add(CALLER, sound(CALLER, 0, RATE), 0)
    rig.line.add(CALLER, sound(CALLER, 3 * RATE, RATE), 3 * RATE)
    rig.line.add(CALLER, sound(CALLER, 3 * RATE + 4000, RATE), 3 * RATE + 4000)
    rig.line.add(US, sound(US, 0, 4 * RATE + 4000), 0)
    rig.line.close()
    caller = rig.written[CALLER]
    whole = np.frombuffer(sound(CALLER, 0, 4 * RATE + 4000), "<i2")
    assert (caller[RATE : 3 * RATE] == 0).all()
    assert np.array_equal(caller[:RATE], whole[:RATE])
    assert np.array_equal(caller[3 * RATE :], whole[3 * RATE :])
    assert_written_us = expected(US, len(caller), [])[0]
    assert np.array_equal(rig.written[US], assert_written_us)


def test_two_looks_at_a_clock_that_differ_by_a_frame_are_no_gap() -> None:
    rig = Rig()
    for frame in range(500):
        rig.line.add(CALLER, sound(CALLER, frame * FRAME, FRAME), frame * FRAME + (frame % 3 - 1) * FRAME)
        rig.line.add(US, sound(US, frame * FRAME, FRAME), frame * FRAME)
    rig.line.close()
    assert_written(rig, [])


def test_a_channel_that_says_nothing_holds_up_the_other_for_ten_seconds_at_most() -> None:
    rig = Rig()
    rig.say(CALLER, 60 * 50)
    assert 60 * RATE - rig.line.start <= LAG + 2 * BLOCK
    rig.line.close()
    assert np.array_equal(rig.written[CALLER], expected(CALLER, 60 * RATE, [])[0])
    assert (rig.written[US] == 0).all()


@pytest.mark.req("G3")
def test_originals_are_handed_out_whole_and_in_the_clear_only_there() -> None:
    rig = Rig()
    rig.run(3)
    rig.line.hold(2 * RATE)
    rig.run(6)
    rig.line.judge(2 * RATE, 7 * RATE, mute=True, keep=True)
    rig.run(5)
    rig.line.close()
    assert b"".join(piece.pcm for piece in rig.clear) == sound(CALLER, 2 * RATE - MARGIN, 5 * RATE + 2 * MARGIN)
    assert [(piece.start, piece.until) for piece in rig.clear] == [wide(2, 7)]


def test_an_original_that_does_not_end_is_handed_out_in_pieces() -> None:
    rig, mask = Rig(), Mask(RATE, None, "sensitive", keep=True)
    rig.line.mute(mask)
    rig.run(71)
    rig.line.unmute(mask, 70 * RATE)
    rig.line.close()
    assert b"".join(piece.pcm for piece in rig.clear) == sound(CALLER, RATE - MARGIN, 69 * RATE + 2 * MARGIN)
    assert all(piece.until - piece.start <= LONGEST + 4 * BLOCK for piece in rig.clear)
    assert [one.until for one in rig.clear[:-1]] == [other.start for other in rig.clear[1:]]


# ------------------------------------------------------------------ any order of events

Step = tuple[str, int, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("both"), st.integers(1, 400), st.just(0)),
        st.tuples(st.just("caller"), st.integers(1, 100), st.just(0)),
        st.tuples(st.just("us"), st.integers(1, 100), st.just(0)),
        st.tuples(st.just("turn"), st.integers(0, RATE), st.just(0)),
        st.tuples(st.sampled_from(["pass", "mute", "keep"]), st.integers(0, 3 * RATE), st.just(0)),
        st.tuples(st.just("judge_first"), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("sensitive"), st.integers(0, GRACE), st.just(0)),
        st.tuples(st.just("read_back"), st.integers(0, RATE), st.just(0)),
    ),
    max_size=40,
)


@dataclass
class Story(Rig):
    """Anything in any order, and beside it what must be silent, worked out on its own."""

    turns: list[tuple[int, int]] = field(default_factory=list)
    silent: list[tuple[int, int]] = field(default_factory=list)
    ours: list[tuple[int, int]] = field(default_factory=list)
    kept: list[tuple[int, int]] = field(default_factory=list)
    masks: dict[str, Mask] = field(default_factory=dict)

    def step(self, what: str, amount: int) -> None:
        now = self.line.end
        match what:
            case "both":
                level = max(self.ends)
                for channel in (CALLER, US):
                    self.say(channel, (level - self.ends[channel]) // FRAME)
                self.run(amount * FRAME / RATE)
            case "caller" | "us":
                channel = CALLER if what == "caller" else US
                if self.ends[channel] - min(self.ends) + amount * FRAME < GRACE:
                    self.say(channel, amount)
            case "turn":
                at = max(now - amount, self.line.start, self.turns[-1][0] + 1 if self.turns else 0)
                if at <= now:
                    self.turns.append((at, max(at - MARGIN, self.line.start)))
                    self.line.hold(at)
            case "pass" | "mute" | "keep" | "judge_first" if self.turns:
                first = what == "judge_first"
                self._judge(self.turns.pop(0 if first else -1)[0], "mute" if first and amount else what, amount, now)
            case "sensitive" | "read_back":
                self._switch(what, now - amount if what == "sensitive" else now + amount)

    def _judge(self, start: int, verdict: str, amount: int, now: int) -> None:
        until = max(start + 1, now - amount)
        self.turns = [turn for turn in self.turns if not start <= turn[0] < until]
        ended = len(self.told)
        gone = self.line.start
        self.line.judge(start, until, verdict in ("mute", "keep"), verdict == "keep")
        overdue = [at for why, at, _ in self.told[ended:] if why == "overdue"]
        if verdict in ("mute", "keep"):
            self.silent.append((max(start - MARGIN, 0), until + MARGIN))
        self.silent += [(at, max(until + MARGIN, gone)) for at in overdue]
        if verdict == "keep" and not overdue:
            self.kept.append((start, until))

    def _switch(self, what: str, at: int) -> None:
        if mask := self.masks.pop(what, None):
            self.line.unmute(mask, at)
            span = (mask.start, max(at + MARGIN, mask.start, self.line.start if mask.start < self.line.start else 0))
            self.silent.append(span)
            self.ours += [span] if what == "read_back" else []
        elif at >= self.line.start:
            channels = (CALLER, US) if what == "read_back" else (CALLER,)
            self.masks[what] = Mask(at, None, "read_back" if what == "read_back" else "sensitive", channels)
            self.line.mute(self.masks[what])

    def check_held(self) -> None:
        """No turn without a verdict has left, but in silence."""
        for _, start in self.turns:
            assert (self.written[CALLER][start:] == 0).all()

    def close(self) -> None:
        end = self.line.end
        for what in list(self.masks):
            self._switch(what, max(end, self.masks[what].start) - MARGIN)
        self.silent += [(start, end) for _, start in self.turns]
        self.line.close()


@pytest.mark.req("G3")
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@example([("both", 1, 0), ("sensitive", 0, 0), ("sensitive", 480, 0)])
@given(STEPS)
def test_in_any_order_of_events_what_is_private_is_silent_and_everything_else_is_there(steps: list[Step]) -> None:
    story = Story()
    for what, amount, _ in steps:
        story.step(what, amount)
        story.check_held()
    level = max(story.ends)
    for channel in (CALLER, US):
        story.say(channel, (level - story.ends[channel]) // FRAME)
    story.close()
    assert len(story.written[CALLER]) == level
    for channel, spans in ((CALLER, story.silent), (US, story.ours)):
        samples, certain = expected(channel, level, spans)
        assert np.array_equal(story.written[channel][certain], samples[certain])
    for start, until in story.kept:
        whole = sound(CALLER, start, min(until, level) - start)
        assert not whole or any(whole in piece.pcm for piece in story.clear)


def test_memory_stays_bounded_whatever_is_forgotten() -> None:
    rig = Rig()
    rig.line.mute(Mask(0, None, "sensitive", keep=True))
    for second in range(120):
        rig.line.hold(second * RATE)
        rig.run(1)
        assert sum(map(len, rig.line._tracks)) <= 2 * 2 * (LONGEST + 3 * BLOCK)
