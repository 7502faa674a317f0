"""What a process of the service does to the database, as processes that tests may kill.

    python -m tests.records.labour URL LOG claim|dial|keep|write

Each tells what it has done, a word a line, once it is committed. LOG is the telephone network: what is dialled and
hung up stands there, in the order in which it happened, whoever did it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from ivr.records import Calls, Claim, Database, NewCall, Policy, Promises, RecordsError, Writer

T = TypeVar("T")
POLICY = Policy(attempts=1)
LEASE_S = 1.0


class Labour:
    """A process at its work; killed when the block ends."""

    def __init__(self, url: str, log: Path, what: str) -> None:
        command = [sys.executable, "-m", "tests.records.labour", url, str(log), what]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1)

    def hears(self, word: str) -> str:
        """Waits for a line that begins so; returns it."""
        assert self._process.stdout
        for line in self._process.stdout:
            if line.startswith(word):
                return line.strip()
        raise AssertionError(f"it ended, exit code {self._process.wait()}, without a word of {word}")

    def kill(self) -> None:
        """As the kernel does when memory is short: nothing is said, nothing is tidied up."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout
        self._process.stdout.close()

    def finish(self) -> int:
        """Its exit code, when it is done."""
        assert self._process.stdout
        for _ in self._process.stdout:
            pass
        self._process.stdout.close()
        return self._process.wait()


@contextmanager
def at_work(url: str, log: Path, *what: str) -> Iterator[list[Labour]]:
    labours = [Labour(url, log, each) for each in what]
    try:
        yield labours
    finally:
        for labour in labours:
            labour.kill()


class _Worker:
    def __init__(self, url: str, log: str) -> None:
        self._database, self._log, self._name = Database(url), log, f"worker {os.getpid()}"

    def do(self, work: Callable[[Promises], T]) -> T:
        with self._database.transaction() as tx:
            return work(Promises(tx))

    def claims(self) -> list[Claim]:
        return list(self.do(lambda promises: promises.claim(_now(), self._name, LEASE_S, 3)))

    def happens(self, what: str, claim: Claim) -> None:
        file = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, f"{what} {claim.promise.number} {claim.id}\n".encode())
        os.close(file)

    def call(self, claim: Claim) -> None:
        """Dial and hang up, where the claim is still ours."""
        try:
            ours = self.do(lambda promises: promises.dialling(claim, _now()))
        except RecordsError:
            return  # nobody knows whether that was written, and so nobody dials
        if ours:
            self.happens("dials", claim)
            time.sleep(0.001)
            self.happens("leaves", claim)
            _until_had(lambda: self.do(lambda promises: promises.settle(claim, "kept", _now(), POLICY)))
            _say("kept")

    # ------------------------------------------------------------ what it may be asked to do

    def claim(self) -> None:
        _say("claimed" if self.claims() else "nothing to claim")
        _hang()

    def dial(self) -> None:
        (claim,) = self.claims()
        assert self.do(lambda promises: promises.dialling(claim, _now()))
        self.happens("dials", claim)
        _say("dialled")
        _hang()

    def keep(self) -> None:
        """Everything that is owed, until nothing is."""
        _say("ready")
        while _until_had(lambda: self.do(lambda promises: promises.list())):
            _until_had(lambda: self.do(lambda promises: promises.expire(_now())))
            for claim in _until_had(self.claims):
                self.call(claim)

    def write(self) -> None:
        """A call with an event each millisecond, and how many of them are surely there."""
        writer = Writer(self._database, gather_s=0.01)
        writer.put(lambda tx: Calls(tx).opened(NewCall(id="c1", instance="box:0", caller="13800000001"), _now()))
        for number in range(1, 10**9):
            writer.note("c1", [{"t": number / 1000, "number": number, "time": _now().isoformat()}])
            time.sleep(0.001)
            if number % 50 == 0 and writer.flush(60):
                _say(f"written {number}")


def _until_had(work: Callable[[], T]) -> T:
    while True:
        try:
            return work()
        except RecordsError:
            time.sleep(0.02)


def _now() -> datetime:
    return datetime.now(UTC)


def _say(what: str) -> None:
    print(what, flush=True)  # noqa: T201 - the test reads it


def _hang() -> None:
    while True:
        time.sleep(3600)


if __name__ == "__main__":
    getattr(_Worker(*sys.argv[1:3]), sys.argv[3])()
