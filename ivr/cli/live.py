"""What a terminal shows of calls that are running: one row each, or plain lines where there is no terminal."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from types import TracebackType

import click
from rich.console import Console
from rich.live import Live as RichLive
from rich.table import Table
from rich.text import Text

from ivr.cli.show import pad
from ivr.simulation.rehearsal import Rehearsal
from ivr.simulation.robot import RobotCaller
from ivr.simulation.scenario import Scenario
from ivr.simulation.stage import Journal

_REFRESH_S = 0.2


class Plain:
    """One line for each prompt heard, each thing the caller does, and each call that ends."""

    def __init__(self, scenarios: Sequence[Scenario], journal: Journal) -> None:
        self._told: set[tuple[str, float]] = set()

    def __enter__(self) -> Plain:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def watch(self, robot: RobotCaller) -> None:
        """Something changed in a call."""
        seen = robot.seen
        happened = [(p.start, f"service: {p.name or 'a sound'} {p.text}") for p in seen.heard]
        happened += [(act.start, f"caller:  {act.kind} {act.what}") for act in seen.caller]
        name = robot.scenario.name
        for at, what in happened:
            if (name, at) not in self._told:
                self._told.add((name, at))
                click.echo(f"{at:7.2f} s  {pad(name, 28)} {what}")

    def done(self, rehearsal: Rehearsal) -> None:
        """A call is over."""
        verdict = "PASS" if rehearsal.passed else "FAIL"
        faults = "; ".join(f"{c.what}: {c.measured}, not {c.standard}" for c in rehearsal.faults)
        click.echo(
            f"{rehearsal.seen.ended or 0.0:7.2f} s  {pad(rehearsal.scenario.name, 28)} {verdict} {faults}".rstrip()
        )


class Live:
    """A table that moves: who speaks, the state, the last prompt, and how long it has been silent."""

    def __init__(self, scenarios: Sequence[Scenario], journal: Journal) -> None:
        self._scenarios, self._journal = scenarios, journal
        self._robots: dict[str, RobotCaller] = {}
        self._over: dict[str, Rehearsal] = {}
        self._console = Console()
        self._screen = RichLive(console=self._console, auto_refresh=False, transient=True)
        self._task: asyncio.Task[None] | None = None

    def __enter__(self) -> Live:
        self._screen.start()
        self._task = asyncio.get_running_loop().create_task(self._move())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
        self._screen.stop()
        self._console.print(self._table(len(self._scenarios)))

    def watch(self, robot: RobotCaller) -> None:
        """Something changed in a call."""
        self._robots[robot.scenario.name] = robot

    def done(self, rehearsal: Rehearsal) -> None:
        """A call is over."""
        self._over[rehearsal.scenario.name] = rehearsal

    async def _move(self) -> None:
        while True:
            with contextlib.suppress(OSError):
                self._screen.update(self._table(max(4, self._console.height - 5)), refresh=True)
            await asyncio.sleep(_REFRESH_S)

    def _table(self, room: int) -> Table:
        """Calls that run come first, so that a small window shows them."""
        order = sorted(self._scenarios, key=lambda s: (s.name in self._over, s.name not in self._robots))
        table = Table(box=None, pad_edge=False, expand=True)
        for title, width in (("call", 28), ("clock", 7), ("state", 22), ("speaks", 8), ("silence", 7)):
            table.add_column(title, width=width, no_wrap=True)
        table.add_column("last prompt", ratio=1, no_wrap=True, overflow="ellipsis")
        for scenario in order[:room]:
            table.add_row(*self._row(scenario))
        left = len(self._over)
        table.caption = f"{left} of {len(self._scenarios)} calls over"
        return table

    def _row(self, scenario: Scenario) -> list[Text]:
        robot, over = self._robots.get(scenario.name), self._over.get(scenario.name)
        if over:
            mark = Text("✓ ", "green") if over.passed else Text("✗ ", "bold red")
            faults = "; ".join(f"{c.what}: {c.measured}, not {c.standard}" for c in over.faults)
            name = Text.assemble(mark, scenario.name)
            return [
                name,
                _clock(over.seen.ended),
                Text("over", "dim"),
                Text(),
                Text(),
                Text(faults or scenario.title, "dim"),
            ]
        if not robot:
            return [Text(f"  {scenario.name}", "dim"), *[Text()] * 5]
        return [Text(f"☎ {scenario.name}", "bold"), _clock(robot.clock), *self._now(robot)]

    def _now(self, robot: RobotCaller) -> list[Text]:
        seen, hearing, speaking = robot.seen, robot.hearing, robot.speaking
        state = self._journal.state(robot.scenario.caller.number or "").replace("_", " ")
        who = (
            Text("service", "bold blue")
            if hearing
            else Text("caller", "bold dark_orange")
            if speaking
            else Text("·", "dim")
        )
        silent = (
            ""
            if hearing or speaking or seen.answered is None
            else f"{robot.clock - seen.quiet_since(robot.clock):.1f} s"
        )
        last = next((p for p in reversed(seen.heard)), None)
        words = Text.assemble((f"{last.name} ", "blue"), last.text) if last else Text("ringing", "dim")
        if speaking:
            words = Text.assemble((f"{speaking.kind} ", "dark_orange"), speaking.what)
        return [Text(state), who, Text(silent, "bold cyan"), words]


def _clock(seconds: float | None) -> Text:
    return Text(f"{seconds or 0.0:5.1f} s")
