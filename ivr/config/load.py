"""Reads `ivr.toml` and the environment; every mistake is one line that names file, key and remedy.

Values come from the file, then from ``IVR_<SECTION>_<KEY>`` in the environment (``IVR_SIP_WORKERS=2``,
``IVR_SIP_ALLOW='["10.0.0.0/8"]'``). Relative paths are relative to the file.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ivr.config.backends import KINDS
from ivr.config.settings import LineSettings, Section, Settings
from ivr.errors import UserError, nearest, printable

PREFIX = "IVR_"
NOT_SETTINGS = frozenset({"IVR_CONFIG"})
"""Environment variables of the command line that are no settings."""


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from a file (None: defaults) and the environment. Raises UserError: one line, file, key, remedy."""
    values = _read(path) if path else {}
    named = _override(values, os.environ if environ is None else environ)
    base = path.resolve().parent if path else Path.cwd()
    values.setdefault("telephony", {})  # so that its validator runs and can see the registrar
    try:
        return Settings.model_validate(values, context={"base": base})
    except ValidationError as error:
        raise UserError(_first_line(error, path, named)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: {error.strerror} → name the configuration with --config") from None
    except (ValueError, RecursionError) as error:  # no TOML, no text, a number of thousands of digits
        raise UserError(f"{path}: not valid TOML: {error}") from None


def _override(values: dict[str, Any], environ: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Lays the environment over the file's values; tells which variable gave which key."""
    known = dict(_variables())
    named: dict[tuple[str, ...], str] = {}
    for variable in sorted(name for name in environ if name.startswith(PREFIX) and name not in NOT_SETTINGS):
        if variable not in known:
            raise UserError(f"{variable}: unknown setting{nearest(variable, known)}")
        section, key, default = known[variable]
        table = values.setdefault(section, {})
        if isinstance(table, dict):  # else pydantic says what is wrong with the file
            table[key] = _environment_value(variable, environ[variable], default)
            named[section, key] = variable
    return named


def _variables() -> Iterator[tuple[str, tuple[str, str, object]]]:
    """Each variable with its section, key and default; `[[line]]` has none."""
    for section, field in Settings.model_fields.items():
        if isinstance(field.default, Section):
            for key, default in field.default:
                yield f"{PREFIX}{section}_{key}".upper(), (section, key, default)


def _environment_value(variable: str, text: str, default: object) -> object:
    """Texts stand as they are; numbers and lists are written as in TOML."""
    if not isinstance(default, int | float | list):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except ValueError:
        example = '["10.0.0.0/8"]' if isinstance(default, list) else "5"
        raise UserError(f"{variable}: not valid; write it as in ivr.toml, e.g. {variable}='{example}'") from None


# ---------------------------------------------------------------- telling what is wrong


def _first_line(error: ValidationError, path: Path | None, named: Mapping[tuple[str, ...], str]) -> str:
    details = error.errors(include_url=False)
    first = min(details, key=lambda each: each["type"] == "missing")  # what is missing may be there, misspelt
    where = named.get(tuple(str(part) for part in first["loc"][:2]))
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return printable(f"{where or f'{path}: {_key(first)}'}: {_problem(first)}{more}")


def _key(error: ErrorDetails) -> str:
    """`sip.bind`, `line[2].name`; lines count from 1, as a reader of the file does."""
    text = ""
    where = error["loc"]
    if where[0] == "backends":  # pydantic puts the kind between a backend's name and its key
        where = tuple(part for part in (*where[:2], *where[3:]) if part != "[key]")
    for part in where:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".") or "the file"


def _problem(error: ErrorDetails) -> str:
    match error["type"]:
        case "extra_forbidden":
            return f"unknown key{nearest(str(error['loc'][-1]), _known(error))}"
        case "union_tag_invalid" | "union_tag_not_found":
            return f"kind must be one of {', '.join(KINDS)}"
        case "missing":
            return "missing → add it"
        case "value_error":
            return str(error["ctx"]["error"])
        case "model_type":
            return f"must be a table → write [{_key(error)}]"
    return error["msg"][:1].lower() + error["msg"][1:]


def _known(error: ErrorDetails) -> list[str]:
    match error["loc"]:
        case ("line", int(), _):
            return list(LineSettings.model_fields)
        case ("backends", _, str(kind), *_):
            return list(KINDS[kind].model_fields)
        case (str(section), _):
            return list(type(Settings.model_fields[section].default).model_fields)
    return list(Settings.model_fields)
