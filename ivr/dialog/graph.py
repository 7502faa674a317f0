"""Draws what is: the state table of a call, and the way through a standard, as Mermaid text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ivr.dialog.states import CONNECTED, PHASES, STATES, TABLE, Row
from ivr.standards.acts import Act
from ivr.standards.blocks import Menu
from ivr.standards.model import Standard


def diagrams(standards: Iterable[Standard]) -> dict[str, str]:
    """Mermaid text by name: ``call`` (the phases), ``ladder`` (the inside of each) and one for each standard."""
    ladder = next(state for state in STATES if isinstance(state, dict) and state["name"] == PHASES[0])
    return {
        "call": _state_diagram(TABLE),
        "ladder": _state_diagram(ladder["transitions"]),
    } | {standard.name: _flow(standard) for standard in standards}


def _state_diagram(rows: Iterable[Row]) -> str:
    """Rows with the same ends become one arrow that bears all their triggers; an act leaves for the phases' table."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for source in _sources(row["source"]):
            triggers = arrows.setdefault((source, row["dest"] or "[*]"), [])
            triggers += [row["trigger"]] if row["trigger"] not in triggers else []
    lines = [f"    {source} --> {dest}: {', '.join(triggers)}" for (source, dest), triggers in arrows.items()]
    together = [f"    state connected {{\n        {'; '.join(CONNECTED)}\n    }}"] if _is_phases(arrows) else []
    return "\n".join(["stateDiagram-v2", *together, *lines]).replace("; ", "\n        ")


def _sources(source: str | list[str]) -> list[str]:
    """A row that holds in every connected state is drawn once, from the state around them."""
    names = [source] if isinstance(source, str) else source
    if not set(CONNECTED) <= set(names):
        return names
    return [name for name in names if name not in CONNECTED] + ["connected"]


def _is_phases(arrows: Iterable[tuple[str, str]]) -> bool:
    return any(source == "connected" for source, _ in arrows)


def _flow(standard: Standard) -> str:
    return "\n".join(["flowchart TD", *_nodes(standard), *dict.fromkeys(_arrows(standard))])


def _nodes(standard: Standard) -> Iterator[str]:
    yield f"    call([call]) --> menu_{standard.opening.menu}"
    for name, menu in standard.menu.items():
        ladder = standard.ladder[menu.no_input]
        steps = [f"{step.wait_s:g} s {step.say}" for step in ladder.steps] + [f"{ladder.last_wait_s:g} s"]
        yield f'    menu_{name}["{name} ({menu.req})<br/>{" · ".join(steps)}"]'
    for name, transfer in standard.transfer.items():
        yield f'    transfer_{name}[/"transfer to {transfer.target} ({transfer.req})"/]'
    for name, hold in standard.hold.items():
        yield f'    hold_{name}[/"hold, ringing {hold.rings or "nobody"} ({hold.req})"/]'
    for name, recording in standard.recording.items():
        yield f'    recording_{name}[/"{name} ({recording.req})"/]'


def _arrows(standard: Standard) -> Iterator[str]:
    for name, menu in standard.menu.items():
        for label, act in _menu_acts(standard, menu):
            yield f"    menu_{name} -- {label} --> {_node(act)}"
    for name, transfer in standard.transfer.items():
        yield f"    transfer_{name} -- failed --> {_node(transfer.failed)}"
    for name, hold in standard.hold.items():
        ends = {"back": hold.back, "failed": hold.failed, "busy": hold.busy, "away": hold.away}
        yield from (f"    hold_{name} -- {label} --> {_node(act)}" for label, act in ends.items() if act)
    for name, recording in standard.recording.items():
        for label in ("done", "empty", "failed"):
            yield f"    recording_{name} -- {label} --> {_node(getattr(recording, label))}"


def _menu_acts(standard: Standard, menu: Menu) -> Iterator[tuple[str, Act]]:
    yield "silence", standard.ladder[menu.no_input].then
    yield "speech", menu.on_speech
    yield from ((f"key {key}", act) for key, act in menu.keys.items())


def _node(act: Act) -> str:
    return f"{act.section}_{act.name}" if act.section else f"hang_up_{act.name}([hang up: {act.name}])"
