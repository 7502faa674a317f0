"""What answers: a standard, the house that speaks by it, and the house's own recordings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ivr.config import Settings, StandardSettings
from ivr.speech.houses import house_of
from ivr.speech.rendered import bare
from ivr.standards.house import House, Utterance, utterances
from ivr.standards.load import load_standard, shipped
from ivr.standards.model import Standard

_SHIPPED_HOUSES = {
    "zto": House(company="中通速递", agent_surname="王"),
    "telecom": House(company="电信"),
    "unicom-online": House(company="联通"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One way in which calls are answered."""

    standard: Standard
    house: House
    recordings: Path | None = None
    """Folder of the house's own recordings, by prompt name."""

    def utterances(self) -> list[Utterance]:
        """Everything that can be said."""
        return list(utterances(self.standard, self.house))


def shipped_lines(names: Sequence[str] = ()) -> list[Line]:
    """Our standards (default: all) with the houses that the shipped set speaks for. Raises StandardError."""
    return [Line(load_standard(name), _SHIPPED_HOUSES.get(name, House())) for name in names or shipped()]


def configured_lines(settings: Settings) -> list[Line]:
    """Every way a call may be served by a configuration. Raises StandardError."""
    return [_line(served) for served in settings.served]


def _line(served: StandardSettings) -> Line:
    return Line(load_standard(served.name), house_of(served), served.prompts)


def texts_of(lines: Iterable[Line]) -> list[str]:
    """Every text that is spoken for itself on these lines, each once; tones have none."""
    texts = (bare(utterance.text) for line in lines for utterance in line.utterances())
    return [text for text in dict.fromkeys(texts) if text]
