"""Which recogniser serves a configuration's lines."""

from __future__ import annotations

from ivr.config import Settings, StandardSettings
from ivr.speech.engine import Choice
from ivr.speech.recognizers import choose


def hears_words(served: StandardSettings) -> bool:
    """Whether a line wants its callers' words, and not their keys alone."""
    return served.hears == "words"


def chosen(settings: Settings) -> Choice | None:
    """None where no line wants words, the configuration none, or none is installed.

    Raises:
        UserError: the one that the configuration names is not installed, is damaged, or knows no Mandarin.
    """
    speech = settings.speech
    return choose(speech.recognizer, speech.model) if any(map(hears_words, settings.served)) else None
