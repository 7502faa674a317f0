"""Runs scenarios, in virtual time or with robot callers over real SIP, and judges each call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ivr.errors import UserError
from ivr.quality.ear import KnownPrompt
from ivr.quality.observed import Observed
from ivr.quality.oracle import Check, judge
from ivr.simulation import robot
from ivr.simulation.robot import Recording, RobotCaller
from ivr.simulation.scenario import Line, Scenario
from ivr.simulation.sounds import Sounds
from ivr.simulation.udp import resolve, source_address
from ivr.simulation.virtual import run_virtual
from ivr.speech.prompts import PromptStore
from ivr.speech.tts import Synthesizer
from ivr.standards.house import House, utterances
from ivr.standards.load import load_standard
from ivr.telephony.session import Entry

AT_ONCE = 40
"""Robot callers side by side, at most."""
_APART_S = 0.1


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
    def summary(self) -> dict[str, object]:
        """All of it but the audio, fit for JSON."""
        return {
            "scenario": self.scenario.name,
            "title": self.scenario.title,
            "proves": self.scenario.proves,
            "passed": self.passed,
            "checks": [asdict(check) for check in self.checks],
            "call": asdict(self.seen),
            "journal": list(self.journal),
        }


class Prompts:
    """The prompts of every line that scenarios dial; holds the process of a synthesizer until `close`."""

    def __init__(self, recordings: Path | None = None) -> None:
        """`recordings` is the folder of a house's own prompts, as ``[standard] prompts`` names it."""
        self._synthesizer = Synthesizer()
        self.store = PromptStore(recordings, synthesizer=self._synthesizer)
        self.known = lru_cache(self._known)
        """All that may be heard on a line."""

    def _known(self, line: Line) -> tuple[KnownPrompt, ...]:
        house = House.of(line)
        return tuple(
            KnownPrompt(u.name, u.text, np.frombuffer(self.store.audio([u], 0.0), "<i2"))
            for u in utterances(load_standard(line.name), house)
        )

    def close(self) -> None:
        """End the synthesizer's process."""
        self._synthesizer.close()


def rehearse_virtually(scenarios: Sequence[Scenario]) -> Iterator[Rehearsal]:
    """Each scenario in virtual time, one after the other."""
    prompts = Prompts()
    try:
        for scenario in scenarios:
            seen, journal = run_virtual(scenario, prompts.store)
            yield Rehearsal(scenario, seen, judge(scenario.expect, seen), journal)
    finally:
        prompts.close()


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


Watch = Callable[[RobotCaller], None]


async def rehearse_over_sip(
    scenarios: Sequence[Scenario],
    place: Place,
    watch: Watch = lambda _: None,
    done: Callable[[Rehearsal], None] = lambda _: None,
) -> list[Rehearsal]:
    """All scenarios side by side with robot callers; `watch` is told when a caller hears or does something."""
    prompts, sounds = Prompts(place.recordings), Sounds()
    room = asyncio.Semaphore(AT_ONCE)

    async def one(scenario: Scenario, after_s: float) -> Rehearsal:
        async with room:
            await asyncio.sleep(after_s)  # people do not all call in the same millisecond
            recording = await RobotCaller(scenario, _line(scenario, place, prompts), sounds, watch).call()
        rehearsal = Rehearsal(scenario, recording.seen, _checks(recording), recording=recording)
        done(rehearsal)
        return rehearsal

    try:
        for scenario in scenarios:  # before the first call: synthesis would hold up the packets of those that run
            prompts.known(scenario.line)
            sounds.prepare(scenario)
        return await asyncio.gather(*(one(scenario, n % AT_ONCE * _APART_S) for n, scenario in enumerate(scenarios)))
    finally:
        prompts.close()
        sounds.close()


def _line(scenario: Scenario, place: Place, prompts: Prompts) -> robot.Line:
    known = prompts.known(scenario.line)
    uri = with_user(place.uri, scenario.line.number)
    return robot.Line(uri, known, place.targets, source_address(resolve(uri)), place.username, place.password)


def _checks(recording: Recording) -> list[Check]:
    undone = [
        Check(f"the caller's {act.verb}", "done", f"{act.trigger.prompt or act.trigger.kind} never came", False)
        for act in recording.undone
    ]
    return judge(recording.scenario.expect, recording.seen) + undone


def with_user(uri: str, number: str) -> str:
    """The same SIP URI with another user part."""
    scheme, colon, rest = uri.partition(":")
    if scheme != "sip" or not colon or not rest:
        raise UserError(f"{uri}: is no SIP URI; write e.g. sip:127.0.0.1:5070")
    return f"sip:{number}@{rest.rpartition('@')[2]}"
