"""Whole calls of callers who do as they please, in virtual time: what every shipped standard owes each of them.

A caller is a seed: they answer, correct themselves, press keys, fall silent, interrupt, swear, put us on hold; systems
of the house and supervisors answer, late, wrongly or never. `test_any_order` throws every event there is at a call;
these callers behave as people do, and so come far into the flows.
"""

from __future__ import annotations

import heapq
import random
import tomllib
from collections.abc import Iterator
from datetime import datetime
from itertools import count, groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ivr.dialog import commands as do
from ivr.dialog import events as ev
from ivr.dialog.call import Call
from ivr.speech.wording import bars
from ivr.standards.house import House, Utterance
from ivr.standards.load import load_standard, shipped
from ivr.standards.model import Standard
from ivr.standards.privacy import Privacy
from ivr.standards.ways import said_entries
from tests.dialog.wire import Wire

SEEDS = 30
TURNS = 18
LONGEST_S = 3000.0
"""A caller who has fallen silent is let go by then, wherever they are: the longest hold, and every ladder behind it."""
REPEATS = 4
"""As often may one and the same be said in a row, with the caller's turns between."""
DATA = Path(__file__).parent.parent / "understanding" / "data"
"""What callers say, as it is labelled there."""
CALLERS = tomllib.loads((Path(__file__).parent / "callers.toml").read_text("utf-8"))


def phrases() -> list[str]:
    """Everything that was labelled, whatever it means."""
    files = [tomllib.loads(path.read_text("utf-8")) for path in sorted(DATA.glob("*.toml"))]
    return sorted({text for file in files for text in _texts(file)})


def _texts(told: object) -> Iterator[str]:
    if isinstance(told, str):
        yield told
    elif isinstance(told, dict | list):
        for part in told.values() if isinstance(told, dict) else told:
            yield from _texts(part)


LABELLED = phrases()
STANDARDS = {name: load_standard(name) for name in shipped()}


