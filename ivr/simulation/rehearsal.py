"""Runs scenarios, in virtual time or with robot callers over real SIP, and judges each call."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ivr.audio import FRAME_S
from ivr.errors import UserError
from ivr.quality.likeness import Beginnings, KnownPrompt
from ivr.quality.observed import Observed
from ivr.quality.oracle import Check, judge
from ivr.quality.turns import Turn, turns
from ivr.simulation import robot
from ivr.simulation.dialog import Dialog
from ivr.simulation.exchange import Exchange
from ivr.simulation.naming import prompts_named
from ivr.simulation.robot import Recording, RobotCaller
from ivr.simulation.scenario import Line, Scenario
from ivr.simulation.sounds import Sounds
from ivr.simulation.udp import resolve, source_address
from ivr.simulation.virtual import VirtualCall
from ivr.speech.houses import house_of
from ivr.speech.prompts import PromptStore
from ivr.speech.recognizers import installed
from ivr.speech.tts import Synthesizer
from ivr.speech.voicing import Voicing
from ivr.standards.house import VARIABLE, House, Utterance, fill, utterances
from ivr.standards.load import load_standard
from ivr.standards.model import Standard
from ivr.standards.ways import kinds
from ivr.telephony.session import Entry, PromptSource
from ivr.understanding import knowledge
from ivr.understanding.answers import read

ROOM = {False: 40, True: 12}
"""Robot callers side by side, at most; those who speak (True) share a recogniser, and two cores with us."""
_LATE_S = 5.0
"""How long after it is due a call is still waited for."""
_WRITTEN_S = 3.0
"""How long after a call the end of its journal is waited for."""
_APART_S = {False: 0.1, True: 1.6}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One scenario that was run."""

    scenario: Scenario
    seen: Observed
    checks: Sequence[Check]
    journal: Sequence[Entry] = ()
    """Of the service, where it was at hand."""
    recording: Recording | None = None
    """Over SIP only."""

    @property
    def passed(self) -> bool:
        """Every check is fine."""
        return all(check.ok for check in self.checks)

    @property
    def faults(self) -> list[Check]:
        """What was not as it should be."""
        return [check for check in self.checks if not check.ok]

    @property
    def turns(self) -> list[Turn]:
        """What the caller said, how soon it was answered, and what the service made of it."""
        return turns(self.seen, self.journal)

    @property
    def summary(self) -> dict[str, object]:
        """All of it but the audio, fit for JSON."""
        return {
            "scenario": self.scenario.name,
            "title": self.scenario.title,
            "proves": self.scenario.proves,
            "passed": self.passed,
            "checks": [asdict(check) for check in self.checks],
            "turns": [asdict(turn) for turn in self.turns],
            "call": asdict(self.seen),
            "journal": list(self.journal),
        }


_Values = tuple[tuple[str, tuple[str, ...]], ...]
_READY = 16  # what is made ready takes 10 MB


class Prompts:
    """The prompts of every line that scenarios dial; holds the process of a synthesizer until `close`."""

    def __init__(self, recordings: Path | None = None) -> None:
        """`recordings` is the folder of a house's own prompts, as ``[standard] prompts`` names it."""
        self._synthesizer = Synthesizer()
        self.store = PromptStore(recordings, synthesizer=self._synthesizer)
        self._standard = lru_cache(None)(load_standard)
        self._spoken = lru_cache(None)(self._speak)
        self._said_on = lru_cache(None)(self._sayable)
        self._made_ready = lru_cache(_READY)(self._beginnings)

    def known(self, scenario: Scenario) -> list[KnownPrompt]:
        """All that may be heard in a scenario: as it is rendered, and as slowly as the standard may speak."""
        return self._known(scenario.line, _values(scenario))

    def beginnings(self, scenario: Scenario) -> Beginnings:
        """The same made ready for an ear, which takes 0.2 s; shared by those who dial the same line."""
        return self._made_ready(scenario.line, _values(scenario)).preferring(prompts_named(scenario))

    def _known(self, line: Line, values: _Values) -> list[KnownPrompt]:
        standard = self._standard(line.name)
        menus = standard.menu.values()
        tempi = sorted({*(m.tempo for m in menus), *(m.voice.tempo for m in menus if m.voice)}, reverse=True)
        return [self._spoken(each, tempo) for tempo in tempi for each in self._said_on(line, values)]

    def _beginnings(self, line: Line, values: _Values) -> Beginnings:
        return Beginnings(self._known(line, values))

    def _speak(self, utterance: Utterance, tempo: float) -> KnownPrompt:
        pcm = np.frombuffer(self.store.audio([utterance], 0.0, Voicing(tempo=tempo)), "<i2")
        return KnownPrompt(utterance.name, utterance.text, pcm, tempo)

    def _sayable(self, line: Line, values: _Values) -> list[Utterance]:
        standard, house = self._standard(line.name), house_of(line)
        slots = [[(slot, spoken(standard, slot, value)) for value in each] for slot, each in values]
        told = [knowledge.spoken(entry) for entry in house.knowledge.entries] if house.knowledge else []
        ways = [utterances(standard, house, way) for way in (*map(dict, itertools.product(*slots)), *told)]
        return [each for each in dict.fromkeys(itertools.chain(*ways)) if _whole(each, standard, house)]

    def close(self) -> None:
        """End the synthesizer's process."""
        self._synthesizer.close()


