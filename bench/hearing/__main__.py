"""`make bench-hearing`; sections by name, all of them without one."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.hearing import activity, intents, latency, plots, recognition, streaming, tune, verdict
from bench.hearing.report import Report
from bench.hearing.speakers import mandarin_speakers
from ivr.errors import UserError

SECTIONS: dict[str, Callable[[Report], None]] = {
    "activity": activity.run,
    "recognition": recognition.run,
    "verdict": verdict.run,
    "intents": intents.run,
    "streaming": streaming.run,
    "latency": latency.run,
}
_BIG_VOICES, _BIG_PEOPLE = 8, 1000


def main() -> int:
    """Exit code 2 where what it needs is not installed."""
    options = _options()
    report = Report(options.half, options.voices, options.people)
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        print(f"callers: {', '.join(mandarin_speakers())}", flush=True)
        if options.tune:
            tune.run(report)
            return 0
        for name in options.sections or SECTIONS:
            began = time.monotonic()
            SECTIONS[name](report)
            print(f"({name}: {time.monotonic() - began:.0f} s)", flush=True)
            report.write(options.out)
    except UserError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 2
    for file in plots.draw(options.out):
        print(file)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.hearing", description=__doc__)
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], help="; ".join(SECTIONS))
    parser.add_argument("--tune", action="store_true", help="propose thresholds of the verdict, by half A")
    parser.add_argument("--big", action="store_true", help="every text by every voice, every recording: hours")
    parser.add_argument("--half", choices=["A", "B"], default="B", help="which half is reported")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "out" / "hearing")
    options = parser.parse_args()
    options.voices, options.people = (_BIG_VOICES, _BIG_PEOPLE) if options.big else (1, Report.people)
    return options


if __name__ == "__main__":
    sys.exit(main())
