#!/usr/bin/env python3
"""Speaks what the callers of the catalogue say, with Kokoro, into scenarios/voices; only what is new or changed.

Needs `ivr models pull kokoro` and the `render` extra. Robot callers fall back on run-time speech for what is not there.
"""

from __future__ import annotations

from ivr.simulation.scenario import load_scenarios
from ivr.simulation.sounds import caller_voices
from ivr.speech.kokoro import maker
from ivr.speech.render import kokoro, render, stale

VOICES = ("zm_yunjian", "zf_xiaobei", "zm_yunyang", "zf_xiaoyi")
"""Several people call; none of them has the service's voice."""


def main() -> None:
    """Each text with a voice that the text itself decides on, so that a new one changes no other."""
    texts = sorted({act.say for scenario in load_scenarios() for act in scenario.script if act.say})
    folder = caller_voices()
    for text in texts:
        voice = VOICES[sum(text.encode()) % len(VOICES)]
        if stale(folder, [text], maker(voice, 1.0)):
            spoken = render(folder, [text], maker(voice, 1.0), kokoro(voice, 1.0))
            print(voice, *spoken)  # noqa: T201 - a script
    print(f"{folder.folder}: {len(texts)} texts, {folder.prune(texts)} removed")  # noqa: T201


if __name__ == "__main__":
    main()
