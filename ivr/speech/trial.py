"""Tries a recogniser: loads its model and lets it listen to a second of nothing.

    python -m ivr.speech.trial MODULE:CLASS FOLDER

Exits with 0, or with 1 and the reason as the last line of standard error; a library may also take the process with it.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from ivr.audio import RATE
from ivr.speech.engine import Engine


def main() -> None:
    """Try what the command line names."""
    module, _, kind = sys.argv[1].partition(":")
    try:
        engine: Engine = getattr(importlib.import_module(module), kind)(Path(sys.argv[2]), 1)
        utterance = engine.open("text", [])
        utterance.feed(bytes(2 * RATE))
        utterance.words()
    except Exception as error:  # whatever a library may throw at a model that it does not like
        sys.exit(" ".join(f"{error}".split()) or type(error).__name__)


if __name__ == "__main__":
    main()
