"""How long callers wait for an answer: the service on real SIP under callers who speak at the same time, and a peer.

Reply: from the caller's last audible sample to our first, at the caller's ear, our end-of-turn pause included. The peer
(`peer`) gets the same recordings and weights, and is spared the telephone: its answer counts from the moment it knows
what to answer to. An answer *without the last words* rests on less than the caller said; one *without words* does not
pretend to know what that was: ours offers the keys and a person.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import soundfile

from bench.hearing import peer, sound
from bench.hearing.conditions import NOMINAL
from bench.hearing.corpus import Clip, callers
from bench.hearing.peer import Reply
from bench.hearing.report import Report
from bench.hearing.score import edits, percentiles, syllables
from bench.hearing.tables import seconds, table
from ivr.audio import RATE
from ivr.quality.turns import turns
from ivr.simulation import robot
from ivr.simulation.rehearsal import Place, Prompts, with_user
from ivr.simulation.robot import RobotCaller
from ivr.simulation.scenario import Scenario
from ivr.simulation.sounds import Sounds
from ivr.simulation.stage import Journal, distinct, stage
from ivr.speech.g711 import Pcm

GOALS_S = {1: 0.8, 4: 1.0, 8: 1.6}
"""Median reply by number of callers who speak at the same time (issue 3)."""
_ROUNDS = {1: 10, 4: 5, 8: 3}
_PATIENCE_S = 6.0
_LENGTH_S = 1.5, 5.0
_LAST_SYLLABLES, _MISSING = 3, 2

Round = Sequence[Clip]


def run(report: Report) -> None:
    """Ours and the peer's, one after the other, on an otherwise idle machine."""
    groups = {number: list(_rounds(number)) for number in _ROUNDS}
    rounds = [each for group in groups.values() for each in group]
    rows = _rows(report, "ours", groups, ours(rounds))
    reason = peer.unavailable()
    if reason:
        report.say(f"no comparison: {reason}")
    else:
        with tempfile.TemporaryDirectory(prefix="bench-peer-") as folder:
            theirs = peer.replies([[_line(clip) for clip in each] for each in rounds], Path(folder))
        rows += _rows(report, peer.NAME, groups, theirs)
    columns = ["callers", "p50", "p90", "goal", "answers", "none", "without words", "without last words"]
    report.say(table("reply time", columns, rows))


def ours(rounds: Sequence[Round]) -> list[list[Reply]]:
    """The service's answers, by robot callers over SIP."""
    os.environ.setdefault("IVR_SPEECH_RECOGNIZER", "whisper")
    with tempfile.TemporaryDirectory(prefix="bench-hearing-") as folder:
        return asyncio.run(_ours(rounds, Path(folder)))


async def _ours(rounds: Sequence[Round], folder: Path) -> list[list[Reply]]:
    scenarios = iter(distinct([_scenario(clip, folder) for each in rounds for clip in each]))
    calls = [[next(scenarios) for _ in each] for each in rounds]
    prompts, sounds = Prompts(), Sounds()
    try:
        async with stage([scenario for each in calls for scenario in each], folder) as (place, journal):
            return [await _together(each, place, journal, prompts, sounds) for each in calls]
    finally:
        prompts.close()
        sounds.close()


async def _together(
    scenarios: Sequence[Scenario], place: Place, journal: Journal, prompts: Prompts, sounds: Sounds
) -> list[Reply]:
    robots = [RobotCaller(scenario, _robot_line(scenario, place, prompts), sounds) for scenario in scenarios]
    recordings = await asyncio.gather(*(each.call() for each in robots))
    found = [turns(each.seen, journal.of_scenario(each.scenario)) for each in recordings]
    return [Reply(told[-1].reply_s, told[-1].text) if told else Reply(None, "") for told in found]


def _robot_line(scenario: Scenario, place: Place, prompts: Prompts) -> robot.Line:
    return robot.Line(with_user(place.uri, scenario.line.number), prompts.beginnings(scenario), place.targets)


def _scenario(clip: Clip, folder: Path) -> Scenario:
    """A caller who hears the greeting out, says the clip, and waits."""
    file = folder / f"{sound.seed_of(clip.name)}.wav"
    soundfile.write(file, _line(clip), RATE, subtype="PCM_16")
    script = [
        {"after": {"prompt": "greeting", "delay": 0.4}, "play": str(file)},
        {"silence": _PATIENCE_S},
        {"do": "hang_up"},
    ]
    beginning = {"name": "reply", "group": "bench", "file": folder / "reply.yaml", "title": "reply", "proves": ["C1"]}
    return Scenario.model_validate(
        {**beginning, "line": {"hears": "words"}, "script": script, "expect": [{"heard": "greeting"}]}
    )


def _rounds(number: int) -> Iterator[Round]:
    """Callers who say something of ordinary length, each round other ones."""
    shortest, longest = _LENGTH_S
    fitting = [clip for clip in callers() if shortest <= len(clip.pcm) / RATE <= longest and clip.kind == "wish"]
    said = cycle(sorted(fitting, key=lambda clip: sound.seed_of("latency", clip.name)))
    return (list(islice(said, number)) for _ in range(_ROUNDS[number]))


def _line(clip: Clip) -> Pcm:
    """As the caller's telephone sends it."""
    return sound.on_the_line(np.asarray(sound.speech_at(clip.pcm, NOMINAL)))


def _rows(
    report: Report, who: str, groups: dict[int, list[Round]], answers: Sequence[Sequence[Reply]]
) -> list[tuple[str, list[str]]]:
    found = iter(answers)
    rows = []
    for number, rounds in groups.items():
        pairs = [(clip, reply) for each in rounds for clip, reply in zip(each, next(found), strict=True)]
        answered = [(clip, reply.text) for clip, reply in pairs if reply.reply_s is not None]
        waits = [reply.reply_s for _, reply in pairs if reply.reply_s is not None]
        wordless = sum(not text for _, text in answered)
        cut = sum(bool(text) and lacks_the_end(clip.text, text) for clip, text in answered)
        p50, p90 = percentiles(waits, 50, 90)
        figures = {"p50_s": p50, "p90_s": p90, "asked": len(pairs), "without_words": wordless, "waits_s": waits}
        report.note("latency", who, str(number), figures | {"without_last_words": cut})
        cells = [str(number), seconds(p50), seconds(p90), seconds(GOALS_S[number])]
        rows.append((who, [*cells, str(len(waits)), str(len(pairs) - len(waits)), str(wordless), str(cut)]))
    return rows


def lacks_the_end(said: str, heard: str) -> bool:
    """What was heard stops before what was said does: it is shorter, and its last sounds are not the last ones said."""
    reference, words = syllables(said), syllables(heard)
    differs = edits(reference[-_LAST_SYLLABLES:], words[-_LAST_SYLLABLES:]) >= _MISSING
    return differs and len(reference) - len(words) >= _MISSING
