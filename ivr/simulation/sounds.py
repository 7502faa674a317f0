"""What a robot caller has to say: texts in a caller's voice, and sound files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from ivr.audio import RATE
from ivr.errors import UserError
from ivr.files import data_folder
from ivr.simulation.scenario import VOICES, Act, Scenario
from ivr.speech.g711 import Pcm
from ivr.speech.prompts import PromptStore
from ivr.speech.rendered import RenderedSet
from ivr.speech.tts import VOICE, Synthesizer
from ivr.standards.house import Utterance


def caller_voices(voice: str = "") -> RenderedSet:
    """The callers' lines of the catalogue in one voice (`Scenario.voice_of`); nobody has the service's own."""
    return RenderedSet(data_folder("scenarios") / "voices" / voice)


def lines_of(scenarios: Iterable[Scenario]) -> dict[str, set[str]]:
    """What the callers of scenarios say, by voice."""
    lines = defaultdict[str, set[str]](set)
    for scenario in scenarios:
        for act in scenario.acts:
            if act.say is not None:
                lines[scenario.voice_of(act)].add(act.say)
    return lines


class Sounds:
    """Speech and files as 8 kHz audio; holds the processes of synthesizers until `close`."""

    def __init__(self) -> None:
        self._speakers: dict[str, tuple[PromptStore, Synthesizer]] = {}

    def speech(self, text: str, voice: str = "") -> Pcm:
        """A caller saying `text`, in a voice as `Scenario.voice_of` names it.

        Rendered, else by run-time synthesis, which has one voice a language. Raises UserError where neither works.
        """
        if voice not in self._speakers:
            synthesizer = Synthesizer(VOICE if voice in ("", *VOICES) else voice)
            self._speakers[voice] = PromptStore(sets=[caller_voices(voice)], synthesizer=synthesizer), synthesizer
        store, _ = self._speakers[voice]
        return np.frombuffer(store.audio([Utterance("caller", text)], 0.0), "<i2")

    def prepare(self, scenario: Scenario) -> None:
        """Have everything that a scenario's caller says in memory, so that nothing waits during the call."""
        for act in scenario.acts:
            self.of(act, scenario)

    def of(self, act: Act, scenario: Scenario) -> Pcm:
        """What an act sounds like; empty where it is silent."""
        if act.say is not None:
            return self.speech(act.say, scenario.voice_of(act))
        if act.play is not None:
            return sound_file(scenario.file.parent / act.play)
        return np.zeros(0, np.int16)

    def close(self) -> None:
        """End the synthesizers' processes."""
        for _, synthesizer in self._speakers.values():
            synthesizer.close()


@lru_cache
def sound_file(path: Path) -> Pcm:
    """A sound file of any kind and rate, channels mixed, at its own level. Raises UserError."""
    try:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise UserError(f"{path}: cannot be read as a sound file → name one with play:") from error
    audio = soxr.resample(samples.mean(axis=1), rate, RATE)
    return np.asarray(np.round(audio * 32767).clip(-32768, 32767), np.int16)


def amplified(pcm: Pcm, gain_db: float) -> Pcm:
    """Louder or fainter, clipped where it must be."""
    return np.asarray((pcm * 10 ** (gain_db / 20)).clip(-32768, 32767), np.int16)
