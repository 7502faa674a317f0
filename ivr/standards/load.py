"""Reads a standard and what it inherits; says in one line each what is wrong with it."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ivr.errors import UserError, nearest, printable
from ivr.files import data_folder, is_there
from ivr.standards.check import problems
from ivr.standards.expand import Key, expanded, written
from ivr.standards.model import Standard

Table = dict[str, Any]


class StandardError(UserError):
    """A standard cannot be used; `lines` has one line for each thing wrong, naming file and key."""

    def __init__(self, lines: list[str]) -> None:
        more = f"  (and {len(lines) - 1} more: ivr standards check)" if len(lines) > 1 else ""
        self.lines = [printable(line) for line in lines]
        super().__init__(self.lines[0] + more)


def shipped() -> list[str]:
    """Names of the standards that come with the product."""
    return sorted(path.stem for path in data_folder("prompts").glob("*.toml") if "name" in _toml(path))


def load_standard(name: str | Path) -> Standard:
    """Read a shipped standard by name, or a house's own by the path of its file.

    Raises:
        StandardError: there is no such file, it is not TOML, or a check found something wrong.
    """
    path = _path_of(name)
    table, origin = _read(path, seen=())
    try:
        standard = Standard.model_validate(table)
    except ValidationError as error:
        issues = sorted(error.errors(), key=lambda issue: issue["type"] == "missing")  # it may be there, misspelt
        raise StandardError([_line(origin, issue["loc"], _problem(issue)) for issue in issues]) from None
    standard = expanded(standard)
    inherited = _inherited(path)

    def is_own(key: Key) -> bool:
        section, block, *_ = _as_written(standard, origin, key)
        return block not in inherited.get(str(section), {})

    if found := problems(standard, is_own):
        lines = [_line(origin, _as_written(standard, origin, key), what) for key, what in found]
        raise StandardError(list(dict.fromkeys(lines)))
    return standard


def _path_of(name: str | Path) -> Path:
    path = Path(name)
    if path.suffix != ".toml" and not path.is_absolute() and len(path.parts) == 1:
        path = data_folder("prompts") / f"{name}.toml"
        if not is_there(path):
            raise StandardError([f'no standard "{name}"; there are {", ".join(shipped())}, or give the path of a file'])
    return path


def _read(path: Path, seen: tuple[Path, ...]) -> tuple[Table, Table]:
    """The file's table over what it inherits, and a table of the same shape naming the file of each key."""
    if path in seen:
        raise StandardError([f"{path.name}: inherits: goes round in a circle"])
    table = _toml(path)
    below = _below(path, table.pop("inherits", ""), table.pop("includes", []))
    try:
        own = _named(table, path.name)
    except RecursionError:
        raise StandardError([f"{path.name}: tables lie too deep within one another"]) from None
    wishes = table.get("wishes", {})
    gone = [name for name in wishes if wishes[name] is False] if isinstance(wishes, dict) else []
    for other in below:
        under, origin = _read(other, (*seen, path))
        under = _without(under, gone)
        table, own = _over(under, table), _over(origin, own)
    return table, own


def _inherited(path: Path) -> Table:
    parent = _toml(path).get("inherits", "")
    return _read(_below(path, parent, [])[0], (path,))[0] if parent else {}


def _below(path: Path, parent: object, includes: object) -> list[Path]:
    """Files whose tables lie under this one's, the uppermost first."""
    if not isinstance(parent, str) or not isinstance(includes, list):
        raise StandardError(
            [f'{path.name}: inherits is a name and includes a list of files, e.g. ["understanding.toml"]']
        )
    beside = path.parent / f"{parent}.toml"
    inherited = [beside if is_there(beside) else _path_of(parent)] if parent else []
    return [path.parent / str(name) for name in reversed(includes)] + inherited


def _toml(path: Path) -> Table:
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin with a mark
    except OSError as error:
        raise StandardError([f"{path}: cannot be read: {error.strerror}"]) from None
    except ValueError as error:  # what is no text, or no name of a file
        reason = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error)
        raise StandardError([f"{path}: cannot be read: {reason}"]) from None
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a ValueError of its own
        raise StandardError([f"{path.name}: not valid TOML: {error}"]) from None


def _over(base: Table, table: Table) -> Table:
    """`table` laid over `base`: tables are merged, ``false`` takes away what is no switch, all else is replaced."""
    merged = dict(base)
    for key, value in table.items():
        below = merged.get(key)
        if value is False and below is not None and not isinstance(below, bool):
            del merged[key]
        else:
            merged[key] = _over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return merged


def _without(table: Table, wishes: Collection[str]) -> Table:
    """What is inherited, with no way left that begins with one of these wishes."""
    if not wishes:
        return table
    sections = {name: table[name] for name in ("menu", "form", "hold") if name in table}
    for name, blocks in sections.items():
        sections[name] = {
            each: block | {"intents": {wish: act for wish, act in block["intents"].items() if wish not in wishes}}
            if "intents" in block
            else block
            for each, block in blocks.items()
        }
    return table | sections


def _named(table: Table, file: str) -> Table:
    return {key: _named(value, file) if isinstance(value, dict) else file for key, value in table.items()} | {"": file}


def _as_written(standard: Standard, origin: Table, key: Key) -> Key:
    """Menus and ladders that no file has were made from a form, and words that a menu has not are wishes."""
    if key[0] not in ("menu", "ladder"):
        return key
    block = origin.get(str(key[0]), {}).get(key[1])
    if block is None:
        return written(standard, key)
    is_wish = key[2:3] == ("intents",) and key[3] not in block.get("intents", {})
    return ("wishes", key[3]) if is_wish else key


def _problem(issue: ErrorDetails) -> str:
    match issue["type"]:
        case "extra_forbidden":
            return f"unknown key{nearest(str(issue['loc'][-1]), _known(issue['loc']))}"
        case "missing":
            return "missing → add it"
        case "list_type":
            return "must be a list → write it in [ ]"
        case "too_short":
            return "must not be empty"
    return issue["msg"]


def _known(loc: Key) -> list[str]:
    """Keys that may stand where one stands that is none."""
    at: list[type[BaseModel]] = [Standard]
    for part in loc[:-1]:
        fields = [model.model_fields[part] for model in at if isinstance(part, str) and part in model.model_fields]
        at = [model for field in fields for model in _models(field.annotation)] or at
    return [name for model in at for name in model.model_fields]


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _line(origin: Table, key: Key, what: str) -> str:
    file, place = origin[""], origin
    for part in key:
        found = place.get(str(part)) if isinstance(place, dict) else None
        if found is None:
            break
        place = found
        file = found if isinstance(found, str) else found.get("", file)
    named = (part for part in key if part != "[key]")  # so pydantic says that a key is wrong, and not what it leads to
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in named).lstrip(".")
    return f"{file}: {path or 'standard'}: {what.removeprefix('Value error, ')}"
