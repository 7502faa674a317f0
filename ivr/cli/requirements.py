"""`ivr requirements`: every requirement, with the tests and scenarios that prove it.

A test proves a row by `@pytest.mark.req("B1")`, a scenario by `proves: [B1]`. Both are read, not run: this table says
what claims to prove a row; `make test` says whether it does.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib import resources
from pathlib import Path

import click

from ivr.cli.options import json_option
from ivr.cli.show import as_json_text, table
from ivr.errors import JobError, UserError
from ivr.files import data_folder


@dataclass(frozen=True)
class Requirement:
    """A row of the table."""

    id: str
    summary: str
    later: str = ""
    """Why the product does not do it yet, and nothing proves it."""
    tests: list[str] = field(default_factory=list)
    scenarios: list[str] = field(default_factory=list)

    @property
    def proved(self) -> bool:
        """Something claims to prove it."""
        return bool(self.tests or self.scenarios)


@click.command()
@click.argument("ids", metavar="[ID]…", nargs=-1)
@click.option("--strict", is_flag=True, help="Exit 1 if one of these has no proof, and no reason for that is known.")
@click.option("--unproved", is_flag=True, help="Only requirements without proof.")
@json_option
def command(ids: tuple[str, ...], strict: bool, unproved: bool, as_json: bool) -> None:
    """Every requirement, with the tests and scenarios that prove it: the first and how many more, all of rows named."""
    rows = collect(data_folder("prompts").parent)
    rows = _named(rows, ids)
    shown = [row for row in rows if not (unproved and row.proved)]
    if as_json:
        click.echo(as_json_text([asdict(row) for row in shown]))
    else:
        click.echo("\n".join(map(_in_full, shown)) if ids else table([_line(row) for row in shown]))
    missing = [row.id for row in rows if not row.proved and not row.later]
    if strict and missing:
        raise JobError(f"no test proves {', '.join(missing)} → mark one with @pytest.mark.req")
    overdue = [row.id for row in rows if row.proved and row.later]
    if strict and overdue:
        raise JobError(f"{', '.join(overdue)} is proved by now → take it out of [later] in requirements.toml")


def collect(checkout: Path) -> list[Requirement]:
    """All rows, with what proves them in `tests/` and `scenarios/` of a checkout.

    Raises JobError where a test or a scenario names a requirement that does not exist.
    """
    rows = {row.id: row for row in _rows()}
    for path in sorted(checkout.glob("tests/**/test_*.py")):
        for requirement, test in _marks(_parsed(path), ()):
            name = "::".join((path.relative_to(checkout).as_posix(), *test))
            _row(rows, requirement, name).tests.append(name)
    for path in sorted(checkout.glob("scenarios/**/*.yaml")):
        name = path.relative_to(checkout).as_posix()
        for requirement in _proved_by(path):
            _row(rows, requirement, name).scenarios.append(name)
    return list(rows.values())


def _rows() -> Iterator[Requirement]:
    text = resources.files("ivr.cli").joinpath("requirements.toml").read_text(encoding="utf-8")
    groups = tomllib.loads(text)
    later = groups.pop("later")
    for letter, group in groups.items():
        ids = {f"{letter}{key}": summary for key, summary in group.items() if key != "title"}
        yield from (Requirement(each, summary, later.get(each, "")) for each, summary in ids.items())


def _row(rows: dict[str, Requirement], requirement: str, where: str) -> Requirement:
    if requirement not in rows:
        raise JobError(f'{where}: there is no requirement "{requirement}" → ivr requirements lists them')
    return rows[requirement]


def _named(rows: Sequence[Requirement], ids: Sequence[str]) -> list[Requirement]:
    unknown = set(ids) - {row.id for row in rows}
    if unknown:
        raise UserError(f"no requirement {', '.join(sorted(unknown))} → ivr requirements lists them")
    return [row for row in rows if not ids or row.id in ids]


def _in_full(row: Requirement) -> str:
    proofs = [*row.scenarios, *row.tests] or [_without(row)]
    return "\n    ".join((f"{row.id}  {row.summary}", *proofs))


def _line(row: Requirement) -> dict[str, object]:
    proofs = [*row.scenarios, *row.tests]
    more = f" (+{len(proofs) - 1})" if len(proofs) > 1 else ""
    return {"id": row.id, "requirement": row.summary, "proved by": proofs[0] + more if proofs else _without(row)}


def _without(row: Requirement) -> str:
    return f"— later: {row.later}" if row.later else "—"


def _marks(node: ast.AST, inside: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(requirement, names of class and function) of every `pytest.mark.req("…")`; a module's own has no names.

    Marks computed at run time are those of scenarios, which speak for themselves.
    """
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Call(func=ast.Attribute(attr="req", value=ast.Attribute(attr="mark")), args=ids):
                yield from ((str(each.value), inside) for each in ids if isinstance(each, ast.Constant))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield from _marks(child, (*inside, name))
            case _:
                yield from _marks(child, inside)


def _parsed(test: Path) -> ast.AST:
    try:
        return ast.parse(_text(test))
    except (SyntaxError, ValueError) as error:
        raise JobError(f"{test}: not valid Python: {error}") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise JobError(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from None


def _proved_by(scenario: Path) -> list[str]:
    """Ids in `proves:`; whether the rest of the scenario is right is for `ivr rehearse` to say."""
    import yaml

    try:
        content = yaml.safe_load(_text(scenario))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise JobError(f"{scenario}: not valid YAML: {error}") from None
    proves = content.get("proves", []) if isinstance(content, dict) else []
    if not isinstance(proves, list):
        raise JobError(f"{scenario}: proves is a list of requirements, e.g. [B1]")
    return [str(requirement) for requirement in proves]
