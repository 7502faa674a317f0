from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ivr.cli.options import config_option


@click.command()
@config_option
def show(config: Path | None) -> None:
    click.echo(config)


def shown(arguments: list[str], env: Mapping[str, str] | None = None) -> str:
    return CliRunner().invoke(show, arguments, env=env).output.strip()


def test_the_configuration_is_named_or_lies_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown([]) == ""
    (tmp_path / "ivr.toml").touch()
    assert shown([]) == "ivr.toml"
    assert shown([], {"IVR_CONFIG": "/etc/ivr/ivr.toml"}) == "/etc/ivr/ivr.toml"
    assert shown(["--config", "other.toml"], {"IVR_CONFIG": "/etc/ivr/ivr.toml"}) == "other.toml"
