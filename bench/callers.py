"""SIPp as the callers: any number at once, of one kind, none of whose code is ours."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import NamedTuple

import numpy as np

from bench.audio import Pcm, keep_talking, line_noise, talk
from ivr.speech.g711 import alaw_encode

_SCENARIOS = Path(__file__).parent / "sipp"
_RAMP_S = 4.0
"""All callers are there after so long; nobody's callers come in one instant."""
TALK_S = 26.0


class _Kind(NamedTuple):
    """What they say, and who hangs up."""

    audio: Callable[[float], Pcm]
    ending: str


_KINDS: Mapping[str, _Kind] = {
    "silent": _Kind(line_noise, "they-hang-up.xml"),
    "talking": _Kind(talk, "we-hang-up.xml"),
    "speaking": _Kind(keep_talking, "either-hangs-up.xml"),
}
"""`talking`: two sentences a call. `speaking`: one after the other, into whatever is being said."""


class _Scenario(Template):
    delimiter = "%"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What SIPp counted."""

    calls: int
    failed: int


def write_scenario(kind: str, folder: Path, dialled: str = "4008") -> Path:
    """SIPp scenario for callers of a kind, its audio beside it in `folder`."""
    audio = folder / f"{kind}.alaw"
    audio.write_bytes(alaw_encode(_KINDS[kind].audio(TALK_S).astype(np.int16)))
    ending = _SCENARIOS / _KINDS[kind].ending
    values = {"dialled": dialled, "audio": str(audio), "length_ms": str(int(TALK_S * 1000))}
    values["ending"] = _Scenario(ending.read_text(encoding="utf-8")).substitute(values)
    scenario = folder / f"{kind}.xml"
    scenario.write_text(
        _Scenario((_SCENARIOS / "caller.xml").read_text(encoding="utf-8")).substitute(values), encoding="utf-8"
    )
    return scenario


def call(scenario: Path, target: str, simultaneous: int, calls: int, timeout_s: float) -> Outcome:
    """Hold `simultaneous` calls up at `target` (host:port) until `calls` have been made."""
    statistics = scenario.with_suffix(".csv")
    statistics.unlink(missing_ok=True)
    rate = max(1.0, simultaneous / _RAMP_S)
    command = ["sipp", target, "-i", "127.0.0.1", "-mi", "127.0.0.1", "-sf", str(scenario)]
    command += [
        "-l",
        str(simultaneous),
        "-m",
        str(calls),
        "-r",
        str(rate),
        "-timeout",
        f"{timeout_s:.0f}s",
        "-timeout_error",
    ]
    command += ["-trace_stat", "-stf", str(statistics), "-fd", "1", "-nostdin"]
    subprocess.run(command, cwd=scenario.parent, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return _outcome(statistics, calls)


def _outcome(statistics: Path, wanted: int) -> Outcome:
    with statistics.open(encoding="utf-8") as file:
        last = list(csv.DictReader(file, delimiter=";"))[-1]
    succeeded = int(last["SuccessfulCall(C)"])
    return Outcome(wanted, wanted - succeeded)
