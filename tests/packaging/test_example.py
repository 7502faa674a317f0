"""The configuration that is installed names every key, and what it says of each is so."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from ivr.config import Settings, load
from ivr.config.settings import Section

EXAMPLE = (Path(__file__).resolve().parents[2] / "packaging" / "ivr.toml").read_text(encoding="utf-8")
UNCOMMENTED = re.sub(r"^# (?=\[|[a-z_]+ = )", "", EXAMPLE, flags=re.MULTILINE)
SECTIONS = {name: field.default for name, field in Settings.model_fields.items() if isinstance(field.default, Section)}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_is_named(section: str) -> None:
    named = set(tomllib.loads(UNCOMMENTED)[section])
    assert set(type(SECTIONS[section]).model_fields) == named, f"name the new key in [{section}] of packaging/ivr.toml"


@pytest.mark.parametrize("section", SECTIONS)
def test_behind_a_comment_stands_the_default_or_an_example_of_what_is_empty(section: str) -> None:
    shown, in_force = tomllib.loads(UNCOMMENTED)[section], tomllib.loads(EXAMPLE)[section]
    defaults = {key: value for key, value in SECTIONS[section].model_dump(mode="json").items() if value}
    assert {key: shown.get(key) for key in defaults if key not in in_force} == {
        key: value for key, value in defaults.items() if key not in in_force
    }


def test_all_of_it_can_be_in_force(tmp_path: Path) -> None:
    for name in re.findall(r'"/etc/ivr/([\w.-]+)"', UNCOMMENTED):
        (tmp_path / name).touch()
    whole = tmp_path / "ivr.toml"
    whole.write_text(UNCOMMENTED.replace("/etc/ivr/", f"{tmp_path}/"), encoding="utf-8")
    settings = load(whole)
    assert [line.number for line in settings.line] == ["4008"]
    assert settings.alerts.wanted