class Caller:
    """One call, its line, whom the house asks, and somebody who talks as the seed will have it."""

    def __init__(self, standard: Standard, seed: int) -> None:
        self.standard, self.any = standard, random.Random(seed)
        self.house = House(announces=bool(seed % 2), asks_rating=bool(seed % 3), own_music=seed % 5 == 0, bars=bars)
        self.call, self.wire, self.now = Call(standard, self.house, words=True), Wire(standard), 0.0
        self.coming: list[tuple[float, int, ev.Event]] = []
        self.number = count()
        self.log: list[str] = []
        self.said: list[tuple[str, ...]] = []
        self.notes: list[do.Note] = []
        self.willing = bool(seed % 2)
        self.asked_in = ""

    # ------------------------------------------------------------------ time

    def tell(self, event: ev.Event) -> None:
        self.log.append(f"{self.now:7.2f} {self.call.state} {self.call.snapshot.menu} <- {event}")
        confirmed = {slot for slot in self.standard.slot if self.call._filling.is_confirmed(slot)}
        commands = self.call.handle(event, self.now)
        self.asks_again(confirmed)
        for command in commands:
            self.log.append(f"{self.now:7.2f} {self.call.state} {self.call.snapshot.menu} -> {command}")
            self.wire.carry_out(command, self.now)
            self.on(command)

    def asks_again(self, confirmed: set[str]) -> None:
        """What was told, read back and found right is not asked again (C10), unless it is of another matter now."""
        name = self.call.snapshot.menu
        slot = self.standard.menu[name].slot
        if slot in confirmed and name != self.asked_in and not self.standard.slot[slot].anew:
            raise AssertionError(f"{slot} is asked again in {name}, after {self.asked_in}")
        self.asked_in = name

    def later(self, event: ev.Event, seconds: float) -> None:
        heapq.heappush(self.coming, (self.now + seconds, next(self.number), event))

    def next(self) -> float | None:
        wire = self.wire
        ends = [wire.ends] if wire.playing and not wire.paused else []
        due = [self.call.deadline] if self.call.deadline is not None else []
        return min([*ends, *due, *(at for at, _, _ in self.coming[:1])], default=None)

    def run(self, until: float) -> None:
        while not self.call.ended and (due := self.next()) is not None and due <= until:
            self.now = max(self.now, due)
            if self.coming and self.coming[0][0] <= due:
                self.happens(heapq.heappop(self.coming)[2])
            elif self.wire.playing and not self.wire.paused and self.wire.ends <= due:
                self.wire.playing, self.wire.fell_silent = False, self.now
                self.tell(ev.PlaybackFinished(self.wire.playback))
            else:
                self.wire.insisted = self.call.state.endswith("listening")
                self.tell(ev.DeadlineReached())
        self.now = max(self.now, until)

    def happens(self, event: ev.Event) -> None:
        if isinstance(event, ev.Replied):
            self.wire.asked = self.wire.asked and event.inquiry != self.wire.inquiry
        if isinstance(event, ev.TargetProgress) and event.code >= 300 and self.call.state == "holding_resting":
            self.wire.consulting = False
        self.tell(event)

    # ------------------------------------------------------------------ whom the call asks

    def on(self, command: do.Command) -> None:
        any_ = self.any
        match command:
            case do.Play(utterances=said):
                self.said.append(tuple(utterance.name for utterance in said))
                self.listens(said)
            case do.Note():
                self.notes.append(command)
            case do.Inquire(inquiry=inquiry, about=about):
                assert set(about) <= set(self.standard.menu[self.call.snapshot.menu].hands)
                answers = self.standard.menu[self.call.snapshot.menu].answers
                outcome = any_.choice([*answers, *["found"] * 5, "nonsense"])
                known = {slot: value for slot, value in CALLERS["reply"].items() if any_.random() < 0.8}
                reply = ev.Replied(inquiry, outcome, known if outcome != "missing" else {"balance": "many"})
                for _ in range(any_.choice([0, 1, 1, 1, 2])):
                    self.later(reply, any_.choice([0.0, 0.2, 3.0, 15.0, 60.0]))
            case do.Transfer():
                self.later(ev.TransferProgress(any_.choice([200, 486, 486, 503, 100])), any_.uniform(0.1, 20.0))
            case do.Consult():
                self.later(ev.TargetProgress(any_.choice([180, 200, 486, 480, 503])), any_.uniform(0.1, 50.0))
            case do.HandOver():
                self.later(ev.TransferProgress(any_.choice([200, 503, 100])), 0.5)
            case do.Hold():
                self.later(any_.choice([ev.Held(), ev.HoldRefused(488)]), 0.1)
            case do.TakeBack():
                self.later(ev.TakenBack(), 0.1)
            case do.HangUp():
                self.later(ev.RemoteHangup(), 0.1)

    def listens(self, said: tuple[Utterance, ...]) -> None:
        """What they hear, and must not hear."""
        told = {slot: "".join(parts) for slot, parts in self.call._filling.spoken.items()}
        secrets = {text for slot, text in told.items() if slot in self.secret}
        secrets -= {text for slot, text in told.items() if slot not in self.secret}
        for utterance in said:
            assert not any(secret in utterance.text for secret in secrets), f"{utterance} tells a secret"
            assert not bars(utterance.text), f"{utterance} must not be said"

    @property
    def secret(self) -> frozenset[str]:
        """What is asked for, and nobody else may learn."""
        asked = {menu.slot for menu in self.standard.menu.values()}
        return Privacy.of(self.standard).slots & asked

    # ------------------------------------------------------------------ what they do

    def connect(self) -> None:
        at = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
        self.tell(ev.Invited("4001", self.any.choice([None, "13800138000"]), at))
        while self.call.state == "alerting":
            self.run(self.next() or self.now)
        self.tell(ev.Connected())

    def utters(self, text: str, sure: float = 0.9, level: float = -25.0) -> None:
        self.tell(ev.SpeechOnset())
        self.run(self.now + 0.25)
        self.wire.caller_speaks, self.wire.insisted = not self.wire.held, False
        self.tell(ev.SpeechConfirmed())
        self.run(self.now + 0.2 * len(text))
        end = self.now
        self.run(end + 0.3)
        self.wire.caller_speaks = False
        self.tell(ev.SpeechEnded(end, 0.25 + 0.2 * len(text), level, -65.0))
        self.later(ev.Recognized(self.wire.turn, text, end, sure), 0.2)
        self.run(self.now + 3.0)

    def waits(self) -> None:
        """Until we have finished, or not quite."""
        patient = self.any.random() < 0.8
        if self.wire.playing:
            self.run(self.wire.ends + self.any.uniform(0.3, 1.5) if patient else self.now + self.any.uniform(0, 2))

    def turn(self) -> None:
        any_ = self.any
        self.waits()
        match any_.choices(
            ["fitting", "answer", "number", "wish", "nonsense", "key", "keys", "silence", "hold", "person", "noise"],
            [200 if self.willing else 70, 10, 6, 5, 3, 2, 3, 2, 2, 3, 2],
        )[0]:
            case "fitting":
                self.utters(self.fitting())
            case "answer":
                self.utters(any_.choice(CALLERS["words"]))
            case "number":
                self.utters(any_.choice(CALLERS["numbers"]))
            case "wish":
                self.utters(any_.choice(LABELLED))
            case "nonsense":
                self.utters(any_.choice(CALLERS["nonsense"]), sure=any_.choice([0.2, 0.9]))
            case "key":
                self.tell(ev.KeyPressed(any_.choice("0123456789*#")))
            case "keys":
                for key in any_.choice(["13800138000#", "7774#", "246810#", "138*13900139000#", "77", "1"]):
                    self.tell(ev.KeyPressed(key))
                    self.run(self.now + 0.3)
            case "silence":
                self.run(self.now + any_.choice([3.0, 15.0, 70.0]))
            case "hold":
                self.wire.held = True
                self.tell(ev.RemoteHold())
                self.run(self.now + any_.uniform(0.1, 30.0))
                self.wire.held = False
                self.tell(ev.RemoteResume())
            case "person":
                self.asks_for_a_person()
            case "noise":
                self.tell(ev.SpeechOnset())
                self.run(self.now + 0.3)
                self.tell(ev.SpeechRejected(0.2, -50.0, -60.0))

    def fitting(self) -> str:
        """An answer to what was asked, or, where nothing is, a wish."""
        menu = self.standard.menu[self.call.snapshot.menu]
        wishes = [*menu.intents, *self.standard.always]
        intents = [name for name in menu.choices or wishes if name not in ("end", "operator")]
        if menu.asks == "choice" or not (menu.slot or menu.asks == "yes_no"):
            name = self.any.choice(intents or ["thanks"])
            return self.any.choice(self.standard.intent[name].examples)
        if menu.asks == "digits" and not menu.private:
            return "八零零幺"
        answers: list[str] = CALLERS["fitting"][menu.asks]
        return answers[0] if self.willing and self.any.random() < 0.8 else self.any.choice(answers)

    def asks_for_a_person(self) -> None:
        """Within one turn, wherever they may be heard (D8)."""
        hears = self.call.state.partition("_")[0] in ("greeting", "conversation", "closing")
        before = len(self.log)
        self.utters("转人工")
        if hears and not self.call.ended and self.call.outcome == "":
            since = "\n".join(self.log[before:])
            assert "transferring" in since or "endless" in since, f"no person: {since}"

    def lives(self) -> None:
        self.connect()
        for _ in range(TURNS):
            if self.call.ended:
                return
            self.turn()
        silent_from = self.now
        self.run(self.now + LONGEST_S)
        assert self.call.ended, f"silent since {silent_from:.0f}: {self.call.snapshot}"


def once_a_call(standard: Standard) -> set[str]:
    """Lines of comfort (E2): the upset hear each once, and so does everybody of what is one of several."""
    said = (said for _, said in said_entries(standard))
    calm = standard.ladder[standard.upset].steps if standard.upset else []
    return {prompt for each in said for prompt in each.one_of} | {step.say for step in calm}


def check(caller: Caller) -> None:
    comforts = [prompt for said in caller.said for prompt in said if prompt in once_a_call(caller.standard)]
    assert len(comforts) == len(set(comforts)), f"twice: {comforts}"
    said = [each for each in caller.said if each != ("hold_music",)]
    for each, again in groupby(said):
        assert len(list(again)) <= REPEATS, f"{each} again and again"


@pytest.mark.req("C1", "D8", "E2", "G1", "H1")
@pytest.mark.parametrize("standard", STANDARDS)
def test_whoever_calls(standard: str) -> None:
    for seed in range(SEEDS):
        caller = Caller(STANDARDS[standard], seed)
        try:
            caller.lives()
            check(caller)
        except AssertionError as broken:
            told = "\n".join(caller.log[-40:])
            raise AssertionError(f"seed {seed}: {broken}\n{told}") from broken
