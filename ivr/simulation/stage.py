"""A stage for robot callers: the service itself, started on free ports of loopback with what the scenarios ask for."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ivr.errors import JobError, UserError
from ivr.simulation.exchange import Exchange
from ivr.simulation.house import House
from ivr.simulation.rehearsal import Place
from ivr.simulation.scenario import Line, Scenario
from ivr.simulation.udp import bind
from ivr.telephony.session import Entry

HOST = "127.0.0.1"
_READY_S = 60.0
_STOP_S = 15.0
_RTP_PORTS = 400


class Journal:
    """The service's journal, read while it is being written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._entries: dict[str, list[Entry]] = {}
        self._call_of: dict[str, str] = {}
        self._call_to: dict[str, str] = {}

    def of(self, caller: str) -> list[Entry]:
        """Entries so far of the call from a number; empty where there is none."""
        self._read()
        return self._entries.get(self._call_of.get(caller, ""), [])

    def of_scenario(self, scenario: Scenario) -> list[Entry]:
        """Entries so far of a scenario's call."""
        number = scenario.caller.number or ""
        if not scenario.is_called:
            return self.of(number)
        self._read()
        return self._entries.get(self._call_to.get(number, ""), [])

    def state(self, caller: str) -> str:
        """What state that call is in."""
        return next((str(entry["state"]) for entry in reversed(self.of(caller)) if "state" in entry), "")

    def _read(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    break  # it is being written
                self._offset += len(line)
                self._take(json.loads(line))

    def _take(self, entry: Entry) -> None:
        call = str(entry.get("call", ""))
        self._entries.setdefault(call, []).append(entry)
        if entry.get("event") == "Invited" and entry.get("caller"):
            self._call_of[str(entry["caller"]).removeprefix("86")] = call
        if entry.get("event") == "Dialled":
            self._call_to[str(entry["number"])] = call


def distinct(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """The same scenarios, each called from a number of its own, by which the journal tells the calls apart.

    A number that a scenario names is kept, the first time; one that it leaves to us never is.
    """
    named: dict[str | None, int] = {None: 0}
    for n, scenario in enumerate(scenarios, 1):
        if "number" in scenario.caller.model_fields_set:
            named.setdefault(scenario.caller.number, n)
    return [
        s if named.get(s.caller.number) in (0, n) else _called_from(f"138{n:08d}", s)
        for n, s in enumerate(scenarios, 1)
    ]


def _called_from(number: str, scenario: Scenario) -> Scenario:
    return scenario.model_copy(update={"caller": scenario.caller.model_copy(update={"number": number})})


def lines_of(scenarios: Sequence[Scenario]) -> list[Line]:
    """The lines that scenarios dial; raises UserError where two of them want one number served in different ways."""
    lines: dict[str, Line] = {}
    for scenario in scenarios:
        other = lines.setdefault(scenario.line.number, scenario.line)
        if other != scenario.line:
            raise UserError(f"{scenario.file}: line: number {other.number} is served otherwise in another scenario")
    return list(lines.values())


def daytime(now: datetime) -> str:
    """A time zone in which it is between noon and one o'clock: a house may ring nobody at night, a stage plays then."""
    ahead = 12 - now.astimezone(UTC).hour
    return f"Etc/GMT{-ahead:+d}"  # POSIX counts westwards


def configuration(  # noqa: PLR0913, PLR0917 - what a service is told
    lines: Sequence[Line], sip_port: int, rtp_port: int, reached: Mapping[str, str], folder: Path, more: str = ""
) -> str:
    """An ivr.toml that serves these lines on loopback, reaches these URIs, writes into `folder` only; `more` tables."""
    quote = json.dumps  # a TOML string is written as a JSON one
    tables = "\n".join(
        "[[line]]\n" + "\n".join(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in line)
        for line in lines
    )
    telephony = "\n".join(f"{key} = {quote(uri)}" for key, uri in reached.items())
    recognizer = "auto" if any(line.hears == "words" for line in lines) else "none"
    return f"""[sip]
bind = "{HOST}:{sip_port}"
rtp_ports = "{rtp_port}-{rtp_port + _RTP_PORTS - 1}"
[standard]
timezone = "{daytime(datetime.now(UTC))}"
[speech]
recognizer = "{recognizer}"
[records]
url = {quote(database_of(folder))}
recordings = {quote(str(folder / "messages"))}
[telephony]
{telephony}
[console]
bind = ""
[metrics]
bind = ""
{more}
{tables}
"""


@contextlib.asynccontextmanager
async def stage(scenarios: Sequence[Scenario], folder: Path) -> AsyncIterator[tuple[Place, Journal]]:
    """The service, ready for these scenarios; it is drained at the end. Files go into `folder`, an absolute path.

    Raises:
        JobError: it did not become ready; the message has its last words.
    """
    with bind(HOST) as one, bind(HOST) as two:
        sip_port, operator = one.getsockname()[1], f"sip:0@{HOST}:{two.getsockname()[1]}"
    exchange = Exchange(HOST)
    config, journal, log = folder / "ivr.toml", folder / "journal.jsonl", folder / "service.log"
    _forget(folder)
    switchboard = f"{HOST}:{exchange.address[1]}"
    supervisor = f"sip:supervisor@{switchboard}"
    anybody = {"agents": f"sip:{{agent}}@{switchboard}", "outbound": f"sip:{{number}}@{switchboard}"}
    reached = {"operator": operator, "supervisor": supervisor, **anybody}
    command = [sys.executable, "-m", "ivr.cli.main", "serve", "--config", str(config), "--journal", str(journal)]
    house = House(scenarios)
    async with house.open():
        told = configuration(lines_of(scenarios), sip_port, _free_range(), reached, folder, house.settings)
        config.write_text(told, "utf-8")
        with log.open("wb") as errors:
            service = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, stderr=errors)
        try:
            await _ready(service, log)
            async with house.supervised(database_of(folder)):
                yield (
                    Place(
                        f"sip:{HOST}:{sip_port}", {operator: "operator", supervisor: "supervisor"}, exchange=exchange
                    ),
                    Journal(journal),
                )
        finally:
            await _stop(service)
            exchange.close()


def database_of(folder: Path) -> str:
    """Where the service keeps its records."""
    return f"sqlite:///{folder}/ivr.db"


def _forget(folder: Path) -> None:
    """What was promised to robots of another day."""
    for old in folder.glob("ivr.db*"):
        old.unlink()


async def _ready(service: asyncio.subprocess.Process, log: Path) -> None:
    assert service.stdout
    try:
        async with asyncio.timeout(_READY_S):
            async for line in service.stdout:
                if line.startswith(b"ready"):
                    return
    except TimeoutError:
        pass
    raise JobError(f"the service did not start: {_last_words(log)} → see {log}, and ivr doctor")


def _last_words(log: Path) -> str:
    return (log.read_text("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]


async def _stop(service: asyncio.subprocess.Process) -> None:
    if service.returncode is None:
        service.terminate()
    try:
        await asyncio.wait_for(service.communicate(), _STOP_S)
    except TimeoutError:
        service.kill()
        await service.wait()


def _free_range() -> int:
    """First of a row of ports that are free, below those that the kernel gives out by itself."""
    while True:
        first = random.randrange(10000, 32000 - _RTP_PORTS, 2)
        try:
            for port in range(first, first + _RTP_PORTS):
                bind(HOST, port).close()
        except OSError:
            continue
        return first