def _values(scenario: Scenario) -> _Values:
    return tuple((slot, tuple(each)) for slot, each in sorted(scenario.values.items()))


def _whole(utterance: Utterance, standard: Standard, house: House) -> bool:
    """Whether it is heard for itself, and no piece of a prompt whose values the scenario does not name."""
    wording = standard.wording.get(utterance.name)
    return bool(utterance.parts or (wording and not VARIABLE.search(fill(wording.text, house, ""))))


def spoken(standard: Standard, slot: str, value: str) -> tuple[str, ...]:
    """The pieces in which a standard speaks what one of its slots holds."""
    answer = read(value, kinds(standard).get(slot, "text"))
    return answer.spoken if answer else (value,)


def rehearse_virtually(scenarios: Sequence[Scenario]) -> Iterator[Rehearsal]:
    """Each scenario in virtual time, one after the other."""
    prompts = Prompts()
    try:
        for scenario in scenarios:
            yield from rehearse_one(scenario, prompts.store)
    finally:
        prompts.close()


def rehearse_one(scenario: Scenario, prompts: PromptSource) -> Iterator[Rehearsal]:
    """A scenario in virtual time: its call, and the one that follows where the caller is rung back, or rings again."""
    call = VirtualCall(scenario, prompts)
    yield _rehearsed(call)
    if scenario.called_back or scenario.rings_again:
        yield _rehearsed(call.second())


def _rehearsed(call: VirtualCall) -> Rehearsal:
    seen = call.run()
    return Rehearsal(call.scenario, seen, judge(call.scenario.expect, seen, call.journal), call.journal)


@dataclass(frozen=True, slots=True)
class Place:
    """Where robot callers call."""

    uri: str
    """SIP URI; the user part is replaced by the number that a scenario dials."""
    targets: Mapping[str, str]
    """Transfer targets by URI."""
    recordings: Path | None = None
    """Folder of the house's own prompts."""
    username: str = ""
    password: str = ""
    exchange: Exchange | None = None
    """Where callers can be called back; without one nobody is."""


Watch = Callable[[RobotCaller], None]
JournalOf = Callable[[Scenario], Sequence[Entry] | None]


async def rehearse_over_sip(
    scenarios: Sequence[Scenario],
    place: Place,
    watch: Watch = lambda _: None,
    done: Callable[[Rehearsal], None] = lambda _: None,
    journal_of: JournalOf = lambda _: None,
) -> list[Rehearsal]:
    """All scenarios side by side with robot callers.

    `watch` is told when a caller hears or does something. `journal_of` gives the service's journal of a call that is
    over, where it is at hand; without it nothing is said of what the service understood.
    """
    prompts, sounds = Prompts(place.recordings), Sounds()
    scenarios = sorted(scenarios, key=lambda scenario: not scenario.takes_long)
    room = {talks: asyncio.Semaphore(calls) for talks, calls in ROOM.items()}
    one_at_a_time = asyncio.Lock()

    async def one(scenario: Scenario, after_s: float) -> list[Rehearsal]:
        async with room[scenario.talks_on]:
            await asyncio.sleep(after_s)
            async with one_at_a_time:  # what the next one finds made ready need not be made again
                line = await _line(scenario, place, prompts)
            first = RobotCaller(scenario, line, sounds, watch)
            if place.exchange:
                place.exchange.staff(first.identity.number, scenario.target)
            called = place.exchange.expect(first.identity) if place.exchange and scenario.called_back else None
            found = [await tell(scenario, await first.call(), [])]
            if called:
                found.append(await tell(*await _called_back(first, called, place, prompts, sounds, watch)))
        return found

    async def tell(scenario: Scenario, recording: Recording, more: list[Check]) -> Rehearsal:
        journal = await _whole_journal(scenario, journal_of)
        rehearsal = Rehearsal(scenario, recording.seen, more + _checks(recording, journal), journal or (), recording)
        done(rehearsal)
        return rehearsal

    try:
        for scenario in scenarios:  # before the first call: synthesis would hold up the packets of those that run
            prompts.known(scenario)
            sounds.prepare(scenario)
            if scenario.called_back:
                prompts.known(scenario.second)
        with _no_collections():
            return list(itertools.chain(*await asyncio.gather(*map(one, scenarios, starts(scenarios)))))
    finally:
        prompts.close()
        sounds.close()


