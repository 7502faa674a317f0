"""The prompts of every line: what each can say, and that it can be heard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import structlog

from ivr.config import Settings, StandardSettings
from ivr.errors import UserError
from ivr.speech.houses import house_of
from ivr.speech.prompts import PromptStore
from ivr.speech.tts import Synthesizer
from ivr.standards.house import Utterance, Values, utterances
from ivr.standards.model import Standard

PAUSE_S = 0.4
log = structlog.get_logger(__name__)


class Voices:
    """A prompt store for each folder of recordings that a line names; all share one synthesizer.

    Raises UserError if such a folder is not there.
    """

    def __init__(self, settings: Settings) -> None:
        self._synthesizer = Synthesizer()
        folders = {served.prompts for served in settings.served}
        self._stores: dict[Path | None, PromptStore] = {
            folder: PromptStore(folder, synthesizer=self._synthesizer) for folder in folders
        }

    def of(self, served: StandardSettings) -> PromptStore:
        """The prompts of one line."""
        return self._stores[served.prompts]

    async def warm(self, served: StandardSettings, values: Values) -> None:
        """Have in memory how these are said on a line, without holding up the loop. Raises UserError."""
        await self.of(served).warm(Utterance(slot, "".join(said), said) for slot, said in values.items())

    def start(self) -> None:
        """Have the synthesizer's process running: the first name must not wait half a second for it."""
        with suppress(UserError):  # told where a text cannot be spoken
            self._synthesizer.speak_now("您好")

    def close(self) -> None:
        """End the synthesizer's process."""
        self._synthesizer.close()


def prepare(settings: Settings, standards: Mapping[str, Standard], voices: Voices) -> None:
    """Have every prompt of every line at hand before the first call; what nobody recorded or rendered is synthesised.

    Raises UserError: the first prompt that cannot be had, and how many more.
    """
    faults = []
    for served, utterance in sayable(settings, standards):
        try:
            voices.of(served).audio([utterance], PAUSE_S)
        except UserError as error:
            faults.append(str(error))
    if faults:
        more = f" (and {len(faults) - 1} more: ivr prompts list)" if len(faults) > 1 else ""
        raise UserError(faults[0] + more)


def improvised(settings: Settings, standards: Mapping[str, Standard], voices: Voices) -> list[str]:
    """Texts, each once, that the run-time voice speaks."""
    said = sayable(settings, standards)
    return list(dict.fromkeys(text for served, one in said for text in voices.of(served).improvised([one])))


def sayable(settings: Settings, standards: Mapping[str, Standard]) -> Iterator[tuple[StandardSettings, Utterance]]:
    """Everything that can be said, on which line."""
    for served in settings.served:
        for utterance in utterances(standards[served.name], house_of(served)):
            yield served, utterance
