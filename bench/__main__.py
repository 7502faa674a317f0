"""`make bench`: the service and Asterisk's own dialplan under the same callers, in one run.

What is measured is what the callers hear, taken from the wire by tcpdump; neither side measures itself. Absolute
figures belong to the machine, ratios carry over. Needs root: a chroot for Asterisk, a capture, real-time watchers.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

from bench import load
from bench.report import Run, header, plot, row, summary, write_json
from bench.runs import Callers, one_run
from bench.systems import SYSTEMS


def main() -> int:
    """Exit code 0 if every call of every run succeeded."""
    options = _options()
    if os.geteuid() != 0:
        print("✗ the bench needs root (a chroot, a capture)  →  run as root", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    runs = list(_told(header(), _runs(options), row))
    print(summary(runs))
    recognising = list(_told(load.header(), load.runs(options.recognizers, options.rounds), load.row))
    write_json([*runs, *recognising], options.out / "bench.json")
    plot(runs, options.out / "bench.png")
    print(f"\n{options.out}/bench.json, bench.png")
    return int(any(run.failed for run in [*runs, *recognising]))


def _told(title: str, runs: Iterator[Run], line: Callable[[Run], str]) -> Iterator[Run]:
    print(title, flush=True)
    for run in runs:
        print(line(run), flush=True)
        yield run


def _runs(options: argparse.Namespace) -> Iterator[Run]:
    for kind, callers, system in product(options.kinds, options.callers, options.systems):
        yield one_run(system, kind, SYSTEMS[system], [Callers(kind, callers)], options.rounds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n", maxsplit=1)[0])
    numbers, words = (lambda text: [int(n) for n in text.split(",")]), (lambda text: text.split(",") if text else [])
    parser.add_argument("--callers", type=numbers, default=[1, 100], help="at a time, e.g. 1,20,50,100")
    parser.add_argument("--kinds", type=words, default=["silent", "talking"])
    parser.add_argument("--systems", type=words, default=list(SYSTEMS))
    parser.add_argument(
        "--recognizers", type=words, default=["none", "whisper"], help="for 100 callers, 8 of whom speak"
    )
    parser.add_argument("--rounds", type=int, default=1, help="calls in all, in multiples of --callers")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
