"""A worker for tests of the parent: speaks the protocol of `ivr.service.pipe` and misbehaves as it is told.

    stand_in.py MODE FOLDER FD

Each start leaves a file in FOLDER, so that a mode may behave once and recover, and tests can count.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from pathlib import Path

from ivr.service.metrics import Metrics
from ivr.service.pipe import DRAIN, Job, Report, line

MODE, FOLDER = sys.argv[1], Path(sys.argv[2])
PIPE = socket.socket(fileno=int(sys.argv[3]))
LINES = PIPE.makefile("rb")
JOB = Job.model_validate_json(LINES.readline())
START = len(list(FOLDER.glob(f"start-{JOB.index}-*")))
(FOLDER / f"start-{JOB.index}-{START}").write_text(str(os.getpid()))


def tick(number: int, **more: object) -> None:
    metrics = Metrics()
    metrics.tick(0.0)
    PIPE.sendall(line(Report.model_validate({"ticks": number, "families": metrics.snapshot(), **more})))


def obey() -> None:
    """Note every command; end when told to drain, or when the parent is gone."""
    for command in LINES:
        with (FOLDER / f"commands-{JOB.index}").open("ab") as notes:
            notes.write(command)
        if command == DRAIN:
            return


match MODE:
    case "steady":
        tick(1, active=2, registered=True)
        obey()
    case "unregistered":
        tick(1, registered=False)
        obey()
    case "refuses":
        PIPE.sendall(line(Report(error="sip.bind: 127.0.0.1:5070 is in use", code=2)))
        sys.exit(2)
    case "dies at start":
        os.kill(os.getpid(), signal.SIGSEGV)
    case "dies once":
        tick(1)
        if START == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        obey()
    case "dies in mid-line once":
        tick(1)
        if START == 0:
            PIPE.sendall(b'{"ticks": 2, "fam')
            os.kill(os.getpid(), signal.SIGKILL)
        obey()
    case "talks nonsense once":
        tick(1)
        if START == 0:
            PIPE.sendall(b"nonsense\n")
        obey()
    case "stands still once":
        tick(1)
        if START == 0:
            signal.pause()
        obey()
    case "repeats itself once":
        tick(1)
        while START == 0:
            tick(1)
            time.sleep(0.02)
        obey()
    case "will not end":
        tick(1, active=1)
        signal.pause()
