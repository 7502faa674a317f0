"""`make bench`: the service and Asterisk's own dialplan under the same callers, in one run.

What is measured is what the callers hear, taken from the wire by tcpdump; neither side measures itself. Absolute
figures belong to the machine, ratios carry over. Needs root: a chroot for Asterisk, a capture, real-time watchers.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from bench.callers import call, write_scenario
from bench.capture import Capture
from bench.cost import Meter
from bench.report import Run, header, plot, row, summary, write_json
from bench.stalls import StallRecorder
from bench.systems import SYSTEMS

_LONGEST_CALL_S = 60.0


def main() -> int:
    """Exit code 0 if every call of every run succeeded."""
    options = _options()
    if os.geteuid() != 0:
        print("✗ the bench needs root (a chroot, a capture)  →  run as root", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    print(header(), flush=True)
    runs = []
    for run in _runs(options):
        runs.append(run)
        print(row(run), flush=True)
    print(summary(runs))
    write_json(runs, options.out / "bench.json")
    plot(runs, options.out / "bench.png")
    print(f"\n{options.out / 'bench.json'}\n{options.out / 'bench.png'}")
    return int(any(run.failed for run in runs))


def _runs(options: argparse.Namespace) -> Iterator[Run]:
    for kind, callers, system in product(options.kinds, options.callers, options.systems):
        yield one_run(system, kind, callers, options.rounds)


def one_run(system: str, kind: str, callers: int, rounds: int) -> Run:
    """`callers` calls at a time, `rounds` times as many in all, on a system that was just started."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, SYSTEMS[system]() as up:
        folder = Path(name)
        scenario = write_scenario(kind, folder)
        capture = Capture(folder / "heard.pcap", up.sip_port, up.rtp_ports)
        with StallRecorder(folder) as recorder, capture, Meter(up.pid) as meter:
            outcome = call(scenario, up.target, callers, callers * rounds, rounds * _LONGEST_CALL_S)
        return Run(system, kind, callers, outcome, meter.cost, capture.calls(up.sip_port), recorder.stalls)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split("\n", maxsplit=1)[0])
    numbers, words = (lambda text: [int(n) for n in text.split(",")]), (lambda text: text.split(","))
    parser.add_argument("--callers", type=numbers, default=[1, 20, 50, 100], help="at a time, e.g. 1,20,50,100")
    parser.add_argument("--kinds", type=words, default=["silent", "talking"])
    parser.add_argument("--systems", type=words, default=list(SYSTEMS))
    parser.add_argument("--rounds", type=int, default=2, help="calls in all, in multiples of --callers")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "out")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