@contextlib.contextmanager
def _no_collections() -> Iterator[None]:
    """Python's collector off: it stops all calls for 0.2 to 0.5 s, for the packets of every call are kept."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def _called_back(  # noqa: PLR0913, PLR0917 - what a second call needs
    first: RobotCaller,
    called: asyncio.Future[Dialog],
    place: Place,
    prompts: Prompts,
    sounds: Sounds,
    watch: Watch,
) -> tuple[Scenario, Recording, list[Check]]:
    """The second call of a scenario, and how soon it came."""
    then, scenario = first.scenario.called_back, first.scenario.second
    assert then
    second = RobotCaller(scenario, await _line(scenario, place, prompts), sounds, watch)
    limit = f"within {then.within:g} s"
    try:
        dialog = await asyncio.wait_for(called, then.within + _LATE_S)
    except TimeoutError:
        nobody = Check("rung back", limit, "never", False, scenario.proves[0])
        return scenario, second.recording(), [nobody]
    recording = await second.be_called(dialog)
    after = (second.invited_at or 0.0) - (first.ended_at or 0.0)
    return scenario, recording, [Check("rung back", limit, f"{after:.2f} s", after <= then.within, "B9", after)]


async def _whole_journal(scenario: Scenario, journal_of: JournalOf) -> Sequence[Entry] | None:
    """The service holds back what may be private, at the latest until its call is over too."""
    for _ in range(round(_WRITTEN_S / FRAME_S)):
        journal = journal_of(scenario)
        if journal is None or any(entry.get("state") == "ended" for entry in journal):
            return journal
        await asyncio.sleep(FRAME_S)
    return journal_of(scenario)


async def _line(scenario: Scenario, place: Place, prompts: Prompts) -> robot.Line:
    known = await asyncio.to_thread(prompts.beginnings, scenario)  # beside the loop: others are speaking
    uri = with_user(place.uri, scenario.line.number)
    return robot.Line(uri, known, place.targets, source_address(resolve(uri)), place.username, place.password)


def starts(scenarios: Sequence[Scenario]) -> list[float]:
    """When each call may begin, seconds: people do not all call in the same millisecond, nor speak in one second.

    Those for whom there is no room yet begin when others have ended.
    """
    found, begun = [], dict.fromkeys(ROOM, 0)
    for scenario in scenarios:
        talks = scenario.talks_on
        found.append(begun[talks] * _APART_S[talks] if begun[talks] < ROOM[talks] else 0.0)
        begun[talks] += 1
    return found


def missing(scenario: Scenario) -> str:
    """Why a scenario cannot be run over SIP here; empty where it can."""
    if scenario.only_virtual:
        return f"{scenario.only_virtual}, runs in virtual time only"
    if scenario.needs_words and not installed():
        return "needs a recogniser, and none is installed → ivr models pull"
    return ""


def _checks(recording: Recording, journal: Sequence[Entry] | None) -> list[Check]:
    undone = [
        Check(f"the caller's {act.verb}", "done", f"{act.trigger.prompt or act.trigger.kind} never came", False)
        for act in recording.undone
    ]
    return judge(recording.scenario.expect, recording.seen, journal) + undone


def with_user(uri: str, number: str) -> str:
    """The same SIP URI with another user part."""
    scheme, colon, rest = uri.partition(":")
    if scheme != "sip" or not colon or not rest:
        raise UserError(f"{uri}: is no SIP URI; write e.g. sip:127.0.0.1:5070")
    return f"sip:{number}@{rest.rpartition('@')[2]}"
